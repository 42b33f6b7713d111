"""A reconciliation: checks, what each covered, and the breaks it found."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rwaledger.domain.block import Pin


class Outcome(StrEnum):
    """Result of a check. Only PASS and EXEMPT let a reconciliation pass."""

    PASS = "PASS"
    FAIL = "FAIL"
    EXEMPT = "EXEMPT"
    NOT_RUN = "NOT_RUN"


class BreakClass(StrEnum):
    """What kind of difference a break is."""

    TIMING = "TIMING"
    MISSING_IN_REGISTER = "MISSING_IN_REGISTER"
    MISSING_ON_CHAIN = "MISSING_ON_CHAIN"
    AMOUNT = "AMOUNT"
    DUPLICATE = "DUPLICATE"
    UNMAPPED_HOLDER = "UNMAPPED_HOLDER"
    UNAUTHORISED = "UNAUTHORISED"
    UNDUE_CREATION = "UNDUE_CREATION"
    UNDUE_DELETION = "UNDUE_DELETION"
    RULE_BREACH = "RULE_BREACH"
    STALE_REFERENCE = "STALE_REFERENCE"
    SUBLEDGER = "SUBLEDGER"
    VALUATION = "VALUATION"
    SERVICE_LEVEL = "SERVICE_LEVEL"
    COVERAGE = "COVERAGE"
    TAMPER = "TAMPER"


@dataclass(frozen=True, slots=True)
class Value:
    """One record's word on something: `record` is its name (state, events, register, control book), `value` text."""

    record: str
    value: str


@dataclass(frozen=True, slots=True)
class Break:
    """One difference between two records, with both values.

    `cause` names the first diverging event (`block/log_index`, a transaction, or `""` where there is none), so that
    `break_id` stays the same from run to run. `follows_from` holds the break_id of the root finding where this one is
    only its consequence.
    """

    check: str
    break_class: BreakClass
    instrument_id: str
    account: str
    holder_id: str
    summary: str
    left: Value
    right: Value
    cause: str = ""
    follows_from: str = ""

    @property
    def break_id(self) -> str:
        """Twelve hex digits over check, instrument, account and cause, each length-prefixed."""
        parts = (self.check, self.instrument_id, self.account, self.cause)
        preimage = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hashlib.sha256(b"rwaledger-break-1" + preimage).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found. `coverage` counts what it looked at, by name, such as `{"accounts": 512}`.

    `let_pass` are the ids of those breaks that are exempt, or were signed off as facts; the note says by whom. Of a
    part, `out_of` says how many there are of some of what it covered, looked at or not.
    """

    check: str
    title: str
    outcome: Outcome
    coverage: dict[str, int] = field(default_factory=dict)
    breaks: tuple[Break, ...] = ()
    note: str = ""
    let_pass: frozenset[str] = frozenset()
    out_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def failing(self) -> tuple[Break, ...]:
        """The breaks that make it fail: not those that clear by themselves, and not those that are let pass."""
        timing = BreakClass.TIMING
        return tuple(b for b in self.breaks if b.break_class is not timing and b.break_id not in self.let_pass)


@dataclass(frozen=True, slots=True)
class Incremental:
    """What an incremental reconciliation rests on, and what it looked at.

    It begins behind the block of the last full one on record. Of the `known` accounts it looked at the `whole` history
    of some, among them one `share`, whose `turn` it was; others moved since, and were `opened` with what the register
    had of them at that block. `left_out` are checks that need everything.
    """

    base_block: int
    base_hash: str
    share: str
    turn: int
    whole: int
    opened: int
    known: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All checks at one pinned block; `incremental` where they looked at a part alone, and no digest was taken then."""

    pin: Pin
    register_digest: str
    results: tuple[CheckResult, ...]
    incremental: Incremental | None = None

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Every break of every check, in the order of the checks."""
        return tuple(found for result in self.results for found in result.breaks)

    @property
    def passed(self) -> bool:
        """Whether every check passed or was exempt; a check that did not run does not pass."""
        return all(result.outcome in (Outcome.PASS, Outcome.EXEMPT) for result in self.results)
