// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";
import {Vm} from "./Vm.sol";

/// @notice Traps that other systems fell into, one test each.
contract AssetTokenTrapsTest is TokenBase {
    function setUp() public override {
        super.setUp();
        admitAndIssue();
    }

    // ---------------------------------------------------------------- zero-value transfers must pass

    function test_Trap_ZeroValueTransferPasses() external {
        passesZero(alice, bob);
    }

    function test_Trap_ZeroValueTransferPassesWithoutBalance() external {
        passesZero(bob, alice);
    }

    function test_Trap_ZeroValueTransferPassesWithMoreFrozenThanHeld() external {
        token.setFrozenTokens(alice, MAX_UNITS);
        passesZero(alice, bob);
    }

    function test_Trap_ZeroValueTransferPassesToWhoHoldsMoreThanTheCap() external {
        setRules(10, 0, false);
        passesZero(bob, alice);
    }

    function test_Trap_ZeroValueTransferPassesToANewHolderThoughTheCapIsReached() external {
        setHolderCap(1);
        passesZero(alice, bob);
    }

    function test_Trap_ZeroValueTransferDoesNotChangeTheHolderCount() external {
        passesZero(alice, bob);
        passesZero(bob, alice);
        token.mint(bob, 0);
        token.burn(bob, 0);
        token.forcedTransfer(bob, alice, 0);
        token.forcedTransfer(alice, bob, 0);
        vm.assertEq(token.holderCount(), 1, "holders");
    }

    function test_Trap_ZeroValueMintBurnAndForcedTransferChangeNothing() external {
        token.setFrozenTokens(alice, 2_000);
        (uint256 ofAlice, uint256 ofBob) = (wordOf(alice), wordOf(bob));
        vm.recordLogs();
        token.mint(alice, 0);
        token.burn(alice, 0);
        token.forcedTransfer(alice, bob, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 4, "three Transfers and a ForcedTransfer, no Frozen");
        vm.assertEq(wordOf(alice), ofAlice, "alice's word");
        vm.assertEq(wordOf(bob), ofBob, "bob's word");
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        vm.assertEq(token.holderCount(), 1, "holders");
    }

    function passesZero(address from, address to) private {
        (uint256 sender, uint256 recipient) = (wordOf(from), wordOf(to));
        vm.assertTrue(token.canTransfer(from, to, 0), "canTransfer");
        vm.expectEmit(address(token));
        emit IERC20.Transfer(from, to, 0);
        vm.prank(from);
        vm.assertTrue(token.transfer(to, 0), "result");
        vm.assertEq(wordOf(from), sender, "the sender's word");
        vm.assertEq(wordOf(to), recipient, "the recipient's word");
        vm.assertEq(token.holderCount(), 1, "holders");
    }

    // ---------------------------------------------------------------- forcedTransfer(x, x) (CMTAT #380, ERCs #1778)

    function test_Trap_ForcedTransferToOneselfMustNotUnfreeze() external {
        token.setFrozenTokens(alice, 600);
        vm.expectRevert(abi.encodeWithSelector(IEnforcement.SameAccount.selector, alice));
        token.forcedTransfer(alice, alice, 700);
        vm.assertEq(token.getFrozenTokens(alice), 600, "frozen");
        vm.assertEq(token.balanceOf(alice), 1_000, "balance");
    }

    // ---------------------------------------------------------------- frozen above balance (CMTAT #375)

    function test_Trap_FrozenAboveBalanceMustNotUnderflow() external {
        token.setFrozenTokens(alice, 1_500);
        vm.assertEq(
            token.detectTransferRestriction(alice, bob, 1),
            uint8(Restriction.InsufficientUnfrozenBalance),
            "code of one unit"
        );
        vm.assertTrue(!token.canTransfer(alice, bob, 1), "canTransfer");
        vm.prank(alice);
        vm.expectRevert(insufficientUnfrozen(alice, 1, 0));
        token.transfer(bob, 1);
        token.mint(alice, 600);
        vm.assertTrue(token.canTransfer(alice, bob, 100), "what lies above the frozen amount is free");
        vm.assertTrue(!token.canTransfer(alice, bob, 101), "and no unit more");
    }

    function test_Trap_ForcedTransferWithFrozenAboveBalanceMustNotUnderflow() external {
        token.setFrozenTokens(alice, 1_500);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 500);
        token.forcedTransfer(alice, bob, 1_000);
        assertBalances(0, 1_000);
        vm.assertEq(token.getFrozenTokens(alice), 500, "what was frozen beyond the balance stays frozen");
    }

    /// @dev An order of 1,500 on a balance of 1,000 also binds what comes in later. Taking 400 releases 400, not more.
    function test_Trap_ForcedTransferMustNotReleaseWhatIsFrozenBeyondTheBalance() external {
        token.setFrozenTokens(alice, 1_500);
        token.forcedTransfer(alice, bob, 400);
        vm.assertEq(token.getFrozenTokens(alice), 1_100, "frozen");
        token.mint(alice, 500);
        vm.assertTrue(!token.canTransfer(alice, bob, 1), "an inflow up to the order stays frozen");
    }

    function test_Trap_ForcedTransferTakesWhatIsFreeFirst() external {
        token.setFrozenTokens(alice, 600);
        vm.recordLogs();
        token.forcedTransfer(alice, bob, 400);
        vm.assertEq(vm.getRecordedLogs().length, 2, "no Frozen while the free units suffice");
        vm.assertEq(token.getFrozenTokens(alice), 600, "frozen");
        token.forcedTransfer(alice, bob, 1);
        vm.assertEq(token.getFrozenTokens(alice), 599, "frozen, one taken");
    }

    // ---------------------------------------------------------------- Frozen is emitted before Transfer

    function test_Trap_FrozenIsEmittedBeforeTransfer() external {
        token.setFrozenTokens(alice, 900);
        vm.recordLogs();
        token.forcedTransfer(alice, bob, 300);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 4, "events");
        vm.assertEq(logs[0].topics[0], IERC7943Fungible.Frozen.selector, "first");
        vm.assertEq(abi.decode(logs[0].data, (uint256)), 700, "frozen after the order");
        vm.assertEq(logs[1].topics[0], IEnforcement.TokensUnfrozen.selector, "second");
        vm.assertEq(logs[2].topics[0], IERC20.Transfer.selector, "third");
        vm.assertEq(logs[3].topics[0], IERC7943Fungible.ForcedTransfer.selector, "fourth");
    }

    function test_Trap_FrozenIsEmittedBeforeTheTransferOfARecovery() external {
        token.setFrozenTokens(alice, 900);
        vm.recordLogs();
        token.recoveryAddress(alice, carol, address(0));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 last = logs.length - 1;
        vm.assertEq(logs[last].topics[0], IEnforcement.RecoverySuccess.selector, "last");
        vm.assertEq(logs[last - 1].topics[0], IERC20.Transfer.selector, "before it");
        vm.assertEq(countOf(logs, IERC7943Fungible.Frozen.selector), 2, "both before that");
    }

    function countOf(Vm.Log[] memory logs, bytes32 topic) private pure returns (uint256 count) {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
    }

    // ---------------------------------------------------------------- recovery (T-REX audit M-03, L-06)

    function test_Trap_RecoveryMustNotMergeTwoHolders() external {
        send(alice, bob, 400);
        refusesRecovery(alice, bob);
        token.forcedTransfer(bob, alice, 400);
        refusesRecovery(alice, bob);
        assertBalances(1_000, 0);
    }

    function test_Trap_RecoveryOntoTheLostWalletMustNotDeleteIt() external {
        token.setFrozenTokens(alice, 70);
        uint256 before = wordOf(alice);
        refusesRecovery(alice, alice);
        vm.assertEq(wordOf(alice), before, "alice's word");
        vm.assertEq(token.holderCount(), 1, "holders");
    }

    function test_Trap_RecoveryOntoARecoveredWalletMustNotReviveIt() external {
        token.recoveryAddress(alice, carol, address(0));
        refusesRecovery(carol, alice);
        refusesRecovery(bob, alice);
    }

    function refusesRecovery(address lost, address to) private {
        vm.expectRevert(abi.encodeWithSelector(IEnforcement.WalletInUse.selector, to));
        token.recoveryAddress(lost, to, address(0));
    }

    // ---------------------------------------------------------------- canTransfer agrees with what a transfer does

    function test_Trap_CanTransferIsFalseWithoutAnAccountOnBothSides() external view {
        vm.assertTrue(!token.canTransfer(address(0), alice, 1), "from nobody");
        vm.assertTrue(!token.canTransfer(alice, address(0), 1), "to nobody");
        vm.assertTrue(!token.canTransfer(address(0), address(0), 0), "nobody to nobody");
        vm.assertTrue(!token.canSend(address(0)) && !token.canReceive(address(0)), "nobody");
    }

    /// @dev One state after the other in which some transfer is refused, and each amount that a rule looks at.
    function test_Trap_CanTransferAgreesWithWhatATransferDoes() external {
        token.setFrozenTokens(alice, 400);
        agreeOnAmounts();
        token.setLockUp(alice, 700, uint40(NOON_S + 1 days));
        agreeOnAmounts();
        token.setRules(IRulebook.Rules(500, 2, 0, uint40(NOON_S), uint16(1 << PROFESSIONAL), false));
        agreeOnAmounts();
        vm.warp(NOON_S + 1);
        agreeOnAmounts();
        token.setRules(IRulebook.Rules(0, 1, 0, 0, 0, true));
        agreeOnAmounts();
        token.setCountryAllowed(HONG_KONG, true);
        vm.warp(NOON_S + 1 days);
        agreeOnAmounts();
        token.setSuspended(bob, true);
        agreeOnAmounts();
    }

    function agreeOnAmounts() private {
        uint256[10] memory amounts = [uint256(0), 1, 200, 300, 301, 499, 501, 600, 999, 1_001];
        for (uint256 i = 0; i < amounts.length; ++i) {
            bool allowed = token.canTransfer(alice, bob, amounts[i]);
            vm.prank(alice);
            (bool done,) = address(token).call(abi.encodeCall(token.transfer, (bob, amounts[i])));
            vm.assertTrue(done == allowed, "canTransfer and the transfer");
            if (done) token.forcedTransfer(bob, alice, amounts[i]);
        }
    }

    function test_Trap_CanTransferSeesThePause() external {
        token.pause();
        vm.assertTrue(!token.canTransfer(alice, bob, 1), "canTransfer");
        vm.assertTrue(token.canSend(alice) && token.canReceive(bob), "the accounts themselves are in order");
    }

    // ---------------------------------------------------------------- a redeemed account is not forgotten

    function test_Trap_AnEmptiedAccountKeepsItsFreezeAndStanding() external {
        vm.prank(alice);
        token.transfer(bob, 1_000);
        token.setFrozenTokens(alice, 50);
        vm.assertTrue(accountOf(alice).investorClass() == PROFESSIONAL, "still admitted");
        token.mint(alice, 60);
        vm.assertTrue(token.canTransfer(alice, bob, 10) && !token.canTransfer(alice, bob, 11), "still frozen");
    }
}
