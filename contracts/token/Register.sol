// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRegister} from "../interfaces/IRegister.sol";
import {AccountWord, CLASS_MAX, COUNTRY_MAX, FLAG_LOCK_UP, FLAG_SUSPENDED} from "./AccountWord.sol";
import {Ledger} from "./Ledger.sol";

/// @title Register: who is admitted, until when, and what is locked up
abstract contract Register is Ledger, IRegister {
    /// @inheritdoc IRegister
    function admit(Admission[] calldata admissions) external onlyRole(REGISTRAR_ROLE) {
        for (uint256 i = 0; i < admissions.length; ++i) {
            Admission calldata entry = admissions[i];
            _admit(entry.account, entry.country, entry.investorClass, entry.validUntilDay);
        }
    }

    /// @inheritdoc IRegister
    function setSuspended(address account, bool suspended) external onlyRole(REGISTRAR_ROLE) {
        AccountRecord storage record = _admitted(account);
        record.word = record.word.withFlag(FLAG_SUSPENDED, suspended);
        emit AccountSuspended(account, suspended);
    }

    /// @inheritdoc IRegister
    function setLockUp(address account, uint96 amount, uint40 until) external onlyRole(REGISTRAR_ROLE) {
        AccountRecord storage record = _admitted(account);
        bool none = amount == 0 && until == 0;
        require(none || (amount != 0 && until > block.timestamp), InvalidLockUp(account, amount, until));
        record.word = record.word.withFlag(FLAG_LOCK_UP, !none);
        _setLockUp(account, amount, until);
    }

    /// @inheritdoc IRegister
    function lockUpOf(address account) external view returns (uint96 amount, uint40 until) {
        LockUp storage lockUp = _accounts[account].lockUp;
        return (lockUp.amount, lockUp.until);
    }

    /// @inheritdoc IRegister
    function accountWords(address[] calldata accounts) external view returns (uint256[] memory words) {
        words = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[i] = AccountWord.unwrap(_accounts[accounts[i]].word);
        }
    }

    function _admit(address account, uint16 country, uint8 investorClass, uint16 validUntilDay) private {
        require(
            account != address(0) && investorClass != 0 && investorClass <= CLASS_MAX
                && country <= COUNTRY_MAX,
            InvalidAdmission(account, country, investorClass)
        );
        AccountRecord storage record = _accounts[account];
        AccountWord word = record.word;
        require(!word.isRetired(), AccountRetired(account));
        record.word = word.withAdmission(country, investorClass, validUntilDay);
        emit AccountAdmitted(account, country, investorClass, validUntilDay);
    }

    function _admitted(address account) internal view returns (AccountRecord storage record) {
        record = _accounts[account];
        require(record.word.isAdmitted(), AccountNotAdmitted(account));
    }

    function _setLockUp(address account, uint96 amount, uint40 until) internal {
        _accounts[account].lockUp = LockUp(amount, until);
        emit LockUpSet(account, amount, until);
    }
}
