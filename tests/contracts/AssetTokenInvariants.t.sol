// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {AssetTokenHandler} from "./AssetTokenHandler.sol";
import {AssetTokenHandlerReplica} from "./AssetTokenHandlerReplica.sol";
import {Base} from "./Base.sol";
import {IToken} from "./IToken.sol";

/// @notice What holds after any sequence of calls. That each move does what the views said before, and moves nothing
/// that is frozen, the handler asserts at every call: none of its calls may revert.
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: deep.invariant.fail-on-revert = true
contract AssetTokenInvariantsTest is Base {
    AssetTokenHandler private _handler;
    IToken private _token;

    function setUp() external {
        vm.warp(NOON_S);
        _handler = new AssetTokenHandler();
        _token = _handler.token();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_BalancesAddUpToTheSupplyAndHoldersAreCounted() external view {
        uint256 sum;
        uint256 holders;
        for (uint256 i = 0; i < _handler.accountCount(); ++i) {
            uint256 balance = _token.balanceOf(_handler.accounts(i));
            sum += balance;
            if (balance != 0) ++holders;
        }
        vm.assertEq(sum, _token.totalSupply(), "balances and supply");
        vm.assertEq(sum, _handler.supply(), "supply and events");
        vm.assertEq(holders, _token.holderCount(), "holders");
    }

    /// @dev A change without its event would show here: the handler's register knows nothing but events.
    function invariant_EventsTellEveryAccountWordForWord() external view {
        address[] memory accounts = new address[](_handler.accountCount());
        for (uint256 i = 0; i < accounts.length; ++i) {
            accounts[i] = _handler.accounts(i);
        }
        uint256[] memory words = _token.accountWords(accounts);
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.assertEq(words[i], _handler.wordTold(accounts[i]), "the account's word");
            AssetTokenHandlerReplica.Standing memory told = _handler.standingOf(accounts[i]);
            (uint96 locked, uint40 until) = _token.lockUpOf(accounts[i]);
            vm.assertTrue(locked == told.locked && until == told.lockedUntil, "its lock-up");
            vm.assertEq(told.frozenByDifferences, told.frozen, "the events of both standards");
        }
    }

    function invariant_EventsTellTheWholeInstrument() external {
        vm.warp(_handler.clock());
        (IRulebook.Rules memory rules, uint32 version) = _token.rules();
        same(abi.encode(rules, version), abi.encode(_handler.rules(), _handler.rulesVersion()), "rules");
        same(abi.encode(_token.particulars()), abi.encode(_handler.particulars()), "particulars");
        same(abi.encode(_token.allowedCountries()), abi.encode(_handler.allowedCountries()), "countries");
        same(abi.encode(_token.recordDates()), abi.encode(_handler.recordDates()), "record dates");
        vm.assertEq(_token.recordDatesPassed(), _handler.passed(), "record dates passed");
        vm.assertTrue(_token.paused() == _handler.isPaused(), "paused");
        vm.assertTrue(_token.isActive() == _handler.isActive(), "active");
        documentsAreThoseTold();
        rolesAreThoseTold(_handler.book());
        rolesAreThoseTold(_handler.DEPUTY());
        rolesAreThoseTold(admin);
    }

    function documentsAreThoseTold() private view {
        bytes32[] memory names = _token.getAllDocuments();
        vm.assertEq(names.length, _handler.papers(), "how many documents");
        for (uint256 name = 0; name < 4; ++name) {
            (string memory uri, bytes32 hash, uint256 setAt) = _token.getDocument(bytes32(name));
            AssetTokenHandlerReplica.Paper memory told = _handler.paper(bytes32(name));
            same(abi.encode(uri, hash, setAt), abi.encode(told.uri, told.hash, told.setAt), "a document");
        }
        for (uint256 i = 0; i < names.length; ++i) {
            vm.assertTrue(_handler.paper(names[i]).setAt != 0, "a name that was not told");
        }
    }

    function rolesAreThoseTold(address account) private view {
        for (uint256 bit = 243; bit <= 248; ++bit) {
            bytes32 role = bit == 243 ? bytes32(0) : bytes32(1 << bit);
            vm.assertTrue(_token.hasRole(role, account) == _handler.roles(role, account), "a role");
            vm.assertEq(
                _token.roleGrantableFrom(role, account),
                _handler.grantableFrom(role, account),
                "a grant to come"
            );
        }
    }

    /// @dev The last four at every step; all of them when all is done.
    function invariant_HistoryIsAsItWasCopied() external {
        uint256 last = _handler.copied();
        historyIsAsCopied(last > 4 ? last - 3 : 1);
    }

    function afterInvariant() external {
        historyIsAsCopied(1);
    }

    function historyIsAsCopied(uint256 first) private {
        vm.warp(_handler.clock());
        uint256 last = _handler.copied();
        vm.assertEq(_token.recordDatesPassed(), last, "record dates passed");
        for (uint256 id = first; id <= last; ++id) {
            vm.assertEq(
                _token.totalSupplyAt(uint16(id)), _handler.copies(id, address(0)), "supply at a record date"
            );
            for (uint256 i = 0; i < _handler.accountCount(); ++i) {
                address account = _handler.accounts(i);
                uint256 held = _token.balanceOfAt(account, uint16(id));
                vm.assertEq(held, _handler.copies(id, account), "balance at a record date");
            }
        }
    }

    function same(bytes memory found, bytes memory told, string memory what) private pure {
        vm.assertEq(keccak256(found), keccak256(told), what);
    }
}
