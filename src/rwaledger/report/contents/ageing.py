"""Breaks by class and age at a moment, and each of them with its state: what is open, and since when.

Only root findings age; what follows from one lives with it. The state at a past moment is that behind the last event
up to its block. A break whose events do not prove themselves is named, and counted by what of them holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.chain.text_signatures import text_signer
from rwaledger.domain.ageing import Age, AgeBucket, age
from rwaledger.domain.break_events import BreakEvent
from rwaledger.domain.break_life import Life, life_of
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.policy import Policy
from rwaledger.domain.reconciliation import BreakClass
from rwaledger.registry import breaks
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import Moment
from rwaledger.report.document import Cell, Chart, Column, Document, Kind, Series, Table

_NOTE = (
    "A break is as old as the business days after the local day on which a recorded reconciliation saw it first; "
    "beyond five of them days count. What a later reconciliation found gone ages no more."
)


@dataclass(frozen=True, slots=True)
class Aged:
    """A root finding as at a moment; `last` is its latest event up to then, None before the first."""

    life: Life
    last: BreakEvent | None
    age: Age

    @property
    def state(self) -> BreakState:
        """How far it had come."""
        return self.last.state if self.last else BreakState.OPEN

    @property
    def break_class(self) -> BreakClass:
        """The class under which it was seen last."""
        return self.last.break_class if self.last else self.life.record.found.break_class

    @property
    def is_open(self) -> bool:
        """Whether it still ages."""
        return not self.state.is_closed


def build(c: Connection, instrument_id: str | None, moment: Moment, policy: Policy) -> Document:
    """The breaks of an instrument, or of all, that were known at the moment.

    Raises:
        RegisterConflict: a row holds a state, class or role that there is not.
        SettingsError: no holidays are known for the policy's country.
    """
    found = [
        each
        for each in aged(c, moment, policy)
        if instrument_id is None or each.life.record.found.instrument_id == instrument_id
    ]
    waiting = [each for each in found if each.is_open]
    faulty = [each.life.break_id for each in found if each.life.faults]
    facts = (("instrument", instrument_id),) if instrument_id else ()
    return Document(
        kind="ageing",
        title="Breaks by age",
        facts=moment.facts(*facts, ("business days", policy.calendar.country)),
        tables=(_by_age(waiting), _listing("open", "Open breaks", waiting), _closed(found)),
        charts=(_chart(waiting),) if waiting else (),
        notes=(_NOTE, *(f"The events of {each} do not prove themselves: `rwaledger break show`." for each in faulty)),
        verdict=f"{len(waiting)} open, {len(found) - len(waiting)} found gone",
    )


def aged(c: Connection, moment: Moment, policy: Policy) -> list[Aged]:
    """Every root finding that a recorded run had seen by the moment, the oldest first."""
    found = []
    for stored in breaks.stored_breaks(c):
        record = stored.record
        if record.chain_id != moment.chain_id or record.first_block_number > moment.block_number:
            continue
        life = life_of(stored, text_signer)
        if life.has_own_life:
            past = [each for each in life.events if each.block_number <= moment.block_number]
            last = past[-1] if past else None
            ends = _closed_at(past) if last and last.state.is_closed else moment.until
            found.append(Aged(life, last, age(record.first_block_time, ends, policy)))
    return found


def _closed_at(past: Sequence[BreakEvent]) -> int:
    """When a run found it gone for the last time; signing it off later makes it no older."""
    return max(each.block_time for each in past if each.state is BreakState.VERIFIED)


def _by_age(waiting: Sequence[Aged]) -> Table:
    columns = (
        Column("class", "Class", Kind.TEXT),
        *(Column(f"age_{n}", str(bucket), Kind.INTEGER, summed=True) for n, bucket in enumerate(AgeBucket)),
        Column(
            "all",
            "All",
            Kind.INTEGER,
            summed=True,
            formula=" + ".join(f"age_{n}" for n in range(len(AgeBucket))),
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in sorted({one.break_class for one in waiting}):
        those = [one for one in waiting if one.break_class is each]
        counts = [sum(one.age.bucket is bucket for one in those) for bucket in AgeBucket]
        rows.append((each.value, *counts, len(those)))
    return Table("ageing", "Open breaks by class and age", columns, tuple(rows))


def _listing(name: str, title: str, found: Sequence[Aged]) -> Table:
    columns = (
        Column("break", "Break", Kind.TEXT),
        Column("check", "Check", Kind.TEXT),
        Column("class", "Class", Kind.TEXT),
        Column("instrument", "Instrument", Kind.TEXT),
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("state", "State", Kind.TEXT),
        Column("assignee", "Given to", Kind.TEXT),
        Column("since", "Seen first on", Kind.DATE),
        Column("days", "Business days", Kind.INTEGER),
        Column("age", "Age", Kind.TEXT),
        Column("summary", "What", Kind.TEXT),
        Column("left", "One record", Kind.TEXT),
        Column("right", "The other", Kind.TEXT),
    )
    return Table(name, title, columns, tuple(_row(each) for each in found))


def _row(each: Aged) -> tuple[Cell, ...]:
    found = each.life.record.found
    place = (each.life.break_id, found.check, each.break_class.value, found.instrument_id, found.holder_id)
    state = (found.account or None, each.state.value, each.life.assignee)
    values = (f"{value.record}: {value.value}" for value in (found.left, found.right))
    return (*place, *state, each.age.since, each.age.business_days, str(each.age.bucket), found.summary, *values)


def _closed(found: Sequence[Aged]) -> Table:
    """What is gone, with the age at which a run found it so."""
    return _listing("closed", "Breaks found gone", [each for each in found if not each.is_open])


def _chart(waiting: Sequence[Aged]) -> Chart:
    """Open breaks by age, one part a class."""
    series = tuple(
        Series(
            each.value,
            tuple(
                (str(bucket), sum(one.break_class is each and one.age.bucket is bucket for one in waiting))
                for bucket in AgeBucket
            ),
        )
        for each in sorted({one.break_class for one in waiting})
    )
    return Chart("ageing", "Open breaks by age", "stacked", "breaks", 0, series)
