// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {Restriction} from "../../contracts/Restriction.sol";
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
    }

    // ---------------------------------------------------------------- forcedTransfer(x, x) (CMTAT #380, ERCs #1778)

    function test_Trap_ForcedTransferToOneselfMustNotUnfreeze() external {
        token.setFrozenTokens(alice, 600);
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.SameAccount.selector, alice));
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
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, uint256(1), uint256(0)
            )
        );
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
        vm.assertEq(logs.length, 3, "events");
        vm.assertEq(logs[0].topics[0], IERC7943Fungible.Frozen.selector, "first");
        vm.assertEq(abi.decode(logs[0].data, (uint256)), 700, "frozen after the order");
        vm.assertEq(logs[1].topics[0], IERC20.Transfer.selector, "second");
        vm.assertEq(logs[2].topics[0], IERC7943Fungible.ForcedTransfer.selector, "third");
    }

    // ---------------------------------------------------------------- canTransfer agrees with what a transfer does

    function test_Trap_CanTransferIsFalseWithoutAnAccountOnBothSides() external view {
        vm.assertTrue(!token.canTransfer(address(0), alice, 1), "from nobody");
        vm.assertTrue(!token.canTransfer(alice, address(0), 1), "to nobody");
        vm.assertTrue(!token.canTransfer(address(0), address(0), 0), "nobody to nobody");
        vm.assertTrue(!token.canSend(address(0)) && !token.canReceive(address(0)), "nobody");
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
        vm.assertTrue(token.accountOf(alice).investorClass == PROFESSIONAL, "still admitted");
        token.mint(alice, 60);
        vm.assertTrue(token.canTransfer(alice, bob, 10) && !token.canTransfer(alice, bob, 11), "still frozen");
    }
}
