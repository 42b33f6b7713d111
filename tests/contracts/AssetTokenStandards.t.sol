// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IERC1404} from "../../contracts/interfaces/IERC1404.sol";
import {IERC1643} from "../../contracts/interfaces/IERC1643.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice The surface by which wallets and tools recognise the token: ids, selectors and topics as the standards
/// write them, so that a slip in an interface of ours shows.
contract AssetTokenStandardsTest is TokenBase {
    function test_InterfacesClaimed() external view {
        vm.assertTrue(type(IERC7943Fungible).interfaceId == 0x3edbb4c4, "the id of ERC-7943's final text");
        vm.assertTrue(token.supportsInterface(0x3edbb4c4), "ERC-7943");
        vm.assertTrue(token.supportsInterface(0x01ffc9a7), "ERC-165");
        vm.assertTrue(token.supportsInterface(0x36372b07), "ERC-20");
        vm.assertTrue(token.supportsInterface(0xa219a025), "ERC-20 metadata");
        vm.assertTrue(token.supportsInterface(type(IERC20Permit).interfaceId), "ERC-2612");
        vm.assertTrue(token.supportsInterface(0x84b0196e), "ERC-5267");
        vm.assertTrue(token.supportsInterface(0xab84a5c8), "ERC-1404");
        vm.assertTrue(token.supportsInterface(type(IERC1643).interfaceId), "ERC-1643");
        vm.assertTrue(token.supportsInterface(type(IAccessControl).interfaceId), "access control");
        vm.assertTrue(!token.supportsInterface(0xffffffff), "the id that ERC-165 forbids");
        vm.assertTrue(!token.supportsInterface(0xb97d944c), "ERC-3643, of which not every function exists");
        vm.assertTrue(!token.supportsInterface(0x00000000), "nothing");
    }

    function test_InterfaceIdsAreThoseOfTheStandards() external pure {
        vm.assertTrue(type(IERC165).interfaceId == 0x01ffc9a7, "ERC-165");
        vm.assertTrue(type(IERC20).interfaceId == 0x36372b07, "ERC-20");
        vm.assertTrue(type(IERC20Metadata).interfaceId == 0xa219a025, "ERC-20 metadata");
        vm.assertTrue(type(IERC5267).interfaceId == 0x84b0196e, "ERC-5267");
        vm.assertTrue(type(IERC1404).interfaceId == 0xab84a5c8, "ERC-1404");
    }

    /// @dev Signatures in words, as the texts of the standards have them.
    function test_FunctionsAreThoseOfTheStandards() external view {
        answers("forcedTransfer(address,address,uint256)", token.forcedTransfer.selector);
        answers("setFrozenTokens(address,uint256)", token.setFrozenTokens.selector);
        answers("canSend(address)", token.canSend.selector);
        answers("canReceive(address)", token.canReceive.selector);
        answers("canTransfer(address,address,uint256)", token.canTransfer.selector);
        answers("getFrozenTokens(address)", token.getFrozenTokens.selector);
        answers(
            "detectTransferRestriction(address,address,uint256)", token.detectTransferRestriction.selector
        );
        answers("messageForTransferRestriction(uint8)", token.messageForTransferRestriction.selector);
        answers("getDocument(bytes32)", token.getDocument.selector);
        answers("setDocument(bytes32,string,bytes32)", token.setDocument.selector);
        answers("removeDocument(bytes32)", token.removeDocument.selector);
        answers("getAllDocuments()", token.getAllDocuments.selector);
        answers("eip712Domain()", token.eip712Domain.selector);
        answers("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", token.permit.selector);
        answers("nonces(address)", token.nonces.selector);
        answers("DOMAIN_SEPARATOR()", token.DOMAIN_SEPARATOR.selector);
    }

    function test_FunctionsOfERC3643() external view {
        answers("mint(address,uint256)", token.mint.selector);
        answers("burn(address,uint256)", token.burn.selector);
        answers("batchMint(address[],uint256[])", token.batchMint.selector);
        answers("batchBurn(address[],uint256[])", token.batchBurn.selector);
        answers("batchTransfer(address[],uint256[])", token.batchTransfer.selector);
        answers("batchForcedTransfer(address[],address[],uint256[])", token.batchForcedTransfer.selector);
        answers("setAddressFrozen(address,bool)", token.setAddressFrozen.selector);
        answers("batchSetAddressFrozen(address[],bool[])", token.batchSetAddressFrozen.selector);
        answers("freezePartialTokens(address,uint256)", token.freezePartialTokens.selector);
        answers("unfreezePartialTokens(address,uint256)", token.unfreezePartialTokens.selector);
        answers("batchFreezePartialTokens(address[],uint256[])", token.batchFreezePartialTokens.selector);
        answers("batchUnfreezePartialTokens(address[],uint256[])", token.batchUnfreezePartialTokens.selector);
        answers("recoveryAddress(address,address,address)", token.recoveryAddress.selector);
        answers("isFrozen(address)", token.isFrozen.selector);
        answers("pause()", token.pause.selector);
        answers("unpause()", token.unpause.selector);
        answers("paused()", token.paused.selector);
        answers("version()", token.version.selector);
    }

    function test_EventsAndErrorsAreThoseOfTheStandards() external pure {
        sameTopic("Frozen(address,uint256)", IERC7943Fungible.Frozen.selector);
        sameTopic("ForcedTransfer(address,address,uint256)", IERC7943Fungible.ForcedTransfer.selector);
        sameTopic("TokensFrozen(address,uint256)", IEnforcement.TokensFrozen.selector);
        sameTopic("TokensUnfrozen(address,uint256)", IEnforcement.TokensUnfrozen.selector);
        sameTopic("AddressFrozen(address,bool,address)", IEnforcement.AddressFrozen.selector);
        sameTopic("RecoverySuccess(address,address,address)", IEnforcement.RecoverySuccess.selector);
        sameTopic("Paused(address)", IRulebook.Paused.selector);
        sameTopic("Unpaused(address)", IRulebook.Unpaused.selector);
        sameTopic("DocumentUpdated(bytes32,string,bytes32)", IERC1643.DocumentUpdated.selector);
        sameTopic("DocumentRemoved(bytes32,string,bytes32)", IERC1643.DocumentRemoved.selector);
        bytes4 unfrozen = IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector;
        vm.assertTrue(
            unfrozen == selectorOf("ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)"), "error"
        );
    }

    function test_TheDomainIsThatOfTheToken() external view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifier,
            bytes32 salt,
            uint256[] memory extensions
        ) = token.eip712Domain();
        vm.assertTrue(fields == 0x0f, "fields");
        vm.assertEq(name, "Green Bond 2028", "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chainId, block.chainid, "chain");
        vm.assertEq(verifier, address(token), "contract");
        vm.assertTrue(salt == 0 && extensions.length == 0, "nothing else");
    }

    function answers(string memory signature, bytes4 selector) private pure {
        vm.assertTrue(selectorOf(signature) == selector, signature);
    }

    function sameTopic(string memory signature, bytes32 topic) private pure {
        vm.assertEq(keccak256(bytes(signature)), topic, signature);
    }

    function selectorOf(string memory signature) private pure returns (bytes4) {
        return bytes4(keccak256(bytes(signature)));
    }
}
