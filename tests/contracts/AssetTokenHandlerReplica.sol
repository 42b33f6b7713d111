// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAssetToken} from "../../contracts/interfaces/IAssetToken.sol";
import {IDelayedRoles} from "../../contracts/interfaces/IDelayedRoles.sol";
import {IERC1643} from "../../contracts/interfaces/IERC1643.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IEnforcement} from "../../contracts/interfaces/IEnforcement.sol";
import {IRecordDates} from "../../contracts/interfaces/IRecordDates.sol";
import {IRegister} from "../../contracts/interfaces/IRegister.sol";
import {IRulebook} from "../../contracts/interfaces/IRulebook.sol";
import {Base} from "./Base.sol";
import {Vm} from "./Vm.sol";

/// @notice A second register of the token, kept from nothing but its events and the times of their blocks.
abstract contract AssetTokenHandlerReplica is Base {
    struct Standing {
        uint256 balance;
        uint256 frozen;
        uint256 frozenByDifferences;
        uint256 validUntilDay;
        uint256 country;
        uint256 investorClass;
        uint256 settledUpTo;
        uint96 locked;
        uint40 lockedUntil;
        bool addressFrozen;
        bool suspended;
        bool retired;
    }

    struct Paper {
        string uri;
        bytes32 hash;
        uint256 setAt;
    }

    mapping(address account => Standing) internal _standings;
    uint256 public supply;
    bool public isPaused;
    bool public isActive;
    uint32 public rulesVersion;
    IAssetToken.Particulars internal _particulars;
    IRulebook.Rules internal _rules;
    uint256[4] internal _allowedCountries;
    uint40[] internal _recordDates;
    uint256 public papers;
    mapping(bytes32 name => Paper) internal _papers;
    mapping(bytes32 role => mapping(address account => bool)) public roles;
    mapping(bytes32 role => mapping(address account => uint48)) public grantableFrom;

    // ---------------------------------------------------------------- what the events say

    /// @dev The word by its layout in the documentation, packed anew here.
    function wordTold(address account) public view returns (uint256) {
        Standing memory s = _standings[account];
        uint256 flags = (s.addressFrozen ? 1 : 0) | (s.suspended ? 2 : 0) | (s.lockedUntil != 0 ? 4 : 0)
            | (s.retired ? 8 : 0);
        return s.balance | s.frozen << 96 | s.validUntilDay << 192 | s.country << 208 | s.settledUpTo << 218
            | s.investorClass << 234 | flags << 238;
    }

    function standingOf(address account) external view returns (Standing memory) {
        return _standings[account];
    }

    function rules() external view returns (IRulebook.Rules memory) {
        return _rules;
    }

    function particulars() external view returns (IAssetToken.Particulars memory) {
        return _particulars;
    }

    function allowedCountries() external view returns (uint256[4] memory) {
        return _allowedCountries;
    }

    function recordDates() external view returns (uint40[] memory) {
        return _recordDates;
    }

    function paper(bytes32 name) external view returns (Paper memory) {
        return _papers[name];
    }

    function passed() public view returns (uint256 count) {
        while (count < _recordDates.length && _recordDates[count] < block.timestamp) ++count;
    }

    // ---------------------------------------------------------------- reading them

    function foldAll(Vm.Log[] memory logs) internal {
        for (uint256 i = 0; i < logs.length; ++i) {
            fold(logs[i]);
        }
    }

    /// @dev An event that nothing here knows would be a change that nothing here knows.
    function fold(Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        bool known = foldMove(topic, log) || foldRegister(topic, log) || foldFreeze(topic, log)
            || foldRulebook(topic, log) || foldRecordDate(topic, log) || foldDocument(topic, log)
            || foldRole(topic, log);
        vm.assertTrue(known, "an event that is not known");
    }

    function foldMove(bytes32 topic, Vm.Log memory log) private returns (bool) {
        if (topic == IERC20.Approval.selector || topic == IERC7943Fungible.ForcedTransfer.selector) {
            return true;
        }
        if (topic == IEnforcement.RecoverySuccess.selector) retire(accountOf(log, 1), accountOf(log, 2));
        else if (topic == IERC20.Transfer.selector) transferTold(log);
        else return false;
        return true;
    }

    function transferTold(Vm.Log memory log) private {
        uint256 amount = abi.decode(log.data, (uint256));
        (address from, address to) = (accountOf(log, 1), accountOf(log, 2));
        if (from == to) return;
        if (from == address(0)) supply += amount;
        else debit(_standings[from], amount);
        if (to == address(0)) supply -= amount;
        else credit(_standings[to], amount);
    }

    function debit(Standing storage standing, uint256 amount) private {
        standing.balance -= amount;
        standing.settledUpTo = passed();
    }

    function credit(Standing storage standing, uint256 amount) private {
        standing.balance += amount;
        standing.settledUpTo = passed();
    }

    /// @dev What the lost wallet had was told away before; its standing ends here.
    function retire(address lost, address to) private {
        Standing memory left = _standings[lost];
        vm.assertEq(left.balance + left.frozen + left.locked, 0, "all of it is told to have moved");
        vm.assertTrue(_standings[to].settledUpTo == left.settledUpTo, "settled together");
        delete _standings[lost];
        (_standings[lost].settledUpTo, _standings[lost].retired) = (left.settledUpTo, true);
    }

    function foldRegister(bytes32 topic, Vm.Log memory log) private returns (bool) {
        Standing storage standing = _standings[log.topics.length < 2 ? address(0) : accountOf(log, 1)];
        if (topic == IRegister.AccountAdmitted.selector) {
            (standing.country, standing.investorClass, standing.validUntilDay) =
                abi.decode(log.data, (uint16, uint8, uint16));
        } else if (topic == IRegister.AccountSuspended.selector) {
            standing.suspended = abi.decode(log.data, (bool));
        } else if (topic == IRegister.LockUpSet.selector) {
            (standing.locked, standing.lockedUntil) = abi.decode(log.data, (uint96, uint40));
        } else {
            return false;
        }
        return true;
    }

    function foldFreeze(bytes32 topic, Vm.Log memory log) private returns (bool) {
        Standing storage standing = _standings[log.topics.length < 2 ? address(0) : accountOf(log, 1)];
        if (topic == IERC7943Fungible.Frozen.selector) {
            standing.frozen = abi.decode(log.data, (uint256));
        } else if (topic == IEnforcement.TokensFrozen.selector) {
            standing.frozenByDifferences += abi.decode(log.data, (uint256));
        } else if (topic == IEnforcement.TokensUnfrozen.selector) {
            standing.frozenByDifferences -= abi.decode(log.data, (uint256));
        } else if (topic == IEnforcement.AddressFrozen.selector) {
            standing.addressFrozen = log.topics[2] != 0;
        } else {
            return false;
        }
        return true;
    }

    function foldRulebook(bytes32 topic, Vm.Log memory log) private returns (bool) {
        if (topic == IRulebook.Paused.selector) isPaused = true;
        else if (topic == IRulebook.Unpaused.selector) isPaused = false;
        else if (topic == IRulebook.RulesChanged.selector) rulesTold(log);
        else if (topic == IRulebook.CountryAllowed.selector) countryTold(log);
        else if (topic == IAssetToken.InstrumentActivated.selector) activationTold(log);
        else return false;
        return true;
    }

    function rulesTold(Vm.Log memory log) private {
        (IRulebook.Rules memory previous, IRulebook.Rules memory current) =
            abi.decode(log.data, (IRulebook.Rules, IRulebook.Rules));
        vm.assertEq(keccak256(abi.encode(previous)), keccak256(abi.encode(_rules)), "the rules before");
        vm.assertEq(uint256(log.topics[1]), rulesVersion + 1, "their version");
        (_rules, rulesVersion) = (current, rulesVersion + 1);
    }

    function countryTold(Vm.Log memory log) private {
        uint256 country = uint256(log.topics[1]);
        uint256 bit = 1 << (country % 256);
        uint256 word = _allowedCountries[country / 256] & ~bit;
        _allowedCountries[country / 256] = abi.decode(log.data, (bool)) ? word | bit : word;
    }

    function activationTold(Vm.Log memory log) private {
        vm.assertTrue(!isActive, "activated twice");
        (uint16 domicile, bytes32 filing) = abi.decode(log.data, (uint16, bytes32));
        _particulars =
            IAssetToken.Particulars(bytes12(log.topics[1]), bytes9(log.topics[2]), domicile, filing);
        isActive = true;
    }

    function foldRecordDate(bytes32 topic, Vm.Log memory log) private returns (bool) {
        if (topic == IRecordDates.RecordDateScheduled.selector) {
            _recordDates.push(abi.decode(log.data, (uint40)));
            vm.assertEq(uint256(log.topics[1]), _recordDates.length, "number of the record date");
        } else if (topic == IRecordDates.RecordDateCancelled.selector) {
            vm.assertEq(uint256(log.topics[1]), _recordDates.length, "number of the record date");
            _recordDates.pop();
        } else {
            return false;
        }
        return true;
    }

    function foldDocument(bytes32 topic, Vm.Log memory log) private returns (bool) {
        bytes32 name = log.topics.length < 2 ? bytes32(0) : log.topics[1];
        if (topic == IERC1643.DocumentUpdated.selector) {
            if (_papers[name].setAt == 0) ++papers;
            (string memory uri, bytes32 hash) = abi.decode(log.data, (string, bytes32));
            _papers[name] = Paper(uri, hash, block.timestamp);
        } else if (topic == IERC1643.DocumentRemoved.selector) {
            Paper memory removed = _papers[name];
            bytes32 told = keccak256(abi.encode(removed.uri, removed.hash));
            vm.assertEq(keccak256(log.data), told, "the document removed");
            delete _papers[name];
            --papers;
        } else {
            return false;
        }
        return true;
    }

    function foldRole(bytes32 topic, Vm.Log memory log) private returns (bool) {
        if (log.topics.length < 3) return false;
        (bytes32 role, address account) = (log.topics[1], accountOf(log, 2));
        if (topic == IDelayedRoles.RoleGrantScheduled.selector) {
            grantableFrom[role][account] = abi.decode(log.data, (uint48));
        } else if (topic == IDelayedRoles.RoleGrantCancelled.selector) {
            grantableFrom[role][account] = 0;
        } else if (topic == IAccessControl.RoleGranted.selector) {
            (roles[role][account], grantableFrom[role][account]) = (true, 0);
        } else if (topic == IAccessControl.RoleRevoked.selector) {
            roles[role][account] = false;
        } else {
            return false;
        }
        return true;
    }

    function accountOf(Vm.Log memory log, uint256 topic) private pure returns (address) {
        return address(uint160(uint256(log.topics[topic])));
    }
}
