// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {Restriction} from "../../contracts/token/Restriction.sol";
import {RulesBase} from "./RulesBase.sol";

/// @notice Where a recipient may live: the list of countries, and the country that is guarded.
contract AssetTokenCountriesTest is RulesBase {
    function test_CountriesAreAllowedOneByOne() external {
        uint16[5] memory countries = [uint16(0), 255, 256, 344, 1023];
        for (uint256 i = 0; i < countries.length; ++i) {
            vm.expectEmit(address(token));
            emit IRulebook.CountryAllowed(countries[i], true);
            token.setCountryAllowed(countries[i], true);
        }
        uint256[4] memory bitmap = token.allowedCountries();
        vm.assertEq(bitmap[0], 1 | 1 << 255, "0 to 255");
        vm.assertEq(bitmap[1], 1 | 1 << (344 - 256), "256 to 511");
        vm.assertEq(bitmap[2], 0, "512 to 767");
        vm.assertEq(bitmap[3], 1 << 255, "768 to 1023");

        vm.expectEmit(address(token));
        emit IRulebook.CountryAllowed(256, false);
        token.setCountryAllowed(256, false);
        vm.assertEq(token.allowedCountries()[1], 1 << (344 - 256), "256 taken off, 344 still on");
        vm.assertEq(token.allowedCountries()[0], 1 | 1 << 255, "and 0 too");
    }

    function test_RevertWhen_CountryAbove1023() external {
        vm.expectRevert(abi.encodeWithSelector(IRulebook.InvalidCountry.selector, uint16(1024)));
        token.setCountryAllowed(1024, true);
        vm.expectRevert(abi.encodeWithSelector(IRulebook.InvalidCountry.selector, type(uint16).max));
        token.setCountryAllowed(type(uint16).max, false);
    }

    function test_RevertWhen_CountryNotAllowed() external {
        setRules(0, 0, true);
        token.setCountryAllowed(SINGAPORE, true);
        refusesTransfer(Restriction.CountryNotAllowed, 10);
        refusesTransfer(Restriction.CountryNotAllowed, 0);
        refusesMint(Restriction.CountryNotAllowed, 10);

        token.setCountryAllowed(HONG_KONG, true);
        allowsTransfer(10);
        token.setCountryAllowed(HONG_KONG, false);
        refusesTransfer(Restriction.CountryNotAllowed, 10);
    }

    function test_WhoLivesWhereUnitsAreNotAllowedMayStillSendAndRedeem() external {
        setRules(0, 0, true);
        token.setCountryAllowed(HONG_KONG, true);
        admit(alice, SINGAPORE, PROFESSIONAL, VALID_UNTIL);
        allowsTransfer(10);
        allowsBurn(10);
    }

    function test_TheListMeansNothingWhileCountriesAreNotRestricted() external {
        admit(bob, SINGAPORE, PROFESSIONAL, VALID_UNTIL);
        token.setCountryAllowed(HONG_KONG, true);
        allowsTransfer(10);
    }

    function test_RevertWhen_RecipientLivesInTheGuardedCountry() external {
        admit(bob, CHINA, PROFESSIONAL, VALID_UNTIL);
        refusesTransfer(Restriction.CountryNotAllowed, 10);
        refusesTransfer(Restriction.CountryNotAllowed, 0);
        refusesMint(Restriction.CountryNotAllowed, 10);
        vm.expectRevert(restricted(Restriction.CountryNotAllowed, alice, bob, 10));
        token.forcedTransfer(alice, bob, 10);
    }

    function test_TheListCanNameTheGuardedCountry() external {
        admit(bob, CHINA, PROFESSIONAL, VALID_UNTIL);
        token.setCountryAllowed(CHINA, true);
        refusesTransfer(Restriction.CountryNotAllowed, 10);
        setRules(0, 0, true);
        allowsTransfer(10);
    }

    function test_WhoLivesInTheGuardedCountryMaySendAndRedeem() external {
        admit(alice, CHINA, PROFESSIONAL, VALID_UNTIL);
        allowsTransfer(10);
        allowsBurn(10);
    }

    function test_NoCountryIsNotTheGuardedOne() external {
        admit(bob, 0, PROFESSIONAL, VALID_UNTIL);
        allowsTransfer(10);
    }

    function test_ATokenCanGuardNoCountry() external {
        IAssetToken.Terms memory unguarded = terms();
        unguarded.guardedCountry = 0;
        token = deploy(unguarded);
        token.activate(particularsOf(CHINA, 0));
        admitAndIssue();
        vm.assertEq(token.guardedCountry(), 0, "guarded country");
        admit(bob, CHINA, PROFESSIONAL, VALID_UNTIL);
        allowsTransfer(10);
        admit(bob, 0, PROFESSIONAL, VALID_UNTIL);
        allowsTransfer(10);
    }
}
