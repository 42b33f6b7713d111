"""Puts a reconciliation on record, and moves the breaks that it found, or found no more, along their lives.

It writes nothing but rows of the audit's own, and needs no key: what a run has found, another run can find again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rwaledger.audit.checks import discover
from rwaledger.audit.waivers import read_lives
from rwaledger.domain.ageing import pause_is_due
from rwaledger.domain.block import Pin
from rwaledger.domain.break_events import BreakEvent, BreakRecord
from rwaledger.domain.break_life import Life
from rwaledger.domain.breaks import BreakState, is_fact, may_step, needs_reversal
from rwaledger.domain.errors import UsageError
from rwaledger.domain.policy import Policy
from rwaledger.domain.reconciliation import Break, Reconciliation
from rwaledger.registry import breaks, instruments, reconciliations
from rwaledger.registry.database import Connection
from rwaledger.registry.reconciliations import RecordedReconciliation
from rwaledger.registry.types import utc_now

INCREMENTAL = "an incremental reconciliation looks at a part of the register, so it opens no gate and is not recorded"


@dataclass(slots=True)
class Recorded:
    """What went on record: a row for each instrument, and the breaks that the run has moved, by their ids."""

    runs: list[RecordedReconciliation]
    new: list[str] = field(default_factory=list)
    verified: list[str] = field(default_factory=list)
    opened_again: list[str] = field(default_factory=list)
    reclassified: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """What it has moved, a line for each kind of step, and what was changed from outside."""
        moved = (
            ("new", self.new),
            ("verified", self.verified),
            ("opened again", self.opened_again),
            ("reclassified", self.reclassified),
        )
        lines = [f"breaks {name}: {', '.join(ids)}" for name, ids in moved if ids]
        return [*lines, *(f"changed from outside: {fault}" for fault in self.faults)] or ["breaks: nothing new"]


def record(c: Connection, found: Reconciliation) -> Recorded:
    """Records a reconciliation by all checks, in the caller's transaction.

    A run at an earlier block than one on record adds what it saw first, and moves nothing.

    Raises:
        UsageError: a check or a part of the register was left out, so that a break that is not found may be there all
            the same.
    """
    if found.incremental is not None:
        raise UsageError(INCREMENTAL, "Run it without --incremental.")
    missing = {check.ID for check in discover()} - {result.check for result in found.results}
    if missing:
        raise UsageError(
            f"only a reconciliation by all checks goes on record, and {', '.join(sorted(missing))} did not run",
            "Run it with all of them.",
        )
    ids = [each.instrument_id for each in instruments.instruments(c)]
    latest = [reconciliations.latest_reconciliation(c, each) for each in ids]
    is_newest = all(each is None or each.block_number <= found.pin.block_number for each in latest)
    recording = _Recording(c, found, utc_now(), ids, Recorded([]))
    recording.run(is_newest=is_newest)
    recording.recorded.runs += reconciliations.record_reconciliation(c, found, ids)
    return recording.recorded


def pauses_due(lives: Collection[Life], pin: Pin, policy: Policy) -> list[Life]:
    """Undue creations and deletions that nobody has put right by the end of the next business day.

    Raises:
        SettingsError: the policy says nothing of the day on which one was seen first.
    """
    unsettled = (BreakState.OPEN, BreakState.ASSIGNED, BreakState.EXPLAINED)
    return [
        life
        for life in lives
        if life.has_own_life
        and life.state in unsettled
        and pause_is_due(life.break_class, life.record.first_block_time, pin.timestamp, policy)
    ]


@dataclass(slots=True)
class _Recording:
    """One run on its way onto the record."""

    c: Connection
    found: Reconciliation
    now: datetime
    instrument_ids: Sequence[str]
    recorded: Recorded

    def run(self, *, is_newest: bool) -> None:
        lives = read_lives(self.c, self.found.pin.chain_id)
        self.recorded.faults += [f"break {e.break_id}: {fault}" for e in lives.values() for fault in e.faults]
        seen = {each.break_id: each for each in self.found.breaks}
        for break_id, each in seen.items():
            if break_id not in lives:
                self._add(each)
            elif is_newest and not lives[break_id].faults:
                self._see(lives[break_id], each)
        if is_newest:
            for life in lives.values():
                if life.break_id not in seen and life.events and not life.faults:
                    self._verify(life, "gone")

    def _add(self, each: Break) -> None:
        pin = self.found.pin
        first = BreakRecord(pin.chain_id, each, pin.block_number, pin.block_hash, pin.timestamp, self.now)
        breaks.add_break(self.c, first)
        if not each.follows_from:
            self._move(Life(first, ()), BreakState.OPEN, each, "found")
            self.recorded.new.append(each.break_id)

    def _see(self, life: Life, each: Break) -> None:
        """Found again: of another class, after it was gone, as a root of its own, or as a fact that is let pass."""
        if not life.events:
            if not each.follows_from:
                self._move(life, BreakState.OPEN, each, "found with no other break behind it any more")
                self.recorded.new.append(life.break_id)
        elif each.break_class is not life.break_class:
            text = f"it was {life.break_class}, and is {each.break_class}: {each.summary}"
            self._move(life, BreakState.OPEN, each, text)
            self.recorded.reclassified.append(life.break_id)
        elif is_fact(each.check, each.break_class) and self._is_let_pass(each):
            if life.state is BreakState.CORRECTED or not needs_reversal(each.break_class):
                self._verify(life, "let pass, as a fact that stays in every run")
        elif life.state.is_closed:
            self._move(life, BreakState.OPEN, each, "found again")
            self.recorded.opened_again.append(life.break_id)

    def _verify(self, life: Life, text: str) -> None:
        """Only where the run passes for the instrument, and the table of steps has it."""
        if may_step(life.state, BreakState.VERIFIED, None, life.break_class) and self._passes(life.record.found):
            self._move(life, BreakState.VERIFIED, life.record.found, text)
            self.recorded.verified.append(life.break_id)

    def _passes(self, each: Break) -> bool:
        if each.instrument_id not in self.instrument_ids:
            return self.found.passed
        return not reconciliations.failed_checks(self.found, each.instrument_id, self.instrument_ids)

    def _is_let_pass(self, each: Break) -> bool:
        return any(each.break_id in result.let_pass for result in self.found.results if result.check == each.check)

    def _move(self, life: Life, state: BreakState, each: Break, text: str) -> None:
        pin = self.found.pin
        break_class = life.break_class if state is BreakState.VERIFIED else each.break_class
        event = BreakEvent(
            life.break_id,
            pin.chain_id,
            len(life.events) + 1,
            state,
            break_class,
            life.head,
            pin.block_number,
            pin.block_hash,
            pin.timestamp,
            self.now,
            text=text,
        )
        breaks.add_event(self.c, event)
