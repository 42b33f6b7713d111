// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC1643} from "../../contracts/interfaces/IERC1643.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice The papers behind the instrument: ERC-1643.
contract AssetTokenDocumentsTest is TokenBase {
    bytes32 private constant TERMS = "terms";
    bytes32 private constant PROSPECTUS = "prospectus";
    string private constant PLACE = "https://issuer.example/terms.pdf";
    bytes32 private constant HASH = keccak256("terms, version 1");

    function test_ADocumentIsStoredAndTold() external {
        vm.expectEmit(address(token));
        emit IERC1643.DocumentUpdated(TERMS, PLACE, HASH);
        token.setDocument(TERMS, PLACE, HASH);
        assertDocument(TERMS, PLACE, HASH, NOON_S);
        assertNames(1);
        vm.assertEq(token.getAllDocuments()[0], TERMS, "its name");
    }

    function test_ADocumentCanBeReplaced() external {
        token.setDocument(TERMS, PLACE, HASH);
        vm.warp(NOON_S + 7);
        bytes32 next = keccak256("terms, version 2");
        vm.expectEmit(address(token));
        emit IERC1643.DocumentUpdated(TERMS, "ipfs://terms", next);
        token.setDocument(TERMS, "ipfs://terms", next);
        assertDocument(TERMS, "ipfs://terms", next, NOON_S + 7);
        assertNames(1);
    }

    function test_ADocumentMayHaveNoHash() external {
        token.setDocument(TERMS, PLACE, 0);
        assertDocument(TERMS, PLACE, 0, NOON_S);
        assertNames(1);
    }

    function test_ADocumentCanBeRemovedAndTheOthersStay() external {
        token.setDocument(TERMS, PLACE, HASH);
        token.setDocument(PROSPECTUS, "ipfs://prospectus", 0);
        vm.expectEmit(address(token));
        emit IERC1643.DocumentRemoved(TERMS, PLACE, HASH);
        token.removeDocument(TERMS);
        assertDocument(TERMS, "", 0, 0);
        assertDocument(PROSPECTUS, "ipfs://prospectus", 0, NOON_S);
        assertNames(1);
        vm.assertEq(token.getAllDocuments()[0], PROSPECTUS, "the name that is left");
        token.setDocument(TERMS, PLACE, HASH);
        assertNames(2);
    }

    function test_WhereThereIsNoDocumentEverythingIsEmpty() external view {
        assertDocument(TERMS, "", 0, 0);
        assertNames(0);
    }

    function test_RevertWhen_ADocumentHasNoNameOrNoPlace() external {
        vm.expectRevert(abi.encodeWithSelector(IERC1643.InvalidDocument.selector, bytes32(0)));
        token.setDocument(0, PLACE, HASH);
        vm.expectRevert(abi.encodeWithSelector(IERC1643.InvalidDocument.selector, TERMS));
        token.setDocument(TERMS, "", HASH);
        assertNames(0);
    }

    function test_RevertWhen_RemovingWhatIsNotThere() external {
        bytes memory refusal = abi.encodeWithSelector(IERC1643.UnknownDocument.selector, TERMS);
        vm.expectRevert(refusal);
        token.removeDocument(TERMS);
        token.setDocument(TERMS, PLACE, HASH);
        token.removeDocument(TERMS);
        vm.expectRevert(refusal);
        token.removeDocument(TERMS);
    }

    function assertDocument(bytes32 name, string memory uri, bytes32 hash, uint256 lastModified)
        private
        view
    {
        (string memory foundUri, bytes32 foundHash, uint256 foundModified) = token.getDocument(name);
        vm.assertEq(foundUri, uri, "place");
        vm.assertEq(foundHash, hash, "hash");
        vm.assertEq(foundModified, lastModified, "when it was set");
    }

    function assertNames(uint256 count) private view {
        vm.assertEq(token.getAllDocuments().length, count, "documents");
    }
}
