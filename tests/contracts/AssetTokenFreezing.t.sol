// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {TokenBase} from "./TokenBase.sol";
import {Vm} from "./Vm.sol";

/// @notice Freezing units and accounts, with the events of ERC-7943 and of ERC-3643.
contract AssetTokenFreezingTest is TokenBase {
    function test_FreezingAddsUpAndReleasingTakesOff() external {
        expectFrozen(alice, 100, 100);
        token.freezePartialTokens(alice, 100);
        expectFrozen(alice, 150, 50);
        token.freezePartialTokens(alice, 50);
        expectReleased(alice, 30, 120);
        token.unfreezePartialTokens(alice, 120);
        vm.assertEq(token.getFrozenTokens(alice), 30, "frozen");
    }

    function test_SettingTheFrozenAmountTellsTheDifference() external {
        expectFrozen(alice, 30, 30);
        vm.assertTrue(token.setFrozenTokens(alice, 30), "result");
        expectReleased(alice, 7, 23);
        token.setFrozenTokens(alice, 7);
        expectFrozen(alice, 8, 1);
        token.setFrozenTokens(alice, 8);
        vm.assertEq(token.getFrozenTokens(alice), 8, "frozen");
        expectReleased(alice, 0, 8);
        token.setFrozenTokens(alice, 0);
        vm.assertEq(wordOf(alice), 0, "alice's word");
    }

    /// @dev ERC-7943 asks for the event; ERC-3643 has nothing to tell.
    function test_WhatDoesNotChangeIsToldOnce() external {
        token.setFrozenTokens(alice, 30);
        vm.recordLogs();
        token.setFrozenTokens(alice, 30);
        token.freezePartialTokens(alice, 0);
        token.unfreezePartialTokens(alice, 0);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 3, "events");
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(logs[i].topics[0], IERC7943Fungible.Frozen.selector, "Frozen");
            vm.assertEq(abi.decode(logs[i].data, (uint256)), 30, "amount");
        }
    }

    function test_MoreThanEverCanBeIssuedCanBeFrozenButNotMoreThanTheWordHolds() external {
        token.setFrozenTokens(alice, MAX_UNITS);
        refusesFreeze(1);
        refusesFreeze(type(uint256).max);
        vm.expectRevert(outOfRange(MAX_UNITS, MAX_UNITS + 1));
        token.setFrozenTokens(alice, MAX_UNITS + 1);
        vm.expectRevert(outOfRange(MAX_UNITS, MAX_UNITS + 1));
        token.unfreezePartialTokens(alice, MAX_UNITS + 1);
        token.unfreezePartialTokens(alice, MAX_UNITS);
        vm.assertEq(wordOf(alice), 0, "alice's word");
        token.freezePartialTokens(alice, MAX_UNITS);
        vm.assertEq(wordOf(alice), MAX_UNITS << 96, "alice's word, all frozen");
    }

    function test_RevertWhen_MoreIsReleasedThanFrozen() external {
        token.setFrozenTokens(alice, 30);
        vm.expectRevert(outOfRange(30, 31));
        token.unfreezePartialTokens(alice, 31);
    }

    function test_FreezingKeepsTheSupply() external {
        admitAndIssue();
        token.freezePartialTokens(alice, 600);
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        vm.assertEq(token.balanceOf(alice), 1_000, "balance");
    }

    function test_FreezingAWholeAccount() external {
        admitAndIssue();
        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(alice, true, address(this));
        token.setAddressFrozen(alice, true);
        vm.assertTrue(token.isFrozen(alice), "frozen");
        vm.assertTrue(!token.canSend(alice) && !token.canReceive(alice), "neither sends nor receives");

        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(alice, false, address(this));
        token.setAddressFrozen(alice, false);
        vm.assertTrue(!token.isFrozen(alice) && token.canSend(alice), "released");
    }

    // ---------------------------------------------------------------- batches

    function test_BatchesFreezeAndReleaseAll() external {
        (address[] memory accounts, uint256[] memory amounts) = batch(alice, 5, bob, 6);
        expectFrozen(alice, 5, 5);
        expectFrozen(bob, 6, 6);
        token.batchFreezePartialTokens(accounts, amounts);
        (amounts[0], amounts[1]) = (2, 6);
        expectReleased(alice, 3, 2);
        expectReleased(bob, 0, 6);
        token.batchUnfreezePartialTokens(accounts, amounts);
        vm.assertEq(token.getFrozenTokens(alice), 3, "alice's");
        vm.assertEq(token.getFrozenTokens(bob), 0, "bob's");
    }

    function test_BatchesFreezeAndReleaseWholeAccounts() external {
        bool[] memory freeze = new bool[](2);
        freeze[1] = true;
        token.setAddressFrozen(alice, true);
        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(alice, false, address(this));
        vm.expectEmit(address(token));
        emit IEnforcement.AddressFrozen(bob, true, address(this));
        token.batchSetAddressFrozen(pair(alice, bob), freeze);
        vm.assertTrue(!token.isFrozen(alice) && token.isFrozen(bob), "both");
    }

    function test_RevertWhen_OneOfABatchIsOutOfRange() external {
        (address[] memory accounts, uint256[] memory amounts) = batch(bob, 5, alice, MAX_UNITS + 1);
        vm.expectRevert(outOfRange(0, MAX_UNITS + 1));
        token.batchFreezePartialTokens(accounts, amounts);
        (accounts, amounts) = batch(bob, 0, alice, 1);
        vm.expectRevert(outOfRange(0, 1));
        token.batchUnfreezePartialTokens(accounts, amounts);
        vm.assertEq(token.getFrozenTokens(bob), 0, "all or none");
    }

    function test_RevertWhen_ABatchHasMoreAccountsThanValues() external {
        vm.expectRevert(lengthMismatch(2, 1));
        token.batchFreezePartialTokens(new address[](2), new uint256[](1));
        vm.expectRevert(lengthMismatch(1, 2));
        token.batchUnfreezePartialTokens(new address[](1), new uint256[](2));
        vm.expectRevert(lengthMismatch(2, 3));
        token.batchSetAddressFrozen(new address[](2), new bool[](3));
    }

    // ---------------------------------------------------------------- helpers

    function expectFrozen(address account, uint256 amount, uint256 more) private {
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(account, amount);
        vm.expectEmit(address(token));
        emit IEnforcement.TokensFrozen(account, more);
    }

    function expectReleased(address account, uint256 amount, uint256 less) private {
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(account, amount);
        vm.expectEmit(address(token));
        emit IEnforcement.TokensUnfrozen(account, less);
    }

    function refusesFreeze(uint256 amount) private {
        vm.expectRevert(outOfRange(MAX_UNITS, amount));
        token.freezePartialTokens(alice, amount);
    }

    function outOfRange(uint256 frozen, uint256 amount) private view returns (bytes memory) {
        return abi.encodeWithSelector(IEnforcement.FrozenAmountOutOfRange.selector, alice, frozen, amount);
    }
}
