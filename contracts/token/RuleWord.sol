// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title RuleWord: the rules that only some instruments have, in one storage slot
/// @notice From the lowest bit upwards:
///
///   bits     width  field
///   0-95     96     most units an account may hold after receiving; 0 is no cap
///   96-127   32     most accounts that may hold a balance; 0 is no cap
///   128-167  40     first second at which holders may transfer, since 1970
///   168-207  40     last such second; 0 is for ever
///   208-239  32     version: how often the rules were set
///   240-255  16     zero
type RuleWord is uint256;

using {maxBalance, holderCap, opensAt, closesAt, version, isBinding} for RuleWord global;

function ruleWord(uint96 maxBalance_, uint32 holderCap_, uint40 opensAt_, uint40 closesAt_, uint32 version_)
    pure
    returns (RuleWord)
{
    return RuleWord.wrap(
        uint256(maxBalance_) | (uint256(holderCap_) << 96) | (uint256(opensAt_) << 128)
            | (uint256(closesAt_) << 168) | (uint256(version_) << 208)
    );
}

function maxBalance(RuleWord word) pure returns (uint96) {
    return uint96(RuleWord.unwrap(word));
}

function holderCap(RuleWord word) pure returns (uint32) {
    return uint32(RuleWord.unwrap(word) >> 96);
}

function opensAt(RuleWord word) pure returns (uint40) {
    return uint40(RuleWord.unwrap(word) >> 128);
}

function closesAt(RuleWord word) pure returns (uint40) {
    return uint40(RuleWord.unwrap(word) >> 168);
}

function version(RuleWord word) pure returns (uint32) {
    return uint32(RuleWord.unwrap(word) >> 208);
}

/// @dev Whether any rule of the word is on, so that it has to be read.
function isBinding(RuleWord word) pure returns (bool) {
    return RuleWord.unwrap(word) << 48 != 0;
}
