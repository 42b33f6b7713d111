// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC1404} from "./IERC1404.sol";
import {IERC7943Fungible} from "./IERC7943.sol";

/// @title IAssetToken: one tokenised instrument and its register of holders
/// @notice Amounts are base units and never exceed 2^96-1 in total. Privileged functions name the role
/// they need; the `ControlBook` is meant to be the only holder of each.
interface IAssetToken is IERC20Metadata, IERC7943Fungible, IERC1404 {
    /// @notice The rules of the instrument. A zero turns the rule off.
    /// @param maxBalance most units an account may hold after receiving; 0 is no cap
    /// @param classMask bit n set: investor class n may receive; 0 is every class
    /// @param countriesRestricted whether a recipient's country must be on the list of allowed ones
    struct Rules {
        uint96 maxBalance;
        uint16 classMask;
        bool countriesRestricted;
    }

    /// @notice What the registrar attests of an account.
    /// @param account the address admitted
    /// @param country residence, ISO 3166-1 numeric, below 1024
    /// @param investorClass 1 to 15
    /// @param validUntilDay last valid day, as days since 1970-01-01 UTC; the earlier of evidence and licence
    struct Admission {
        address account;
        uint16 country;
        uint8 investorClass;
        uint16 validUntilDay;
    }

    /// @notice The account word, unpacked.
    struct Account {
        uint256 balance;
        uint256 frozen;
        uint16 country;
        uint8 investorClass;
        uint16 validUntilDay;
        bool addressFrozen;
        bool suspended;
    }

    /// @notice `account` was admitted, or its attributes were renewed.
    event AccountAdmitted(address indexed account, uint16 country, uint8 investorClass, uint16 validUntilDay);

    /// @notice `account` was suspended (`true`) or reinstated (`false`) by the registrar.
    event AccountSuspended(address indexed account, bool suspended);

    /// @notice The whole of `account` was frozen or released by `agent` (ERC-3643).
    event AddressFrozen(address indexed account, bool indexed isFrozen, address indexed agent);

    /// @notice All moves but enforcement stopped (ERC-3643).
    event Paused(address account);

    /// @notice Moves are possible again (ERC-3643).
    event Unpaused(address account);

    /// @notice The rule set changed; `version` counts its changes, from 1 at deployment.
    event RulesChanged(uint32 indexed version, Rules previous, Rules current);

    /// @notice `country` was put on, or taken off, the list of allowed countries.
    event CountryAllowed(uint16 indexed country, bool allowed);

    /// @notice A rule refused the move. The code is that of `detectTransferRestriction`.
    error TransferRestricted(uint8 code, address from, address to, uint256 amount);

    /// @notice The supply would pass 2^96-1 units.
    error SupplyExceeded(uint256 supply, uint256 amount);

    /// @notice The frozen amount would leave 0 to 2^96-1, or less is frozen than is to be released.
    error FrozenAmountOutOfRange(address account, uint256 frozen, uint256 amount);

    /// @notice The admission names the zero address, class 0 or above 15, or a country above 1023.
    error InvalidAdmission(address account, uint16 country, uint8 investorClass);

    /// @notice The country is above 1023.
    error InvalidCountry(uint16 country);

    /// @notice `account` was never admitted.
    error AccountNotAdmitted(address account);

    /// @notice A forced transfer from an account to itself.
    error SameAccount(address account);

    /// @notice The arrays of a batch differ in length.
    error LengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice Admits accounts, or renews their attributes; balance, frozen amount and flags stay.
    /// @dev Role: REGISTRAR_ROLE. Emits AccountAdmitted for each. Reverts with InvalidAdmission.
    function admit(Admission[] calldata admissions) external;

    /// @notice Suspends or reinstates an account: while suspended it neither sends nor receives.
    /// @dev Role: REGISTRAR_ROLE. Emits AccountSuspended. Reverts with AccountNotAdmitted.
    function setSuspended(address account, bool suspended) external;

    /// @notice Issues `amount` to `to`, who must be able to receive it (ERC-3643).
    /// @dev Role: ISSUER_ROLE. Emits Transfer from the zero address. Reverts with TransferRestricted or SupplyExceeded.
    function mint(address to, uint256 amount) external;

    /// @notice Issues to many accounts, all or none (ERC-3643).
    /// @dev Role: ISSUER_ROLE. As `mint`, and LengthMismatch.
    function batchMint(address[] calldata to, uint256[] calldata amounts) external;

    /// @notice Redeems `amount` of `from`, who must be able to send it (ERC-3643).
    /// @dev Role: ISSUER_ROLE. Emits Transfer to the zero address. Reverts with TransferRestricted,
    /// ERC20InsufficientBalance or ERC7943InsufficientUnfrozenBalance.
    function burn(address from, uint256 amount) external;

    /// @notice Freezes `amount` more of `account`, beyond its balance too (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. Emits Frozen with the new total. Reverts with FrozenAmountOutOfRange.
    function freezePartialTokens(address account, uint256 amount) external;

    /// @notice Releases `amount` of what is frozen of `account` (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. Emits Frozen with the new total. Reverts with FrozenAmountOutOfRange.
    function unfreezePartialTokens(address account, uint256 amount) external;

    /// @notice Freezes or releases the whole of `account`: while frozen it neither sends nor receives (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. Emits AddressFrozen.
    function setAddressFrozen(address account, bool freeze) external;

    /// @notice Stops issuing, redeeming and transfers; enforcement goes on (ERC-3643).
    /// @dev Role: PAUSER_ROLE. Emits Paused.
    function pause() external;

    /// @notice Ends a pause (ERC-3643).
    /// @dev Role: PAUSER_ROLE. Emits Unpaused.
    function unpause() external;

    /// @notice Replaces the rule set.
    /// @dev Role: RULES_ROLE. Emits RulesChanged with the old and the new one.
    function setRules(Rules calldata newRules) external;

    /// @notice Puts a country on the list of allowed ones, or takes it off.
    /// @dev Role: RULES_ROLE. Emits CountryAllowed. Reverts with InvalidCountry.
    function setCountryAllowed(uint16 country, bool allowed) external;

    /// @notice Whether moves are stopped.
    function paused() external view returns (bool);

    /// @notice Whether the whole of `account` is frozen (ERC-3643).
    function isFrozen(address account) external view returns (bool);

    /// @notice The rule set in force and its version.
    function rules() external view returns (Rules memory current, uint32 version);

    /// @notice Whether residents of `country` may receive while countries are restricted.
    function isCountryAllowed(uint16 country) external view returns (bool);

    /// @notice The list of allowed countries as a bitmap: country n is bit n % 256 of word n / 256.
    function allowedCountries() external view returns (uint256[4] memory bitmap);

    /// @notice What the register holds of `account`.
    function accountOf(address account) external view returns (Account memory);

    /// @notice The packed account words of many accounts, for reading a register at one block.
    function accountWords(address[] calldata accounts) external view returns (uint256[] memory words);
}
