"""What the mirror must know before it adds to the books: balance and standing of the accounts touched."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, TableValuedAlias, bindparam, func, select

from rwaledger.domain.holder import Standing
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import json_text


def opening_balances(c: Connection, instrument_id: str, accounts: Collection[str]) -> dict[str, int]:
    """Balance in units behind the last posting of each account; accounts without one are absent.

    Taken from the postings, not from the positions: an error in what is derived must not spread to the books.
    """
    if not accounts:
        return {}
    touched = _touched(c, accounts)
    p = tables.postings.c
    balance = (
        select(p.balance_after_units)
        .where(p.instrument_id == instrument_id, p.account == touched.c.value)
        .order_by(p.block_number.desc(), p.log_index.desc(), p.leg.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = c.execute(select(touched.c.value, balance))
    return {account: units for account, units in rows if units is not None}


def opening_standings(c: Connection, instrument_id: str, accounts: Collection[str]) -> dict[str, Standing]:
    """The latest standing of each account; accounts that never had one are absent."""
    if not accounts:
        return {}
    touched = _touched(c, accounts)
    s = tables.standings.c
    newest = (s.block_number.desc(), s.log_index.desc())
    rank = func.row_number().over(partition_by=s.account, order_by=newest).label("rank")
    columns: list[ColumnElement[Any]] = [s.investor_class, s.country, s.valid_until_day, s.frozen_units]
    known = (
        select(s.account, *columns, s.address_frozen, s.suspended, rank)
        .join_from(tables.standings, touched, s.account == touched.c.value)
        .where(s.instrument_id == instrument_id)
        .subquery()
    )
    rows = c.execute(select(known).where(known.c.rank == 1))
    return {account: Standing(*standing) for account, *standing, _ in rows}


def _touched(c: Connection, accounts: Collection[str]) -> TableValuedAlias:
    """The accounts as a table made of one parameter, so that their number is not limited."""
    if c.dialect.name == "postgresql":
        array = func.string_to_array(bindparam("touched", ",".join(accounts), tables.Text), ",")
        return func.unnest(array).table_valued("value", name="touched").render_derived()
    return func.json_each(json_text(sorted(accounts))).table_valued("value", name="touched")
