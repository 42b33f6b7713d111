"""What moves a break: an event, the text that is signed for it, and the hash that the next one names.

The text begins with its version. Each further line is the name of a field, how many bytes its value takes, and the
value, so that no two events share a text, whatever they say. A wallet shows it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from rwaledger.domain.breaks import BreakState, Role
from rwaledger.domain.reconciliation import Break, BreakClass

BREAK_VERSION = "rwaledger-break-record-1"
EVENT_VERSION = "rwaledger-break-event-1"


@dataclass(frozen=True, slots=True)
class BreakRecord:
    """A break as the recorded run at `first_block_number` saw it first. Blocks' times are seconds since 1970.

    `found.break_class` and both values are those of that run. `recorded_at` is the clock of the machine.
    """

    chain_id: int
    found: Break
    first_block_number: int
    first_block_hash: str
    first_block_time: int
    recorded_at: datetime

    @property
    def break_id(self) -> str:
        """The id that the break has in every run."""
        return self.found.break_id

    @property
    def hash(self) -> str:
        """What the first event names as the one before it: SHA-256 of all that the record says."""
        found = self.found
        fields = {
            "break": found.break_id,
            "chain": str(self.chain_id),
            "check": found.check,
            "class": found.break_class.value,
            "instrument": found.instrument_id,
            "account": found.account,
            "holder": found.holder_id,
            "cause": found.cause,
            "summary": found.summary,
            "left record": found.left.record,
            "left value": found.left.value,
            "right record": found.right.record,
            "right value": found.right.value,
            "follows from": found.follows_from,
            "block": str(self.first_block_number),
            "block hash": self.first_block_hash,
            "block time": str(self.first_block_time),
            "recorded at": moment_text(self.recorded_at),
        }
        return text_hash(length_prefixed(BREAK_VERSION, fields.items()))


@dataclass(frozen=True, slots=True)
class BreakEvent:
    """One step of a break's life.

    `actor` is the address whose key signed it, None where a recorded run took the step; `evidence_hash` is the
    SHA-256 of a document, `correction` what was entered. The block is the latest one when it was signed, or the
    pinned one of the run. `previous` is the hash of the event before, or of the record.
    """

    break_id: str
    chain_id: int
    sequence: int
    state: BreakState
    break_class: BreakClass
    previous: str
    block_number: int
    block_hash: str
    block_time: int
    recorded_at: datetime
    actor: str | None = None
    role: Role | None = None
    assignee: str = ""
    text: str = ""
    evidence_hash: str = ""
    correction: str = ""

    @property
    def preimage(self) -> str:
        """The text that its actor signs, and that its hash is of."""
        fields = {
            "chain": str(self.chain_id),
            "break": self.break_id,
            "sequence": str(self.sequence),
            "previous": self.previous,
            "state": self.state.value,
            "class": self.break_class.value,
            "actor": self.actor or "",
            "role": self.role.value if self.role else "",
            "assignee": self.assignee,
            "text": self.text,
            "evidence": self.evidence_hash,
            "correction": self.correction,
            "block": str(self.block_number),
            "block hash": self.block_hash,
            "block time": str(self.block_time),
            "recorded at": moment_text(self.recorded_at),
        }
        return length_prefixed(EVENT_VERSION, fields.items())

    @property
    def hash(self) -> str:
        """SHA-256 of the preimage."""
        return text_hash(self.preimage)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the register keeps it, with the very text that was signed."""

    event: BreakEvent
    preimage: str
    signature: str


@dataclass(frozen=True, slots=True)
class StoredBreak:
    """All that the register keeps of a break; nothing of it is checked yet.

    `key` is the id under which the record stands, `actors` are keys with their roles, `logged` the hashes of the
    events that the audit log has seen.
    """

    key: str
    record: BreakRecord
    events: tuple[StoredEvent, ...]
    actors: frozenset[tuple[str, str]]
    logged: tuple[str, ...]


def length_prefixed(version: str, fields: Iterable[tuple[str, str]]) -> str:
    """The version, and a line for each field: name, bytes of the value in UTF-8, value."""
    lines = [version, *(f"{name}: {len(value.encode())} {value}" for name, value in fields)]
    return "\n".join(lines)


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def moment_text(moment: datetime) -> str:
    """A moment in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
