// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegistryAnchor} from "../../contracts/interfaces/IRegistryAnchor.sol";
import {RegistryAnchorBase} from "./RegistryAnchorBase.sol";
import {BurningWallet, CallingWallet} from "./SettlementWallets.sol";
import {AnsweringWallet, ERC1271_MAGIC, RevertingWallet} from "./Wallets.sol";

/// @notice No head is anchored that operator and auditor did not both sign.
contract RegistryAnchorSignaturesTest is RegistryAnchorBase {
    // ---------------------------------------------------------------- accounts

    function test_RevertWhen_ASignerDidNotSign() external {
        bytes32 digest = registry.hashHead(first());
        (bytes memory byOperator, bytes memory byAuditor) =
            (sign(OPERATOR_KEY, digest), sign(AUDITOR_KEY, digest));
        for (uint256 i = 0; i < 2; ++i) {
            (address signer, uint256 key) = i == 0 ? (operator, OPERATOR_KEY) : (auditor, AUDITOR_KEY);
            bytes[6] memory bad = [
                bytes(""),
                new bytes(65),
                abi.encodePacked(sign(key, digest), uint8(0)),
                compact(key, digest),
                mirrored(key, digest),
                i == 0 ? byAuditor : byOperator
            ];
            for (uint256 j = 0; j < bad.length; ++j) {
                (bytes memory one, bytes memory two) = i == 0 ? (bad[j], byAuditor) : (byOperator, bad[j]);
                refuses(first(), operator, one, auditor, two, badSignature(signer, first()));
            }
        }
    }

    /// @dev By the operator, after the auditor has signed: what could be altered and still be in its place.
    function test_RevertWhen_AnythingSignedIsAltered() external {
        bytes memory byAuditor = sign(AUDITOR_KEY, registry.hashHead(first()));
        for (uint256 i = 0; i < 6; ++i) {
            IRegistryAnchor.Head memory head = first();
            if (i == 0) head.instrument = fund;
            if (i == 1) head.head = keccak256("another");
            if (i == 2) head.supply += 1;
            if (i == 3) head.holderCount += 1;
            if (i >= 4) vm.roll(NOW_BLOCK + 1_000);
            if (i == 4) head.blockNumber -= 1;
            if (i == 5) head.blockHash = keccak256("another");
            refusesAuditor(head, byAuditor);
        }
    }

    function test_RevertWhen_TheSignatureIsThatOfAnotherSequence() external {
        bytes memory byAuditor = sign(AUDITOR_KEY, registry.hashHead(first()));
        anchor(first());
        refusesAuditor(second(), byAuditor);
    }

    function test_RevertWhen_SignedForAnotherRegistry() external {
        refusesAuditor(first(), sign(AUDITOR_KEY, deployWith(both, both).hashHead(first())));
    }

    function test_RevertWhen_SignedForAnotherChain() external {
        bytes memory byAuditor = sign(AUDITOR_KEY, registry.hashHead(first()));
        vm.chainId(block.chainid + 1);
        refusesAuditor(first(), byAuditor);
    }

    // ---------------------------------------------------------------- wallets (ERC-1271)

    function test_RevertWhen_AWalletLies() external {
        refusesWallet(address(new AnsweringWallet(abi.encode(bytes4(0xffffffff)))));
        refusesWallet(address(new AnsweringWallet(abi.encode(uint256(1)))));
        refusesWallet(address(new AnsweringWallet(abi.encode(bytes32(ERC1271_MAGIC) | bytes32(uint256(1))))));
    }

    function test_RevertWhen_AWalletAnswersTooShort() external {
        refusesWallet(address(new AnsweringWallet("")));
        refusesWallet(address(new AnsweringWallet(abi.encodePacked(ERC1271_MAGIC))));
    }

    function test_RevertWhen_AWalletReverts() external {
        refusesWallet(address(new RevertingWallet()));
    }

    function test_RevertWhen_AWalletBurnsAllGas() external {
        refusesWallet(address(new BurningWallet()));
    }

    function test_RevertWhen_AWalletReenters() external {
        CallingWallet wallet = new CallingWallet(false);
        registry = deployWith(address(wallet), both);
        wallet.arm(address(registry), innerCall());
        bytes memory byAuditor = sign(AUDITOR_KEY, registry.hashHead(first()));
        refuses(first(), address(wallet), "", auditor, byAuditor, badSignature(address(wallet), first()));
    }

    /// @dev It signs as it may, and what it does meanwhile comes to nothing: even a good head of another instrument.
    function test_AWalletThatReentersInSecretGainsNothing() external {
        CallingWallet wallet = new CallingWallet(true);
        registry = deployWith(address(wallet), both);
        bytes memory inner = innerCall();
        wallet.arm(address(registry), inner);
        bytes memory byAuditor = sign(AUDITOR_KEY, registry.hashHead(first()));
        registry.anchor(first(), address(wallet), "", auditor, byAuditor);
        assertAnchored(first(), address(wallet), auditor);
        vm.assertEq(registry.lastSequence(fund), 0, "the inner head");
        (bool succeeded,) = address(registry).call(inner);
        vm.assertTrue(succeeded, "it was in good order");
    }

    // ---------------------------------------------------------------- what is signed (EIP-712, ERC-5267)

    function test_TheHashIsThatOfEIP712() external view {
        IRegistryAnchor.Head memory head = first();
        bytes32 typeHash = keccak256(
            "Head(address instrument,uint64 sequence,bytes32 previousHead,bytes32 head,uint64 blockNumber,"
            "bytes32 blockHash,uint256 supply,uint32 holderCount)"
        );
        bytes32 structHash = keccak256(
            bytes.concat(
                abi.encode(typeHash, head.instrument, head.sequence, head.previousHead, head.head),
                abi.encode(head.blockNumber, head.blockHash, head.supply, head.holderCount)
            )
        );
        bytes32 expected = typedDigest("rwaledger RegistryAnchor", address(registry), structHash);
        vm.assertEq(registry.hashHead(head), expected, "digest");
        assertDomain(address(registry), "rwaledger RegistryAnchor");
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Signed anew by the operator, so that it is the auditor's signature that does not fit.
    function refusesAuditor(IRegistryAnchor.Head memory head, bytes memory byAuditor) private {
        bytes memory byOperator = sign(OPERATOR_KEY, registry.hashHead(head));
        refuses(head, operator, byOperator, auditor, byAuditor, badSignature(auditor, head));
    }

    /// @dev As operator and as auditor.
    function refusesWallet(address wallet) private {
        registry = deployWith(wallet, wallet);
        bytes32 digest = registry.hashHead(first());
        bytes memory refusal = badSignature(wallet, first());
        refuses(first(), wallet, "", auditor, sign(AUDITOR_KEY, digest), refusal);
        refuses(first(), operator, sign(OPERATOR_KEY, digest), wallet, "", refusal);
    }

    function innerCall() private view returns (bytes memory) {
        IRegistryAnchor.Head memory head = first();
        head.instrument = fund;
        bytes32 digest = registry.hashHead(head);
        return abi.encodeCall(
            IRegistryAnchor.anchor,
            (head, operator, sign(OPERATOR_KEY, digest), auditor, sign(AUDITOR_KEY, digest))
        );
    }
}
