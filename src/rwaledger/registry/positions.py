"""What readers ask of the register: who holds what, now or as of a block, and by which postings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from sys import intern
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, select

from rwaledger.domain.block import Log
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Position, Posting
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_columns, stream_tuples
from rwaledger.registry.database import Connection


def positions(c: Connection, instrument_id: str) -> list[Position]:
    """Every account that ever moved, with the issuance account and balances of zero, in order of address."""
    table = tables.positions
    query = select(table).where(table.c.instrument_id == instrument_id).order_by(table.c.account)
    return [Position(*row) for row in c.execute(query)]


def balances_at(c: Connection, instrument_id: str, block: int) -> dict[str, int]:
    """Balance in units of each account that had moved by the end of `block`, from the postings alone."""
    rows = c.execute(_balances_query(instrument_id, block))
    return {account: balance for account, balance in rows}  # noqa: C416 - rows are no pairs to dict()


def _balances_query(instrument_id: str, block: int) -> Select[Any]:
    p, last = tables.postings.c, tables.postings.alias("last")
    moved = (
        select(p.account).where(p.instrument_id == instrument_id, p.block_number <= block).distinct().subquery("moved")
    )
    balance = (
        select(last.c.balance_after_units)
        .where(
            last.c.instrument_id == instrument_id,
            last.c.account == moved.c.account,
            last.c.block_number <= block,
        )
        .order_by(last.c.block_number.desc(), last.c.log_index.desc(), last.c.leg.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(moved.c.account, balance).order_by(moved.c.account)


def postings(c: Connection, instrument_id: str, upto_block: int | None = None) -> Iterator[Posting]:
    """The postings in order of block, log and leg. They stream: use them before the transaction ends."""
    table = tables.postings
    query = select(table).where(table.c.instrument_id == instrument_id)
    if upto_block is not None:
        query = query.where(table.c.block_number <= upto_block)
    return _postings(c, query.order_by(table.c.block_number, table.c.log_index, table.c.leg))


def all_postings(c: Connection) -> Iterator[Posting]:
    """The postings of all instruments, listed or not, in order of instrument, block, log and leg. They stream."""
    table = tables.postings
    return _postings(c, select(table).order_by(*table.primary_key.columns))


def _postings(c: Connection, query: Select[Any]) -> Iterator[Posting]:
    return map(Posting._make, stream_tuples(c, query, shared=("instrument_id", "account", "tx_hash")))


def standings_at(c: Connection, instrument_id: str, block: int) -> dict[str, Standing]:
    """Standing, at the end of `block`, of each account that has ever had one."""
    table = tables.standings
    newest = (table.c.block_number.desc(), table.c.log_index.desc())
    rank = func.row_number().over(partition_by=table.c.account, order_by=newest).label("rank")
    known = select(table, rank).where(table.c.instrument_id == instrument_id, table.c.block_number <= block)
    s = known.subquery().c
    columns: list[ColumnElement[Any]] = [s.investor_class, s.country, s.valid_until_day, s.frozen_units]
    query = select(s.account, *columns, s.address_frozen, s.suspended).where(s.rank == 1).order_by(s.account)
    return {account: Standing(*standing) for account, *standing in c.execute(query)}


def events(c: Connection, chain_id: int, address: str, upto_block: int | None = None) -> list[tuple[str, Log]]:
    """The events of a contract, each with its name, in order of block and log."""
    table = tables.events
    query = select(table).where(table.c.chain_id == chain_id, table.c.address == address)
    if upto_block is not None:
        query = query.where(table.c.block_number <= upto_block)
    query = query.order_by(table.c.block_number, table.c.log_index)
    found: list[tuple[str, Log]] = []
    for columns in stream_columns(c, query, shared=("block_hash", "tx_hash", "address", "name")):
        found += _events_of(columns)
    return found


def logs_between(c: Connection, chain_id: int, first: int, last: int) -> list[Log]:
    """The events of all contracts, listed or not, in these blocks, in order of block and log.

    Raises:
        RegisterConflict: topics are no list of them.
    """
    table = tables.events
    query = select(table).where(table.c.chain_id == chain_id, table.c.block_number.between(first, last))
    query = query.order_by(table.c.block_number, table.c.log_index)
    columns = stream_columns(c, query, shared=("block_hash", "tx_hash", "address", "name"))
    return [log for some in columns for _, log in _events_of(some)]


def event_of_row(row: tuple[Any, ...]) -> tuple[str, Log]:
    """Name and log of a row of events.

    Raises:
        RegisterConflict: its topics are no list of them.
    """
    (event,) = _events_of([(cell,) for cell in row])
    return event


def _events_of(columns: Sequence[Sequence[Any]]) -> Iterator[tuple[str, Log]]:
    _, block, log_index, block_hash, tx_hash, tx_index, address, name, topics, data = columns
    read = map(_topics, topics, block, log_index)
    logs = zip(address, read, data, block, block_hash, tx_hash, tx_index, log_index, strict=True)
    return zip(name, map(Log._make, logs), strict=True)


_texts = msgspec.json.Decoder(tuple[str, ...]).decode


def _topics(text: str, block: int, log_index: int) -> tuple[str, ...]:
    try:
        return tuple(map(intern, _texts(text)))
    except (msgspec.DecodeError, TypeError) as error:
        raise RegisterConflict(
            f"the register's events hold topics that are none: block {block}, log {log_index}",
            "A row was changed from outside. Restore the database, or start a register anew from the chain.",
        ) from error


def supply_history(c: Connection, instrument_id: str, upto: int) -> list[tuple[int, int, int]]:
    """(block's time, block, units in issue behind it), for each block up to `upto` that touched the supply.

    Raises:
        RegisterConflict: a block that has postings is not in the register.
    """
    last: dict[int, tuple[int, int, int]] = {}
    for timestamp, block, balance in c.execute(_supply_query(instrument_id, upto)):
        if timestamp is None:
            raise RegisterConflict(f"the register has postings of {instrument_id} in block {block}, but no such block")
        last[block] = (timestamp, block, -balance)
    return list(last.values())


def _supply_query(instrument_id: str, upto: int) -> Select[Any]:
    p, i, b = tables.postings, tables.instruments, tables.blocks
    joined = p.join(i, p.c.instrument_id == i.c.instrument_id).outerjoin(
        b, (b.c.chain_id == i.c.chain_id) & (b.c.number == p.c.block_number)
    )
    return (
        select(b.c.timestamp, p.c.block_number, p.c.balance_after_units)
        .select_from(joined)
        .where(p.c.instrument_id == instrument_id, p.c.account == ISSUANCE_ACCOUNT, p.c.block_number <= upto)
        .order_by(p.c.block_number, p.c.log_index, p.c.leg)
    )
