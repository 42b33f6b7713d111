"""The whole register as it goes into an evidence pack: table by table, row by row, up to a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Date, Table, select, true

from rwaledger.domain.block import Pin
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection
from rwaledger.registry.types import Units, UtcTime

Row = list[Any]

LEFT_OUT = frozenset({"audit_log"})
"""Who did what at this register: it grows with the very making of a pack, and is no record of units."""

_BOUNDED = frozenset({"events", "postings", "standings"})


@dataclass(frozen=True, slots=True)
class TableExtract:
    """A table: its columns, and its rows as JSON values in that order, by primary key."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


def extract(c: Connection, pin: Pin) -> Iterator[TableExtract]:
    """Every table of the register, in the order of their names, as far as it is of the pinned chain.

    What the mirror writes ends at the pinned block. Positions are those of instruments whose checkpoint is that
    block, since the register keeps them for its checkpoint only. Rows are to be read before the next table is.
    """
    for name in sorted(tables.metadata.tables):
        if name not in LEFT_OUT:
            table = tables.metadata.tables[name]
            yield TableExtract(name, tuple(str(column.name) for column in table.c), _rows(c, table, pin))


def _rows(c: Connection, table: Table, pin: Pin) -> Iterator[Row]:
    convert = [_converter(column) for column in table.c]
    query = select(table).where(_of_chain(table, pin), _upto(table, pin)).order_by(*table.primary_key.columns)
    for row in stream_rows(c, query):
        yield [
            cell if cell is None or change is None else change(cell) for cell, change in zip(row, convert, strict=True)
        ]


def _of_chain(table: Table, pin: Pin) -> ColumnElement[bool]:
    if "chain_id" in table.c:
        return table.c.chain_id == pin.chain_id
    if "instrument_id" in table.c:
        elsewhere = select(tables.instruments.c.instrument_id).where(tables.instruments.c.chain_id != pin.chain_id)
        return table.c.instrument_id.not_in(elsewhere)
    return true()


def _upto(table: Table, pin: Pin) -> ColumnElement[bool]:
    if table is tables.blocks:
        return table.c.number <= pin.block_number
    if table is tables.positions:
        i, p = tables.instruments.c, tables.checkpoints.c
        at_pin = (
            select(i.instrument_id)
            .join_from(tables.instruments, tables.checkpoints, (p.chain_id == i.chain_id) & (p.address == i.address))
            .where(p.block_number == pin.block_number)
        )
        return table.c.instrument_id.in_(at_pin)
    return table.c.block_number <= pin.block_number if table.name in _BOUNDED else true()


def _converter(column: Column[Any]) -> Callable[[Any], Any] | None:
    """How a cell becomes a JSON value; None where it is one."""
    if isinstance(column.type, Units):
        return str
    if isinstance(column.type, UtcTime):
        return _moment
    if isinstance(column.type, Date):
        return date.isoformat
    return bool if isinstance(column.type, Boolean) else None


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
