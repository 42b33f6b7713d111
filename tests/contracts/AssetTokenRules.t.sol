// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {Restriction} from "../../contracts/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Each rule refuses what it must with its own error, and every view says so beforehand.
contract AssetTokenRulesTest is TokenBase {
    function setUp() public override {
        super.setUp();
        admitAndIssue();
    }

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

    function test_RevertWhen_CountryNotAllowed() external {
        setRules(0, 0, true);
        token.setCountryAllowed(SINGAPORE, true);
        refusesTransfer(Restriction.CountryNotAllowed, 10);
        refusesMint(Restriction.CountryNotAllowed, 10);

        token.setCountryAllowed(HONG_KONG, true);
        allowsTransfer(10);
        token.setCountryAllowed(HONG_KONG, false);
        refusesTransfer(Restriction.CountryNotAllowed, 10);
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
        bytes memory refusal = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientBalance.selector, alice, uint256(1_000), uint256(1_001)
        );
        refusesTransfer(Restriction.InsufficientBalance, 1_001, refusal);
        refusesBurn(Restriction.InsufficientBalance, 1_001, refusal);
        allowsTransfer(1_000);
    }

    /// @dev The error of the base standard comes first where both apply, as ERC-7943 asks.
    function test_RevertWhen_BalanceInsufficientThoughFrozenToo() external {
        token.setFrozenTokens(alice, 900);
        bytes memory refusal = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientBalance.selector, alice, uint256(1_000), uint256(1_001)
        );
        refusesTransfer(Restriction.InsufficientBalance, 1_001, refusal);
    }

    function test_RevertWhen_UnfrozenBalanceInsufficient() external {
        token.setFrozenTokens(alice, 900);
        bytes memory refusal = abi.encodeWithSelector(
            IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, uint256(101), uint256(100)
        );
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
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.SupplyExceeded.selector, MAX_UNITS, uint256(1)));
        token.mint(alice, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAssetToken.SupplyExceeded.selector, MAX_UNITS, type(uint256).max)
        );
        token.mint(alice, type(uint256).max);
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
        setRules(50, uint16(1 << RETAIL), true);
        token.setAddressFrozen(alice, true);
        token.setAddressFrozen(bob, true);
        expectCode(Restriction.Paused);
        token.unpause();
        expectCode(Restriction.SenderNotAdmitted);
        admit(alice, HONG_KONG, PROFESSIONAL, TODAY - 1);
        token.setSuspended(alice, true);
        expectCode(Restriction.SenderSuspended);
        token.setSuspended(alice, false);
        expectCode(Restriction.SenderLapsed);
        admit(alice, HONG_KONG, RETAIL, TODAY);
        expectCode(Restriction.SenderFrozen);
        token.setAddressFrozen(alice, false);
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
        token.mint(bob, 10);
        token.setFrozenTokens(alice, 10);
        expectCode(Restriction.InsufficientUnfrozenBalance);
        token.setFrozenTokens(alice, 0);
        expectCode(Restriction.BalanceCapExceeded);
        setRules(0, 0, false);
        expectCode(Restriction.None);
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
        vm.assertEq(token.messageForTransferRestriction(15), "unknown code", "code 15");
        vm.assertEq(token.messageForTransferRestriction(255), "unknown code", "code 255");
    }

    // ---------------------------------------------------------------- what "refuses" and "agrees" mean

    function refusesTransfer(Restriction code, uint256 amount) internal {
        refusesTransfer(code, amount, restricted(code, alice, bob, amount));
    }

    function refusesTransfer(Restriction code, uint256 amount, bytes memory refusal) internal {
        agree(code, alice, bob, amount);
        vm.prank(alice);
        vm.expectRevert(refusal);
        token.transfer(bob, amount);

        vm.prank(alice);
        token.approve(carol, amount);
        vm.prank(carol);
        vm.expectRevert(refusal);
        token.transferFrom(alice, bob, amount);
    }

    function allowsTransfer(uint256 amount) internal {
        agree(Restriction.None, alice, bob, amount);
        uint256 before = token.balanceOf(bob);
        vm.prank(alice);
        vm.assertTrue(token.transfer(bob, amount), "transfer");
        vm.assertEq(token.balanceOf(bob), before + amount, "received");
    }

    function refusesMint(Restriction code, uint256 amount) internal {
        vm.assertEq(
            token.detectTransferRestriction(address(0), bob, amount), uint8(code), "code of the issue"
        );
        vm.expectRevert(restricted(code, address(0), bob, amount));
        token.mint(bob, amount);
    }

    function refusesBurn(Restriction code, uint256 amount) internal {
        refusesBurn(code, amount, restricted(code, alice, address(0), amount));
    }

    function refusesBurn(Restriction code, uint256 amount, bytes memory refusal) internal {
        uint8 detected = token.detectTransferRestriction(alice, address(0), amount);
        vm.assertEq(detected, uint8(code), "code of the redemption");
        vm.expectRevert(refusal);
        token.burn(alice, amount);
    }

    /// @dev All four views, against the code that a transfer is about to meet.
    function agree(Restriction code, address from, address to, uint256 amount) internal view {
        vm.assertEq(token.detectTransferRestriction(from, to, amount), uint8(code), "code of the transfer");
        vm.assertTrue(token.canTransfer(from, to, amount) == (code == Restriction.None), "canTransfer");
        bool senderAtFault = code >= Restriction.SenderNotAdmitted && code <= Restriction.SenderFrozen;
        bool recipientAtFault =
            code >= Restriction.RecipientNotAdmitted && code <= Restriction.ClassNotAllowed;
        vm.assertTrue(token.canSend(from) == !senderAtFault, "canSend");
        vm.assertTrue(senderAtFault || token.canReceive(to) == !recipientAtFault, "canReceive");
    }

    function expectCode(Restriction code) internal {
        vm.assertEq(token.detectTransferRestriction(alice, bob, 45), uint8(code), "first rule broken");
        vm.assertTrue(token.canTransfer(alice, bob, 45) == (code == Restriction.None), "canTransfer");
        vm.prank(alice);
        if (code != Restriction.None) vm.expectRevert();
        token.transfer(bob, 45);
    }
}
