// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {RulesBase} from "./RulesBase.sol";

/// @notice Units that may not leave an account before a time.
contract AssetTokenLockUpsTest is RulesBase {
    uint40 private constant UNTIL = uint40(NOON_S + 30 days);

    function test_LockUpIsStoredAndTold() external {
        vm.expectEmit(address(token));
        emit IRegister.LockUpSet(alice, 600, UNTIL);
        token.setLockUp(alice, 600, UNTIL);
        assertLockUp(600, UNTIL);
        vm.assertTrue(accountOf(alice).hasLockUp(), "flag");
        vm.assertEq(token.getFrozenTokens(alice), 0, "locked is not frozen");
    }

    function test_RevertWhen_LockedUp() external {
        token.setLockUp(alice, 600, UNTIL);
        refusesTransfer(Restriction.LockedUp, 401);
        refusesBurn(Restriction.LockedUp, 401);
        allowsTransfer(300);
        allowsBurn(100);
        refusesTransfer(Restriction.LockedUp, 1);
        refusesBurn(Restriction.LockedUp, 1);
    }

    function test_LockUpEndsAtItsSecond() external {
        token.setLockUp(alice, 600, UNTIL);
        vm.warp(UNTIL - 1);
        refusesTransfer(Restriction.LockedUp, 401);
        vm.warp(UNTIL);
        allowsTransfer(1_000);
        assertLockUp(600, UNTIL);
    }

    function test_LockUpBeyondTheBalanceBindsWhatComesIn() external {
        token.setLockUp(alice, 1_500, UNTIL);
        refusesTransfer(Restriction.LockedUp, 1);
        token.mint(alice, 501);
        allowsTransfer(1);
        refusesTransfer(Restriction.LockedUp, 1);
    }

    function test_AMoveOfNothingIsNotLocked() external {
        token.setLockUp(alice, 1_500, UNTIL);
        allowsTransfer(0);
        allowsBurn(0);
    }

    /// @dev The same units may be frozen and locked: the account keeps the larger of the two.
    function test_TheLargerOfFrozenAndLockedStays() external {
        token.setLockUp(alice, 600, UNTIL);
        token.setFrozenTokens(alice, 400);
        refusesTransfer(Restriction.LockedUp, 401);
        refusesTransfer(Restriction.InsufficientUnfrozenBalance, 601, insufficientUnfrozen(alice, 601, 600));
        token.setFrozenTokens(alice, 700);
        refusesTransfer(Restriction.InsufficientUnfrozenBalance, 301, insufficientUnfrozen(alice, 301, 300));
        allowsTransfer(300);
    }

    function test_ALockUpTakesThePlaceOfTheOneBefore() external {
        token.setLockUp(alice, 600, UNTIL);
        token.setLockUp(alice, 100, UNTIL + 1);
        assertLockUp(100, UNTIL + 1);
        allowsTransfer(900);
    }

    function test_ALockUpCanBeEnded() external {
        token.setLockUp(alice, 600, UNTIL);
        vm.expectEmit(address(token));
        emit IRegister.LockUpSet(alice, 0, 0);
        token.setLockUp(alice, 0, 0);
        assertLockUp(0, 0);
        vm.assertTrue(!accountOf(alice).hasLockUp(), "flag");
        allowsTransfer(1_000);
    }

    function test_TheLargestLockUp() external {
        token.setLockUp(alice, type(uint96).max, type(uint40).max);
        assertLockUp(type(uint96).max, type(uint40).max);
        refusesTransfer(Restriction.LockedUp, 1);
    }

    function test_OrdersAreNotBound() external {
        token.setLockUp(alice, 600, UNTIL);
        token.forcedTransfer(alice, bob, 1_000);
        assertBalances(0, 1_000);
        assertLockUp(600, UNTIL);
        vm.assertTrue(token.canTransfer(bob, alice, 1_000), "the lock-up does not follow the units");
    }

    function test_ALockedUpAccountMayReceive() external {
        token.setLockUp(bob, 600, UNTIL);
        allowsTransfer(1_000);
        allowsMint(1);
        vm.assertTrue(token.canTransfer(bob, alice, 401) && !token.canTransfer(bob, alice, 402), "bob");
    }

    function test_RenewingTheAdmissionKeepsTheLockUp() external {
        token.setLockUp(alice, 600, UNTIL);
        admit(alice, SINGAPORE, RETAIL, VALID_UNTIL + 1);
        refusesTransfer(Restriction.LockedUp, 401);
    }

    function test_RevertWhen_LockUpHasAnAmountOrATimeAlone() external {
        refuses(600, 0);
        refuses(0, UNTIL);
        refuses(600, uint40(NOON_S - 1));
        refuses(600, uint40(NOON_S));
        token.setLockUp(alice, 600, uint40(NOON_S + 1));
        assertLockUp(600, uint40(NOON_S + 1));
    }

    function test_RevertWhen_LockingUpWhoIsNotAdmitted() external {
        vm.expectRevert(abi.encodeWithSelector(IRegister.AccountNotAdmitted.selector, carol));
        token.setLockUp(carol, 600, UNTIL);
    }

    function refuses(uint96 amount, uint40 until) private {
        vm.expectRevert(abi.encodeWithSelector(IRegister.InvalidLockUp.selector, alice, amount, until));
        token.setLockUp(alice, amount, until);
        assertLockUp(0, 0);
    }

    function assertLockUp(uint96 amount, uint40 until) private view {
        (uint96 locked, uint40 lockedUntil) = token.lockUpOf(alice);
        vm.assertEq(locked, amount, "locked amount");
        vm.assertEq(lockedUntil, until, "locked until");
    }
}
