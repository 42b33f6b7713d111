// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegistryAnchor} from "../../contracts/interfaces/IRegistryAnchor.sol";
import {SignedBase} from "./SettlementBase.sol";

/// @notice A registry of heads, who signs them, and the first two heads of a bond.
abstract contract RegistryAnchorBase is SignedBase {
    uint256 internal constant OPERATOR_KEY = 0x0FF;
    uint256 internal constant AUDITOR_KEY = 0xA0D;
    uint256 internal constant BOTH_KEY = 0xB07; // holds both roles
    bytes32 internal constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    bytes32 internal constant AUDITOR_ROLE = keccak256("AUDITOR_ROLE");
    uint64 internal constant NOW_BLOCK = 10_000;
    uint64 internal constant PINNED = NOW_BLOCK - 64;
    bytes32 internal constant PINNED_HASH = keccak256("block");

    address internal operator = vm.addr(OPERATOR_KEY);
    address internal auditor = vm.addr(AUDITOR_KEY);
    address internal both = vm.addr(BOTH_KEY);
    address internal bond = address(0xB0);
    address internal fund = address(0xF0);
    IRegistryAnchor internal registry;

    function setUp() external {
        vm.warp(NOON_S);
        vm.roll(NOW_BLOCK);
        vm.setBlockhash(PINNED, PINNED_HASH);
        registry = deployWith(both, both);
    }

    function deployWith(address otherOperator, address otherAuditor) internal returns (IRegistryAnchor) {
        address[] memory operators = new address[](2);
        address[] memory auditors = new address[](2);
        (operators[0], operators[1]) = (operator, otherOperator);
        (auditors[0], auditors[1]) = (auditor, otherAuditor);
        bytes memory args = abi.encode(admin, GRANT_DELAY_S, operators, auditors);
        return IRegistryAnchor(vm.deployCode("RegistryAnchor.sol:RegistryAnchor", args));
    }

    function first() internal view returns (IRegistryAnchor.Head memory) {
        return IRegistryAnchor.Head(bond, 1, 0, keccak256("head 1"), PINNED, PINNED_HASH, 50_000_000, 12);
    }

    function second() internal returns (IRegistryAnchor.Head memory) {
        vm.setBlockhash(PINNED + 1, keccak256("next block"));
        return IRegistryAnchor.Head(
            bond,
            2,
            keccak256("head 1"),
            keccak256("head 2"),
            PINNED + 1,
            keccak256("next block"),
            60_000_000,
            13
        );
    }

    // ---------------------------------------------------------------- anchoring and refusing

    function anchor(IRegistryAnchor.Head memory head) internal {
        bytes32 digest = registry.hashHead(head);
        registry.anchor(head, operator, sign(OPERATOR_KEY, digest), auditor, sign(AUDITOR_KEY, digest));
    }

    function assertAnchored(IRegistryAnchor.Head memory head, address byOperator, address byAuditor)
        internal
        view
    {
        IRegistryAnchor.AnchoredHead memory kept = registry.headOf(head.instrument, head.sequence);
        vm.assertEq(kept.head, head.head, "head");
        vm.assertEq(kept.blockHash, head.blockHash, "block hash");
        vm.assertEq(kept.supply, head.supply, "supply");
        vm.assertEq(kept.operator, byOperator, "operator");
        vm.assertEq(kept.blockNumber, head.blockNumber, "block number");
        vm.assertEq(kept.holderCount, head.holderCount, "holder count");
        vm.assertEq(kept.auditor, byAuditor, "auditor");
    }

    function assertNothingAt(address instrument, uint64 sequence) internal view {
        IRegistryAnchor.AnchoredHead memory nothing;
        bytes32 kept = keccak256(abi.encode(registry.headOf(instrument, sequence)));
        vm.assertEq(kept, keccak256(abi.encode(nothing)), "nothing");
    }

    /// @dev Refused by exactly this error, and nothing has changed.
    function refuses(
        IRegistryAnchor.Head memory head,
        address byOperator,
        bytes memory operatorSignature,
        address byAuditor,
        bytes memory auditorSignature,
        bytes memory refusal
    ) internal {
        bytes32 before = picture();
        vm.expectRevert(refusal);
        registry.anchor(head, byOperator, operatorSignature, byAuditor, auditorSignature);
        vm.assertEq(picture(), before, "what a refused head has changed");
    }

    function refusesSigned(IRegistryAnchor.Head memory head, bytes memory refusal) internal {
        bytes32 digest = registry.hashHead(head);
        refuses(head, operator, sign(OPERATOR_KEY, digest), auditor, sign(AUDITOR_KEY, digest), refusal);
    }

    function picture() internal view returns (bytes32 hash) {
        address[2] memory instruments = [bond, fund];
        for (uint256 i = 0; i < instruments.length; ++i) {
            hash = keccak256(abi.encode(hash, registry.lastSequence(instruments[i])));
            for (uint64 sequence = 0; sequence < 4; ++sequence) {
                hash = keccak256(abi.encode(hash, registry.headOf(instruments[i], sequence)));
            }
        }
    }

    function badSignature(address signer, IRegistryAnchor.Head memory head)
        internal
        view
        returns (bytes memory)
    {
        bytes32 digest = registry.hashHead(head);
        return abi.encodeWithSelector(IRegistryAnchor.InvalidHeadSignature.selector, signer, digest);
    }
}
