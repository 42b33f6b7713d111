// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";
import {IRegistryAnchor} from "../../contracts/interfaces/IRegistryAnchor.sol";
import {RegistryAnchorBase} from "./RegistryAnchorBase.sol";
import {HonestWallet} from "./Wallets.sol";

/// @notice Which heads are anchored, and which are not. Attacks on their signatures have tests of their own.
contract RegistryAnchorTest is RegistryAnchorBase {
    // ---------------------------------------------------------------- what is anchored

    function test_AHeadIsAnchored() external {
        IRegistryAnchor.Head memory head = first();
        bytes32 digest = registry.hashHead(head);
        vm.expectEmit(address(registry));
        emit IRegistryAnchor.HeadAnchored(
            bond, 1, head.head, 0, PINNED, PINNED_HASH, 50_000_000, 12, operator, auditor, digest
        );
        vm.prank(stranger); // who carries it does not matter
        registry.anchor(head, operator, sign(OPERATOR_KEY, digest), auditor, sign(AUDITOR_KEY, digest));
        assertAnchored(head, operator, auditor);
        vm.assertEq(registry.lastSequence(bond), 1, "last");
    }

    function test_NothingIsThereBeforeTheFirst() external view {
        vm.assertEq(registry.lastSequence(bond), 0, "last");
        assertNothingAt(bond, 0);
        assertNothingAt(bond, 1);
    }

    /// @dev The second says nothing of the first, which stays as it was written.
    function test_HeadsFollowOneAnother() external {
        anchor(first());
        IRegistryAnchor.Head memory head = second();
        bytes32 digest = registry.hashHead(head);
        registry.anchor(head, both, sign(BOTH_KEY, digest), auditor, sign(AUDITOR_KEY, digest));
        assertAnchored(first(), operator, auditor);
        assertAnchored(head, both, auditor);
        vm.assertEq(registry.lastSequence(bond), 2, "last");
    }

    function test_InstrumentsHaveHeadsOfTheirOwn() external {
        anchor(first());
        anchor(second());
        IRegistryAnchor.Head memory head = first();
        head.instrument = fund;
        anchor(head);
        assertAnchored(head, operator, auditor);
        vm.assertEq(registry.lastSequence(bond), 2, "the bond's");
        vm.assertEq(registry.lastSequence(fund), 1, "the fund's");
    }

    function test_TheLimitsOfTheFieldsAreKept() external {
        IRegistryAnchor.Head memory head = first();
        vm.roll(type(uint64).max);
        head.blockNumber = type(uint64).max - 300;
        (head.supply, head.holderCount) = (type(uint256).max, type(uint32).max);
        anchor(head);
        assertAnchored(head, operator, auditor);
    }

    /// @dev What the chain has forgotten is taken on two signatures; what it knows is not.
    function test_AnOldBlocksHashIsTakenOnTheSignatures() external {
        IRegistryAnchor.Head memory head = first();
        head.blockHash = keccak256("as the auditor saw it");
        vm.roll(PINNED + 256);
        refusesSigned(head, wrongHash(head, blockhash(PINNED)));
        vm.roll(PINNED + 257);
        anchor(head);
        assertAnchored(head, operator, auditor);
    }

    function test_TheBlockBeforeThisOneCanBeAnchored() external {
        IRegistryAnchor.Head memory head = first();
        head.blockNumber = NOW_BLOCK - 1;
        head.blockHash = blockhash(NOW_BLOCK - 1);
        anchor(head);
        assertAnchored(head, operator, auditor);
    }

    function test_WalletsMaySign() external {
        (HonestWallet one, HonestWallet two) = (new HonestWallet(), new HonestWallet());
        registry = deployWith(address(one), address(two));
        bytes32 digest = registry.hashHead(first());
        refuses(first(), address(one), "", address(two), "", badSignature(address(one), first()));
        one.agreeTo(digest);
        refuses(first(), address(one), "", address(two), "", badSignature(address(two), first()));
        two.agreeTo(digest);
        registry.anchor(first(), address(one), "", address(two), "");
        assertAnchored(first(), address(one), address(two));
    }

    // ---------------------------------------------------------------- places in the chain of heads

    function test_RevertWhen_TheHeadIsZero() external {
        IRegistryAnchor.Head memory head = first();
        head.head = 0;
        refusesSigned(head, abi.encodeWithSelector(IRegistryAnchor.InvalidHead.selector));
    }

    function test_RevertWhen_ASequenceIsWrittenTwiceOrLeftOut() external {
        IRegistryAnchor.Head memory head = first();
        head.sequence = 0;
        refusesSequence(head, 1);
        head.sequence = 2;
        refusesSequence(head, 1);

        anchor(first());
        refusesSequence(first(), 2); // the very same, again
        head = second();
        head.sequence = 1;
        refusesSequence(head, 2);
        head.sequence = 3;
        refusesSequence(head, 2);
    }

    function test_RevertWhen_ItDoesNotContinueTheLast() external {
        IRegistryAnchor.Head memory head = first();
        head.previousHead = keccak256("something");
        refusesPrevious(head, 0);

        anchor(first());
        head = second();
        head.previousHead = 0;
        refusesPrevious(head, first().head);
        head.previousHead = head.head;
        refusesPrevious(head, first().head);
    }

    // ---------------------------------------------------------------- blocks

    function test_RevertWhen_TheBlockIsNotLater() external {
        anchor(first());
        IRegistryAnchor.Head memory head = second();
        for (uint64 number = PINNED; number >= PINNED - 1; --number) {
            head.blockNumber = number;
            head.blockHash = blockhash(number);
            refusesSigned(
                head, abi.encodeWithSelector(IRegistryAnchor.BlockNotLater.selector, number, PINNED)
            );
        }
    }

    function test_RevertWhen_TheBlockIsTheGenesis() external {
        IRegistryAnchor.Head memory head = first();
        head.blockNumber = 0;
        refusesSigned(head, abi.encodeWithSelector(IRegistryAnchor.BlockNotLater.selector, 0, 0));
    }

    function test_RevertWhen_TheBlockIsNotMined() external {
        IRegistryAnchor.Head memory head = first();
        for (uint64 number = NOW_BLOCK; number < NOW_BLOCK + 2; ++number) {
            head.blockNumber = number;
            refusesSigned(head, abi.encodeWithSelector(IRegistryAnchor.BlockNotMined.selector, number));
        }
    }

    function test_RevertWhen_TheChainKnowsAnotherHash() external {
        IRegistryAnchor.Head memory head = first();
        head.blockHash = keccak256("another");
        refusesSigned(head, wrongHash(head, PINNED_HASH));
        head.blockHash = 0;
        refusesSigned(head, wrongHash(head, PINNED_HASH));
    }

    // ---------------------------------------------------------------- who signs

    function test_RevertWhen_TheOperatorIsTheAuditor() external {
        bytes memory signature = sign(BOTH_KEY, registry.hashHead(first()));
        bytes memory refusal = abi.encodeWithSelector(IRegistryAnchor.OperatorIsAuditor.selector, both);
        refuses(first(), both, signature, both, signature, refusal);
    }

    function test_RevertWhen_ASignerHasNotTheRole() external {
        bytes32 digest = registry.hashHead(first());
        bytes memory byOperator = sign(OPERATOR_KEY, digest);
        bytes memory byAuditor = sign(AUDITOR_KEY, digest);
        bytes memory byStranger = sign(STRANGER_KEY, digest);
        bytes memory refusal = unauthorised(stranger, OPERATOR_ROLE);
        refuses(first(), stranger, byStranger, auditor, byAuditor, refusal);
        refuses(first(), auditor, byAuditor, operator, byOperator, unauthorised(auditor, OPERATOR_ROLE));
        refusal = unauthorised(stranger, AUDITOR_ROLE);
        refuses(first(), operator, byOperator, stranger, byStranger, refusal);
    }

    function test_RevertWhen_TheAuditorWasDismissedAfterSigning() external {
        vm.prank(admin);
        IDelayedRoles(address(registry)).revokeRole(AUDITOR_ROLE, auditor);
        refusesSigned(first(), unauthorised(auditor, AUDITOR_ROLE));
    }

    function test_RevertWhen_TheAdminAppointsInAnInstant() external {
        vm.prank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IDelayedRoles.RoleGrantNotScheduled.selector, AUDITOR_ROLE, admin)
        );
        IDelayedRoles(address(registry)).grantRole(AUDITOR_ROLE, admin);
    }

    // ---------------------------------------------------------------- helpers

    function refusesSequence(IRegistryAnchor.Head memory head, uint64 expected) private {
        refusesSigned(
            head,
            abi.encodeWithSelector(
                IRegistryAnchor.WrongSequence.selector, head.instrument, head.sequence, expected
            )
        );
    }

    function refusesPrevious(IRegistryAnchor.Head memory head, bytes32 expected) private {
        refusesSigned(
            head,
            abi.encodeWithSelector(
                IRegistryAnchor.WrongPreviousHead.selector, head.instrument, head.previousHead, expected
            )
        );
    }

    function wrongHash(IRegistryAnchor.Head memory head, bytes32 expected)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IRegistryAnchor.WrongBlockHash.selector, head.blockNumber, head.blockHash, expected
        );
    }
}
