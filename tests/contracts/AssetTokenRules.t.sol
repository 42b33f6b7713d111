// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {RulesBase} from "./RulesBase.sol";

/// @notice Each rule refuses what it must with its own error, and every view says so beforehand.
contract AssetTokenRulesTest is RulesBase {
    // ---------------------------------------------------------------- pause

    function test_RevertWhen_Paused() external {
        token.pause();
        refusesTransfer(Restriction.Paused, 10);
        refusesMint(Restriction.Paused, 10);
        refusesBurn(Restriction.Paused, 10);
    }

    // ---------------------------------------------------------------- sender

    function test_RevertWhen_SenderNotAdmitted() external {
        address stranger = address(0x57A);
        bytes memory refusal = restricted(Restriction.SenderNotAdmitted, stranger, bob, 0);
        agree(Restriction.SenderNotAdmitted, stranger, bob, 0);
        vm.prank(stranger);
        vm.expectRevert(refusal);
        token.transfer(bob, 0);
        vm.expectRevert(restricted(Restriction.SenderNotAdmitted, stranger, address(0), 0));
        token.burn(stranger, 0);
    }

    function test_RevertWhen_SenderSuspended() external {
        token.setSuspended(alice, true);
        refusesTransfer(Restriction.SenderSuspended, 10);
        refusesBurn(Restriction.SenderSuspended, 10);
    }

    function test_RevertWhen_SenderLapsed() external {
        admit(alice, HONG_KONG, PROFESSIONAL, TODAY - 1);
        refusesTransfer(Restriction.SenderLapsed, 10);
        refusesBurn(Restriction.SenderLapsed, 10);
    }

    function test_RevertWhen_SenderFrozen() external {
        token.setAddressFrozen(alice, true);
        refusesTransfer(Restriction.SenderFrozen, 10);
        refusesBurn(Restriction.SenderFrozen, 10);
    }

    // ---------------------------------------------------------------- recipient

    function test_RevertWhen_RecipientNotAdmitted() external {
        bob = carol;
        refusesTransfer(Restriction.RecipientNotAdmitted, 10);
        refusesMint(Restriction.RecipientNotAdmitted, 10);
    }

    function test_RevertWhen_RecipientSuspended() external {
        token.setSuspended(bob, true);
        refusesTransfer(Restriction.RecipientSuspended, 10);
        refusesMint(Restriction.RecipientSuspended, 10);
    }

    function test_RevertWhen_RecipientLapsed() external {
        admit(bob, HONG_KONG, PROFESSIONAL, TODAY - 1);
        refusesTransfer(Restriction.RecipientLapsed, 10);
        refusesMint(Restriction.RecipientLapsed, 10);
    }

    function test_RevertWhen_RecipientFrozen() external {
        token.setAddressFrozen(bob, true);
        refusesTransfer(Restriction.RecipientFrozen, 10);
        refusesMint(Restriction.RecipientFrozen, 10);
    }

    function test_RevertWhen_ClassNotAllowed() external {
        setRules(0, uint16(1 << RETAIL), false);
        refusesTransfer(Restriction.ClassNotAllowed, 10);
        refusesMint(Restriction.ClassNotAllowed, 10);

        setRules(0, uint16(1 << RETAIL | 1 << PROFESSIONAL), false);
        allowsTransfer(10);
    }

    // ---------------------------------------------------------------- amounts

    function test_RevertWhen_BalanceInsufficient() external {
        bytes memory refusal = insufficientBalance(alice, 1_000, 1_001);
        refusesTransfer(Restriction.InsufficientBalance, 1_001, refusal);
        refusesBurn(Restriction.InsufficientBalance, 1_001, refusal);
        allowsTransfer(1_000);
    }

    /// @dev The error of the base standard comes first where both apply, as ERC-7943 asks.
    function test_RevertWhen_BalanceInsufficientThoughFrozenToo() external {
        token.setFrozenTokens(alice, 900);
        bytes memory refusal = insufficientBalance(alice, 1_000, 1_001);
        refusesTransfer(Restriction.InsufficientBalance, 1_001, refusal);
    }

    function test_RevertWhen_UnfrozenBalanceInsufficient() external {
        token.setFrozenTokens(alice, 900);
        bytes memory refusal = insufficientUnfrozen(alice, 101, 100);
        refusesTransfer(Restriction.InsufficientUnfrozenBalance, 101, refusal);
        refusesBurn(Restriction.InsufficientUnfrozenBalance, 101, refusal);
        allowsTransfer(100);
    }

    function test_RevertWhen_BalanceCapExceeded() external {
        token.mint(bob, 60);
        setRules(100, 0, false);
        refusesTransfer(Restriction.BalanceCapExceeded, 41);
        refusesMint(Restriction.BalanceCapExceeded, 41);
        allowsTransfer(40);
        vm.assertEq(token.balanceOf(bob), 100, "the cap itself may be held");
    }

    /// @dev A cap that comes later takes nothing away, and lets its holder send.
    function test_WhoIsAboveTheCapMaySend() external {
        setRules(100, 0, false);
        allowsTransfer(50);
    }

    function test_RevertWhen_SupplyExceeded() external {
        token.mint(bob, MAX_UNITS - 1_000);
        vm.assertEq(token.totalSupply(), MAX_UNITS, "the largest supply can be issued");
        refusesMint(Restriction.SupplyExceeded, 1);
        refusesMint(Restriction.SupplyExceeded, type(uint256).max);
        vm.prank(bob);
        token.transfer(alice, MAX_UNITS - 1_000);
        vm.assertEq(token.balanceOf(alice), MAX_UNITS, "and one account can hold all of it");
    }

    // ---------------------------------------------------------------- the day, the order, the words

    function test_ValidityIncludesItsLastSecond() external {
        vm.warp((uint256(VALID_UNTIL) + 1) * 1 days - 1);
        allowsTransfer(1);
        vm.warp((uint256(VALID_UNTIL) + 1) * 1 days);
        refusesTransfer(Restriction.SenderLapsed, 1);
    }

    function test_RecipientLapsesOnItsOwnDay() external {
        admit(bob, HONG_KONG, PROFESSIONAL, TODAY);
        allowsTransfer(1);
        vm.warp((uint256(TODAY) + 1) * 1 days);
        refusesTransfer(Restriction.RecipientLapsed, 1);
    }

    /// @dev Everything is broken at first; each repair uncovers the next rule in the order of the codes.
    function test_RulesAreTriedInTheOrderOfTheirCodes() external {
        (alice, bob) = (address(0x5E17), address(0xBECE));
        token.pause();
        token.setRules(strict(50, uint40(NOON_S + 1), 0, 3));
        token.setAddressFrozen(alice, true);
        token.setAddressFrozen(bob, true);
        expectCode(Restriction.Paused);
        token.unpause();
        expectCode(Restriction.NotYetOpen);
        token.setRules(strict(50, 0, uint40(NOON_S - 1), 3));
        expectCode(Restriction.Closed);
        token.setRules(strict(50, 0, 0, 3));
        expectCode(Restriction.SenderNotAdmitted);
        admit(alice, HONG_KONG, PROFESSIONAL, TODAY - 1);
        token.setSuspended(alice, true);
        expectCode(Restriction.SenderSuspended);
        token.setSuspended(alice, false);
        expectCode(Restriction.SenderLapsed);
        admit(alice, HONG_KONG, RETAIL, TODAY);
        expectCode(Restriction.SenderFrozen);
        token.setAddressFrozen(alice, false);
        repairRecipientAndAmounts();
    }

    function repairRecipientAndAmounts() private {
        expectCode(Restriction.RecipientNotAdmitted);
        admit(bob, HONG_KONG, PROFESSIONAL, TODAY - 1);
        token.setSuspended(bob, true);
        expectCode(Restriction.RecipientSuspended);
        token.setSuspended(bob, false);
        expectCode(Restriction.RecipientLapsed);
        admit(bob, HONG_KONG, PROFESSIONAL, TODAY);
        expectCode(Restriction.RecipientFrozen);
        token.setAddressFrozen(bob, false);
        expectCode(Restriction.CountryNotAllowed);
        token.setCountryAllowed(HONG_KONG, true);
        expectCode(Restriction.ClassNotAllowed);
        admit(bob, HONG_KONG, RETAIL, TODAY);
        expectCode(Restriction.InsufficientBalance);
        token.mint(alice, 50);
        token.setFrozenTokens(alice, 10);
        token.setLockUp(alice, 6, uint40(NOON_S + 1));
        expectCode(Restriction.InsufficientUnfrozenBalance);
        token.setFrozenTokens(alice, 0);
        expectCode(Restriction.LockedUp);
        token.setLockUp(alice, 0, 0);
        token.setRules(strict(40, 0, 0, 2));
        expectCode(Restriction.BalanceCapExceeded);
        setHolderCap(2);
        expectCode(Restriction.HolderCapExceeded);
        setHolderCap(3);
        expectCode(Restriction.None);
    }

    function test_RulesOfAnIssueAreTriedInTheOrderOfTheirCodes() external {
        bob = address(0xBECE);
        setRules(50, 0, false);
        token.pause();
        refusesMint(Restriction.Paused, MAX_UNITS);
        token.unpause();
        refusesMint(Restriction.RecipientNotAdmitted, MAX_UNITS);
        admit(bob);
        refusesMint(Restriction.BalanceCapExceeded, MAX_UNITS);
        setHolderCap(1);
        refusesMint(Restriction.HolderCapExceeded, MAX_UNITS);
        setHolderCap(0);
        refusesMint(Restriction.SupplyExceeded, MAX_UNITS);
        allowsMint(MAX_UNITS - 1_000);
    }

    function strict(uint96 maxBalance, uint40 opensAt, uint40 closesAt, uint32 holderCap)
        private
        pure
        returns (IRulebook.Rules memory)
    {
        return IRulebook.Rules(maxBalance, holderCap, opensAt, closesAt, uint16(1 << RETAIL), true);
    }

    function expectCode(Restriction code) private {
        assertCode(alice, bob, 45, uint8(code));
        vm.assertTrue(token.canTransfer(alice, bob, 45) == (code == Restriction.None), "canTransfer");
        vm.prank(alice);
        if (code != Restriction.None) vm.expectRevert();
        token.transfer(bob, 45);
    }

    function test_EveryCodeHasWordsOfItsOwn() external view {
        for (uint8 code = 0; code <= uint8(type(Restriction).max); ++code) {
            string memory message = token.messageForTransferRestriction(code);
            vm.assertTrue(bytes(message).length > 0, "a message");
            for (uint8 other = 0; other < code; ++other) {
                bytes32 hash = keccak256(bytes(token.messageForTransferRestriction(other)));
                vm.assertTrue(hash != keccak256(bytes(message)), "two codes, one message");
            }
        }
        vm.assertEq(token.messageForTransferRestriction(0), "no restriction", "code 0");
        vm.assertEq(token.messageForTransferRestriction(1), "instrument paused", "code 1");
        vm.assertEq(token.messageForTransferRestriction(17), "balance locked up", "code 17");
        vm.assertEq(token.messageForTransferRestriction(22), "supply over reserve", "code 22");
        vm.assertEq(token.messageForTransferRestriction(23), "unknown code", "code 23");
        vm.assertEq(token.messageForTransferRestriction(255), "unknown code", "code 255");
    }
}
