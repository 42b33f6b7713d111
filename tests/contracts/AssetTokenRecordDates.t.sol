// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRecordDates} from "../../contracts/interfaces/IRecordDates.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Balances and supply at times that were announced.
contract AssetTokenRecordDatesTest is TokenBase {
    uint40 private constant FIRST = uint40(NOON_S + 1 days);
    uint40 private constant SECOND = uint40(NOON_S + 2 days);
    uint40 private constant THIRD = uint40(NOON_S + 3 days);
    uint40 private constant FOURTH = uint40(NOON_S + 4 days);

    function setUp() public override {
        super.setUp();
        admitAndIssue();
    }

    // ---------------------------------------------------------------- scheduling

    function test_RecordDatesAreNumberedFromOne() external {
        vm.expectEmit(address(token));
        emit IRecordDates.RecordDateScheduled(1, FIRST);
        vm.assertEq(token.scheduleRecordDate(FIRST), 1, "number");
        vm.expectEmit(address(token));
        emit IRecordDates.RecordDateScheduled(2, SECOND);
        vm.assertEq(token.scheduleRecordDate(SECOND), 2, "number");
        assertDates(2);
        vm.assertEq(token.recordDates()[0], FIRST, "first");
        vm.assertEq(token.recordDates()[1], SECOND, "second");
        assertPassed(0);
    }

    function test_RevertWhen_ARecordDateIsNotLaterThanNowOrTheLast() external {
        refusesDate(uint40(NOON_S), NOON_S);
        refusesDate(0, NOON_S);
        token.scheduleRecordDate(uint40(NOON_S + 1));
        refusesDate(uint40(NOON_S + 1), NOON_S + 1);
        token.scheduleRecordDate(uint40(NOON_S + 2));
        vm.warp(SECOND);
        refusesDate(SECOND, SECOND);
        token.scheduleRecordDate(type(uint40).max);
        assertDates(3);
    }

    function refusesDate(uint40 recordDate, uint256 laterThan) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRecordDates.InvalidRecordDate.selector, recordDate, laterThan)
        );
        token.scheduleRecordDate(recordDate);
    }

    function test_RevertWhen_AllNumbersAreUsed() external {
        bytes32 slot = slotOfCount();
        vm.store(address(token), slot, bytes32(uint256(type(uint16).max) - 1));
        vm.record();
        token.recordDatesPassed();
        (bytes32[] memory reads,) = vm.accesses(address(token));
        uint256 instrument = uint256(vm.load(address(token), reads[0]));
        vm.store(address(token), reads[0], bytes32(instrument | uint256(type(uint16).max - 2) << 144));
        vm.assertEq(token.scheduleRecordDate(FIRST), type(uint16).max, "the last number");
        vm.expectRevert(abi.encodeWithSelector(IRecordDates.TooManyRecordDates.selector));
        token.scheduleRecordDate(SECOND);
    }

    function test_RevertWhen_TooManyAreToCome() external {
        for (uint40 i = 0; i < 64; ++i) {
            token.scheduleRecordDate(FIRST + i);
        }
        vm.warp(FIRST);
        vm.expectRevert(abi.encodeWithSelector(IRecordDates.TooManyRecordDates.selector));
        token.scheduleRecordDate(FIRST + 64);
        vm.warp(FIRST + 1);
        vm.assertEq(token.scheduleRecordDate(FIRST + 64), 65, "one has passed");
    }

    /// @dev While there is no record date, their count is all that is read for the list of them.
    function slotOfCount() private returns (bytes32) {
        vm.record();
        token.recordDates();
        (bytes32[] memory reads,) = vm.accesses(address(token));
        return reads[0];
    }

    // ---------------------------------------------------------------- cancelling

    function test_TheLastRecordDateCanBeCancelledAndItsNumberIsUsedAgain() external {
        token.scheduleRecordDate(FIRST);
        token.scheduleRecordDate(THIRD);
        vm.expectEmit(address(token));
        emit IRecordDates.RecordDateCancelled(2);
        token.cancelRecordDate(2);
        assertDates(1);
        refusesUnknown(2);
        vm.assertEq(token.scheduleRecordDate(SECOND), 2, "number");
        vm.warp(SECOND + 1);
        assertPassed(2);
        assertBalanceAt(alice, 2, 1_000);
    }

    function test_RevertWhen_CancellingWhatIsNotTheLastOrHasPassed() external {
        refusesCancel(0);
        refusesCancel(1);
        token.scheduleRecordDate(FIRST);
        token.scheduleRecordDate(SECOND);
        refusesCancel(1);
        refusesCancel(3);
        vm.warp(SECOND + 1);
        refusesCancel(2);
    }

    function test_ARecordDateCanBeCancelledInItsOwnSecond() external {
        token.scheduleRecordDate(FIRST);
        vm.warp(FIRST);
        token.cancelRecordDate(1);
        vm.warp(SECOND);
        assertPassed(0);
        send(alice, bob, 1);
        vm.assertEq(accountOf(alice).recordDateId(), 0, "nothing to settle");
    }

    function test_ACancelledRecordDateIsNotMet() external {
        token.scheduleRecordDate(FIRST);
        token.scheduleRecordDate(SECOND);
        token.scheduleRecordDate(THIRD);
        token.cancelRecordDate(3);
        token.cancelRecordDate(2);
        vm.warp(FOURTH);
        assertPassed(1);
        send(alice, bob, 400);
        assertBalanceAt(alice, 1, 1_000);
        refusesUnknown(2);
    }

    function refusesCancel(uint16 id) private {
        vm.expectRevert(abi.encodeWithSelector(IRecordDates.RecordDateNotCancellable.selector, id));
        token.cancelRecordDate(id);
    }

    // ---------------------------------------------------------------- what was held

    function test_TheBlockAtTheRecordDateStillCounts() external {
        token.scheduleRecordDate(FIRST);
        vm.warp(FIRST);
        send(alice, bob, 400);
        assertPassed(0);
        vm.warp(FIRST + 1);
        assertPassed(1);
        send(alice, bob, 600);
        assertBalanceAt(alice, 1, 600);
        assertBalanceAt(bob, 1, 400);
        assertBalances(0, 1_000);
    }

    function test_WhoDidNotMoveHeldWhatItHolds() external {
        token.scheduleRecordDate(FIRST);
        vm.warp(THIRD);
        assertBalanceAt(alice, 1, 1_000);
        assertBalanceAt(bob, 1, 0);
        assertBalanceAt(address(0), 1, 0);
    }

    function test_ABalanceStandsForEveryRecordDateUntilTheNextMove() external {
        scheduleFour();
        vm.warp(FIRST + 1);
        send(alice, bob, 100);
        vm.warp(FOURTH + 1);
        send(alice, bob, 100);
        assertBalancesAt(1, 1_000, 0);
        for (uint16 id = 2; id <= 4; ++id) {
            assertBalancesAt(id, 900, 100);
        }
        assertBalances(800, 200);
    }

    function test_WhoHeldNothingInBetweenHeldNothing() external {
        scheduleFour();
        vm.warp(FIRST + 1);
        send(alice, bob, 1_000);
        vm.warp(SECOND + 1);
        send(bob, alice, 1_000);
        vm.warp(THIRD + 1);
        send(alice, bob, 1_000);
        vm.warp(FOURTH + 1);
        assertBalancesAt(1, 1_000, 0);
        assertBalancesAt(2, 0, 1_000);
        assertBalancesAt(3, 1_000, 0);
        assertBalancesAt(4, 0, 1_000);
    }

    /// @dev What is left behind under a later number must not answer for a time at which nothing was held.
    function test_WhatIsLeftBehindLaterDoesNotAnswerForBefore() external {
        scheduleFour();
        vm.warp(FIRST + 1);
        send(alice, bob, 100);
        vm.warp(THIRD + 1);
        send(bob, alice, 100);
        assertBalanceAt(bob, 1, 0);
        assertBalanceAt(bob, 2, 100);
        assertBalanceAt(bob, 3, 100);
    }

    function test_EveryKindOfMoveLeavesBehindWhatWasHeld() external {
        scheduleFour();
        vm.warp(FIRST + 1);
        token.mint(alice, 10);
        token.mint(bob, 20);
        vm.warp(SECOND + 1);
        token.burn(alice, 5);
        token.forcedTransfer(alice, bob, 5);
        vm.warp(THIRD + 1);
        (address[] memory accounts, uint256[] memory amounts) = batch(alice, 1, bob, 2);
        token.batchMint(accounts, amounts);
        vm.warp(FOURTH + 1);
        token.batchBurn(accounts, amounts);
        assertBalancesAt(1, 1_000, 0);
        assertBalancesAt(2, 1_010, 20);
        assertBalancesAt(3, 1_000, 25);
        assertBalancesAt(4, 1_001, 27);
        assertSupplyAt(1, 1_000);
        assertSupplyAt(2, 1_030);
        assertSupplyAt(3, 1_025);
        assertSupplyAt(4, 1_028);
        assertBalances(1_000, 25);
    }

    function test_TheSupplyOfAnUntouchedInstrumentStands() external {
        scheduleFour();
        vm.warp(FOURTH + 1);
        assertSupplyAt(1, 1_000);
        assertSupplyAt(4, 1_000);
        token.burn(alice, 1_000);
        assertSupplyAt(1, 1_000);
        assertSupplyAt(4, 1_000);
        token.scheduleRecordDate(FOURTH + 2);
        vm.warp(FOURTH + 3);
        assertSupplyAt(5, 0);
        token.mint(alice, 7);
        assertSupplyAt(4, 1_000);
        assertSupplyAt(5, 0);
    }

    /// @dev The instrument's word has two dates ahead. Those beyond it must be found all the same.
    function test_ManyRecordDatesMayPassUnseen() external {
        for (uint40 i = 1; i <= 40; ++i) {
            token.scheduleRecordDate(uint40(NOON_S) + i * 10);
        }
        vm.warp(NOON_S + 25);
        assertPassed(2);
        vm.warp(NOON_S + 30);
        assertPassed(2);
        vm.warp(NOON_S + 31);
        assertPassed(3);
        token.mint(alice, 0);
        vm.warp(NOON_S + 55);
        assertPassed(5);
        vm.warp(NOON_S + 375);
        assertPassed(37);
        send(alice, bob, 1_000);
        assertBalanceAt(alice, 1, 1_000);
        assertBalanceAt(alice, 37, 1_000);
        vm.warp(NOON_S + 401);
        assertPassed(40);
        assertBalancesAt(38, 0, 1_000);
        assertBalancesAt(40, 0, 1_000);
    }

    function test_SchedulingAfterSomeHavePassed() external {
        scheduleFour();
        vm.warp(THIRD + 1);
        token.scheduleRecordDate(FOURTH + 1);
        assertPassed(3);
        assertSupplyAt(3, 1_000);
        token.cancelRecordDate(5);
        vm.warp(FOURTH + 2);
        assertPassed(4);
        token.mint(alice, 1);
        assertSupplyAt(4, 1_000);
        assertBalanceAt(alice, 4, 1_000);
    }

    function test_MovesOfNothingAndToOneselfChangeNoHistory() external {
        scheduleFour();
        vm.warp(SECOND + 1);
        send(alice, alice, 5);
        send(alice, bob, 0);
        vm.warp(FOURTH + 1);
        send(alice, bob, 1_000);
        for (uint16 id = 1; id <= 4; ++id) {
            assertBalancesAt(id, 1_000, 0);
        }
    }

    function test_HistoryAnswersAfterTheAccountIsFrozenSuspendedAndAdmittedAnew() external {
        token.scheduleRecordDate(FIRST);
        vm.warp(FIRST + 1);
        send(alice, bob, 400);
        token.setFrozenTokens(alice, 5);
        token.setAddressFrozen(alice, true);
        token.setSuspended(alice, true);
        admit(alice, SINGAPORE, RETAIL, VALID_UNTIL);
        assertBalancesAt(1, 1_000, 0);
        vm.assertEq(accountOf(alice).recordDateId(), 1, "settled up to");
    }

    // ---------------------------------------------------------------- what cannot be asked

    function test_RevertWhen_TheRecordDateIsUnknownOrHasNotPassed() external {
        refusesUnknown(0);
        refusesUnknown(1);
        token.scheduleRecordDate(FIRST);
        refusesUnknown(0);
        refusesNotPassed();
        vm.warp(FIRST);
        refusesNotPassed();
        vm.warp(FIRST + 1);
        assertBalanceAt(alice, 1, 1_000);
        refusesUnknown(2);
    }

    function refusesUnknown(uint16 id) private {
        bytes memory refusal = abi.encodeWithSelector(IRecordDates.UnknownRecordDate.selector, id);
        vm.expectRevert(refusal);
        token.balanceOfAt(alice, id);
        vm.expectRevert(refusal);
        token.totalSupplyAt(id);
    }

    function refusesNotPassed() private {
        bytes memory refusal =
            abi.encodeWithSelector(IRecordDates.RecordDateNotPassed.selector, uint16(1), FIRST);
        vm.expectRevert(refusal);
        token.balanceOfAt(alice, 1);
        vm.expectRevert(refusal);
        token.totalSupplyAt(1);
    }

    function scheduleFour() private {
        token.scheduleRecordDate(FIRST);
        token.scheduleRecordDate(SECOND);
        token.scheduleRecordDate(THIRD);
        token.scheduleRecordDate(FOURTH);
    }

    function assertDates(uint256 count) private view {
        vm.assertEq(token.recordDates().length, count, "record dates");
    }

    function assertPassed(uint256 count) private view {
        vm.assertEq(token.recordDatesPassed(), count, "record dates passed");
    }

    function assertBalanceAt(address account, uint16 id, uint256 amount) private view {
        vm.assertEq(token.balanceOfAt(account, id), amount, "balance at a record date");
    }

    function assertBalancesAt(uint16 id, uint256 ofAlice, uint256 ofBob) private view {
        assertBalanceAt(alice, id, ofAlice);
        assertBalanceAt(bob, id, ofBob);
    }

    function assertSupplyAt(uint16 id, uint256 amount) private view {
        vm.assertEq(token.totalSupplyAt(id), amount, "supply at a record date");
    }
}
