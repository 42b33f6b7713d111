// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {FakeReserve} from "./FakeReserve.sol";
import {RulesBase} from "./RulesBase.sol";

/// @notice Issuing needs a reserve that is attested and covers it; nothing else does.
contract AssetTokenReserveTest is RulesBase {
    uint48 private constant EXPIRES_AT = uint48(NOON_S + 1 hours);

    FakeReserve private _reserve = new FakeReserve();

    function setUp() public override {
        vm.warp(NOON_S);
        token = deploy(terms());
        token.activate(particularsOf(HONG_KONG, 0));
        _reserve.attest(address(token), 1_500, EXPIRES_AT);
        admitAndIssue();
    }

    function terms() internal view override returns (IAssetToken.Terms memory backed) {
        backed = super.terms();
        backed.reserveAttestor = address(_reserve);
    }

    function test_TheTokenNamesItsReserve() external view {
        vm.assertEq(token.reserveAttestor(), address(_reserve), "reserve");
    }

    function test_IssuingGoesUpToTheReserve() external {
        refusesMint(Restriction.ReserveExceeded, 501);
        refusesMint(Restriction.ReserveExceeded, MAX_UNITS - 1_000);
        refusesMint(Restriction.SupplyExceeded, MAX_UNITS - 999);
        allowsMint(500);
        refusesMint(Restriction.ReserveExceeded, 1);
        token.burn(alice, 10);
        allowsMint(10);
    }

    function test_RevertWhen_TheAttestationHasLapsed() external {
        vm.warp(EXPIRES_AT);
        allowsMint(1);
        vm.warp(EXPIRES_AT + 1);
        refusesMint(Restriction.ReserveLapsed, 1);
        refusesMint(Restriction.ReserveLapsed, 1_000);
        _reserve.attest(address(token), 1_002, EXPIRES_AT + 1);
        allowsMint(1);
        refusesMint(Restriction.ReserveExceeded, 1);
    }

    function test_RevertWhen_NothingWasEverAttested() external {
        _reserve.attest(address(token), 0, 0);
        refusesMint(Restriction.ReserveLapsed, 1);
    }

    function test_RevertWhen_TheLinesOfABatchExceedTheReserveTogether() external {
        (address[] memory to, uint256[] memory amounts) = batch(alice, 300, bob, 201);
        vm.expectRevert(restricted(Restriction.ReserveExceeded, address(0), bob, 201));
        token.batchMint(to, amounts);
        amounts[1] = 200;
        token.batchMint(to, amounts);
        vm.assertEq(token.totalSupply(), 1_500, "supply");
    }

    function test_RevertWhen_OnlyAnotherInstrumentIsBacked() external {
        _reserve.attest(address(token), 0, 0);
        _reserve.attest(address(this), 1_500, EXPIRES_AT);
        refusesMint(Restriction.ReserveLapsed, 1);
    }

    function test_RedemptionsTransfersAndOrdersNeverStop() external {
        _reserve.attest(address(token), 0, 0);
        allowsBurn(10);
        allowsTransfer(10);
        allowsMint(0);
        token.forcedTransfer(alice, bob, 10);
        token.recoveryAddress(alice, carol, address(0));
        vm.assertEq(token.totalSupply(), 990, "supply");
    }

    /// @dev A reserve that fell below the supply stops issuing, and takes nothing away.
    function test_AReserveBelowTheSupplyStopsIssuingOnly() external {
        _reserve.attest(address(token), 10, EXPIRES_AT);
        refusesMint(Restriction.ReserveExceeded, 1);
        allowsBurn(990);
        refusesMint(Restriction.ReserveExceeded, 1);
        allowsBurn(1);
        allowsMint(1);
    }
}
