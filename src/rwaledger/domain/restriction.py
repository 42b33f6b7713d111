"""Why a move is refused: the codes and words of ERC-1404, the same as in contracts/Restriction.sol."""

from __future__ import annotations

from enum import Enum


class Restriction(Enum):
    """One reason, in the order in which the rules are tried. The value is the ERC-1404 code."""

    NONE = 0
    PAUSED = 1
    SENDER_NOT_ADMITTED = 2
    SENDER_SUSPENDED = 3
    SENDER_LAPSED = 4
    SENDER_FROZEN = 5
    RECIPIENT_NOT_ADMITTED = 6
    RECIPIENT_SUSPENDED = 7
    RECIPIENT_LAPSED = 8
    RECIPIENT_FROZEN = 9
    COUNTRY_NOT_ALLOWED = 10
    CLASS_NOT_ALLOWED = 11
    INSUFFICIENT_BALANCE = 12
    INSUFFICIENT_UNFROZEN_BALANCE = 13
    BALANCE_CAP_EXCEEDED = 14

    @property
    def message(self) -> str:
        """The reason in the words of the contract."""
        return _MESSAGES[self.value]


_MESSAGES = (
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
    "the recipient would hold more than the balance cap",
)
