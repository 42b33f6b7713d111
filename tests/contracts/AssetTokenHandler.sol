// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AssetToken} from "../../contracts/AssetToken.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {Base} from "./Base.sol";
import {Vm} from "./Vm.sol";

/// @notice Does anything to a token, whether it is allowed or not, and keeps a register of its own from nothing but
/// the token's events.
contract AssetTokenHandler is Base {
    AssetToken public immutable token = deployToken(address(this));
    address[] public accounts;

    mapping(address account => IAssetToken.Account) private _register;
    uint256 public supply;
    bool public isPaused;
    IAssetToken.Rules private _rules;
    uint256[4] private _allowedCountries;

    constructor() {
        for (uint160 i = 1; i <= 5; ++i) {
            accounts.push(address(i * 0x1111));
            renew(i - 1, HONG_KONG, PROFESSIONAL, 100);
            mint(i - 1, uint96(i) * 1_000);
        }
    }

    function registered(address account) external view returns (IAssetToken.Account memory) {
        return _register[account];
    }

    function rules() external view returns (IAssetToken.Rules memory) {
        return _rules;
    }

    function allowedCountries() external view returns (uint256[4] memory) {
        return _allowedCountries;
    }

    // ---------------------------------------------------------------- what can be done

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        address sender = pick(from);
        amount = upTo(amount, sender);
        attempt(sender, abi.encodeCall(token.transfer, (pick(to), amount)));
    }

    function transferFrom(uint256 from, uint256 to, uint256 amount) external {
        address sender = pick(from);
        amount = upTo(amount, sender);
        attempt(sender, abi.encodeCall(token.approve, (address(this), amount)));
        attempt(address(this), abi.encodeCall(token.transferFrom, (sender, pick(to), amount)));
    }

    function mint(uint256 to, uint96 amount) public {
        attempt(address(this), abi.encodeCall(token.mint, (pick(to), amount)));
    }

    function burn(uint256 from, uint256 amount) external {
        attempt(address(this), abi.encodeCall(token.burn, (pick(from), upTo(amount, pick(from)))));
    }

    function forcedTransfer(uint256 from, uint256 to, uint256 amount) external {
        address sender = pick(from);
        attempt(address(this), abi.encodeCall(token.forcedTransfer, (sender, pick(to), upTo(amount, sender))));
    }

    function freeze(uint256 account, uint256 amount, uint8 how) external {
        address target = pick(account);
        amount = upTo(amount, target);
        if (how % 3 == 0) {
            attempt(address(this), abi.encodeCall(token.setFrozenTokens, (target, amount)));
        } else if (how % 3 == 1) {
            attempt(address(this), abi.encodeCall(token.freezePartialTokens, (target, amount)));
        } else {
            attempt(address(this), abi.encodeCall(token.unfreezePartialTokens, (target, amount)));
        }
    }

    /// @dev Mostly off, or soon nothing would move any more.
    function flag(uint256 account, uint8 which) external {
        address target = pick(account);
        if (which % 2 == 0) {
            attempt(address(this), abi.encodeCall(token.setAddressFrozen, (target, which % 7 == 0)));
        } else {
            attempt(address(this), abi.encodeCall(token.setSuspended, (target, which % 7 == 0)));
        }
    }

    function renew(uint256 account, uint16 country, uint8 investorClass, uint8 days_) public {
        IAssetToken.Admission[] memory admissions = new IAssetToken.Admission[](1);
        uint16 validUntilDay = uint16(block.timestamp / 1 days) + days_;
        admissions[0] =
            IAssetToken.Admission(pick(account), country % 1_100, investorClass % 17, validUntilDay);
        attempt(address(this), abi.encodeCall(token.admit, (admissions)));
    }

    function changeRules(uint96 maxBalance, uint16 classMask, uint8 which) external {
        IAssetToken.Rules memory next = IAssetToken.Rules(
            which % 2 == 0 ? 0 : maxBalance, which % 3 == 0 ? classMask : 0, which % 5 == 0
        );
        attempt(address(this), abi.encodeCall(token.setRules, (next)));
        attempt(address(this), abi.encodeCall(token.setCountryAllowed, (uint16(which) * 5, which % 4 != 0)));
    }

    function pause(uint8 which) external {
        attempt(
            address(this),
            which % 4 == 0 ? abi.encodeCall(token.pause, ()) : abi.encodeCall(token.unpause, ())
        );
    }

    function wait_(uint8 hours_) external {
        vm.warp(block.timestamp + uint256(hours_) * 1 hours);
    }

    // ---------------------------------------------------------------- the register kept from events

    function attempt(address sender, bytes memory call) private {
        vm.recordLogs();
        vm.prank(sender);
        (bool done,) = address(token).call(call);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertTrue(done || logs.length == 0, "an event of what did not happen");
        for (uint256 i = 0; i < logs.length; ++i) {
            fold(logs[i]);
        }
    }

    function fold(Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        if (topic == IERC20.Transfer.selector) return foldTransfer(log);
        if (topic == IAssetToken.RulesChanged.selector) {
            (, _rules) = abi.decode(log.data, (IAssetToken.Rules, IAssetToken.Rules));
            return;
        }
        if (topic == IAssetToken.Paused.selector) isPaused = true;
        if (topic == IAssetToken.Unpaused.selector) isPaused = false;
        if (topic == IAssetToken.CountryAllowed.selector) {
            foldCountry(uint256(log.topics[1]), abi.decode(log.data, (bool)));
        }
        if (log.topics.length < 2) return;
        IAssetToken.Account storage account = _register[accountOf(log, 1)];
        if (topic == IERC7943Fungible.Frozen.selector) account.frozen = abi.decode(log.data, (uint256));
        if (topic == IAssetToken.AddressFrozen.selector) account.addressFrozen = log.topics[2] != 0;
        if (topic == IAssetToken.AccountSuspended.selector) account.suspended = abi.decode(log.data, (bool));
        if (topic == IAssetToken.AccountAdmitted.selector) {
            (account.country, account.investorClass, account.validUntilDay) =
                abi.decode(log.data, (uint16, uint8, uint16));
        }
    }

    function foldTransfer(Vm.Log memory log) private {
        uint256 amount = abi.decode(log.data, (uint256));
        (address from, address to) = (accountOf(log, 1), accountOf(log, 2));
        if (from == address(0)) supply += amount;
        else _register[from].balance -= amount;
        if (to == address(0)) supply -= amount;
        else _register[to].balance += amount;
    }

    function foldCountry(uint256 country, bool allowed) private {
        uint256 bit = 1 << (country % 256);
        uint256 word = _allowedCountries[country / 256] & ~bit;
        _allowedCountries[country / 256] = allowed ? word | bit : word;
    }

    function accountOf(Vm.Log memory log, uint256 topic) private pure returns (address) {
        return address(uint160(uint256(log.topics[topic])));
    }

    function pick(uint256 index) private view returns (address) {
        return accounts[index % accounts.length];
    }

    /// @dev Mostly what the account holds or less; now and then more.
    function upTo(uint256 amount, address account) private view returns (uint256) {
        return bound(amount, 0, token.balanceOf(account) * 5 / 4 + 1);
    }
}
