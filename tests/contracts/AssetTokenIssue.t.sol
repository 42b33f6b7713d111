// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Issuing and redeeming, singly and in batches.
contract AssetTokenIssueTest is TokenBase {
    function test_MintRaisesBalanceAndSupply() external {
        admit(alice);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), alice, 40);
        token.mint(alice, 40);
        vm.assertEq(token.balanceOf(alice), 40, "balance");
        vm.assertEq(token.totalSupply(), 40, "supply");
    }

    function test_RevertWhen_MintingToTheZeroAddress() external {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.mint(address(0), 1);
        admit(alice);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, address(0), 2);
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, address(0), address(0), 2));
        token.batchMint(to, amounts);
    }

    function test_BatchMintIssuesToAll() external {
        admit(alice);
        admit(bob);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, bob, 2);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), alice, 1);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(address(0), bob, 2);
        token.batchMint(to, amounts);
        assertBalances(1, 2);
        vm.assertEq(token.totalSupply(), 3, "supply");
    }

    function test_BatchMintAddsUpForOneAccount() external {
        admit(alice);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, alice, 2);
        token.batchMint(to, amounts);
        vm.assertEq(token.balanceOf(alice), 3, "balance");
        vm.assertEq(token.totalSupply(), 3, "supply");
    }

    function test_RevertWhen_OneOfABatchMayNotReceive() external {
        admit(alice);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, bob, 2);
        vm.expectRevert(restricted(Restriction.RecipientNotAdmitted, address(0), bob, 2));
        token.batchMint(to, amounts);
        vm.assertEq(token.totalSupply(), 0, "supply");
    }

    function test_RevertWhen_TheLinesOfABatchExceedTheSupplyTogether() external {
        admit(alice);
        admit(bob);
        (address[] memory to, uint256[] memory amounts) = batch(alice, MAX_UNITS, bob, 1);
        vm.expectRevert(restricted(Restriction.SupplyExceeded, address(0), bob, 1));
        token.batchMint(to, amounts);
        amounts[1] = 0;
        token.batchMint(to, amounts);
        vm.assertEq(token.totalSupply(), MAX_UNITS, "supply");
    }

    function test_RevertWhen_ABatchHasMoreAccountsThanAmounts() external {
        vm.expectRevert(lengthMismatch(2, 1));
        token.batchMint(new address[](2), new uint256[](1));
        vm.expectRevert(lengthMismatch(1, 2));
        token.batchBurn(new address[](1), new uint256[](2));
    }

    function test_ABatchOfNothingChangesNothing() external {
        token.batchMint(new address[](0), new uint256[](0));
        token.batchBurn(new address[](0), new uint256[](0));
        vm.assertEq(token.totalSupply(), 0, "supply");
    }

    function test_BurnLowersBalanceAndSupply() external {
        admitAndIssue();
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, address(0), 400);
        token.burn(alice, 400);
        vm.assertEq(token.balanceOf(alice), 600, "balance");
        vm.assertEq(token.totalSupply(), 600, "supply");
    }

    function test_BatchBurnRedeemsOfAll() external {
        admitAndIssue();
        token.mint(bob, 50);
        (address[] memory from, uint256[] memory amounts) = batch(alice, 1_000, bob, 20);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(alice, address(0), 1_000);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(bob, address(0), 20);
        token.batchBurn(from, amounts);
        assertBalances(0, 30);
        vm.assertEq(token.totalSupply(), 30, "supply");
    }

    function test_RevertWhen_OneOfABatchHoldsTooLittle() external {
        admitAndIssue();
        (address[] memory from, uint256[] memory amounts) = batch(alice, 1_000, bob, 1);
        vm.expectRevert(insufficientBalance(bob, 0, 1));
        token.batchBurn(from, amounts);
        assertBalances(1_000, 0);
    }

    function test_RevertWhen_BurningFromTheZeroAddress() external {
        bytes memory refusal = abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0));
        vm.expectRevert(refusal);
        token.burn(address(0), 0);
        (address[] memory from, uint256[] memory amounts) = batch(address(0), 0, address(0), 0);
        vm.expectRevert(refusal);
        token.batchBurn(from, amounts);
    }

    /// @dev The supply shares a slot with the bits that say which rules are on.
    function test_MintingAndBurningKeepTheRules() external {
        admitAndIssue();
        setRules(1_000, 0, true);
        token.setCountryAllowed(HONG_KONG, true);
        token.mint(bob, 10);
        token.burn(bob, 5);
        token.burn(bob, 5);
        vm.expectRevert(restricted(Restriction.BalanceCapExceeded, address(0), alice, 1));
        token.mint(alice, 1);
        token.setCountryAllowed(HONG_KONG, false);
        vm.expectRevert(restricted(Restriction.CountryNotAllowed, address(0), bob, 1));
        token.mint(bob, 1);
        (IRulebook.Rules memory rules,) = token.rules();
        vm.assertEq(rules.maxBalance, 1_000, "maximum balance");
        vm.assertTrue(token.isActive() && !token.paused(), "bits");
    }
}
