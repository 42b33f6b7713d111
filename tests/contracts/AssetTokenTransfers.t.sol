// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Transfers of holders, singly and in batches, and what they leave as it was.
contract AssetTokenTransfersTest is TokenBase {
    function setUp() public override {
        super.setUp();
        admitAndIssue();
    }

    function test_TransferMovesUnits() external {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 300);
        vm.prank(alice);
        vm.assertTrue(token.transfer(bob, 300), "result");
        assertBalances(700, 300);
        vm.assertEq(token.totalSupply(), 1_000, "supply");
    }

    function test_TransferFromUsesUpTheAllowance() external {
        vm.expectEmit(address(token));
        emit IERC20.Approval(alice, carol, 300);
        vm.prank(alice);
        vm.assertTrue(token.approve(carol, 300), "result");
        vm.prank(carol);
        vm.assertTrue(token.transferFrom(alice, bob, 200), "result");
        assertBalances(800, 200);
        vm.assertEq(token.allowance(alice, carol), 100, "allowance");
        vm.prank(carol);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, carol, uint256(100), uint256(101)
            )
        );
        token.transferFrom(alice, bob, 101);
    }

    function test_RevertWhen_TransferringToTheZeroAddress() external {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.transfer(address(0), 1);
        (address[] memory to, uint256[] memory amounts) = batch(bob, 1, address(0), 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.batchTransfer(to, amounts);
    }

    function test_TransferToOneselfChangesNothing() external {
        setRules(1_000, 0, false);
        uint256 before = wordOf(alice);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, alice, 1_000);
        send(alice, alice, 1_000);
        vm.assertEq(wordOf(alice), before, "alice's word");
    }

    function test_RevertWhen_TransferringMoreThanHeldToOneself() external {
        vm.prank(alice);
        vm.expectRevert(insufficientBalance(alice, 1_000, 1_001));
        token.transfer(alice, 1_001);
    }

    function test_TransferLeavesEverythingElseInTheWords() external {
        admit(bob, SINGAPORE, RETAIL, VALID_UNTIL - 7);
        token.setFrozenTokens(alice, 70);
        token.setFrozenTokens(bob, 80);
        (uint256 ofAlice, uint256 ofBob) = (wordOf(alice), wordOf(bob));
        send(alice, bob, 300);
        vm.assertEq(wordOf(alice), ofAlice - 300, "alice's word");
        vm.assertEq(wordOf(bob), ofBob + 300, "bob's word");
    }

    function test_BatchTransferMovesAllOfTheSender() external {
        admit(carol);
        (address[] memory to, uint256[] memory amounts) = batch(bob, 300, carol, 700);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, bob, 300);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, carol, 700);
        vm.prank(alice);
        token.batchTransfer(to, amounts);
        assertBalances(0, 300);
        vm.assertEq(token.balanceOf(carol), 700, "carol's balance");
    }

    function test_RevertWhen_OneOfABatchIsRefused() external {
        (address[] memory to, uint256[] memory amounts) = batch(bob, 300, carol, 1);
        vm.prank(alice);
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, alice, carol, 1));
        token.batchTransfer(to, amounts);
        (to, amounts) = batch(bob, 600, bob, 401);
        vm.prank(alice);
        vm.expectRevert(insufficientBalance(alice, 400, 401));
        token.batchTransfer(to, amounts);
        assertBalances(1_000, 0);
    }

    function test_RevertWhen_ABatchHasMoreAccountsThanAmounts() external {
        vm.expectRevert(lengthMismatch(2, 3));
        token.batchTransfer(new address[](2), new uint256[](3));
    }
}
