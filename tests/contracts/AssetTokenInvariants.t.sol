// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AssetToken} from "../../contracts/AssetToken.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {AssetTokenHandler} from "./AssetTokenHandler.sol";
import {Base} from "./Base.sol";

/// @notice What holds after any sequence of calls.
contract AssetTokenInvariantsTest is Base {
    AssetTokenHandler private _handler;
    AssetToken private _token;

    function setUp() external {
        vm.warp(NOON_S);
        _handler = new AssetTokenHandler();
        _token = _handler.token();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_BalancesAddUpToTheSupply() external view {
        uint256 sum;
        for (uint256 i = 0; i < 5; ++i) {
            sum += _token.balanceOf(_handler.accounts(i));
        }
        vm.assertEq(sum, _token.totalSupply(), "balances and supply");
    }

    /// @dev A change without its event would show here: the handler knows nothing but events.
    function invariant_EventsTellTheWholeRegister() external view {
        for (uint256 i = 0; i < 5; ++i) {
            address account = _handler.accounts(i);
            bytes32 told = keccak256(abi.encode(_handler.registered(account)));
            vm.assertEq(told, keccak256(abi.encode(_token.accountOf(account))), "events and account word");
        }
        (IAssetToken.Rules memory rules,) = _token.rules();
        vm.assertEq(keccak256(abi.encode(_handler.rules())), keccak256(abi.encode(rules)), "rules");
        vm.assertEq(_handler.supply(), _token.totalSupply(), "supply");
        vm.assertTrue(_handler.isPaused() == _token.paused(), "paused");
        bytes32 countries = keccak256(abi.encode(_handler.allowedCountries()));
        vm.assertEq(countries, keccak256(abi.encode(_token.allowedCountries())), "countries");
    }
}
