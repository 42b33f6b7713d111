// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title InstrumentWord: what every transfer must know of the instrument, in one storage slot
/// @notice From the lowest bit upwards:
///
///   bits     width  field
///   0-95     96     total supply, base units
///   96       1      paused
///   97       1      the country rule is on
///   98       1      a rule of the rule set is on, so that the rule set has to be read
type InstrumentWord is uint256;

using {
    supply,
    isPaused,
    hasCountryRule,
    hasRuleSet,
    withSupply,
    withPaused,
    withRules
} for InstrumentWord global;

uint256 constant SUPPLY_MASK = type(uint96).max;
uint256 constant PAUSED = 1 << 96;
uint256 constant COUNTRY_RULE = 1 << 97;
uint256 constant RULE_SET = 1 << 98;

function supply(InstrumentWord word) pure returns (uint256) {
    return InstrumentWord.unwrap(word) & SUPPLY_MASK;
}

function isPaused(InstrumentWord word) pure returns (bool) {
    return InstrumentWord.unwrap(word) & PAUSED != 0;
}

function hasCountryRule(InstrumentWord word) pure returns (bool) {
    return InstrumentWord.unwrap(word) & COUNTRY_RULE != 0;
}

function hasRuleSet(InstrumentWord word) pure returns (bool) {
    return InstrumentWord.unwrap(word) & RULE_SET != 0;
}

/// @dev The caller holds `units` to 96 bits.
function withSupply(InstrumentWord word, uint256 units) pure returns (InstrumentWord) {
    return InstrumentWord.wrap((InstrumentWord.unwrap(word) & ~SUPPLY_MASK) | units);
}

function withPaused(InstrumentWord word, bool on) pure returns (InstrumentWord) {
    uint256 raw = InstrumentWord.unwrap(word);
    return InstrumentWord.wrap(on ? raw | PAUSED : raw & ~PAUSED);
}

function withRules(InstrumentWord word, bool countryRule, bool ruleSet) pure returns (InstrumentWord) {
    uint256 raw = InstrumentWord.unwrap(word) & ~(COUNTRY_RULE | RULE_SET);
    if (countryRule) raw |= COUNTRY_RULE;
    if (ruleSet) raw |= RULE_SET;
    return InstrumentWord.wrap(raw);
}
