// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRecordDates} from "../interfaces/IRecordDates.sol";
import {AccountWord, MAX_UNITS, RECORD_DATE_MAX} from "./AccountWord.sol";
import {InstrumentWord} from "./InstrumentWord.sol";
import {Ledger} from "./Ledger.sol";

/// @title RecordDates: balances at times that were announced
/// @notice Nothing is copied when a record date passes. An account that moves for the first time after it leaves
/// behind what it held: one slot, and none where it held nothing. The instrument's word has the next two dates, so
/// that no move has to look them up.
abstract contract RecordDates is Ledger, IRecordDates {
    uint256 private constant SINCE_SHIFT = 96;

    /// @dev A move looks up each date that passed since the instrument's word was last written: with so many at most,
    /// it can always be afforded.
    uint256 private constant AHEAD_MAX = 64;

    /// @dev Numbered from 1; the time is 0 where none is scheduled.
    mapping(uint256 id => uint256 recordDate) private _dateOf;
    uint256 private _scheduled;

    /// @inheritdoc IRecordDates
    function scheduleRecordDate(uint40 recordDate) external onlyRole(REGISTRAR_ROLE) returns (uint16 id) {
        uint256 count = _scheduled;
        bool tooMany = count == RECORD_DATE_MAX || count - _passed(_instrument) >= AHEAD_MAX;
        require(!tooMany, TooManyRecordDates());
        uint256 laterThan = Math.max(block.timestamp, _dateOf[count]);
        require(recordDate > laterThan, InvalidRecordDate(recordDate, laterThan));
        // Safe: counted to RECORD_DATE_MAX.
        id = uint16(count + 1);
        _scheduled = id;
        _dateOf[id] = recordDate;
        _refreshInstrument();
        emit RecordDateScheduled(id, recordDate);
    }

    /// @inheritdoc IRecordDates
    function cancelRecordDate(uint16 id) external onlyRole(REGISTRAR_ROLE) {
        bool isLast = id != 0 && id == _scheduled;
        require(isLast && _dateOf[id] >= block.timestamp, RecordDateNotCancellable(id));
        _scheduled = id - 1;
        delete _dateOf[id];
        _refreshInstrument();
        emit RecordDateCancelled(id);
    }

    /// @inheritdoc IRecordDates
    function recordDates() external view returns (uint40[] memory dates) {
        dates = new uint40[](_scheduled);
        for (uint256 i = 0; i < dates.length; ++i) {
            dates[i] = uint40(_dateOf[i + 1]);
        }
    }

    /// @inheritdoc IRecordDates
    function recordDatesPassed() external view returns (uint16) {
        return uint16(_passed(_instrument));
    }

    /// @inheritdoc IRecordDates
    function balanceOfAt(address account, uint16 id) external view returns (uint256) {
        AccountRecord storage record = _accounts[account];
        return _heldAtPassed(record, id, record.word.recordDateId(), record.word.balance());
    }

    /// @inheritdoc IRecordDates
    function totalSupplyAt(uint16 id) external view returns (uint256) {
        InstrumentWord instrument = _instrument;
        return _heldAtPassed(_issuance(), id, instrument.recordDateId(), instrument.supply());
    }

    /// @dev How many record dates have passed. Costs nothing but a comparison until the next one has.
    function _passed(InstrumentWord instrument) internal view returns (uint256 id) {
        id = instrument.recordDateId();
        uint256 next = instrument.nextRecordDate();
        if (next == 0 || block.timestamp <= next) return id;
        next = instrument.secondRecordDate();
        unchecked {
            // Safe: numbers of 16 bits.
            ++id;
            if (next == 0 || block.timestamp <= next) return id;
            // Two or more have passed since the word was last written.
            do {
                ++id;
            } while (_hasPassed(_dateOf[id + 1]));
        }
    }

    /// @dev The account's word where a record date has passed since it last moved, with what it held left behind.
    /// Nothing held leaves nothing behind: what is missing up to the word's number is zero.
    function _leaveBehind(AccountRecord storage record, AccountWord word, uint256 passed)
        internal
        returns (AccountWord)
    {
        uint256 units = word.balance();
        if (units != 0) record.heldAt[passed] = (word.recordDateId() << SINCE_SHIFT) | units;
        return word.withRecordDateId(passed);
    }

    /// @dev The instrument's word, with the supply left behind and the dates to come where record dates have passed.
    function _settled(InstrumentWord instrument) internal returns (InstrumentWord) {
        uint256 since = instrument.recordDateId();
        uint256 passed = _passed(instrument);
        if (since == passed) return instrument;
        uint256 units = instrument.supply();
        if (units != 0) _issuance().heldAt[passed] = (since << SINCE_SHIFT) | units;
        return instrument.withRecordDates(passed, _dateOf[passed + 1], _dateOf[passed + 2]);
    }

    function _refreshInstrument() private {
        InstrumentWord instrument = _settled(_instrument);
        uint256 id = instrument.recordDateId();
        _instrument = instrument.withRecordDates(id, _dateOf[id + 1], _dateOf[id + 2]);
    }

    /// @dev The issuance account, the zero address, keeps the history of the supply.
    function _issuance() private view returns (AccountRecord storage) {
        return _accounts[address(0)];
    }

    function _hasPassed(uint256 recordDate) private view returns (bool) {
        return recordDate != 0 && block.timestamp > recordDate;
    }

    function _heldAtPassed(AccountRecord storage record, uint16 id, uint256 settled, uint256 current)
        private
        view
        returns (uint256)
    {
        uint256 recordDate = _dateOf[id];
        require(recordDate != 0, UnknownRecordDate(id));
        require(recordDate < block.timestamp, RecordDateNotPassed(id, uint40(recordDate)));
        for (uint256 i = id; i <= settled; ++i) {
            uint256 held = record.heldAt[i];
            if (held != 0) return held >> SINCE_SHIFT < id ? held & MAX_UNITS : 0;
        }
        return id <= settled ? 0 : current;
    }
}
