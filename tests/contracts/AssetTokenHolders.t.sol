// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {RulesBase} from "./RulesBase.sol";

/// @notice How many accounts hold units, and how many may.
contract AssetTokenHoldersTest is RulesBase {
    function test_WhoReceivesForTheFirstTimeIsCounted() external {
        assertHolders(1);
        token.mint(alice, 1);
        assertHolders(1);
        token.mint(bob, 1);
        assertHolders(2);
        send(alice, bob, 500);
        assertHolders(2);
    }

    function test_WhoHandsOverEverythingIsCountedNoMore() external {
        send(alice, bob, 1_000);
        assertHolders(1);
        send(bob, alice, 400);
        assertHolders(2);
        send(bob, alice, 600);
        assertHolders(1);
    }

    function test_RedeemingEverythingEndsAHolder() external {
        token.mint(bob, 10);
        token.burn(bob, 9);
        assertHolders(2);
        token.burn(bob, 1);
        assertHolders(1);
        token.burn(alice, 1_000);
        assertHolders(0);
    }

    function test_OrdersCountToo() external {
        token.forcedTransfer(alice, bob, 1);
        assertHolders(2);
        token.forcedTransfer(alice, bob, 999);
        assertHolders(1);
    }

    function test_BatchesCountEachAccountOnce() external {
        (address[] memory to, uint256[] memory amounts) = batch(bob, 1, bob, 2);
        token.batchMint(to, amounts);
        assertHolders(2);
        token.batchBurn(to, amounts);
        assertHolders(1);
    }

    function test_ATransferToOneselfCountsNothing() external {
        send(alice, alice, 1_000);
        assertHolders(1);
    }

    // ---------------------------------------------------------------- the cap

    function test_RevertWhen_HolderCapExceeded() external {
        setHolderCap(1);
        refusesTransfer(Restriction.HolderCapExceeded, 999);
        refusesMint(Restriction.HolderCapExceeded, 1);
        setHolderCap(2);
        allowsTransfer(1);
        assertHolders(2);
    }

    function test_WhoHandsOverEverythingMakesRoomForTheNewHolder() external {
        setHolderCap(1);
        allowsTransfer(1_000);
        assertHolders(1);
    }

    function test_ACapThatComesLaterTakesNothingAway() external {
        token.mint(bob, 10);
        admit(carol);
        setHolderCap(1);
        allowsTransfer(10);
        allowsMint(10);
        bob = carol;
        refusesTransfer(Restriction.HolderCapExceeded, 10);
        allowsTransfer(990);
        assertHolders(2);
    }

    function test_MovesOfNothingAndToOneselfNeedNoRoom() external {
        setHolderCap(1);
        allowsTransfer(0);
        allowsMint(0);
        bob = alice;
        allowsTransferToOneself();
        assertHolders(1);
    }

    function allowsTransferToOneself() private {
        agree(Restriction.None, alice, alice, 5);
        send(alice, alice, 5);
    }

    function test_OrdersAndRecoveriesNeedNoRoom() external {
        setHolderCap(1);
        token.forcedTransfer(alice, bob, 10);
        assertHolders(2);
        token.recoveryAddress(alice, carol, address(0));
        assertHolders(2);
    }

    function test_RevertWhen_OneOfABatchExceedsTheCap() external {
        setHolderCap(2);
        admit(carol);
        (address[] memory to, uint256[] memory amounts) = batch(bob, 1, carol, 1);
        vm.expectRevert(restricted(Restriction.HolderCapExceeded, address(0), carol, 1));
        token.batchMint(to, amounts);
        vm.prank(alice);
        vm.expectRevert(restricted(Restriction.HolderCapExceeded, alice, carol, 1));
        token.batchTransfer(to, amounts);
        (to, amounts) = batch(bob, 1, carol, 999);
        vm.prank(alice);
        token.batchTransfer(to, amounts);
        assertHolders(2);
    }

    // ---------------------------------------------------------------- where holders are not counted

    function test_WhereHoldersAreNotCountedTheCountIsZero() external {
        deployUncounted();
        token.mint(bob, 1);
        send(alice, bob, 1_0);
        token.burn(bob, 11);
        token.forcedTransfer(alice, bob, 990);
        vm.assertTrue(!token.countsHolders(), "counts holders");
        assertHolders(0);
    }

    function test_RevertWhen_ACapIsSetWhereHoldersAreNotCounted() external {
        deployUncounted();
        vm.expectRevert(abi.encodeWithSelector(IRulebook.InvalidRules.selector));
        setHolderCap(1);
        setHolderCap(0);
    }

    function deployUncounted() private {
        IAssetToken.Terms memory uncounted = terms();
        uncounted.countsHolders = false;
        token = deploy(uncounted);
        token.activate(particularsOf(HONG_KONG, 0));
        admitAndIssue();
    }

    function assertHolders(uint256 count) private view {
        vm.assertEq(token.holderCount(), count, "holders");
    }
}
