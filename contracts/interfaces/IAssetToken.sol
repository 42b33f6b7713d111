// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC1404} from "./IERC1404.sol";
import {IERC1643} from "./IERC1643.sol";
import {IEnforcement} from "./IEnforcement.sol";
import {IRecordDates} from "./IRecordDates.sol";
import {IRegister} from "./IRegister.sol";
import {IRulebook} from "./IRulebook.sol";

/// @title IAssetToken: one tokenised instrument and its register of holders
/// @notice Amounts are base units and never exceed 2^96-1 in total. Privileged functions name the role
/// they need; the `ControlBook` is meant to be the only holder of each.
interface IAssetToken is
    IERC165,
    IERC20Metadata,
    IRegister,
    IRecordDates,
    IRulebook,
    IERC1404,
    IEnforcement,
    IERC1643
{
    /// @notice What an instrument is, for ever, from its deployment.
    /// @param name name of the instrument
    /// @param symbol its ticker
    /// @param decimals digits after the point, 0 to 18
    /// @param rules the rule set at launch
    /// @param allowedCountries ISO 3166-1 numeric codes whose residents may receive
    /// @param guardedCountry see `guardedCountry()`; 0 is none
    /// @param countsHolders whether holders are counted, so that they can be capped
    /// @param reserveAttestor whose attestation issuing needs; the zero address where it needs none
    /// @param controlBook holder of every operating role
    /// @param admin who may take roles away, and give them after a delay
    /// @param grantDelay_s that delay, in seconds
    struct Terms {
        string name;
        string symbol;
        uint8 decimals;
        Rules rules;
        uint16[] allowedCountries;
        uint16 guardedCountry;
        bool countsHolders;
        address reserveAttestor;
        address controlBook;
        address admin;
        uint48 grantDelay_s;
    }

    /// @notice What the instrument stands for.
    /// @param isin ISO 6166 identifier; zero where it has none
    /// @param dti ISO 24165 digital token identifier; zero where it has none
    /// @param domicile where the underlying asset is, ISO 3166-1 numeric
    /// @param filing hash of the filing with the authority of that place; zero where none is needed
    struct Particulars {
        bytes12 isin;
        bytes9 dti;
        uint16 domicile;
        bytes32 filing;
    }

    /// @notice Units may be issued from now on.
    event InstrumentActivated(bytes12 indexed isin, bytes9 indexed dti, uint16 domicile, bytes32 filing);

    /// @notice More than 18 decimals.
    error InvalidDecimals(uint8 decimals);

    /// @notice There is no contract at the address.
    error NotAContract(address account);

    /// @notice The instrument is active already, and its particulars are settled.
    error AlreadyActive();

    /// @notice Assets in that country need a filing.
    error FilingRequired(uint16 domicile);

    /// @notice Settles what the instrument stands for, once; before it nothing can be issued.
    /// @dev Role: ISSUER_ROLE. Emits InstrumentActivated. Reverts with AlreadyActive, InvalidCountry or FilingRequired.
    function activate(Particulars calldata particulars) external;

    /// @notice Issues `amount` to `to`, who must be able to receive it (ERC-3643).
    /// @dev Role: ISSUER_ROLE. Emits Transfer from the zero address. Reverts with TransferRestricted, or
    /// ERC20InvalidReceiver for the zero address.
    function mint(address to, uint256 amount) external;

    /// @notice Issues to many accounts, all or none (ERC-3643).
    /// @dev Role: ISSUER_ROLE. As `mint`, and LengthMismatch.
    function batchMint(address[] calldata to, uint256[] calldata amounts) external;

    /// @notice Redeems `amount` of `from`, who must be able to send it (ERC-3643).
    /// @dev Role: ISSUER_ROLE. Emits Transfer to the zero address. Reverts with TransferRestricted,
    /// ERC20InsufficientBalance, ERC7943InsufficientUnfrozenBalance, or ERC20InvalidSender for the zero address.
    function burn(address from, uint256 amount) external;

    /// @notice Redeems from many accounts, all or none (ERC-3643).
    /// @dev Role: ISSUER_ROLE. As `burn`, and LengthMismatch.
    function batchBurn(address[] calldata from, uint256[] calldata amounts) external;

    /// @notice Transfers of the sender to many accounts, all or none (ERC-3643).
    /// @dev As `transfer`, which reverts with TransferRestricted, ERC20InsufficientBalance,
    /// ERC7943InsufficientUnfrozenBalance or ERC20InvalidReceiver; and LengthMismatch.
    function batchTransfer(address[] calldata to, uint256[] calldata amounts) external;

    /// @notice What the instrument stands for; zeros before it is active.
    function particulars() external view returns (Particulars memory);

    /// @notice Whether units may be issued.
    function isActive() external view returns (bool);

    /// @notice How many accounts have a balance; 0 where holders are not counted.
    function holderCount() external view returns (uint256);

    /// @notice Version of this contract (ERC-3643).
    function version() external view returns (string memory);
}
