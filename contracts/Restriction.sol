// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Why a move is refused, in the order in which the rules are tried. The number is the ERC-1404 code.
enum Restriction {
    None,
    Paused,
    SenderNotAdmitted,
    SenderSuspended,
    SenderLapsed,
    SenderFrozen,
    RecipientNotAdmitted,
    RecipientSuspended,
    RecipientLapsed,
    RecipientFrozen,
    CountryNotAllowed,
    ClassNotAllowed,
    InsufficientBalance,
    InsufficientUnfrozenBalance,
    BalanceCapExceeded
}

/// @dev The ERC-1404 message of a code.
function messageOf(uint8 code) pure returns (string memory) {
    if (code > uint8(type(Restriction).max)) return "unknown code";
    string[15] memory messages = [
        "no restriction",
        "the instrument is paused",
        "the sender is not admitted",
        "the sender is suspended",
        "the sender's evidence or licence has lapsed",
        "the sender is frozen",
        "the recipient is not admitted",
        "the recipient is suspended",
        "the recipient's evidence or licence has lapsed",
        "the recipient is frozen",
        "residents of the recipient's country may not receive",
        "the recipient's investor class may not receive",
        "the sender's balance is too small",
        "the sender's unfrozen balance is too small",
        "the recipient would hold more than the balance cap"
    ];
    return messages[code];
}
