"""Authorised intent: what a maker proposes, a checker signs, and the control book carries out once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from rwaledger.domain.posting import ISSUANCE_ACCOUNT

NO_ORDER = "0x" + "0" * 64


class Operation(StrEnum):
    """What an instruction does, by the name that the checker's wallet shows."""

    ADMIT = "admit"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    ISSUE = "issue"
    REDEEM = "redeem"
    TRANSFER = "transfer"
    FREEZE = "freeze"
    RELEASE = "release"
    FREEZE_ACCOUNT = "freeze-account"
    RELEASE_ACCOUNT = "release-account"
    FORCE_TRANSFER = "force-transfer"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    SET_RULES = "set-rules"
    SET_COUNTRY = "set-country"

    @property
    def needs_order(self) -> bool:
        """Whether the hash of an order must stand behind it."""
        return self in _ENFORCEMENT

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
    """What the checker signs. `ref` is the one-time reference, `order` the hash of the order behind it."""

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
