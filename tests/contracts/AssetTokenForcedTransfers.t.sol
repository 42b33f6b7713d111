// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Moves by order, singly and in batches.
contract AssetTokenForcedTransfersTest is TokenBase {
    function setUp() public override {
        super.setUp();
        admitAndIssue();
    }

    function test_ForcedTransferMovesUnitsOfWhoMayNotSend() external {
        token.setAddressFrozen(alice, true);
        token.setSuspended(alice, true);
        admit(alice, HONG_KONG, PROFESSIONAL, TODAY - 1);
        token.pause();
        expectForced(alice, bob, 1_000);
        vm.assertTrue(token.forcedTransfer(alice, bob, 1_000), "result");
        assertBalances(0, 1_000);
        vm.assertEq(token.totalSupply(), 1_000, "supply");
    }

    function test_CapsDoNotBindAnOrder() external {
        setRules(10, 0, false);
        token.forcedTransfer(alice, bob, 500);
        assertBalances(500, 500);
    }

    function test_AnOrderTellsBothStandardsWhatItReleases() external {
        token.setFrozenTokens(alice, 900);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.Frozen(alice, 700);
        vm.expectEmit(address(token));
        emit IEnforcement.TokensUnfrozen(alice, 200);
        expectForced(alice, bob, 300);
        token.forcedTransfer(alice, bob, 300);
    }

    function test_RevertWhen_ForcedTransferGoesToWhoMayNotReceive() external {
        refuses(Restriction.RecipientNotAdmitted, carol);
        refuses(Restriction.RecipientNotAdmitted, address(0));
        token.setSuspended(bob, true);
        refuses(Restriction.RecipientSuspended, bob);
        token.setSuspended(bob, false);
        admit(bob, HONG_KONG, PROFESSIONAL, TODAY - 1);
        refuses(Restriction.RecipientLapsed, bob);
        admit(bob);
        token.setAddressFrozen(bob, true);
        refuses(Restriction.RecipientFrozen, bob);
        token.setAddressFrozen(bob, false);
        setRules(0, uint16(1 << RETAIL), true);
        refuses(Restriction.CountryNotAllowed, bob);
        token.setCountryAllowed(HONG_KONG, true);
        refuses(Restriction.ClassNotAllowed, bob);
    }

    function refuses(Restriction code, address to) private {
        vm.expectRevert(restricted(code, alice, to, 1));
        token.forcedTransfer(alice, to, 1);
    }

    function test_RevertWhen_ForcedTransferIsOfMoreThanIsHeld() external {
        vm.expectRevert(insufficientBalance(alice, 1_000, 1_001));
        token.forcedTransfer(alice, bob, 1_001);
        token.setFrozenTokens(alice, 2_000);
        vm.expectRevert(insufficientBalance(alice, 1_000, 1_001));
        token.forcedTransfer(alice, bob, 1_001);
    }

    /// @dev It would look like an issue in the events.
    function test_RevertWhen_ForcedTransferIsFromTheZeroAddress() external {
        bytes memory refusal = abi.encodeWithSelector(IERC20Errors.ERC20InvalidSender.selector, address(0));
        vm.expectRevert(refusal);
        token.forcedTransfer(address(0), bob, 0);
        (address[] memory to, uint256[] memory amounts) = batch(bob, 1, bob, 0);
        vm.expectRevert(refusal);
        token.batchForcedTransfer(pair(alice, address(0)), to, amounts);
    }

    // ---------------------------------------------------------------- batches

    function test_ABatchMovesAll() external {
        admit(carol);
        token.setFrozenTokens(alice, 900);
        (address[] memory to, uint256[] memory amounts) = batch(bob, 300, carol, 200);
        expectForced(alice, bob, 300);
        expectForced(bob, carol, 200);
        token.batchForcedTransfer(pair(alice, bob), to, amounts);
        assertBalances(700, 100);
        vm.assertEq(token.balanceOf(carol), 200, "carol's balance");
        vm.assertEq(token.getFrozenTokens(alice), 700, "frozen");
    }

    function test_RevertWhen_OneOfABatchIsRefused() external {
        (address[] memory to, uint256[] memory amounts) = batch(bob, 300, alice, 301);
        vm.expectRevert(insufficientBalance(bob, 300, 301));
        token.batchForcedTransfer(pair(alice, bob), to, amounts);
        vm.expectRevert(abi.encodeWithSelector(IEnforcement.SameAccount.selector, alice));
        token.batchForcedTransfer(pair(alice, alice), to, amounts);
        assertBalances(1_000, 0);
    }

    function test_RevertWhen_TheArraysOfABatchDiffer() external {
        vm.expectRevert(lengthMismatch(2, 1));
        token.batchForcedTransfer(new address[](2), new address[](1), new uint256[](2));
        vm.expectRevert(lengthMismatch(2, 3));
        token.batchForcedTransfer(new address[](2), new address[](2), new uint256[](3));
    }

    function expectForced(address from, address to, uint256 amount) private {
        vm.expectEmit(address(token));
        emit IERC20.Transfer(from, to, amount);
        vm.expectEmit(address(token));
        emit IERC7943Fungible.ForcedTransfer(from, to, amount);
    }
}
