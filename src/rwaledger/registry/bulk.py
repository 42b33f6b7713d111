"""Rows by the thousand, in and out: past SQLAlchemy's row by row, yet on its connection and in its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Row, Select, Table

_ROWS_AT_A_TIME = 2_000

Cell = str | int
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


def stream_rows(c: Connection, query: Select[Any]) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows of a query; all but some thousand wait in the database, so that no answer is too large."""
    yield from c.execute(query.execution_options(yield_per=_ROWS_AT_A_TIME))
