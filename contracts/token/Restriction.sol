// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @notice Why a move is refused, in the order in which the rules are tried. The number is the ERC-1404 code.
enum Restriction {
    None,
    Paused,
    NotActive,
    NotYetOpen,
    Closed,
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
    LockedUp,
    BalanceCapExceeded,
    HolderCapExceeded,
    SupplyExceeded,
    ReserveLapsed,
    ReserveExceeded
}

/// @dev The ERC-1404 messages in the order of the codes: one text, since a table would take twice the code.
string constant MESSAGES = "no restriction|instrument paused|instrument not active yet|transfers not open yet|"
    "transfers closed|sender not admitted|sender suspended|sender lapsed|sender frozen|recipient not admitted|"
    "recipient suspended|recipient lapsed|recipient frozen|country not allowed|class not allowed|"
    "balance too small|unfrozen balance too small|balance locked up|over balance cap|over holder cap|"
    "supply over 2^96-1 units|reserve attestation lapsed|supply over reserve|";

/// @dev The message of a code.
function messageOf(uint8 code) pure returns (string memory) {
    if (code > uint8(type(Restriction).max)) return "unknown code";
    bytes memory text = bytes(MESSAGES);
    uint256 start = 0;
    uint256 end = 0;
    for (uint256 seen = 0;; ++end) {
        if (text[end] != "|") continue;
        if (seen++ == code) break;
        start = end + 1;
    }
    return string(Bytes.slice(text, start, end));
}
