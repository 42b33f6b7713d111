// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title ERC-7943 for fungible tokens (uRWA), in its final text
/// @notice https://eips.ethereum.org/EIPS/eip-7943. The interface id is 0x3edbb4c4.
interface IERC7943Fungible is IERC165 {
    /// @notice Tokens were moved by an enforcement order.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);

    /// @notice The frozen amount of `account` is now `amount`.
    event Frozen(address indexed account, uint256 amount);

    /// @notice `account` may not send, whatever the amount.
    error ERC7943CannotSend(address account);

    /// @notice `account` may not receive, whatever the amount.
    error ERC7943CannotReceive(address account);

    /// @notice A rule of the token forbids this transfer.
    error ERC7943CannotTransfer(address from, address to, uint256 amount);

    /// @notice `account` holds `amount` or more, but only `unfrozen` of it may move.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);

    /// @notice Moves `amount` by order, frozen tokens included; `to` must be able to receive.
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool result);

    /// @notice Overwrites the frozen amount of `account`, which may exceed its balance.
    function setFrozenTokens(address account, uint256 amount) external returns (bool result);

    /// @notice Whether `account` may send at all. Never reverts.
    function canSend(address account) external view returns (bool allowed);

    /// @notice Whether `account` may receive at all. Never reverts.
    function canReceive(address account) external view returns (bool allowed);

    /// @notice The amount of `account` that is frozen; may exceed its balance.
    function getFrozenTokens(address account) external view returns (uint256 amount);

    /// @notice Whether this transfer would go through, allowance apart. Never reverts. The standard's text asks both to
    /// judge the unfrozen balance and not to judge the balance: here more than the balance gives false.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool allowed);
}
