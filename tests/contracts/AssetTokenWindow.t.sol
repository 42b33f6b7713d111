// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {RulesBase} from "./RulesBase.sol";

/// @notice The hours in which holders may transfer among themselves, to the second.
contract AssetTokenWindowTest is RulesBase {
    uint40 private constant OPENS_AT = uint40(NOON_S + 100);
    uint40 private constant CLOSES_AT = uint40(NOON_S + 200);

    function setUp() public override {
        super.setUp();
        open(OPENS_AT, CLOSES_AT);
    }

    function test_TransfersAreOpenFromTheFirstSecondToTheLast() external {
        refusesTransfer(Restriction.NotYetOpen, 10);
        vm.warp(OPENS_AT - 1);
        refusesTransfer(Restriction.NotYetOpen, 10);
        vm.warp(OPENS_AT);
        allowsTransfer(10);
        vm.warp(CLOSES_AT);
        allowsTransfer(10);
        vm.warp(CLOSES_AT + 1);
        refusesTransfer(Restriction.Closed, 10);
    }

    function test_AWindowOfOneSecond() external {
        open(OPENS_AT, OPENS_AT);
        vm.warp(OPENS_AT);
        allowsTransfer(10);
        vm.warp(OPENS_AT + 1);
        refusesTransfer(Restriction.Closed, 10);
    }

    function test_WithoutAClosingTimeTransfersStayOpen() external {
        open(OPENS_AT, 0);
        refusesTransfer(Restriction.NotYetOpen, 10);
        vm.warp(uint256(VALID_UNTIL) * 1 days);
        allowsTransfer(10);
    }

    function test_WithoutAnOpeningTimeTransfersAreOpenUntilTheyClose() external {
        open(0, CLOSES_AT);
        allowsTransfer(10);
        vm.warp(CLOSES_AT + 1);
        refusesTransfer(Restriction.Closed, 10);
    }

    function test_TransfersOfNothingWaitToo() external {
        refusesTransfer(Restriction.NotYetOpen, 0);
        vm.warp(CLOSES_AT + 1);
        refusesTransfer(Restriction.Closed, 0);
    }

    function test_IssuesRedemptionsAndOrdersAreNotBoundByTheWindow() external {
        for (uint256 i = 0; i < 2; ++i) {
            allowsMint(5);
            allowsBurn(5);
            token.forcedTransfer(alice, bob, 5);
            vm.warp(CLOSES_AT + 1);
        }
        assertBalances(980, 20);
    }

    function test_RevertWhen_TransfersCloseBeforeTheyOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IRulebook.InvalidRules.selector));
        open(OPENS_AT, OPENS_AT - 1);
        vm.warp(OPENS_AT);
        allowsTransfer(10);
    }

    function test_TheWindowCanBeTakenAway() external {
        token.setRules(noRules());
        allowsTransfer(10);
    }

    function open(uint40 opensAt, uint40 closesAt) private {
        token.setRules(IRulebook.Rules(0, 0, opensAt, closesAt, 0, false));
    }
}
