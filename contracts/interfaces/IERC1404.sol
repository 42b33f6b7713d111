// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ERC-1404: why a transfer would be refused, as a code and in words
/// @notice https://github.com/ethereum/EIPs/issues/1404
interface IERC1404 {
    /// @notice The code of the first rule that the transfer would break, or 0. The zero address as `from` asks for an
    /// issue, as `to` for a redemption.
    function detectTransferRestriction(address from, address to, uint256 value)
        external
        view
        returns (uint8 code);

    /// @notice The code in words.
    function messageForTransferRestriction(uint8 code) external view returns (string memory message);
}
