// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title InstrumentWord: what every move must know of the instrument, in one storage slot
/// @notice From the lowest bit upwards:
///
///   bits     width  field
///   0-95     96     total supply, base units
///   96-127   32     holders: accounts with a balance; kept only where they are counted
///   128-143  16     class mask: bit n set, investor class n may receive; 0 is every class
///   144-159  16     record date up to which this word is settled
///   160-199  40     the record date after that one, seconds since 1970; 0 is none
///   200-239  40     and the one after it; 0 is none
///   240      1      paused
///   241      1      active: units may be issued
///   242      1      the country rule is on
///   243      1      a cap or a trading window is on, so that the rule set has to be read
///   244-248  5      operating roles of the control book, one bit each
///   249-255  7      zero
type InstrumentWord is uint256;

using {
    supply,
    holders,
    classMask,
    recordDateId,
    nextRecordDate,
    secondRecordDate,
    has,
    with,
    issued,
    redeemed,
    withHolders,
    withClassMask,
    withRecordDates
} for InstrumentWord global;

uint256 constant SUPPLY_MASK = type(uint96).max;
uint256 constant HOLDERS_MASK = type(uint32).max;
uint256 constant DATE_MASK = type(uint40).max;

uint256 constant HOLDERS_SHIFT = 96;
uint256 constant CLASS_MASK_SHIFT = 128;
uint256 constant SETTLED_SHIFT = 144;
uint256 constant NEXT_DATE_SHIFT = 160;
uint256 constant SECOND_DATE_SHIFT = 200;

/// @dev Any class is listed, so that the others are not allowed.
uint256 constant CLASS_RULE = uint256(type(uint16).max) << CLASS_MASK_SHIFT;
uint256 constant PAUSED = 1 << 240;
uint256 constant ACTIVE = 1 << 241;
uint256 constant COUNTRY_RULE = 1 << 242;
uint256 constant RULE_SET = 1 << 243;
/// @dev What the control book may do; the id of a role is its bit.
uint256 constant BOOK_ROLES = 0x1f << 244;

function supply(InstrumentWord word) pure returns (uint256) {
    return InstrumentWord.unwrap(word) & SUPPLY_MASK;
}

function holders(InstrumentWord word) pure returns (uint256) {
    return (InstrumentWord.unwrap(word) >> HOLDERS_SHIFT) & HOLDERS_MASK;
}

function classMask(InstrumentWord word) pure returns (uint16) {
    return uint16(InstrumentWord.unwrap(word) >> CLASS_MASK_SHIFT);
}

function recordDateId(InstrumentWord word) pure returns (uint256) {
    return (InstrumentWord.unwrap(word) >> SETTLED_SHIFT) & type(uint16).max;
}

function nextRecordDate(InstrumentWord word) pure returns (uint256) {
    return (InstrumentWord.unwrap(word) >> NEXT_DATE_SHIFT) & DATE_MASK;
}

function secondRecordDate(InstrumentWord word) pure returns (uint256) {
    return (InstrumentWord.unwrap(word) >> SECOND_DATE_SHIFT) & DATE_MASK;
}

/// @dev Whether one of the `flags` is set.
function has(InstrumentWord word, uint256 flags) pure returns (bool) {
    return InstrumentWord.unwrap(word) & flags != 0;
}

function with(InstrumentWord word, uint256 flags, bool on) pure returns (InstrumentWord) {
    uint256 raw = InstrumentWord.unwrap(word);
    return InstrumentWord.wrap(on ? raw | flags : raw & ~flags);
}

/// @dev The supply is the lowest field, so that adding to it is adding to the word. The caller makes sure that it
/// stays within its 96 bits.
function issued(InstrumentWord word, uint256 units) pure returns (InstrumentWord) {
    unchecked {
        return InstrumentWord.wrap(InstrumentWord.unwrap(word) + units);
    }
}

/// @dev The caller makes sure that the supply is at least `units`.
function redeemed(InstrumentWord word, uint256 units) pure returns (InstrumentWord) {
    unchecked {
        return InstrumentWord.wrap(InstrumentWord.unwrap(word) - units);
    }
}

/// @dev The caller holds `count` to 32 bits.
function withHolders(InstrumentWord word, uint256 count) pure returns (InstrumentWord) {
    uint256 cleared = InstrumentWord.unwrap(word) & ~(HOLDERS_MASK << HOLDERS_SHIFT);
    return InstrumentWord.wrap(cleared | (count << HOLDERS_SHIFT));
}

function withClassMask(InstrumentWord word, uint16 mask) pure returns (InstrumentWord) {
    uint256 cleared = InstrumentWord.unwrap(word) & ~(uint256(type(uint16).max) << CLASS_MASK_SHIFT);
    return InstrumentWord.wrap(cleared | (uint256(mask) << CLASS_MASK_SHIFT));
}

/// @dev The caller holds `id` to 16 bits and the dates to 40.
function withRecordDates(InstrumentWord word, uint256 id, uint256 next, uint256 second)
    pure
    returns (InstrumentWord)
{
    uint256 mask = (uint256(type(uint16).max) << SETTLED_SHIFT) | (DATE_MASK << NEXT_DATE_SHIFT)
        | (DATE_MASK << SECOND_DATE_SHIFT);
    uint256 dates = (id << SETTLED_SHIFT) | (next << NEXT_DATE_SHIFT) | (second << SECOND_DATE_SHIFT);
    return InstrumentWord.wrap((InstrumentWord.unwrap(word) & ~mask) | dates);
}
