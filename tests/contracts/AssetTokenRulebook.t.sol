// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {TokenBase} from "./TokenBase.sol";

/// @notice Changes of the rules and of the pause, and what they leave as it was.
contract AssetTokenRulebookTest is TokenBase {
    function test_PauseAndUnpause() external {
        vm.expectEmit(address(token));
        emit IRulebook.Paused(address(this));
        token.pause();
        vm.assertTrue(token.paused(), "paused");
        vm.expectEmit(address(token));
        emit IRulebook.Unpaused(address(this));
        token.unpause();
        vm.assertTrue(!token.paused(), "unpaused");
    }

    function test_PauseKeepsSupplyRulesAndHolders() external {
        admitAndIssue();
        setRules(2_000, 0, true);
        token.pause();
        vm.assertEq(token.totalSupply(), 1_000, "supply");
        vm.assertEq(token.holderCount(), 1, "holders");
        token.unpause();
        assertCode(alice, bob, 1, uint8(Restriction.CountryNotAllowed));
    }

    function test_RulesChangedTellsOldAndNew() external {
        IRulebook.Rules memory first = IRulebook.Rules({
            maxBalance: type(uint96).max,
            holderCap: type(uint32).max,
            opensAt: type(uint40).max,
            closesAt: type(uint40).max,
            classMask: type(uint16).max,
            countriesRestricted: true
        });
        IRulebook.Rules memory second = IRulebook.Rules(0, 0, 0, 0, 4, false);
        changeRules(2, noRules(), first);
        changeRules(3, first, second);
        changeRules(4, second, IRulebook.Rules(1, 2, 3, 4, 5, false));
    }

    /// @dev Each of the four that are read from a slot of their own, alone.
    function test_EachRuleBindsAlone() external {
        admitAndIssue();
        token.setRules(IRulebook.Rules(1, 0, 0, 0, 0, false));
        assertCode(alice, bob, 2, uint8(Restriction.BalanceCapExceeded));
        token.setRules(IRulebook.Rules(0, 1, 0, 0, 0, false));
        assertCode(alice, bob, 2, uint8(Restriction.HolderCapExceeded));
        token.setRules(IRulebook.Rules(0, 0, uint40(NOON_S + 1), 0, 0, false));
        assertCode(alice, bob, 2, uint8(Restriction.NotYetOpen));
        token.setRules(IRulebook.Rules(0, 0, 0, uint40(NOON_S - 1), 0, false));
        assertCode(alice, bob, 2, uint8(Restriction.Closed));
        token.setRules(noRules());
        assertCode(alice, bob, 2, 0);
    }

    function changeRules(uint32 version, IRulebook.Rules memory previous, IRulebook.Rules memory next)
        private
    {
        vm.expectEmit(address(token));
        emit IRulebook.RulesChanged(version, previous, next);
        token.setRules(next);
        (IRulebook.Rules memory current, uint32 currentVersion) = token.rules();
        vm.assertEq(currentVersion, version, "version");
        vm.assertEq(keccak256(abi.encode(current)), keccak256(abi.encode(next)), "rules");
    }

    function test_RevertWhen_TheRulesAreInvalid() external {
        vm.expectRevert(abi.encodeWithSelector(IRulebook.InvalidRules.selector));
        token.setRules(IRulebook.Rules(0, 0, 2, 1, 0, false));
        (, uint32 version) = token.rules();
        vm.assertEq(version, 1, "version");
    }
}
