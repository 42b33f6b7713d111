"""Net asset values as they were stated; a later statement for a day corrects the earlier one, and both stay."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, Select, insert, select

from rwaledger.domain.fund import Nav
from rwaledger.registry import tables
from rwaledger.registry.database import Connection


def add_nav(c: Connection, nav: Nav) -> None:
    """Records a statement."""
    row = {name: getattr(nav, name) for name in tables.navs.c.keys()}  # noqa: SIM118 - columns, not a dict
    c.execute(insert(tables.navs).values(row))


def navs(c: Connection, instrument_id: str) -> list[Nav]:
    """All statements of a fund, in order of dealing day and of when they were recorded."""
    t = tables.navs.c
    return [_nav(row) for row in c.execute(_query(instrument_id).order_by(t.dealing_day, t.recorded_at))]


def all_navs(c: Connection) -> list[Nav]:
    """All statements of all funds, in order of fund, dealing day and of when they were recorded."""
    t = tables.navs.c
    query = select(tables.navs).order_by(t.instrument_id, t.dealing_day, t.recorded_at)
    return [_nav(row) for row in c.execute(query)]


def nav_of_day(c: Connection, instrument_id: str, day: date) -> Nav | None:
    """The statement in force for a dealing day, which is the last one; None where there is none."""
    return _last(c, _query(instrument_id).where(tables.navs.c.dealing_day == day))


def nav_before(c: Connection, instrument_id: str, day: date) -> Nav | None:
    """The statement in force for the last dealing day before `day` that has one."""
    return _last(c, _query(instrument_id).where(tables.navs.c.dealing_day < day))


def _query(instrument_id: str) -> Select[Any]:
    return select(tables.navs).where(tables.navs.c.instrument_id == instrument_id)


def _last(c: Connection, query: Select[Any]) -> Nav | None:
    t = tables.navs.c
    row = c.execute(query.order_by(t.dealing_day.desc(), t.recorded_at.desc()).limit(1)).one_or_none()
    return None if row is None else _nav(row)


def _nav(row: Row[Any]) -> Nav:
    return Nav(**row._asdict())
