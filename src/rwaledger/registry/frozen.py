"""Standings and balances of a few accounts as of a block, such as those that an order has ever frozen.

`positions` reads every account of an instrument; a report on one holder, or on one sum at many times, needs few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from rwaledger.domain.holder import Standing
from rwaledger.registry import tables
from rwaledger.registry.database import Connection

_AT_A_TIME = 400


def ever_frozen(c: Connection, instrument_id: str, upto: int) -> list[str]:
    """Accounts of which some units, or all, were frozen at some time up to a block."""
    s = tables.standings.c
    query = select(s.account).where(s.instrument_id == instrument_id, s.block_number <= upto)
    frozen = or_(s.address_frozen, s.frozen_units != 0)
    return list(c.execute(query.where(frozen).distinct().order_by(s.account)).scalars())


def standings_of(c: Connection, instrument_id: str, accounts: Collection[str], block: int) -> dict[str, Standing]:
    """Standing at the end of a block of those of these accounts that have ever had one."""
    table = tables.standings
    newest = (table.c.block_number.desc(), table.c.log_index.desc())
    rank = func.row_number().over(partition_by=table.c.account, order_by=newest).label("rank")
    found: dict[str, Standing] = {}
    for some in _chunks(accounts):
        known = select(table, rank).where(table.c.instrument_id == instrument_id, table.c.block_number <= block)
        s = known.where(table.c.account.in_(some)).subquery().c
        columns: list[ColumnElement[Any]] = [s.investor_class, s.country, s.valid_until_day, s.frozen_units]
        query = select(s.account, *columns, s.address_frozen, s.suspended).where(s.rank == 1)
        found |= {account: Standing(*standing) for account, *standing in c.execute(query)}
    return found


def balances_of(c: Connection, instrument_id: str, accounts: Collection[str], block: int) -> dict[str, int]:
    """Balance at the end of a block, in units, of those of these accounts that had moved by then."""
    p, last = tables.postings.c, tables.postings.alias("last")
    found: dict[str, int] = {}
    for some in _chunks(accounts):
        of_these = select(p.account).where(p.instrument_id == instrument_id, p.account.in_(some))
        moved = of_these.where(p.block_number <= block).distinct().subquery("moved")
        balance = (
            select(last.c.balance_after_units)
            .where(last.c.instrument_id == instrument_id, last.c.account == moved.c.account)
            .where(last.c.block_number <= block)
            .order_by(last.c.block_number.desc(), last.c.log_index.desc(), last.c.leg.desc())
            .limit(1)
            .scalar_subquery()
        )
        found |= {account: units for account, units in c.execute(select(moved.c.account, balance))}  # noqa: C416
    return found


def _chunks(accounts: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(accounts)
    for at in range(0, len(ordered), _AT_A_TIME):
        yield ordered[at : at + _AT_A_TIME]
