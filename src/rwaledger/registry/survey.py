"""What an audit asks of whole tables: rows of nothing that the register lists, every standing, single headers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Date, Integer, Table, func, or_, select, type_coerce
from sqlalchemy.types import NullType

from rwaledger.domain.block import Block
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows, stream_tuples
from rwaledger.registry.database import Connection
from rwaledger.registry.ledger import StandingChange
from rwaledger.registry.types import UtcTime

_AUDITED = (
    tables.contracts,
    tables.instruments,
    tables.checkpoints,
    tables.holders,
    tables.accounts,
    tables.events,
    tables.postings,
    tables.positions,
    tables.standings,
    tables.instructions,
    tables.transactions,
    tables.trades,
    tables.trade_signatures,
    tables.breaks,
    tables.break_actors,
    tables.break_events,
    tables.exemptions,
    tables.corrections,
    tables.residences,
    tables.evidence,
    tables.licences,
    tables.client_postings,
    tables.reserve_lines,
    tables.attestations,
    tables.redemptions,
    tables.bond_terms,
    tables.fund_terms,
    tables.actions,
    tables.entitlements,
    tables.navs,
    tables.fund_orders,
    tables.travel_records,
)


def require_readable(c: Connection) -> None:
    """Raises where a cell holds another kind of value than its column: SQLite takes any, PostgreSQL none.

    Raises:
        RegisterConflict: there is such a row; the message names its table and key.
    """
    if c.dialect.name != "sqlite":
        return
    for table in _AUDITED:
        strange = or_(*(_is_strange(each) for each in table.c))
        key = [type_coerce(each, NullType()) for each in table.primary_key.columns]
        row = c.execute(select(*key).where(strange).limit(1)).first()
        if row is not None:
            raise RegisterConflict(
                f"the register's {table.name} hold a row that cannot be read: {', '.join(map(str, row))}",
                "A row was changed from outside. Restore the database, or start a register anew from the chain.",
            )


def _is_strange(column: Column[Any]) -> ColumnElement[bool]:
    cell = type_coerce(column, NullType())
    another_kind = func.typeof(cell).not_in(_kinds(column))
    if isinstance(column.type, Date):
        return another_kind | (func.coalesce(func.date(cell), "") != cell)
    if isinstance(column.type, UtcTime):
        return another_kind | (cell.is_not(None) & func.datetime(cell).is_(None))
    return another_kind


def _kinds(column: Column[Any]) -> list[str]:
    """The storage classes of SQLite in which a column's values are written."""
    kind = "integer" if isinstance(column.type, (Integer, Boolean)) else "text"
    return [kind, "null"] if column.nullable else [kind]


def unlisted(c: Connection, chain_id: int) -> list[tuple[str, str, int]]:
    """(table, name, rows) wherever rows name an instrument or, on this chain, a contract that is not listed."""
    listed = select(tables.instruments.c.instrument_id)
    found = [
        (table.name, name, rows)
        for table in (tables.postings, tables.positions, tables.standings)
        for name, rows in _counted(c, table, table.c.instrument_id, table.c.instrument_id.not_in(listed))
    ]
    e, contracts = tables.events.c, tables.contracts.c
    known = select(contracts.address).where(contracts.chain_id == chain_id)
    of_nobody = (e.chain_id == chain_id) & e.address.not_in(known)
    return [*found, *(("events", name, rows) for name, rows in _counted(c, tables.events, e.address, of_nobody))]


def _counted(
    c: Connection, table: Table, name: ColumnElement[str], condition: ColumnElement[bool]
) -> list[tuple[str, int]]:
    query = select(name, func.count()).select_from(table).where(condition).group_by(name).order_by(name)
    return [(each, rows) for each, rows in c.execute(query)]


def standing_history(c: Connection, instrument_id: str, upto_block: int | None) -> list[StandingChange]:
    """Every standing that an account has had, up to a block where one is given, in order of block and log.

    Raises:
        RegisterConflict: a row holds text where a number should be, which nothing in this package writes.
    """
    t = tables.standings
    query = select(t).where(t.c.instrument_id == instrument_id)
    if upto_block is not None:
        query = query.where(t.c.block_number <= upto_block)
    query = query.order_by(t.c.block_number, t.c.log_index, t.c.account)
    return list(map(standing_of_row, stream_tuples(c, query, shared=("instrument_id", "account"))))


def standing_of_row(row: tuple[Any, ...]) -> StandingChange:
    """A row of standings.

    Raises:
        RegisterConflict: it holds text where a number should be.
    """
    instrument_id, account, block, log_index, *standing = row
    if any(not isinstance(cell, int) for cell in (block, log_index, *standing)):
        raise RegisterConflict(
            f"the register's standings hold what is no number: {instrument_id}, {account}, {block}/{log_index}",
            "A row was changed from outside. Restore the database, or start a register anew from the chain.",
        )
    return StandingChange(instrument_id, account, block, log_index, Standing(*standing))


def headers_between(c: Connection, chain_id: int, first: int, last: int) -> dict[int, Block]:
    """The stored headers from `first` to `last`, both included, by number, in order."""
    t = tables.blocks.c
    query = select(t.number, t.hash, t.parent_hash, t.timestamp)
    query = query.where(t.chain_id == chain_id, t.number.between(first, last)).order_by(t.number)
    return {row[0]: Block(*row) for row in stream_rows(c, query)}


def events_between(c: Connection, chain_id: int, first: int, last: int) -> int:
    """How many events of any contract the register has in these blocks."""
    t = tables.events.c
    query = select(func.count()).where(t.chain_id == chain_id, t.block_number.between(first, last))
    return int(c.execute(query).scalar_one())
