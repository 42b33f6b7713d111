// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {AssetTokenHandlerMoves} from "./AssetTokenHandlerMoves.sol";

/// @notice Does anything to a token, whether it is allowed or not, and copies every balance at every record date.
contract AssetTokenHandler is AssetTokenHandlerMoves {
    uint256 private constant ACCOUNTS_MAX = 12;

    /// @dev What everyone held when each record date passed; the zero address has the supply.
    mapping(uint256 id => mapping(address account => uint256)) public copies;
    uint256 public copied;

    constructor() {
        for (uint160 i = 1; i <= 6; ++i) {
            accounts.push(address(i * 0x1111));
            admit(accounts[i - 1], HONG_KONG, PROFESSIONAL, TODAY + 100);
        }
        issue(accounts[0], 1);
        attempt(book, abi.encodeCall(token.activate, (particularsOf(HONG_KONG, 0))));
        for (uint256 i = 0; i < 4; ++i) {
            issue(accounts[i], (i + 1) * 1_000);
        }
    }

    function accountCount() external view returns (uint256) {
        return accounts.length;
    }

    // ---------------------------------------------------------------- register

    function renew(uint256 account, uint16 country, uint8 investorClass, uint8 days_) external atItsTime {
        uint16 day = uint16(clock / 1 days) + (days_ % 4 == 0 ? days_ % 3 : 100);
        country = country % 4 == 0 ? country % 1_100 : country % 4 == 1 ? CHINA : HONG_KONG;
        admit(pick(account), country, investorClass % 5 == 0 ? investorClass % 17 : PROFESSIONAL, day);
    }

    function admit(address account, uint16 country, uint8 investorClass, uint16 validUntilDay) private {
        IRegister.Admission[] memory admissions = new IRegister.Admission[](1);
        admissions[0] = IRegister.Admission(account, country, investorClass, validUntilDay);
        attempt(book, abi.encodeCall(token.admit, (admissions)));
    }

    function lockUp(uint256 account, uint96 amount, uint16 minutes_) external atItsTime {
        address target = pick(account);
        uint40 until = minutes_ % 8 == 0 ? 0 : uint40(clock + uint256(minutes_ % 2_000) * 1 minutes);
        amount = minutes_ % 8 == 0 || minutes_ % 8 == 1 ? 0 : uint96(upTo(amount, target));
        attempt(operator(minutes_), abi.encodeCall(token.setLockUp, (target, amount, until)));
    }

    function document(uint8 name, uint8 version, bytes32 hash) external atItsTime {
        bytes32 key = bytes32(uint256(name % 4));
        string memory uri =
            version % 7 == 0 ? "" : version % 2 == 0 ? "ipfs://terms" : "https://issuer.example/";
        if (version % 3 == 0) attempt(book, abi.encodeCall(token.removeDocument, (key)));
        else attempt(operator(version), abi.encodeCall(token.setDocument, (key, uri, hash)));
    }

    // ---------------------------------------------------------------- orders

    function freeze(uint256 account, uint256 amount, uint8 how) external atItsTime {
        address target = pick(account);
        if (how % 16 != 15) amount = upTo(amount, target);
        address[] memory targets = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (targets[0], amounts[0]) = (target, amount);
        how = how % 5;
        bytes memory call = how == 0
            ? abi.encodeCall(token.setFrozenTokens, (target, amount))
            : how == 1
                ? abi.encodeCall(token.freezePartialTokens, (target, amount))
                : how == 2
                    ? abi.encodeCall(token.unfreezePartialTokens, (target, amount))
                    : how == 3
                        ? abi.encodeCall(token.batchFreezePartialTokens, (targets, amounts))
                        : abi.encodeCall(token.batchUnfreezePartialTokens, (targets, amounts));
        attempt(operator(amount), call);
    }

    /// @dev Mostly off, or soon nothing would move any more.
    function flag(uint256 account, uint8 which) external atItsTime {
        address target = pick(account);
        bool on = which % 7 == 0;
        address[] memory targets = new address[](1);
        bool[] memory values = new bool[](1);
        (targets[0], values[0]) = (target, on);
        if (which % 3 == 0) attempt(book, abi.encodeCall(token.setAddressFrozen, (target, on)));
        else if (which % 3 == 1) attempt(book, abi.encodeCall(token.setSuspended, (target, on)));
        else attempt(book, abi.encodeCall(token.batchSetAddressFrozen, (targets, values)));
    }

    /// @dev Mostly to a wallet that nobody has used.
    function recover(uint256 lost, uint256 to, address identity) external atItsTime {
        address wallet = pick(to);
        if (to % 4 != 0 && accounts.length < ACCOUNTS_MAX) {
            wallet = address(uint160(0x9000 + accounts.length));
            accounts.push(wallet);
        }
        attempt(book, abi.encodeCall(token.recoveryAddress, (pick(lost), wallet, identity)));
    }

    // ---------------------------------------------------------------- rules

    function changeRules(uint96 maxBalance, uint16 classMask, uint8 which) external atItsTime {
        uint40 hour = uint40(clock) - 1 hours;
        IRulebook.Rules memory next = IRulebook.Rules({
            maxBalance: which % 2 == 0 ? 0 : maxBalance % 20_000,
            holderCap: which % 3 == 0 ? which % 8 : 0,
            opensAt: which % 5 == 0 ? hour + uint40(classMask % 7_200) : 0,
            closesAt: which % 7 == 0 ? hour + uint40(maxBalance % 36_000) : 0,
            classMask: which % 11 == 0 ? classMask : 0,
            countriesRestricted: which % 13 == 0
        });
        attempt(operator(which), abi.encodeCall(token.setRules, (next)));
    }

    function allowCountry(uint16 country, uint8 which) external atItsTime {
        country = which % 3 == 0 ? country % 1_100 : which % 3 == 1 ? HONG_KONG : CHINA;
        attempt(book, abi.encodeCall(token.setCountryAllowed, (country, which % 5 != 0)));
    }

    function pause(uint8 which) external atItsTime {
        bytes memory call =
            which % 8 == 0 ? abi.encodeCall(token.pause, ()) : abi.encodeCall(token.unpause, ());
        attempt(operator(which / 8), call);
    }

    function activate(uint16 domicile, bytes32 filing) external atItsTime {
        attempt(book, abi.encodeCall(token.activate, (particularsOf(domicile, filing))));
    }

    // ---------------------------------------------------------------- roles

    /// @dev The deputy's, given and taken away again.
    function role(uint8 which, uint8 how) external atItsTime {
        bytes32 chosen = bytes32(1 << (244 + uint256(which % 5)));
        bytes memory call = abi.encodeCall(token.cancelRoleGrant, (chosen, DEPUTY));
        if (how % 8 < 3) call = abi.encodeCall(token.scheduleRoleGrant, (chosen, DEPUTY));
        else if (how % 8 < 6) call = abi.encodeCall(token.grantRole, (chosen, DEPUTY));
        else if (how % 8 == 6) call = abi.encodeCall(token.revokeRole, (chosen, DEPUTY));
        attempt(how % 16 == 15 ? DEPUTY : admin, call);
    }

    // ---------------------------------------------------------------- time

    function schedule(uint16 minutes_, uint8 count) external atItsTime {
        uint256 last = _recordDates.length == 0 ? clock : _recordDates[_recordDates.length - 1];
        if (last < clock) last = clock;
        for (uint256 i = 0; i <= count % 3; ++i) {
            last += uint256(minutes_ % 400) * 1 minutes;
            attempt(operator(count), abi.encodeCall(token.scheduleRecordDate, (uint40(last))));
        }
    }

    function cancel(uint8 which) external atItsTime {
        uint256 id = which % 4 == 0 ? which % 5 : _recordDates.length;
        attempt(book, abi.encodeCall(token.cancelRecordDate, (uint16(id))));
    }

    function wait_(uint16 minutes_) external atItsTime {
        letPass(clock + uint256(minutes_ % 720) * 1 minutes);
    }

    /// @dev To the very second of the next record date, or to the first after it.
    function waitForTheNext(bool beyond) external atItsTime {
        uint256 next = passed();
        if (next < _recordDates.length) letPass(_recordDates[next] + (beyond ? 1 : 0));
    }

    /// @dev What is held now is what is held at every record date that is not later than this, and earlier than then.
    function letPass(uint256 until) private {
        for (; copied < _recordDates.length && _recordDates[copied] < until; ++copied) {
            copies[copied + 1][address(0)] = supply;
            for (uint256 i = 0; i < accounts.length; ++i) {
                copies[copied + 1][accounts[i]] = _standings[accounts[i]].balance;
            }
        }
        clock = until;
    }
}
