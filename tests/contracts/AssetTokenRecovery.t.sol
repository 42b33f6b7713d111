// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {AccountWord} from "../../contracts/token/AccountWord.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";
import {Vm} from "./Vm.sol";

/// @notice A lost wallet's holder gets all of it in a new one, and nothing else moves.
contract AssetTokenRecoveryTest is TokenBase {
    address private constant IDENTITY = address(0x1D);
    uint40 private constant UNTIL = uint40(NOON_S + 30 days);
    uint256 private constant RETIRED = 1 << 241;

    function setUp() public override {
        super.setUp();
        admitAndIssue();
    }

    function test_ThePlainCaseMovesTheBalanceAndTheAdmission() external {
        uint256 before = wordOf(alice);
        vm.recordLogs();
        vm.assertTrue(token.recoveryAddress(alice, carol, IDENTITY), "result");
        vm.assertEq(vm.getRecordedLogs().length, 3, "admission, Transfer and RecoverySuccess");
        vm.assertEq(wordOf(carol), before, "carol's word");
        vm.assertEq(wordOf(alice), RETIRED, "alice's word");
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        vm.assertEq(token.holderCount(), 1, "holders");
        send(carol, bob, 10);
    }

    /// @dev Every event, in its order, of an account that has everything an account can have.
    function test_TheWholeStandingMovesAndIsTold() external {
        token.setFrozenTokens(alice, 1_500);
        token.setAddressFrozen(alice, true);
        token.setSuspended(alice, true);
        token.setLockUp(alice, 77, UNTIL);
        uint256 before = wordOf(alice);
        expectStanding();
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, carol, 1_000);
        vm.expectEmit(address(token));
        emit IEnforcement.RecoverySuccess(alice, carol, IDENTITY);
        token.recoveryAddress(alice, carol, IDENTITY);
        vm.assertEq(wordOf(carol), before, "carol's word");
        vm.assertEq(wordOf(alice), RETIRED, "alice's word");
        assertLockUp(alice, 0, 0);
        assertLockUp(carol, 77, UNTIL);
    }

    function expectStanding() private {
        vm.expectEmit(address(token));
        emit IRegister.AccountAdmitted(carol, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(carol, true, address(this));
        vm.expectEmit(address(token));
        emit IRegister.AccountSuspended(carol, true);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 0);
        vm.expectEmit(address(token));
        emit IEnforcement.TokensUnfrozen(alice, 1_500);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(carol, 1_500);
        vm.expectEmit(address(token));
        emit IEnforcement.TokensFrozen(carol, 1_500);
        vm.expectEmit(address(token));
        emit IRegister.LockUpSet(alice, 0, 0);
        vm.expectEmit(address(token));
        emit IRegister.LockUpSet(carol, 77, UNTIL);
    }

    function test_OnlyWhatTheAccountHasIsTold() external {
        uint256 before = vm.snapshotState();
        token.setSuspended(alice, true);
        tellsOf(IRegister.AccountSuspended.selector, 1);
        vm.revertToState(before);
        token.setAddressFrozen(alice, true);
        tellsOf(IEnforcement.AddressFrozen.selector, 1);
        vm.revertToState(before);
        token.setLockUp(alice, 77, UNTIL);
        tellsOf(IRegister.LockUpSet.selector, 2);
        vm.revertToState(before);
        token.setFrozenTokens(alice, 1);
        tellsOf(IERC7943Fungible.Frozen.selector, 4);
    }

    /// @dev After the admission, with one of these first, and before Transfer and RecoverySuccess.
    function tellsOf(bytes32 topic, uint256 events) private {
        vm.recordLogs();
        token.recoveryAddress(alice, carol, IDENTITY);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 3 + events, "events");
        vm.assertEq(logs[0].topics[0], IRegister.AccountAdmitted.selector, "the admission");
        vm.assertEq(logs[1].topics[0], topic, "what the account has");
    }

    function test_ALockUpThatHasEndedMovesToo() external {
        token.setLockUp(alice, 77, UNTIL);
        vm.warp(UNTIL + 1);
        token.recoveryAddress(alice, carol, IDENTITY);
        assertLockUp(carol, 77, UNTIL);
        vm.assertTrue(accountOf(carol).hasLockUp(), "flag");
        send(carol, bob, 1_000);
    }

    function test_AnAccountWithoutBalanceCanBeRecovered() external {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(bob, carol, 0);
        token.recoveryAddress(bob, carol, IDENTITY);
        vm.assertEq(token.holderCount(), 1, "holders");
        send(alice, carol, 10);
    }

    function test_ALapsedAccountCanBeRecoveredWhileTheInstrumentIsPaused() external {
        token.pause();
        admit(alice, CHINA, RETAIL, TODAY - 1);
        setRules(1, uint16(1 << PROFESSIONAL), true);
        token.recoveryAddress(alice, carol, IDENTITY);
        AccountWord word = accountOf(carol);
        vm.assertEq(word.balance(), 1_000, "balance");
        vm.assertTrue(word.country() == CHINA && word.hasLapsed(), "standing, as it was");
    }

    function test_RecoveryTwiceInARow() external {
        token.recoveryAddress(alice, carol, IDENTITY);
        address next = address(0xCA802);
        token.recoveryAddress(carol, next, IDENTITY);
        vm.assertEq(token.balanceOf(next), 1_000, "balance");
        vm.assertEq(wordOf(carol), RETIRED, "carol's word");
    }

    // ---------------------------------------------------------------- the retired wallet

    function test_ARetiredWalletNeitherSendsNorReceives() external {
        token.recoveryAddress(alice, carol, IDENTITY);
        vm.assertTrue(!token.canSend(alice) && !token.canReceive(alice), "neither sends nor receives");
        assertCode(alice, bob, 0, uint8(Restriction.SenderNotAdmitted));
        assertCode(carol, alice, 1, uint8(Restriction.RecipientNotAdmitted));
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, carol, alice, 1));
        token.forcedTransfer(carol, alice, 1);
    }

    function test_RevertWhen_AdmittingARetiredWallet() external {
        token.recoveryAddress(alice, carol, IDENTITY);
        vm.expectRevert(abi.encodeWithSelector(IRegister.AccountRetired.selector, alice));
        admit(alice);
        refusesNotAdmitted(alice, address(0xCA802));
        vm.expectRevert(abi.encodeWithSelector(IRegister.AccountNotAdmitted.selector, alice));
        token.setSuspended(alice, true);
        vm.expectRevert(abi.encodeWithSelector(IRegister.AccountNotAdmitted.selector, alice));
        token.setLockUp(alice, 1, UNTIL);
        token.setAddressFrozen(alice, true);
        token.setFrozenTokens(alice, 5);
        vm.assertEq(wordOf(alice), RETIRED | 1 << 238 | 5 << 96, "frozen, and retired still");
    }

    function test_AnAllowanceOfTheLostWalletIsWorthNothing() external {
        vm.prank(alice);
        token.approve(bob, 500);
        token.recoveryAddress(alice, carol, IDENTITY);
        vm.prank(bob);
        vm.expectRevert(restricted(Restriction.SenderNotAdmitted, alice, bob, 1));
        token.transferFrom(alice, bob, 1);
    }

    // ---------------------------------------------------------------- history

    function test_HistoryStaysWithTheLostWallet() external {
        token.scheduleRecordDate(uint40(NOON_S + 1));
        token.scheduleRecordDate(uint40(NOON_S + 3));
        vm.warp(NOON_S + 2);
        token.recoveryAddress(alice, carol, IDENTITY);
        vm.warp(NOON_S + 4);
        assertBalanceAt(alice, 1, 1_000);
        assertBalanceAt(carol, 1, 0);
        assertBalanceAt(alice, 2, 0);
        assertBalanceAt(carol, 2, 1_000);
        send(carol, bob, 1_000);
        assertBalanceAt(alice, 1, 1_000);
        assertBalanceAt(carol, 1, 0);
        assertBalanceAt(carol, 2, 1_000);
        vm.assertEq(token.totalSupplyAt(1), 1_000, "supply");
        vm.assertEq(wordOf(alice), RETIRED | 1 << 218, "settled up to the first");
    }

    function test_HistoryOfAWalletThatMovedBefore() external {
        token.scheduleRecordDate(uint40(NOON_S + 1));
        token.scheduleRecordDate(uint40(NOON_S + 3));
        vm.warp(NOON_S + 2);
        send(alice, bob, 400);
        vm.warp(NOON_S + 4);
        token.recoveryAddress(alice, carol, IDENTITY);
        assertBalanceAt(alice, 1, 1_000);
        assertBalanceAt(alice, 2, 600);
        assertBalanceAt(carol, 1, 0);
        assertBalanceAt(carol, 2, 0);
    }

    // ---------------------------------------------------------------- refusals

    function test_RevertWhen_TheLostWalletIsNotAdmitted() external {
        refusesNotAdmitted(carol, address(0xCA802));
        refusesNotAdmitted(address(0), carol);
        token.setFrozenTokens(carol, 5);
        refusesNotAdmitted(carol, address(0xCA802));
    }

    function test_RevertWhen_TheNewWalletWasEverUsed() external {
        refusesInUse(bob);
        refusesInUse(alice);
        refusesInUse(address(0));
        token.setFrozenTokens(carol, 5);
        refusesInUse(carol);
        token.setFrozenTokens(carol, 0);
        token.setAddressFrozen(carol, true);
        refusesInUse(carol);
        token.setAddressFrozen(carol, false);
        token.recoveryAddress(alice, carol, IDENTITY);
    }

    function refusesNotAdmitted(address lost, address to) private {
        vm.expectRevert(abi.encodeWithSelector(IRegister.AccountNotAdmitted.selector, lost));
        token.recoveryAddress(lost, to, IDENTITY);
    }

    function refusesInUse(address to) private {
        vm.expectRevert(abi.encodeWithSelector(IEnforcement.WalletInUse.selector, to));
        token.recoveryAddress(alice, to, IDENTITY);
    }

    function assertBalanceAt(address account, uint16 id, uint256 amount) private view {
        vm.assertEq(token.balanceOfAt(account, id), amount, "balance at a record date");
    }

    function assertLockUp(address account, uint96 amount, uint40 until) private view {
        (uint96 locked, uint40 lockedUntil) = token.lockUpOf(account);
        vm.assertEq(locked, amount, "locked amount");
        vm.assertEq(lockedUntil, until, "locked until");
    }
}
