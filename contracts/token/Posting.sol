// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AccountWord} from "./AccountWord.sol";
import {InstrumentWord} from "./InstrumentWord.sol";
import {RecordDates} from "./RecordDates.sol";

/// @title Posting: the one place where balances, supply and the count of holders change
abstract contract Posting is RecordDates {
    bool internal immutable _countsHolders;

    constructor(bool countsHolders) {
        _countsHolders = countsHolders;
    }

    /// @dev Writes an issue. The caller has judged it, has settled the instrument's word and writes the one returned.
    function _postIssue(
        InstrumentWord instrument,
        AccountRecord storage to,
        AccountWord recipient,
        uint256 amount
    ) internal returns (InstrumentWord) {
        instrument = instrument.issued(amount);
        if (_countsHolders && amount != 0 && recipient.balance() == 0) {
            instrument = instrument.withHolders(instrument.holders() + 1);
        }
        uint256 passed = instrument.recordDateId();
        if (recipient.recordDateId() != passed) recipient = _leaveBehind(to, recipient, passed);
        to.word = recipient.credited(amount);
        return instrument;
    }

    /// @dev Writes a redemption. The caller has judged it, and writes the word that is returned.
    function _postRedemption(
        InstrumentWord instrument,
        AccountRecord storage from,
        AccountWord sender,
        uint256 amount
    ) internal returns (InstrumentWord) {
        instrument = _settled(instrument).redeemed(amount);
        if (_countsHolders && amount != 0 && sender.balance() == amount) {
            instrument = instrument.withHolders(instrument.holders() - 1);
        }
        uint256 passed = instrument.recordDateId();
        if (sender.recordDateId() != passed) sender = _leaveBehind(from, sender, passed);
        from.word = sender.debited(amount);
        return instrument;
    }

    /// @dev Writes a transfer between two accounts. The caller has judged it, or has an order for it; the sender holds
    /// `amount`.
    function _postTransfer(
        InstrumentWord instrument,
        AccountRecord storage from,
        AccountWord sender,
        AccountRecord storage to,
        AccountWord recipient,
        uint256 amount
    ) internal {
        uint256 passed = _passed(instrument);
        if (sender.recordDateId() != passed) sender = _leaveBehind(from, sender, passed);
        if (recipient.recordDateId() != passed) recipient = _leaveBehind(to, recipient, passed);
        from.word = sender.debited(amount);
        to.word = recipient.credited(amount);
        if (_countsHolders && amount != 0) _recount(instrument, sender, recipient, amount);
    }

    /// @dev A holder is an account with a balance.
    function _recount(InstrumentWord instrument, AccountWord sender, AccountWord recipient, uint256 amount)
        private
    {
        bool ends = sender.balance() == amount;
        bool begins = recipient.balance() == 0;
        if (ends == begins) return;
        uint256 count = instrument.holders();
        _instrument = instrument.withHolders(begins ? count + 1 : count - 1);
    }
}
