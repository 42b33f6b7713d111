"""Why something is refused: the codes and words of ERC-1404, and what else the register itself does not allow."""

from __future__ import annotations

from enum import Enum, StrEnum


class Restriction(Enum):
    """Why a move is refused, in the order in which the rules are tried. The value is the ERC-1404 code.

    Codes and words are those of contracts/token/Restriction.sol.
    """

    NONE = 0
    PAUSED = 1
    NOT_ACTIVE = 2
    NOT_YET_OPEN = 3
    CLOSED = 4
    SENDER_NOT_ADMITTED = 5
    SENDER_SUSPENDED = 6
    SENDER_LAPSED = 7
    SENDER_FROZEN = 8
    RECIPIENT_NOT_ADMITTED = 9
    RECIPIENT_SUSPENDED = 10
    RECIPIENT_LAPSED = 11
    RECIPIENT_FROZEN = 12
    COUNTRY_NOT_ALLOWED = 13
    CLASS_NOT_ALLOWED = 14
    INSUFFICIENT_BALANCE = 15
    INSUFFICIENT_UNFROZEN_BALANCE = 16
    LOCKED_UP = 17
    BALANCE_CAP_EXCEEDED = 18
    HOLDER_CAP_EXCEEDED = 19
    SUPPLY_EXCEEDED = 20
    RESERVE_LAPSED = 21
    RESERVE_EXCEEDED = 22

    @property
    def message(self) -> str:
        """The reason in the words of the contract."""
        return _MESSAGES[self.value]


_MESSAGES = (
    "no restriction",
    "instrument paused",
    "instrument not active yet",
    "transfers not open yet",
    "transfers closed",
    "sender not admitted",
    "sender suspended",
    "sender lapsed",
    "sender frozen",
    "recipient not admitted",
    "recipient suspended",
    "recipient lapsed",
    "recipient frozen",
    "country not allowed",
    "class not allowed",
    "balance too small",
    "unfrozen balance too small",
    "balance locked up",
    "over balance cap",
    "over holder cap",
    "supply over 2^96-1 units",
    "reserve attestation lapsed",
    "supply over reserve",
)


class Refusal(StrEnum):
    """Why an act of the registrar, the issuer or the enforcer is refused. The value is the contract's error."""

    INVALID_ADMISSION = "InvalidAdmission"
    ACCOUNT_NOT_ADMITTED = "AccountNotAdmitted"
    ACCOUNT_RETIRED = "AccountRetired"
    INVALID_LOCK_UP = "InvalidLockUp"
    INVALID_SENDER = "ERC20InvalidSender"
    INVALID_RECIPIENT = "ERC20InvalidReceiver"
    FROZEN_AMOUNT_OUT_OF_RANGE = "FrozenAmountOutOfRange"
    SAME_ACCOUNT = "SameAccount"
    WALLET_IN_USE = "WalletInUse"
    ALREADY_ACTIVE = "AlreadyActive"
    INVALID_COUNTRY = "InvalidCountry"
    FILING_REQUIRED = "FilingRequired"
    INVALID_RULES = "InvalidRules"
    INVALID_RECORD_DATE = "InvalidRecordDate"
    TOO_MANY_RECORD_DATES = "TooManyRecordDates"
    RECORD_DATE_NOT_CANCELLABLE = "RecordDateNotCancellable"
    INVALID_DOCUMENT = "InvalidDocument"
    UNKNOWN_DOCUMENT = "UnknownDocument"

    @property
    def message(self) -> str:
        """The reason in words."""
        return _WORDS[self]


_WORDS = {
    Refusal.INVALID_ADMISSION: "the admission names the zero address, a class that is not 1 to 15, or a bad country",
    Refusal.ACCOUNT_NOT_ADMITTED: "the account is not admitted to the instrument",
    Refusal.ACCOUNT_RETIRED: "the account was lost and recovered, and cannot be admitted again",
    Refusal.INVALID_LOCK_UP: "a lock-up needs an amount and a time to come, or neither",
    Refusal.INVALID_SENDER: "the zero address is nobody's account",
    Refusal.INVALID_RECIPIENT: "the zero address is nobody's account",
    Refusal.FROZEN_AMOUNT_OUT_OF_RANGE: "the frozen amount would be below zero or above 2^96-1 units",
    Refusal.SAME_ACCOUNT: "the two accounts are the same",
    Refusal.WALLET_IN_USE: "the new wallet is the zero address, or was used or admitted before",
    Refusal.ALREADY_ACTIVE: "the instrument is active already",
    Refusal.INVALID_COUNTRY: "there is no such country",
    Refusal.FILING_REQUIRED: "assets in that country need a filing",
    Refusal.INVALID_RULES: "the rules cap holders who are not counted, or close before they open",
    Refusal.INVALID_RECORD_DATE: "a record date has to be later than now and than those scheduled before it",
    Refusal.TOO_MANY_RECORD_DATES: "64 record dates are to come",
    Refusal.RECORD_DATE_NOT_CANCELLABLE: "only the last record date can be cancelled, and only before it has passed",
    Refusal.INVALID_DOCUMENT: "a document needs a name and a place",
    Refusal.UNKNOWN_DOCUMENT: "there is no document of that name",
}

Verdict = Restriction | Refusal
"""What became of something that was asked for; `Restriction.NONE` where it was carried out."""
