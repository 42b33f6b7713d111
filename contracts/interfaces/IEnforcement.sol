// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC7943Fungible} from "./IERC7943.sol";

/// @title IEnforcement: what is done by order, whatever the rules
interface IEnforcement is IERC7943Fungible {
    /// @notice `amount` more of `account` was frozen (ERC-3643).
    event TokensFrozen(address indexed account, uint256 amount);

    /// @notice `amount` of what was frozen of `account` was released, or taken by order (ERC-3643).
    event TokensUnfrozen(address indexed account, uint256 amount);

    /// @notice The whole of `account` was frozen or released by `agent` (ERC-3643).
    event AddressFrozen(address indexed account, bool indexed isFrozen, address indexed agent);

    /// @notice All that was `lostWallet`'s is `newWallet`'s, and `lostWallet` is retired for ever (ERC-3643): its
    /// standing and its flags are empty from now on, and no other event says so.
    event RecoverySuccess(
        address indexed lostWallet, address indexed newWallet, address indexed investorOnchainId
    );

    /// @notice The frozen amount would leave 0 to 2^96-1, or less is frozen than is to be released.
    error FrozenAmountOutOfRange(address account, uint256 frozen, uint256 amount);

    /// @notice A forced transfer from an account to itself.
    error SameAccount(address account);

    /// @notice The wallet to recover to is the zero address, or the register has something of it.
    error WalletInUse(address wallet);

    /// @notice `forcedTransfer` for many, all or none (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. As `forcedTransfer`, and LengthMismatch.
    function batchForcedTransfer(address[] calldata from, address[] calldata to, uint256[] calldata amounts)
        external;

    /// @notice Freezes `amount` more of `account`, beyond its balance too (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. Emits Frozen with the new total, and TokensFrozen. Reverts with
    /// FrozenAmountOutOfRange.
    function freezePartialTokens(address account, uint256 amount) external;

    /// @notice `freezePartialTokens` for many, all or none (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. As `freezePartialTokens`, and LengthMismatch.
    function batchFreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts) external;

    /// @notice Releases `amount` of what is frozen of `account` (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. Emits Frozen with the new total, and TokensUnfrozen. Reverts with
    /// FrozenAmountOutOfRange.
    function unfreezePartialTokens(address account, uint256 amount) external;

    /// @notice `unfreezePartialTokens` for many, all or none (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. As `unfreezePartialTokens`, and LengthMismatch.
    function batchUnfreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts) external;

    /// @notice Freezes or releases the whole of `account`: while frozen it neither sends nor receives (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. Emits AddressFrozen.
    function setAddressFrozen(address account, bool freeze) external;

    /// @notice `setAddressFrozen` for many, all or none (ERC-3643).
    /// @dev Role: ENFORCER_ROLE. As `setAddressFrozen`, and LengthMismatch.
    function batchSetAddressFrozen(address[] calldata accounts, bool[] calldata freeze) external;

    /// @notice Gives a holder who lost a wallet all of it in a new one: balance, frozen amount, lock-up, standing and
    /// flags (ERC-3643). Balances at past record dates stay with the lost wallet.
    /// @param investorOnchainId passed on to the event; the contract knows accounts, not identities
    /// @dev Role: ENFORCER_ROLE. Emits AccountAdmitted, AddressFrozen, AccountSuspended, Frozen, TokensFrozen,
    /// TokensUnfrozen and LockUpSet as far as they apply, then Transfer and RecoverySuccess. Reverts with AccountNotAdmitted for the lost wallet, or
    /// WalletInUse for the new one.
    function recoveryAddress(address lostWallet, address newWallet, address investorOnchainId)
        external
        returns (bool);

    /// @notice Whether the whole of `account` is frozen (ERC-3643).
    function isFrozen(address account) external view returns (bool);
}
