"""Rows, where they may be there already: kept as they are, or replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_new(c: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Whether the row went in; False where its key, or another unique value of it, was there."""
    insert = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    added = insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return c.execute(added).one_or_none() is not None


def insert_or_replace(c: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Inserts the row, in place of the one that has its primary key."""
    insert_or_replace_all(c, table, [row])


def insert_or_replace_all(c: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows of the same columns, each in place of the one that has its primary key."""
    if not rows:
        return
    insert = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    key = table.primary_key.columns.keys()
    added = insert(table)
    change = {name: added.excluded[name] for name in rows[0] if name not in key}
    c.execute(added.on_conflict_do_update(index_elements=key, set_=change), [dict(row) for row in rows])
