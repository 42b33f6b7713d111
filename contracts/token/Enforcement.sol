// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IEnforcement} from "../interfaces/IEnforcement.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {AccountWord, FLAG_FROZEN, FLAG_RETIRED, MAX_UNITS} from "./AccountWord.sol";
import {InstrumentWord} from "./InstrumentWord.sol";
import {Rulebook} from "./Rulebook.sol";

/// @title Enforcement: freezing, moving by order, and the recovery of a lost wallet
abstract contract Enforcement is Rulebook, IEnforcement {
    // ---------------------------------------------------------------- freezing

    /// @inheritdoc IERC7943Fungible
    /// @dev Role: ENFORCER_ROLE. Emits Frozen, and TokensFrozen or TokensUnfrozen with the difference. Reverts with
    /// FrozenAmountOutOfRange.
    function setFrozenTokens(address account, uint256 amount)
        external
        onlyRole(ENFORCER_ROLE)
        returns (bool)
    {
        AccountRecord storage record = _accounts[account];
        AccountWord word = record.word;
        require(amount <= MAX_UNITS, FrozenAmountOutOfRange(account, word.frozen(), amount));
        record.word = _withFrozen(account, word, amount);
        return true;
    }

    /// @inheritdoc IEnforcement
    function freezePartialTokens(address account, uint256 amount) external onlyRole(ENFORCER_ROLE) {
        _freezePartial(account, amount);
    }

    /// @inheritdoc IEnforcement
    function batchFreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyRole(ENFORCER_ROLE)
    {
        _forEach(accounts, amounts, _freezePartial);
    }

    /// @inheritdoc IEnforcement
    function unfreezePartialTokens(address account, uint256 amount) external onlyRole(ENFORCER_ROLE) {
        _unfreezePartial(account, amount);
    }

    /// @inheritdoc IEnforcement
    function batchUnfreezePartialTokens(address[] calldata accounts, uint256[] calldata amounts)
        external
        onlyRole(ENFORCER_ROLE)
    {
        _forEach(accounts, amounts, _unfreezePartial);
    }

    /// @inheritdoc IEnforcement
    function setAddressFrozen(address account, bool freeze) external onlyRole(ENFORCER_ROLE) {
        _setAddressFrozen(account, freeze);
    }

    /// @inheritdoc IEnforcement
    function batchSetAddressFrozen(address[] calldata accounts, bool[] calldata freeze)
        external
        onlyRole(ENFORCER_ROLE)
    {
        require(accounts.length == freeze.length, LengthMismatch(accounts.length, freeze.length));
        for (uint256 i = 0; i < accounts.length; ++i) {
            _setAddressFrozen(accounts[i], freeze[i]);
        }
    }

    function _freezePartial(address account, uint256 amount) private {
        AccountRecord storage record = _accounts[account];
        AccountWord word = record.word;
        require(amount <= MAX_UNITS - word.frozen(), FrozenAmountOutOfRange(account, word.frozen(), amount));
        record.word = _withFrozen(account, word, word.frozen() + amount);
    }

    function _unfreezePartial(address account, uint256 amount) private {
        AccountRecord storage record = _accounts[account];
        AccountWord word = record.word;
        require(amount <= word.frozen(), FrozenAmountOutOfRange(account, word.frozen(), amount));
        record.word = _withFrozen(account, word, word.frozen() - amount);
    }

    function _setAddressFrozen(address account, bool freeze) private {
        AccountRecord storage record = _accounts[account];
        record.word = record.word.withFlag(FLAG_FROZEN, freeze);
        emit AddressFrozen(account, freeze, msg.sender);
    }

    /// @dev The word with another frozen amount, and the events of both standards. The caller writes it.
    function _withFrozen(address account, AccountWord word, uint256 amount) private returns (AccountWord) {
        uint256 before = word.frozen();
        emit Frozen(account, amount);
        if (amount > before) emit TokensFrozen(account, amount - before);
        else if (amount < before) emit TokensUnfrozen(account, before - amount);
        return word.withFrozen(amount);
    }

    // ---------------------------------------------------------------- moving by order

    /// @inheritdoc IERC7943Fungible
    /// @dev Role: ENFORCER_ROLE. Emits Frozen and TokensUnfrozen first where frozen units have to move, then Transfer
    /// and ForcedTransfer. Reverts with ERC20InvalidSender for the zero address, SameAccount, TransferRestricted for the
    /// recipient, or ERC20InsufficientBalance.
    function forcedTransfer(address from, address to, uint256 amount)
        external
        onlyRole(ENFORCER_ROLE)
        returns (bool)
    {
        _force(from, to, amount);
        return true;
    }

    /// @inheritdoc IEnforcement
    function batchForcedTransfer(address[] calldata from, address[] calldata to, uint256[] calldata amounts)
        external
        onlyRole(ENFORCER_ROLE)
    {
        require(from.length == to.length, LengthMismatch(from.length, to.length));
        require(from.length == amounts.length, LengthMismatch(from.length, amounts.length));
        for (uint256 i = 0; i < from.length; ++i) {
            _force(from[i], to[i], amounts[i]);
        }
    }

    function _force(address from, address to, uint256 amount) private {
        require(from != address(0), IERC20Errors.ERC20InvalidSender(from));
        require(from != to, SameAccount(from));
        InstrumentWord instrument = _instrument;
        AccountRecord storage source = _accounts[from];
        AccountRecord storage target = _accounts[to];
        AccountWord sender = source.word;
        AccountWord recipient = target.word;
        uint256 code = _judgeRecipient(instrument, recipient);
        if (code != 0) revert TransferRestricted(uint8(code), from, to, amount);
        uint256 held = sender.balance();
        if (amount > held) revert IERC20Errors.ERC20InsufficientBalance(from, held, amount);

        uint256 free = sender.unfrozen();
        // The order takes what is free first. What was frozen beyond the balance stays frozen.
        if (amount > free) sender = _withFrozen(from, sender, sender.frozen() - (amount - free));
        _postTransfer(instrument, source, sender, target, recipient, amount);
        emit IERC20.Transfer(from, to, amount);
        emit ForcedTransfer(from, to, amount);
    }

    // ---------------------------------------------------------------- a lost wallet

    /// @inheritdoc IEnforcement
    function recoveryAddress(address lostWallet, address newWallet, address investorOnchainId)
        external
        onlyRole(ENFORCER_ROLE)
        returns (bool)
    {
        AccountRecord storage lost = _admitted(lostWallet);
        AccountRecord storage found = _accounts[newWallet];
        // An account that was ever used may be another holder's: two holders would become one.
        bool unused = newWallet != address(0) && AccountWord.unwrap(found.word) == 0;
        require(unused, WalletInUse(newWallet));

        uint256 passed = _passed(_instrument);
        AccountWord word = lost.word;
        if (word.recordDateId() != passed) word = _leaveBehind(lost, word, passed);
        found.word = word;
        lost.word = AccountWord.wrap(0).withRecordDateId(passed).withFlag(FLAG_RETIRED, true);
        _tellRecovery(lostWallet, newWallet, word);
        if (word.hasLockUp()) _moveLockUp(lostWallet, newWallet);
        emit IERC20.Transfer(lostWallet, newWallet, word.balance());
        emit RecoverySuccess(lostWallet, newWallet, investorOnchainId);
        return true;
    }

    /// @dev The standing that the new wallet has, in the events from which anyone else's is known.
    function _tellRecovery(address lostWallet, address newWallet, AccountWord word) private {
        emit AccountAdmitted(newWallet, word.country(), word.investorClass(), word.validUntilDay());
        if (word.isFrozen()) emit AddressFrozen(newWallet, true, msg.sender);
        if (word.isSuspended()) emit AccountSuspended(newWallet, true);
        if (word.frozen() == 0) return;
        _withFrozen(lostWallet, word, 0);
        _withFrozen(newWallet, word.withFrozen(0), word.frozen());
    }

    function _moveLockUp(address lostWallet, address newWallet) private {
        LockUp memory lockUp = _accounts[lostWallet].lockUp;
        _setLockUp(lostWallet, 0, 0);
        _setLockUp(newWallet, lockUp.amount, lockUp.until);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        if (from == address(0) || to == address(0)) return false;
        AccountRecord storage sender = _accounts[from];
        AccountWord recipient = _accounts[to].word;
        // More than the balance is more than the unfrozen balance, which the standard asks to be judged here.
        return _judgeTransfer(_instrument, sender, sender.word, recipient, amount, from == to) == 0;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) external view returns (bool) {
        return _judgeSender(_accounts[account].word) == 0;
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) external view returns (bool) {
        return _judgeRecipient(_instrument, _accounts[account].word) == 0;
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _accounts[account].word.frozen();
    }

    /// @inheritdoc IEnforcement
    function isFrozen(address account) external view returns (bool) {
        return _accounts[account].word.isFrozen();
    }
}
