// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice What an instrument stands for is settled once; before it nothing can be issued.
contract AssetTokenActivationTest is TokenBase {
    bytes32 private constant FILING = keccak256("filing 2026/117");

    function setUp() public override {
        vm.warp(NOON_S);
        token = deploy(terms());
        admit(alice);
        admit(bob);
    }

    function test_ActivationSettlesWhatTheInstrumentStandsFor() external {
        vm.assertTrue(!token.isActive(), "not yet");
        assertParticulars(IAssetToken.Particulars(0, 0, 0, 0));
        vm.expectEmit(address(token));
        emit IAssetToken.InstrumentActivated(ISIN, DTI, HONG_KONG, FILING);
        token.activate(particularsOf(HONG_KONG, FILING));
        vm.assertTrue(token.isActive(), "active");
        assertParticulars(particularsOf(HONG_KONG, FILING));
    }

    function test_IdentifiersAndFilingMayBeMissing() external {
        IAssetToken.Particulars memory bare = IAssetToken.Particulars(0, 0, 1023, 0);
        token.activate(bare);
        assertParticulars(bare);
        token.mint(alice, 1);
    }

    function test_RevertWhen_IssuingBeforeActivation() external {
        assertCode(address(0), alice, 1, uint8(Restriction.NotActive));
        vm.expectRevert(restricted(Restriction.NotActive, address(0), alice, 1));
        token.mint(alice, 1);
        vm.expectRevert(restricted(Restriction.NotActive, address(0), alice, 0));
        token.mint(alice, 0);
        (address[] memory to, uint256[] memory amounts) = batch(alice, 1, bob, 1);
        vm.expectRevert(restricted(Restriction.NotActive, address(0), alice, 1));
        token.batchMint(to, amounts);

        token.activate(particularsOf(HONG_KONG, 0));
        token.mint(alice, 1);
        vm.assertEq(token.totalSupply(), 1, "supply");
    }

    /// @dev What comes before in the order of the codes, and what comes after.
    function test_APauseIsToldBeforeItAndARecipientAfterIt() external {
        assertCode(address(0), carol, 1, uint8(Restriction.NotActive));
        token.pause();
        assertCode(address(0), carol, 1, uint8(Restriction.Paused));
        token.activate(particularsOf(HONG_KONG, 0));
        token.unpause();
        assertCode(address(0), carol, 1, uint8(Restriction.RecipientNotAdmitted));
    }

    function test_MovesOfNothingDoNotWaitForIt() external {
        vm.assertTrue(token.canTransfer(alice, bob, 0), "transfer");
        send(alice, bob, 0);
        assertCode(alice, address(0), 0, 0);
        token.burn(alice, 0);
    }

    function test_RevertWhen_ActivatedTwice() external {
        token.activate(particularsOf(HONG_KONG, 0));
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.AlreadyActive.selector));
        token.activate(particularsOf(SINGAPORE, FILING));
        assertParticulars(particularsOf(HONG_KONG, 0));
    }

    function test_RevertWhen_TheDomicileIsNoCountry() external {
        refuses(0, abi.encodeWithSelector(IRulebook.InvalidCountry.selector, uint16(0)));
        refuses(1024, abi.encodeWithSelector(IRulebook.InvalidCountry.selector, uint16(1024)));
        refuses(type(uint16).max, abi.encodeWithSelector(IRulebook.InvalidCountry.selector, type(uint16).max));
        token.activate(particularsOf(1, 0));
    }

    function test_RevertWhen_AssetsInTheGuardedCountryHaveNoFiling() external {
        vm.expectRevert(abi.encodeWithSelector(IAssetToken.FilingRequired.selector, CHINA));
        token.activate(particularsOf(CHINA, 0));
        vm.assertTrue(!token.isActive(), "not active");
        token.activate(particularsOf(CHINA, FILING));
        assertParticulars(particularsOf(CHINA, FILING));
    }

    function test_ActivationKeepsSupplyRulesAndPause() external {
        setRules(77, 5, true);
        token.pause();
        token.activate(particularsOf(HONG_KONG, 0));
        (IRulebook.Rules memory rules,) = token.rules();
        vm.assertEq(
            keccak256(abi.encode(rules)),
            keccak256(abi.encode(IRulebook.Rules(77, 0, 0, 0, 5, true))),
            "rules"
        );
        vm.assertTrue(token.paused() && token.totalSupply() == 0, "pause and supply");
    }

    function refuses(uint16 domicile, bytes memory refusal) private {
        vm.expectRevert(refusal);
        token.activate(particularsOf(domicile, FILING));
        vm.assertTrue(!token.isActive(), "not active");
    }

    function assertParticulars(IAssetToken.Particulars memory expected) private view {
        vm.assertEq(
            keccak256(abi.encode(token.particulars())), keccak256(abi.encode(expected)), "particulars"
        );
    }
}
