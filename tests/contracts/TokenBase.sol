// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AssetToken} from "../../contracts/AssetToken.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {Base} from "./Base.sol";

/// @notice A token of which the test itself holds every operating role.
abstract contract TokenBase is Base {
    AssetToken internal token;

    function setUp() public virtual {
        vm.warp(NOON_S);
        token = deployToken(address(this));
    }

    function admit(address account) internal {
        admit(account, HONG_KONG, PROFESSIONAL, VALID_UNTIL);
    }

    function admit(address account, uint16 country, uint8 investorClass, uint16 validUntilDay) internal {
        IAssetToken.Admission[] memory admissions = new IAssetToken.Admission[](1);
        admissions[0] = IAssetToken.Admission(account, country, investorClass, validUntilDay);
        token.admit(admissions);
    }

    /// @dev Admits alice and bob and gives alice 1,000 units.
    function admitAndIssue() internal {
        admit(alice);
        admit(bob);
        token.mint(alice, 1_000);
    }

    function setRules(uint96 maxBalance, uint16 classMask, bool countriesRestricted) internal {
        token.setRules(IAssetToken.Rules(maxBalance, classMask, countriesRestricted));
    }

    function wordOf(address account) internal view returns (uint256) {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        return token.accountWords(accounts)[0];
    }

    function assertBalances(uint256 ofAlice, uint256 ofBob) internal view {
        vm.assertEq(token.balanceOf(alice), ofAlice, "alice's balance");
        vm.assertEq(token.balanceOf(bob), ofBob, "bob's balance");
    }
}
