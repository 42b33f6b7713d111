// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title ERC-1643: the documents of an instrument
/// @notice https://github.com/ethereum/EIPs/issues/1643. The documents stay off the chain; their hashes are on it.
interface IERC1643 {
    /// @notice The document `name` was set, or replaced.
    event DocumentUpdated(bytes32 indexed name, string uri, bytes32 documentHash);

    /// @notice The document `name` is no longer one of the instrument.
    event DocumentRemoved(bytes32 indexed name, string uri, bytes32 documentHash);

    /// @notice A document needs a name and a place.
    error InvalidDocument(bytes32 name);

    /// @notice There is no document of that name.
    error UnknownDocument(bytes32 name);

    /// @notice Sets a document, or replaces it.
    /// @dev Role: REGISTRAR_ROLE. Emits DocumentUpdated. Reverts with InvalidDocument.
    function setDocument(bytes32 name, string calldata uri, bytes32 documentHash) external;

    /// @notice Removes a document.
    /// @dev Role: REGISTRAR_ROLE. Emits DocumentRemoved. Reverts with UnknownDocument.
    function removeDocument(bytes32 name) external;

    /// @notice Where a document is, its hash, and when it was set (seconds since 1970; 0 where there is none).
    function getDocument(bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified);

    /// @notice The names of all documents, in no order.
    function getAllDocuments() external view returns (bytes32[] memory names);
}
