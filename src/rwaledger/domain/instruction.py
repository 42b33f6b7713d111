"""Authorised intent: what a maker proposes, a checker signs, and the control book carries out once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from rwaledger.domain.instrument import Particulars, Rules, classes_of_mask
from rwaledger.domain.posting import ISSUANCE_ACCOUNT

NO_ORDER = "0x" + "0" * 64


class Operation(StrEnum):
    """What an instruction does, by the name that the checker's wallet shows."""

    ACTIVATE = "activate"
    ADMIT = "admit"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    SET_LOCK_UP = "set-lock-up"
    ISSUE = "issue"
    REDEEM = "redeem"
    TRANSFER = "transfer"
    FREEZE = "freeze"
    RELEASE = "release"
    FREEZE_ACCOUNT = "freeze-account"
    RELEASE_ACCOUNT = "release-account"
    FORCE_TRANSFER = "force-transfer"
    RECOVER = "recover"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    SET_RULES = "set-rules"
    SET_COUNTRY = "set-country"
    SET_DOCUMENT = "set-document"
    REMOVE_DOCUMENT = "remove-document"
    SCHEDULE_RECORD_DATE = "schedule-record-date"
    CANCEL_RECORD_DATE = "cancel-record-date"
    LICENSE_VENUE = "license-venue"

    @property
    def needs_order(self) -> bool:
        """Whether the hash of an order must stand behind it."""
        return self in _ENFORCEMENT

    @property
    def counts_units(self) -> bool:
        """Whether the amounts of its lines are units of the instrument, and no settings."""
        return self in _UNITS

    @property
    def has_lines(self) -> bool:
        """Whether it acts on lines at all."""
        return self not in (Operation.PAUSE, Operation.UNPAUSE)


_ENFORCEMENT = {
    Operation.FREEZE,
    Operation.RELEASE,
    Operation.FREEZE_ACCOUNT,
    Operation.RELEASE_ACCOUNT,
    Operation.FORCE_TRANSFER,
    Operation.RECOVER,
}


_UNITS = {
    Operation.SET_LOCK_UP,
    Operation.ISSUE,
    Operation.REDEEM,
    Operation.TRANSFER,
    Operation.FREEZE,
    Operation.RELEASE,
    Operation.FORCE_TRANSFER,
}


class InstructionStatus(StrEnum):
    """How far an instruction has come. FINAL means at or below the configured finality."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_carried_out(self) -> bool:
        """Whether it is in a block, final or not."""
        return self in (InstructionStatus.MINED, InstructionStatus.FINAL)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an instruction; which fields count depends on the operation (see IControlBook.execute)."""

    sender: str = ISSUANCE_ACCOUNT
    recipient: str = ISSUANCE_ACCOUNT
    amount_units: int = 0
    detail: int = 0


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the checker signs.

    `ref` is the one-time reference, `order` the hash of the order or filing behind it, `text` the place of a
    document; it is empty for every operation but `set-document`.
    """

    ref: str
    chain_id: int
    control_book: str
    instrument_id: str
    instrument: str
    operation: Operation
    maker: str
    checker: str
    not_after: int
    order: str
    lines: tuple[Line, ...]
    text: str = ""


def reference(chain_id: int, control_book: str, key: str, chunk: int) -> str:
    """The one-time reference of an instruction: SHA-256 over version 1 of its length-prefixed parts."""
    parts = (str(chain_id), control_book, key, str(chunk))
    preimage = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return "0x" + hashlib.sha256(b"rwaledger-reference-1" + preimage).hexdigest()


def admission_detail(country: int, investor_class: int, valid_until_day: int) -> int:
    """The `detail` of an admit line."""
    return valid_until_day << 24 | investor_class << 16 | country


def admission_of_detail(detail: int) -> tuple[int, int, int]:
    """Country, investor class and last valid day of an admit line's `detail`."""
    return detail & 0xFFFF, detail >> 16 & 0xFF, detail >> 24


def rules_line(rules: Rules) -> Line:
    """The line of `set-rules`. Countries, and what deployment settled, are no part of it."""
    detail = (
        rules.class_mask
        | rules.countries_restricted << _RESTRICTED_SHIFT
        | rules.holder_cap << _HOLDER_CAP_SHIFT
        | rules.opens_at << _OPENS_AT_SHIFT
        | rules.closes_at << _CLOSES_AT_SHIFT
    )
    return Line(amount_units=rules.max_balance_units, detail=detail)


def rules_of_line(line: Line) -> Rules:
    """The rule set of a `set-rules` line, as far as the line has it."""
    return Rules(
        max_balance_units=line.amount_units,
        classes=classes_of_mask(line.detail & 0xFFFF),
        countries_restricted=bool(line.detail >> _RESTRICTED_SHIFT & 1),
        holder_cap=line.detail >> _HOLDER_CAP_SHIFT & 0xFFFF_FFFF,
        opens_at=line.detail >> _OPENS_AT_SHIFT & 0xFF_FFFF_FFFF,
        closes_at=line.detail >> _CLOSES_AT_SHIFT,
    )


def activation_line(particulars: Particulars) -> Line:
    """The line of `activate`; the filing stands in the order of its instruction."""
    isin, dti = (int.from_bytes(text.encode("ascii")) for text in (particulars.isin, particulars.dti))
    return Line(amount_units=isin << _DTI_BITS | dti, detail=particulars.domicile)


def particulars_of_line(line: Line, order: str) -> Particulars:
    """What an instrument is to stand for by an `activate` line and the order of its instruction."""
    isin, dti = line.amount_units >> _DTI_BITS, line.amount_units & (1 << _DTI_BITS) - 1
    return Particulars(_ascii(isin), _ascii(dti), line.detail, order)


def _ascii(number: int) -> str:
    """Text that was packed into a number; what is no text is shown as hex."""
    raw = number.to_bytes((number.bit_length() + 7) // 8)
    return raw.decode("ascii") if raw.isascii() else "0x" + raw.hex()


_RESTRICTED_SHIFT = 16
_HOLDER_CAP_SHIFT = 32
_OPENS_AT_SHIFT = 64
_CLOSES_AT_SHIFT = 104
_DTI_BITS = 72
