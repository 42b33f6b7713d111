"""The whole register as it goes into an evidence pack: table by table, row by row, up to a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Date, Table, select, true

from rwaledger.domain.block import Pin
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_columns
from rwaledger.registry.database import Connection
from rwaledger.registry.types import Units, UtcTime

Row = Sequence[Any]

_LOOKED_AT = ("order priced", "travel-rule record made")
"""Of the log of who did what, what a check looks at: all else in it is no record of units, and grows with every run."""


@dataclass(frozen=True, slots=True)
class TableExtract:
    """A table: its columns, and its rows as JSON values in that order, by primary key."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


def extract(c: Connection, pin: Pin) -> Iterator[TableExtract]:
    """Every table of the register, in the order of their names; rows are to be read before the next table is.

    What people wrote is there as a whole. Of what the mirror read it is that of the pinned chain, up to the pinned
    block. Rows beyond are left out only where a contract was read further: where it was not, nobody can have read them,
    and checks look at them. Positions are kept for the checkpoint only, so that there are none of such a contract.
    """
    cut = _cut(c, pin)
    for name in sorted(tables.metadata.tables):
        table = tables.metadata.tables[name]
        yield TableExtract(name, tuple(str(column.name) for column in table.c), _rows(c, table, cut.condition(table)))


def _rows(c: Connection, table: Table, condition: ColumnElement[bool]) -> Iterator[Row]:
    convert = [_converter(column) for column in table.c]
    for columns in stream_columns(c, select(table).where(condition).order_by(*table.primary_key.columns)):
        cells = [
            column if change is None else [None if cell is None else change(cell) for cell in column]
            for column, change in zip(columns, convert, strict=True)
        ]
        yield from zip(*cells, strict=True)


@dataclass(frozen=True, slots=True)
class _Cut:
    """What is left out: instruments of other chains, and of these contracts what lies beyond the pinned block."""

    pin: Pin
    elsewhere: tuple[str, ...]
    instruments: tuple[str, ...]
    addresses: tuple[str, ...]

    def condition(self, table: Table) -> ColumnElement[bool]:
        """Which rows of a table a pack has."""
        if table is tables.audit_log:
            return table.c.action.in_(_LOOKED_AT)
        if table in (tables.positions, tables.postings, tables.standings):
            return self._of_instruments(table)
        if table in (tables.blocks, tables.chains, tables.checkpoints, tables.events, tables.orphaned_events):
            return (table.c.chain_id == self.pin.chain_id) & self._upto(table)
        return true()

    def _of_instruments(self, table: Table) -> ColumnElement[bool]:
        name = table.c.instrument_id
        if table is tables.positions:
            return name.not_in([*self.elsewhere, *self.instruments])
        is_upto = table.c.block_number <= self.pin.block_number
        return name.not_in(self.elsewhere) & (is_upto | name.not_in(self.instruments))

    def _upto(self, table: Table) -> ColumnElement[bool]:
        if table is tables.events:
            return (table.c.block_number <= self.pin.block_number) | table.c.address.not_in(self.addresses)
        return table.c.number <= self.pin.block_number if table is tables.blocks else true()


def _cut(c: Connection, pin: Pin) -> _Cut:
    i, p, contracts = tables.instruments.c, tables.checkpoints.c, tables.contracts.c
    at_pin = select(p.address).where(p.chain_id == pin.chain_id, p.block_number == pin.block_number)
    read_on = (i.chain_id == pin.chain_id) & i.address.not_in(at_pin)
    on_chain = (contracts.chain_id == pin.chain_id) & contracts.address.not_in(at_pin)
    return _Cut(
        pin,
        tuple(c.scalars(select(i.instrument_id).where(i.chain_id != pin.chain_id))),
        tuple(c.scalars(select(i.instrument_id).where(read_on))),
        tuple(c.scalars(select(contracts.address).where(on_chain))),
    )


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
