"""Breaks on record: what was found, and the events that moved it. Rows are added and never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Row, insert, select

from rwaledger.domain.break_events import BreakEvent, BreakRecord, StoredBreak, StoredEvent
from rwaledger.domain.breaks import BreakState, Role
from rwaledger.domain.errors import UnknownName
from rwaledger.domain.reconciliation import Break, BreakClass, Value
from rwaledger.registry import audit_log, tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member
from rwaledger.registry.upsert import insert_if_new

ADDED = "break event"
"""The action in the audit log; its detail has the event's hash, so that one taken out is missed."""

_BY_RUN = "reconcile"


def add_break(c: Connection, record: BreakRecord) -> None:
    """Puts a break on record.

    Raises:
        RegisterConflict: it is there already; `Database.begin` raises it.
    """
    found = record.found
    row = {
        "break_id": found.break_id,
        "chain_id": record.chain_id,
        "check_id": found.check,
        "break_class": found.break_class.value,
        "instrument_id": found.instrument_id,
        "account": found.account,
        "holder_id": found.holder_id,
        "cause": found.cause,
        "summary": found.summary,
        "left_record": found.left.record,
        "left_value": found.left.value,
        "right_record": found.right.record,
        "right_value": found.right.value,
        "follows_from": found.follows_from,
        "first_block_number": record.first_block_number,
        "first_block_hash": record.first_block_hash,
        "first_block_time": record.first_block_time,
        "recorded_at": record.recorded_at,
    }
    c.execute(insert(tables.breaks).values(row))


def add_event(c: Connection, event: BreakEvent, signature: str = "") -> None:
    """Adds the next event of a break, with its actor's role on it where that is new.

    Raises:
        RegisterConflict: another event came first, the actor has another role on the break, or a part of the event is
            missing; constraints of the tables say so, and `Database.begin` raises it.
    """
    if event.actor is not None:
        role = event.role.value if event.role else ""
        insert_if_new(c, tables.break_actors, {"break_id": event.break_id, "actor": event.actor, "role": role})
    row = {
        "break_id": event.break_id,
        "sequence": event.sequence,
        "state": event.state.value,
        "break_class": event.break_class.value,
        "actor": event.actor,
        "role": event.role.value if event.role else None,
        "assignee": event.assignee,
        "text": event.text,
        "evidence_hash": event.evidence_hash,
        "correction": event.correction,
        "block_number": event.block_number,
        "block_hash": event.block_hash,
        "block_time": event.block_time,
        "preimage": event.preimage,
        "signature": signature,
        "recorded_at": event.recorded_at,
    }
    c.execute(insert(tables.break_events).values(row))
    detail = {"hash": event.hash, "sequence": event.sequence, "state": event.state.value}
    audit_log.record(c, event.actor or _BY_RUN, ADDED, event.break_id, detail)


def stored_breaks(c: Connection) -> list[StoredBreak]:
    """Every break with its events, as the rows have them, in the order in which they were seen first.

    Raises:
        RegisterConflict: a row holds a state, class or role that there is not.
    """
    events, actors, logged = _events(c), _actors(c), _logged(c)
    t = tables.breaks
    rows = list(c.execute(select(t).order_by(t.c.first_block_number, t.c.break_id)))
    previous = {row.break_id: _record(row) for row in rows}
    return [
        StoredBreak(
            key,
            record,
            _linked(record, events.get(key, ())),
            frozenset(actors.get(key, ())),
            tuple(logged.get(key, ())),
        )
        for key, record in previous.items()
    ]


def break_named(c: Connection, name: str) -> str:
    """The id that begins so.

    Raises:
        UnknownName: none does, or several do.
    """
    t = tables.breaks.c
    found = list(c.execute(select(t.break_id).where(t.break_id.startswith(name, autoescape=True))).scalars())
    if len(found) != 1 and name not in found:
        reason = f"{len(found)} begin so" if found else "no id begins so"
        raise UnknownName("break", name, f"{reason}; see `rwaledger break list --all`.")
    return name if name in found else str(found[0])


def stored_break(c: Connection, break_id: str) -> StoredBreak:
    """One break with its events.

    Raises:
        UnknownName: there is none of that id.
    """
    for each in stored_breaks(c):
        if each.key == break_id:
            return each
    raise UnknownName("break", break_id, "See `rwaledger break list --all`.")


def _record(row: Row[tuple[object, ...]]) -> BreakRecord:
    found = Break(
        row.check_id,
        stored_member(BreakClass, row.break_class),
        row.instrument_id,
        row.account,
        row.holder_id,
        row.summary,
        Value(row.left_record, row.left_value),
        Value(row.right_record, row.right_value),
        row.cause,
        row.follows_from,
    )
    place = row.first_block_number, row.first_block_hash, row.first_block_time
    return BreakRecord(row.chain_id, found, *place, row.recorded_at)


def _events(c: Connection) -> Mapping[str, Sequence[Row[tuple[object, ...]]]]:
    t = tables.break_events
    found: dict[str, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in c.execute(select(t).order_by(t.c.break_id, t.c.sequence)):
        found[row.break_id].append(row)
    return found


def _linked(record: BreakRecord, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[StoredEvent, ...]:
    """The events, each naming the hash of the one before it as that one is now."""
    found: list[StoredEvent] = []
    for row in rows:
        previous = found[-1].event.hash if found else record.hash
        event = BreakEvent(
            row.break_id,
            record.chain_id,
            row.sequence,
            stored_member(BreakState, row.state),
            stored_member(BreakClass, row.break_class),
            previous,
            row.block_number,
            row.block_hash,
            row.block_time,
            row.recorded_at,
            row.actor,
            None if row.role is None else stored_member(Role, row.role),
            row.assignee,
            row.text,
            row.evidence_hash,
            row.correction,
        )
        found.append(StoredEvent(event, row.preimage, row.signature))
    return tuple(found)


def _actors(c: Connection) -> Mapping[str, Sequence[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in c.execute(select(tables.break_actors)):
        found[row.break_id].append((row.actor, row.role))
    return found


def _logged(c: Connection) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in audit_log.entries(c, action=ADDED):
        found[entry.subject].append(str(entry.detail["hash"]))
    return found
