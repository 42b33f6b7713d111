// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1404} from "../interfaces/IERC1404.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {IReserveAttestor} from "../interfaces/IReserveAttestor.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {AccountWord, COUNTRY_MAX, MAX_UNITS} from "./AccountWord.sol";
import {ACTIVE, CLASS_RULE, COUNTRY_RULE, InstrumentWord, PAUSED, RULE_SET} from "./InstrumentWord.sol";
import {Posting} from "./Posting.sol";
import {Register} from "./Register.sol";
import {Restriction, messageOf} from "./Restriction.sol";
import {RuleWord, ruleWord} from "./RuleWord.sol";

/// @title Rulebook: the rules, and the judgement of a move by them
abstract contract Rulebook is Register, Posting, IRulebook, IERC1404 {
    /// @dev NO_COUNTRY where none is guarded.
    uint256 private immutable _guardedCountry;
    /// @inheritdoc IRulebook
    address public immutable reserveAttestor;

    uint256 private constant NO_COUNTRY = COUNTRY_MAX + 1;

    RuleWord private _ruleSet;
    /// @dev Country n is bit n % 256 of word n / 256.
    uint256[4] private _allowedCountries;

    constructor(
        Rules memory rules_,
        uint16[] memory allowedCountries_,
        uint16 guardedCountry_,
        address reserveAttestor_
    ) {
        require(guardedCountry_ <= COUNTRY_MAX, InvalidCountry(guardedCountry_));
        _guardedCountry = guardedCountry_ == 0 ? NO_COUNTRY : guardedCountry_;
        reserveAttestor = reserveAttestor_;
        _setRules(rules_);
        for (uint256 i = 0; i < allowedCountries_.length; ++i) {
            _setCountryAllowed(allowedCountries_[i], true);
        }
    }

    // ---------------------------------------------------------------- changes

    /// @inheritdoc IRulebook
    function setRules(Rules calldata newRules) external onlyRole(RULES_ROLE) {
        _setRules(newRules);
    }

    /// @inheritdoc IRulebook
    function setCountryAllowed(uint16 country, bool allowed) external onlyRole(RULES_ROLE) {
        _setCountryAllowed(country, allowed);
    }

    /// @inheritdoc IRulebook
    function pause() external onlyRole(PAUSER_ROLE) {
        _instrument = _instrument.with(PAUSED, true);
        emit Paused(msg.sender);
    }

    /// @inheritdoc IRulebook
    function unpause() external onlyRole(RULES_ROLE) {
        _instrument = _instrument.with(PAUSED, false);
        emit Unpaused(msg.sender);
    }

    function _setRules(Rules memory next) private {
        require(next.holderCap == 0 || _countsHolders, InvalidRules());
        require(next.closesAt == 0 || next.closesAt >= next.opensAt, InvalidRules());
        (Rules memory previous, uint32 version) = rules();
        RuleWord word = ruleWord(next.maxBalance, next.holderCap, next.opensAt, next.closesAt, version + 1);
        _ruleSet = word;
        _instrument = _instrument.withClassMask(next.classMask).with(COUNTRY_RULE, next.countriesRestricted)
            .with(RULE_SET, word.isBinding());
        emit RulesChanged(version + 1, previous, next);
    }

    function _setCountryAllowed(uint16 country, bool allowed) private {
        require(country <= COUNTRY_MAX, InvalidCountry(country));
        uint256 bit = 1 << (country & 0xff);
        uint256 word = _allowedCountries[country >> 8];
        _allowedCountries[country >> 8] = allowed ? word | bit : word & ~bit;
        emit CountryAllowed(country, allowed);
    }

    // ---------------------------------------------------------------- judgement

    // Each judgement gives the code of the first rule that is broken, or 0, in the order of `Restriction`. Codes are
    // numbers here: every look at an enum is checked, and a transfer would pay for each.

    /// @param own whether it is a transfer of an account to itself
    function _judgeTransfer(
        InstrumentWord instrument,
        AccountRecord storage from,
        AccountWord sender,
        AccountWord recipient,
        uint256 amount,
        bool own
    ) internal view returns (uint256 code) {
        if (instrument.has(PAUSED)) return uint256(Restriction.Paused);
        RuleWord ruleSet = RuleWord.wrap(0);
        if (instrument.has(RULE_SET)) {
            ruleSet = _ruleSet;
            code = _judgeWindow(ruleSet);
        }
        if (code != 0) return code;
        if (!sender.isInGoodStanding()) return _whyNotSender(sender);
        code = _judgeRecipient(instrument, recipient);
        if (code == 0) code = _judgeAmount(from, sender, amount);
        // A move of nothing, or to oneself, raises no balance.
        if (code != 0 || !ruleSet.isBinding() || amount == 0 || own) return code;
        // Whoever hands over everything makes room for the new holder.
        return _judgeCaps(ruleSet, instrument, recipient, amount, amount == sender.balance());
    }

    function _judgeIssue(InstrumentWord instrument, AccountWord recipient, uint256 amount)
        internal
        view
        returns (uint256 code)
    {
        if (instrument.has(PAUSED)) return uint256(Restriction.Paused);
        if (!instrument.has(ACTIVE)) return uint256(Restriction.NotActive);
        code = _judgeRecipient(instrument, recipient);
        if (code != 0 || amount == 0) return code;
        if (instrument.has(RULE_SET)) code = _judgeCaps(_ruleSet, instrument, recipient, amount, false);
        return code == 0 ? _judgeSupply(instrument.supply(), amount) : code;
    }

    function _judgeRedemption(
        InstrumentWord instrument,
        AccountRecord storage from,
        AccountWord sender,
        uint256 amount
    ) internal view returns (uint256 code) {
        if (instrument.has(PAUSED)) return uint256(Restriction.Paused);
        code = _judgeSender(sender);
        return code == 0 ? _judgeAmount(from, sender, amount) : code;
    }

    function _judgeWindow(RuleWord ruleSet) private view returns (uint256) {
        if (block.timestamp < ruleSet.opensAt()) return uint256(Restriction.NotYetOpen);
        uint256 closesAt = ruleSet.closesAt();
        return closesAt != 0 && block.timestamp > closesAt ? uint256(Restriction.Closed) : 0;
    }

    function _judgeSender(AccountWord sender) internal view returns (uint256) {
        return sender.isInGoodStanding() ? 0 : _whyNotSender(sender);
    }

    function _whyNotSender(AccountWord sender) private view returns (uint256) {
        if (!sender.isAdmitted()) return uint256(Restriction.SenderNotAdmitted);
        if (sender.isSuspended()) return uint256(Restriction.SenderSuspended);
        return uint256(sender.hasLapsed() ? Restriction.SenderLapsed : Restriction.SenderFrozen);
    }

    function _judgeRecipient(InstrumentWord instrument, AccountWord recipient)
        internal
        view
        returns (uint256)
    {
        if (!recipient.isInGoodStanding()) return _whyNotRecipient(recipient);
        uint256 country = recipient.country();
        bool allowed = instrument.has(COUNTRY_RULE) ? _isAllowed(country) : country != _guardedCountry;
        if (!allowed) return uint256(Restriction.CountryNotAllowed);
        if (!instrument.has(CLASS_RULE)) return 0;
        bool listed = (instrument.classMask() >> recipient.investorClass()) & 1 == 1;
        return listed ? 0 : uint256(Restriction.ClassNotAllowed);
    }

    function _whyNotRecipient(AccountWord recipient) private view returns (uint256) {
        if (!recipient.isAdmitted()) return uint256(Restriction.RecipientNotAdmitted);
        if (recipient.isSuspended()) return uint256(Restriction.RecipientSuspended);
        return uint256(recipient.hasLapsed() ? Restriction.RecipientLapsed : Restriction.RecipientFrozen);
    }

    function _judgeAmount(AccountRecord storage from, AccountWord sender, uint256 amount)
        private
        view
        returns (uint256)
    {
        uint256 held = sender.balance();
        if (amount > held) return uint256(Restriction.InsufficientBalance);
        // A move of nothing passes, however much is frozen.
        if (amount == 0) return 0;
        unchecked {
            // Safe: two numbers of 96 bits.
            if (amount + sender.frozen() > held) return uint256(Restriction.InsufficientUnfrozenBalance);
        }
        if (!sender.hasLockUp()) return 0;
        return _isLockedUp(from.lockUp, held, amount) ? uint256(Restriction.LockedUp) : 0;
    }

    /// @dev What is left must cover the lock-up.
    function _isLockedUp(LockUp storage lockUp, uint256 held, uint256 amount) private view returns (bool) {
        return block.timestamp < lockUp.until && held - amount < lockUp.amount;
    }

    function _judgeCaps(
        RuleWord ruleSet,
        InstrumentWord instrument,
        AccountWord recipient,
        uint256 amount,
        bool senderEnds
    ) private pure returns (uint256) {
        uint256 held = recipient.balance();
        uint256 maxBalance = ruleSet.maxBalance();
        if (maxBalance != 0 && (amount > maxBalance || held > maxBalance - amount)) {
            return uint256(Restriction.BalanceCapExceeded);
        }
        uint256 holderCap = ruleSet.holderCap();
        if (holderCap == 0 || held != 0 || senderEnds || instrument.holders() < holderCap) return 0;
        return uint256(Restriction.HolderCapExceeded);
    }

    function _judgeSupply(uint256 supply, uint256 amount) private view returns (uint256) {
        if (amount > MAX_UNITS - supply) return uint256(Restriction.SupplyExceeded);
        if (reserveAttestor == address(0)) return 0;
        (uint256 reserve, uint256 expiresAt) = IReserveAttestor(reserveAttestor).reserveOf(address(this));
        if (block.timestamp > expiresAt) return uint256(Restriction.ReserveLapsed);
        return supply + amount > reserve ? uint256(Restriction.ReserveExceeded) : 0;
    }

    function _isAllowed(uint256 country) private view returns (bool) {
        return (_allowedCountries[country >> 8] >> (country & 0xff)) & 1 == 1;
    }

    /// @dev Amounts are refused with the errors of ERC-6093 and ERC-7943, everything else with its code.
    function _refuse(uint256 code, address from, AccountWord sender, address to, uint256 amount)
        internal
        pure
    {
        if (code == uint256(Restriction.InsufficientBalance)) {
            revert IERC20Errors.ERC20InsufficientBalance(from, sender.balance(), amount);
        }
        if (code == uint256(Restriction.InsufficientUnfrozenBalance)) {
            revert IERC7943Fungible.ERC7943InsufficientUnfrozenBalance(from, amount, sender.unfrozen());
        }
        revert TransferRestricted(uint8(code), from, to, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IERC1404
    /// @dev The zero address as `from` asks for an issue, as `to` for a redemption.
    function detectTransferRestriction(address from, address to, uint256 amount)
        external
        view
        returns (uint8)
    {
        InstrumentWord instrument = _instrument;
        AccountRecord storage sender = _accounts[from];
        AccountWord recipient = _accounts[to].word;
        if (from == address(0)) return uint8(_judgeIssue(instrument, recipient, amount));
        if (to == address(0)) return uint8(_judgeRedemption(instrument, sender, sender.word, amount));
        return uint8(_judgeTransfer(instrument, sender, sender.word, recipient, amount, from == to));
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        return messageOf(code);
    }

    /// @inheritdoc IRulebook
    function paused() external view returns (bool) {
        return _instrument.has(PAUSED);
    }

    /// @inheritdoc IRulebook
    function rules() public view returns (Rules memory current, uint32 version) {
        RuleWord ruleSet = _ruleSet;
        InstrumentWord instrument = _instrument;
        current = Rules({
            maxBalance: ruleSet.maxBalance(),
            holderCap: ruleSet.holderCap(),
            opensAt: ruleSet.opensAt(),
            closesAt: ruleSet.closesAt(),
            classMask: instrument.classMask(),
            countriesRestricted: instrument.has(COUNTRY_RULE)
        });
        version = ruleSet.version();
    }

    /// @inheritdoc IRulebook
    function guardedCountry() public view returns (uint16) {
        return _guardedCountry == NO_COUNTRY ? 0 : uint16(_guardedCountry);
    }

    /// @inheritdoc IRulebook
    function countsHolders() external view returns (bool) {
        return _countsHolders;
    }

    /// @inheritdoc IRulebook
    function allowedCountries() external view returns (uint256[4] memory) {
        return _allowedCountries;
    }
}
