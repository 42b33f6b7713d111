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
///   218-233  16     record date up to which the account's history is settled
///   234-237  4      investor class; 0 is "not admitted"
///   238      1      frozen as a whole by an enforcement order
///   239      1      suspended by the registrar
///   240      1      has a lock-up, in a slot of its own
///   241      1      retired: a lost wallet that was recovered
///   242-255  14     zero
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
    recordDateId,
    investorClass,
    isAdmitted,
    isFrozen,
    isSuspended,
    hasLockUp,
    isRetired,
    hasLapsed,
    isInGoodStanding,
    credited,
    debited,
    withFrozen,
    withRecordDateId,
    withFlag,
    withAdmission
} for AccountWord global;

uint256 constant MAX_UNITS = type(uint96).max;

uint256 constant FROZEN_SHIFT = 96;
uint256 constant DAY_SHIFT = 192;
uint256 constant COUNTRY_SHIFT = 208;
uint256 constant RECORD_DATE_SHIFT = 218;
uint256 constant CLASS_SHIFT = 234;

uint256 constant COUNTRY_MAX = (1 << 10) - 1;
uint256 constant CLASS_MAX = (1 << 4) - 1;
uint256 constant RECORD_DATE_MAX = (1 << 16) - 1;
uint256 constant STANDING_MASK = (1 << 6) - 1;

uint256 constant FLAG_FROZEN = 1 << 238;
uint256 constant FLAG_SUSPENDED = 1 << 239;
uint256 constant FLAG_LOCK_UP = 1 << 240;
uint256 constant FLAG_RETIRED = 1 << 241;

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
    uint256 bound = frozen(word);
    unchecked {
        return held > bound ? held - bound : 0;
    }
}

function validUntilDay(AccountWord word) pure returns (uint16) {
    return uint16(AccountWord.unwrap(word) >> DAY_SHIFT);
}

function country(AccountWord word) pure returns (uint16) {
    return uint16((AccountWord.unwrap(word) >> COUNTRY_SHIFT) & COUNTRY_MAX);
}

function recordDateId(AccountWord word) pure returns (uint256) {
    return (AccountWord.unwrap(word) >> RECORD_DATE_SHIFT) & RECORD_DATE_MAX;
}

function investorClass(AccountWord word) pure returns (uint8) {
    return uint8((AccountWord.unwrap(word) >> CLASS_SHIFT) & CLASS_MAX);
}

function isAdmitted(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & (CLASS_MAX << CLASS_SHIFT) != 0;
}

function isFrozen(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & FLAG_FROZEN != 0;
}

function isSuspended(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & FLAG_SUSPENDED != 0;
}

function hasLockUp(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & FLAG_LOCK_UP != 0;
}

function isRetired(AccountWord word) pure returns (bool) {
    return AccountWord.unwrap(word) & FLAG_RETIRED != 0;
}

/// @dev The last valid day is over.
function hasLapsed(AccountWord word) view returns (bool) {
    unchecked {
        // Safe: at most 2^16 days.
        return block.timestamp >= (uint256(validUntilDay(word)) + 1) * 1 days;
    }
}

/// @dev Admitted, neither frozen nor suspended, and not lapsed. The class and the two flags lie side by side: between
/// 1 and CLASS_MAX, they say that the account is admitted and bears no flag.
function isInGoodStanding(AccountWord word) view returns (bool) {
    unchecked {
        uint256 standing = (AccountWord.unwrap(word) >> CLASS_SHIFT) & STANDING_MASK;
        // Nothing wraps round to the largest number.
        return standing - 1 < CLASS_MAX && !hasLapsed(word);
    }
}

/// @dev The balance is the lowest field, so that adding to it is adding to the word. The caller makes sure that it
/// stays within its 96 bits: the supply does, and no balance is more.
function credited(AccountWord word, uint256 units) pure returns (AccountWord) {
    unchecked {
        return AccountWord.wrap(AccountWord.unwrap(word) + units);
    }
}

/// @dev The caller makes sure that the balance is at least `units`.
function debited(AccountWord word, uint256 units) pure returns (AccountWord) {
    unchecked {
        return AccountWord.wrap(AccountWord.unwrap(word) - units);
    }
}

/// @dev The caller holds `units` to MAX_UNITS.
function withFrozen(AccountWord word, uint256 units) pure returns (AccountWord) {
    return
        AccountWord.wrap((AccountWord.unwrap(word) & ~(MAX_UNITS << FROZEN_SHIFT)) | (units << FROZEN_SHIFT));
}

/// @dev The caller holds `id` to RECORD_DATE_MAX.
function withRecordDateId(AccountWord word, uint256 id) pure returns (AccountWord) {
    uint256 cleared = AccountWord.unwrap(word) & ~(RECORD_DATE_MAX << RECORD_DATE_SHIFT);
    return AccountWord.wrap(cleared | (id << RECORD_DATE_SHIFT));
}

function withFlag(AccountWord word, uint256 flag, bool on) pure returns (AccountWord) {
    uint256 raw = AccountWord.unwrap(word);
    return AccountWord.wrap(on ? raw | flag : raw & ~flag);
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
