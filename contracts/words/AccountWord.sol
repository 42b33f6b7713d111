// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title AccountWord: everything a transfer must know of one account, in one storage slot
/// @notice From the lowest bit upwards:
///
///   bits     width  field
///   0-95     96     balance, base units
///   96-191   96     frozen, base units; may exceed the balance (ERC-7943)
///   192-207  16     valid-until, day number since 1970-01-01 UTC, that day included
///   208-217  10     country of residence, ISO 3166-1 numeric
///   218-233  16     record-date id of the last snapshot taken
///   234-237  4      investor class; 0 is "never admitted"
///   238-255  18     flags
///
/// A transfer reads and writes this word of sender and recipient, so its compliance checks cost no
/// slot of their own.
type AccountWord is uint256;

using {
    balance,
    frozen,
    unfrozen,
    validUntilDay,
    country,
    investorClass,
    isAdmitted,
    isFrozen,
    isSuspended,
    withBalance,
    withFrozen,
    withAddressFrozen,
    withSuspended,
    withAdmission
} for AccountWord global;

uint256 constant MAX_UNITS = type(uint96).max;

uint256 constant FROZEN_SHIFT = 96;
uint256 constant DAY_SHIFT = 192;
uint256 constant COUNTRY_SHIFT = 208;
uint256 constant CLASS_SHIFT = 234;

uint256 constant COUNTRY_MAX = (1 << 10) - 1;
uint256 constant CLASS_MAX = (1 << 4) - 1;

/// @dev Set by an enforcement order on the whole account.
uint256 constant FLAG_FROZEN = 1 << 238;
/// @dev Set by the registrar, for example while evidence is renewed.
uint256 constant FLAG_SUSPENDED = 1 << 239;

uint256 constant ADMISSION_MASK =
    (uint256(type(uint16).max) << DAY_SHIFT) | (COUNTRY_MAX << COUNTRY_SHIFT) | (CLASS_MAX << CLASS_SHIFT);

function balance(AccountWord word) pure returns (uint256) {
    return AccountWord.unwrap(word) & MAX_UNITS;
}

function frozen(AccountWord word) pure returns (uint256) {
    return (AccountWord.unwrap(word) >> FROZEN_SHIFT) & MAX_UNITS;
}

/// @dev Zero, not an underflow, where more is frozen than held.
function unfrozen(AccountWord word) pure returns (uint256) {
    uint256 held = balance(word);
    uint256 locked = frozen(word);
    return held > locked ? held - locked : 0;
}

function validUntilDay(AccountWord word) pure returns (uint16) {
    return uint16(AccountWord.unwrap(word) >> DAY_SHIFT);
}

function country(AccountWord word) pure returns (uint16) {
    return uint16((AccountWord.unwrap(word) >> COUNTRY_SHIFT) & COUNTRY_MAX);
}

function investorClass(AccountWord word) pure returns (uint8) {
    return uint8((AccountWord.unwrap(word) >> CLASS_SHIFT) & CLASS_MAX);
}

function isAdmitted(AccountWord word) pure returns (bool) {
    return investorClass(word) != 0;
}

function isFrozen(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & FLAG_FROZEN != 0;
}

function isSuspended(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & FLAG_SUSPENDED != 0;
}

/// @dev The caller holds `units` to MAX_UNITS: the supply is capped there.
function withBalance(AccountWord word, uint256 units) pure returns (AccountWord) {
    return AccountWord.wrap((AccountWord.unwrap(word) & ~MAX_UNITS) | units);
}

/// @dev The caller holds `units` to MAX_UNITS.
function withFrozen(AccountWord word, uint256 units) pure returns (AccountWord) {
    return
        AccountWord.wrap((AccountWord.unwrap(word) & ~(MAX_UNITS << FROZEN_SHIFT)) | (units << FROZEN_SHIFT));
}

function withAddressFrozen(AccountWord word, bool on) pure returns (AccountWord) {
    uint256 raw = AccountWord.unwrap(word);
    return AccountWord.wrap(on ? raw | FLAG_FROZEN : raw & ~FLAG_FROZEN);
}

function withSuspended(AccountWord word, bool on) pure returns (AccountWord) {
    uint256 raw = AccountWord.unwrap(word);
    return AccountWord.wrap(on ? raw | FLAG_SUSPENDED : raw & ~FLAG_SUSPENDED);
}

/// @dev The caller holds country and class to their widths.
function withAdmission(AccountWord word, uint16 country_, uint8 class_, uint16 day)
    pure
    returns (AccountWord)
{
    uint256 admission = (uint256(day) << DAY_SHIFT) | (uint256(country_) << COUNTRY_SHIFT)
        | (uint256(class_) << CLASS_SHIFT);
    return AccountWord.wrap((AccountWord.unwrap(word) & ~ADMISSION_MASK) | admission);
}
