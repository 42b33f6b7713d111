"""Signed periods as the register keeps them: their heads, the bytes behind these, the rows that they list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import insert, select, update

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.period import Period, SignedRow
from rwaledger.registry import tables
from rwaledger.registry.bulk import insert_rows, stream_rows
from rwaledger.registry.database import Connection

_FIELDS = tuple(each.name for each in fields(Period))
_COLUMNS = ("instrument_id", "sequence", "table_name", "part", "row_key", "row_hash")


def add_period(c: Connection, period: Period, rows: Sequence[SignedRow]) -> None:
    """Records a period that its operator has signed, with the rows that it is the first to list.

    Raises:
        RegisterConflict: there is one of that sequence; `Database.begin` raises it.
    """
    c.execute(insert(tables.periods).values(asdict(period)))
    place = (period.instrument_id, period.sequence)
    cells = [(*place, each.table, each.part, each.key, each.hash) for each in rows]
    insert_rows(c, tables.period_rows, _COLUMNS, cells)


def countersign(c: Connection, period: Period, auditor: str, signature: str) -> None:
    """Records the auditor's signature under a period that has none.

    Raises:
        RegisterConflict: it has one, or is another period by now.
    """
    t = tables.periods
    same = (t.c.instrument_id == period.instrument_id, t.c.sequence == period.sequence, t.c.head == period.head)
    change = update(t).where(*same, t.c.auditor_signature == "")
    if c.execute(change.values(auditor=auditor, auditor_signature=signature)).rowcount != 1:
        raise RegisterConflict(
            f"period {period.sequence} of {period.instrument_id} was countersigned before, or is another one by now",
            "See `rwaledger period show`.",
        )


def periods(c: Connection, instrument_id: str | None = None) -> list[Period]:
    """The periods of an instrument, or of all, in order of instrument and sequence."""
    t = tables.periods.c
    query = select(*(t[name] for name in _FIELDS)).order_by(t.instrument_id, t.sequence)
    if instrument_id is not None:
        query = query.where(t.instrument_id == instrument_id)
    return [Period(*row) for row in c.execute(query)]


def period(c: Connection, instrument_id: str, sequence: int) -> Period:
    """One period.

    Raises:
        UnknownName: there is none of that sequence.
    """
    for each in periods(c, instrument_id):
        if each.sequence == sequence:
            return each
    raise UnknownName("signed period", f"{instrument_id} {sequence}", "`rwaledger period list` shows those there are.")


def signed_rows(c: Connection, instrument_id: str) -> dict[int, list[SignedRow]]:
    """The rows that each period of an instrument is the first to list, by its sequence."""
    t = tables.period_rows.c
    columns: list[Any] = [t.sequence, t.table_name, t.part, t.row_key, t.row_hash]
    found: dict[int, list[SignedRow]] = {}
    for sequence, *row in stream_rows(c, select(*columns).where(t.instrument_id == instrument_id)):
        found.setdefault(sequence, []).append(SignedRow(*row))
    return found
