// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title IRulebook: what an instrument allows, and to whom
interface IRulebook {
    /// @notice The rules of the instrument. A zero turns the rule off.
    /// @param maxBalance most units an account may hold after receiving; 0 is no cap
    /// @param holderCap most accounts that may hold a balance; 0 is no cap. Only where holders are counted
    /// @param opensAt first second at which holders may transfer, since 1970; issuing and redeeming are not bound by it
    /// @param closesAt last second at which holders may transfer, since 1970; 0 is for ever
    /// @param classMask bit n set: investor class n may receive; 0 is every class
    /// @param countriesRestricted whether a recipient's country must be on the list of allowed ones
    struct Rules {
        uint96 maxBalance;
        uint32 holderCap;
        uint40 opensAt;
        uint40 closesAt;
        uint16 classMask;
        bool countriesRestricted;
    }

    /// @notice The rule set changed; `version` counts its changes, from 1 at deployment.
    event RulesChanged(uint32 indexed version, Rules previous, Rules current);

    /// @notice `country` was put on, or taken off, the list of allowed countries.
    event CountryAllowed(uint16 indexed country, bool allowed);

    /// @notice All moves but enforcement stopped (ERC-3643).
    event Paused(address account);

    /// @notice Moves are possible again (ERC-3643).
    event Unpaused(address account);

    /// @notice A rule refused the move. The code is that of `detectTransferRestriction`.
    error TransferRestricted(uint8 code, address from, address to, uint256 amount);

    /// @notice The rules have a holder cap, and holders are not counted, or they close before they open.
    error InvalidRules();

    /// @notice The country is above 1023, or 0 where one has to be named.
    error InvalidCountry(uint16 country);

    /// @notice Replaces the rule set.
    /// @dev Role: RULES_ROLE. Emits RulesChanged with the old and the new one. Reverts with InvalidRules.
    function setRules(Rules calldata newRules) external;

    /// @notice Puts a country on the list of allowed ones, or takes it off.
    /// @dev Role: RULES_ROLE. Emits CountryAllowed. Reverts with InvalidCountry.
    function setCountryAllowed(uint16 country, bool allowed) external;

    /// @notice Stops issuing, redeeming and transfers; enforcement goes on (ERC-3643).
    /// @dev Role: PAUSER_ROLE. Emits Paused.
    function pause() external;

    /// @notice Ends a pause (ERC-3643).
    /// @dev Role: RULES_ROLE, so that whoever may only stop in an emergency cannot start again. Emits Unpaused.
    function unpause() external;

    /// @notice Whether moves are stopped.
    function paused() external view returns (bool);

    /// @notice The rule set in force and its version.
    function rules() external view returns (Rules memory current, uint32 version);

    /// @notice The countries whose residents may receive while countries are restricted, as a bitmap: country n is
    /// bit n % 256 of word n / 256.
    function allowedCountries() external view returns (uint256[4] memory bitmap);

    /// @notice The country whose residents may receive only where the list of allowed countries is on and names it,
    /// and whose assets need a filing before the instrument is active; 0 is none.
    function guardedCountry() external view returns (uint16);

    /// @notice Whether holders are counted, and so can be capped.
    function countsHolders() external view returns (bool);

    /// @notice The contract that says how much is backed; the zero address where issuing needs no reserve.
    function reserveAttestor() external view returns (address);
}
