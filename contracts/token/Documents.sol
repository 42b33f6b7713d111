// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IERC1643} from "../interfaces/IERC1643.sol";
import {Ledger} from "./Ledger.sol";

/// @title Documents: hashes of the papers behind the instrument, and where they are
abstract contract Documents is Ledger, IERC1643 {
    using EnumerableSet for EnumerableSet.Bytes32Set;

    struct Document {
        string uri;
        bytes32 documentHash;
        uint256 lastModified;
    }

    EnumerableSet.Bytes32Set private _names;
    mapping(bytes32 name => Document) private _documents;

    /// @inheritdoc IERC1643
    function setDocument(bytes32 name, string calldata uri, bytes32 documentHash)
        external
        onlyRole(REGISTRAR_ROLE)
    {
        require(name != 0 && bytes(uri).length != 0, InvalidDocument(name));
        // False where the document is replaced.
        // slither-disable-next-line unused-return
        _names.add(name);
        Document storage document = _documents[name];
        document.uri = uri;
        document.documentHash = documentHash;
        document.lastModified = block.timestamp;
        emit DocumentUpdated(name, uri, documentHash);
    }

    /// @inheritdoc IERC1643
    function removeDocument(bytes32 name) external onlyRole(REGISTRAR_ROLE) {
        require(_names.remove(name), UnknownDocument(name));
        Document storage document = _documents[name];
        emit DocumentRemoved(name, document.uri, document.documentHash);
        delete _documents[name];
    }

    /// @inheritdoc IERC1643
    function getDocument(bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified)
    {
        Document storage document = _documents[name];
        return (document.uri, document.documentHash, document.lastModified);
    }

    /// @inheritdoc IERC1643
    function getAllDocuments() external view returns (bytes32[] memory) {
        return _names.values();
    }
}
