"""One row, where it may be there already: kept as it is, or replaced."""

from __future__ import annotations

from collections.abc import Mapping
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
    insert = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    key = table.primary_key.columns.keys()
    change = {name: value for name, value in row.items() if name not in key}
    c.execute(insert(table).values(row).on_conflict_do_update(index_elements=key, set_=change))
