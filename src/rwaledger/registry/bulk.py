"""Inserts: rows by the thousand, past SQLAlchemy's row by row yet in its transaction, and one where it is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Cell = str | int | None
"""What a cell may be on both databases; an amount comes as `units_text`, a truth value as 0 or 1."""


def insert_rows(c: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> None:
    """Inserts rows with cells in the order of `columns`: COPY on PostgreSQL, a prepared INSERT on SQLite."""
    if not rows:
        return
    if c.dialect.name == "postgresql":
        _copy(c, table.name, columns, rows)
    else:
        c.exec_driver_sql(sqlite_insert(table.name, columns), list(rows))


def sqlite_insert(table: str, columns: Sequence[str]) -> str:
    """An INSERT with a question mark for each column."""
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def _copy(c: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> None:
    driver = c.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def upsert_rows(c: Connection, table: Table, rows: Sequence[tuple[Cell, ...]]) -> None:
    """Inserts whole rows, each in place of the one that has its primary key; no key may come twice."""
    if not rows:
        return
    columns = table.c.keys()
    key = table.primary_key.columns.keys()
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    if c.dialect.name == "postgresql":
        c.exec_driver_sql(
            _unnest(c, table) + tail,
            tuple([str(cell) for cell in column] for column in zip(*rows, strict=True)),
        )
    else:
        c.exec_driver_sql(sqlite_insert(table.name, columns) + tail, list(rows))


def _unnest(c: Connection, table: Table) -> str:
    """One INSERT for all rows, from one array of text a column: a round trip, however many rows."""
    types = [column.type.compile(c.dialect).split(" COLLATE ")[0] for column in table.c]
    arrays = ", ".join(f"%s::text[]::{type_}[]" for type_ in types)
    return f"INSERT INTO {table.name} ({', '.join(table.c.keys())}) SELECT * FROM unnest({arrays})"


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
