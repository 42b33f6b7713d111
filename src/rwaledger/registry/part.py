"""What an incremental audit asks of the register: all since a block, and of earlier rows those of some accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select, tuple_

from rwaledger.domain.block import Block, Log
from rwaledger.domain.posting import Posting
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection
from rwaledger.registry.ledger import StandingChange
from rwaledger.registry.positions import event_of_row
from rwaledger.registry.survey import standing_of_row

Place = tuple[int, int]
"""Block number and log index."""

T = TypeVar("T")

_AT_A_TIME = 2_000
"""Values in one query, below what either database binds."""


@dataclass(frozen=True, slots=True)
class Span:
    """The blocks that are looked at: from the first on, up to the last where one is given."""

    first: int
    last: int | None = None

    def holds(self, block: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether a block is one of them."""
        since = block >= self.first
        return since if self.last is None else since & (block <= self.last)


def moved_in(c: Connection, instrument_id: str, span: Span) -> set[str]:
    """The accounts that have a posting or a standing in these blocks."""
    found: set[str] = set()
    for table in (tables.postings, tables.standings):
        query = select(table.c.account).where(table.c.instrument_id == instrument_id)
        found.update(c.execute(query.where(span.holds(table.c.block_number)).distinct()).scalars())
    return found


def attested_accounts(c: Connection, instrument_id: str) -> set[str]:
    """The accounts that have ever had a standing."""
    t = tables.standings.c
    return set(c.execute(select(t.account).where(t.instrument_id == instrument_id).distinct()).scalars())


def balances_before(c: Connection, instrument_id: str, first_block: int, accounts: Collection[str]) -> dict[str, int]:
    """What each of these accounts had before a block, by its last posting; nothing of those that had none."""
    p, last = tables.postings.c, tables.postings.alias("last").c
    balance = select(last.balance_after_units).where(last.instrument_id == instrument_id, last.account == p.account)
    balance = balance.where(last.block_number < first_block)
    newest = balance.order_by(last.block_number.desc(), last.log_index.desc(), last.leg.desc()).limit(1)
    query = select(p.account, newest.scalar_subquery()).where(p.instrument_id == instrument_id).distinct()
    rows = (row for some in _parts(accounts) for row in c.execute(query.where(p.account.in_(some))))
    return {account: units for account, units in rows if units is not None}


def frozen_accounts(c: Connection, instrument_id: str) -> set[str]:
    """The accounts of which something has ever been frozen."""
    t = tables.standings.c
    query = select(t.account).where(t.instrument_id == instrument_id, (t.frozen_units != 0) | t.address_frozen)
    return set(c.execute(query.distinct()).scalars())


def accounts_at(c: Connection, instrument_id: str, places: Collection[Place]) -> set[str]:
    """The accounts with postings at these places."""
    t = tables.postings.c
    query = select(t.account).where(t.instrument_id == instrument_id)
    at = tuple_(t.block_number, t.log_index)
    return {account for some in _parts(places) for account in c.execute(query.where(at.in_(some))).scalars()}


def places_of(c: Connection, instrument_id: str, accounts: Collection[str]) -> set[Place]:
    """Where these accounts have postings."""
    t = tables.postings.c
    query = select(t.block_number, t.log_index).where(t.instrument_id == instrument_id)
    return {(block, log) for some in _parts(accounts) for block, log in c.execute(query.where(t.account.in_(some)))}


def postings_of(c: Connection, instrument_id: str, span: Span, places: Collection[Place]) -> list[Posting]:
    """Every posting of these blocks, and every leg at earlier places, in order of block, log and leg."""
    t = tables.postings
    query = select(t).where(t.c.instrument_id == instrument_id)
    rows = _since_or_at(c, query, (t.c.block_number, t.c.log_index), span, places)
    return sorted(starmap(Posting, rows), key=lambda each: (each.block_number, each.log_index, each.leg))


def standings_of(c: Connection, instrument_id: str, span: Span, accounts: Collection[str]) -> list[StandingChange]:
    """Every standing of these blocks, and all that these accounts have had before, in order of block and log."""
    t = tables.standings
    query = select(t).where(t.c.instrument_id == instrument_id)
    rows = list(stream_rows(c, query.where(span.holds(t.c.block_number))))
    for some in _parts(accounts):
        rows += stream_rows(c, query.where(t.c.block_number < span.first, t.c.account.in_(some)))
    changes = (standing_of_row(tuple(row)) for row in rows)
    return sorted(changes, key=lambda each: (each.block_number, each.log_index, each.account))


def events_of(
    c: Connection, chain_id: int, address: str, span: Span, places: Collection[Place], names: Collection[str]
) -> list[tuple[str, Log]]:
    """The events of a contract in these blocks, and of earlier ones those at these places or of these names."""
    t = tables.events
    query = select(t).where(t.c.chain_id == chain_id, t.c.address == address)
    rows = {tuple(row) for row in _since_or_at(c, query, (t.c.block_number, t.c.log_index), span, places)}
    rows.update(map(tuple, stream_rows(c, query.where(t.c.block_number < span.first, t.c.name.in_(sorted(names))))))
    return sorted(map(event_of_row, rows), key=lambda each: (each[1].block_number, each[1].log_index))


def headers_at(c: Connection, chain_id: int, numbers: Iterable[int]) -> dict[int, Block]:
    """The stored headers of these blocks, by number; those that are not there are left out."""
    t = tables.blocks.c
    query = select(t.number, t.hash, t.parent_hash, t.timestamp).where(t.chain_id == chain_id)
    return {
        row[0]: Block(*row) for some in _parts(sorted(numbers)) for row in c.execute(query.where(t.number.in_(some)))
    }


def _since_or_at(
    c: Connection, query: Any, at: tuple[ColumnElement[int], ColumnElement[int]], span: Span, places: Collection[Place]
) -> Iterator[Any]:
    yield from stream_rows(c, query.where(span.holds(at[0])))
    for some in _parts([each for each in places if each[0] < span.first]):
        yield from stream_rows(c, query.where(tuple_(*at).in_(some)))


def _parts(values: Collection[T]) -> Iterator[list[T]]:
    listed = list(values)
    return (listed[at : at + _AT_A_TIME] for at in range(0, len(listed), _AT_A_TIME))
