"""Rows by the thousand, in and out: past SQLAlchemy's row by row, yet on its connection and in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from sys import intern
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import ColumnElement, Connection, CursorResult, Dialect, Row, Select, Table

from rwaledger.registry.types import Units

_ROWS_AT_A_TIME = 2_000
_ROWS_IN_COLUMNS = 1_000
_ROWS_IN_INSERT = 10

_COPY_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_COPY_ESCAPED = str.maketrans(_COPY_ESCAPES)
_ARRAY_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\""})

Cell = str | int
"""What a cell may be on both databases; an amount comes as `units_text`, a truth value as 0 or 1."""

Write = Callable[[Connection], None]
"""Writes what it was made for."""


def insert_rows(c: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> None:
    """Inserts rows with cells in the order of `columns`."""
    if rows:
        insert_columns(c, table, dict(zip(columns, zip(*rows, strict=True), strict=True)))


def insert_columns(c: Connection, table: Table, columns: Mapping[str, Sequence[Cell]]) -> None:
    """Inserts rows that come column by column: COPY on PostgreSQL, a prepared INSERT on SQLite.

    A column is converted and looked at as a whole, which takes a fifth of the time that its cells take one by one.
    """
    ready_columns(c.dialect.name, table, columns)(c)


def ready_columns(dialect: str, table: Table, columns: Mapping[str, Sequence[Cell]]) -> Write:
    """What writes such rows on a connection of that dialect; all that needs no connection is done here and now."""
    if not all(columns.values()):
        return lambda _: None
    if dialect == "postgresql":
        return partial(_copy, table.name, [*columns], list(_copy_parts(columns)))
    return partial(_insert, table.name, columns)


def sqlite_insert(table: str, columns: Sequence[str], rows: int = 1) -> str:
    """An INSERT with a question mark for each cell."""
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"


def _insert(table: str, columns: Mapping[str, Sequence[Cell]], c: Connection) -> None:
    """Ten rows a statement, which takes a fifth less than one, and the rest one by one.

    A row that is refused ends the transaction: OR FAIL, so that SQLite need not note how to take one statement back.
    """
    cells = chain.from_iterable(zip(*columns.values(), strict=True))
    count = min(map(len, columns.values()))
    for rows, times in ((_ROWS_IN_INSERT, count // _ROWS_IN_INSERT), (1, count % _ROWS_IN_INSERT)):
        parameters = list(islice(zip(*[cells] * (rows * len(columns)), strict=False), times))
        if parameters:
            statement = sqlite_insert(table, [*columns], rows)
            c.exec_driver_sql(statement.replace("INSERT", "INSERT OR FAIL", 1), parameters)


def _copy(table: str, columns: Sequence[str], parts: Sequence[bytes], c: Connection) -> None:
    driver = c.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for part in parts:
            copy.write(part)


def _copy_parts(columns: Mapping[str, Sequence[Cell]]) -> Iterator[bytes]:
    lines = map("\t".join, zip(*map(_copy_texts, columns.values()), strict=True))
    while part := list(islice(lines, _ROWS_AT_A_TIME)):
        yield "\n".join((*part, "")).encode()


def _copy_texts(cells: Sequence[Cell]) -> Sequence[str]:
    """A column, of texts or of numbers, as COPY reads it."""
    if isinstance(cells[0], int):
        return list(map(str, cells))
    texts = cast(Sequence[str], cells)
    together = "".join(texts)
    if any(map(together.__contains__, _COPY_ESCAPES)):
        return [text.translate(_COPY_ESCAPED) for text in texts]
    return texts


def upsert_rows(c: Connection, table: Table, rows: Sequence[tuple[Cell, ...]]) -> None:
    """Inserts whole rows, each in place of the one that has its primary key; no key may come twice."""
    if not rows:
        return
    columns = table.c.keys()
    key = table.primary_key.columns.keys()
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    if c.dialect.name == "postgresql":
        c.exec_driver_sql(_unnest(c, table) + tail, tuple(map(_array_text, zip(*rows, strict=True))))
    else:
        c.exec_driver_sql(sqlite_insert(table.name, columns) + tail, list(rows))


def insert_new_rows(c: Connection, table: Table, rows: Sequence[tuple[Cell, ...]]) -> int:
    """Inserts whole rows, but for those whose primary key is there already; how many went in."""
    if not rows:
        return 0
    tail = f" ON CONFLICT ({', '.join(table.primary_key.columns.keys())}) DO NOTHING"
    if c.dialect.name == "postgresql":
        columns = tuple([str(cell) for cell in column] for column in zip(*rows, strict=True))
        return c.exec_driver_sql(_unnest(c, table) + tail, columns).rowcount
    return c.exec_driver_sql(sqlite_insert(table.name, table.c.keys()) + tail, list(rows)).rowcount


def _unnest(c: Connection, table: Table) -> str:
    """One INSERT for all rows, from one array a column: a round trip, however many rows."""
    types = [column.type.compile(c.dialect).split(" COLLATE ")[0] for column in table.c]
    arrays = ", ".join(f"%s::{type_}[]" for type_ in types)
    return f"INSERT INTO {table.name} ({', '.join(table.c.keys())}) SELECT * FROM unnest({arrays})"


def _array_text(cells: Sequence[Cell]) -> str:
    """An array as PostgreSQL writes one, which the driver takes a hundred times as long to make of a list."""
    return "{" + ",".join('"' + str(cell).translate(_ARRAY_ESCAPED) + '"' for cell in cells) + "}"


def stream_rows(c: Connection, query: Select[Any]) -> Iterator[Row[*tuple[Any, ...]]]:
    """The rows of a query; all but some thousand wait in the database, so that no answer is too large."""
    yield from c.execute(query.execution_options(yield_per=_ROWS_AT_A_TIME))


def stream_columns(c: Connection, query: Select[Any], shared: Collection[str] = ()) -> Iterator[list[Sequence[Any]]]:
    """The same rows, a thousand at a time, column by column: `zip(*columns)` makes rows of them again.

    They come from the driver as they are, and each column is converted at once, which takes half the time. Equal
    texts in the `shared` columns become one object.
    """
    share = [column.key in shared for column in query.selected_columns]
    with c.execute(query.execution_options(stream_results=True)) as result:
        convert = _converters(c.dialect, query, result)
        for rows in _driver_rows(result):
            columns = [change(cells) for change, cells in zip(convert, zip(*rows, strict=True), strict=True)]
            yield [_shared(cells) if is_shared else cells for is_shared, cells in zip(share, columns, strict=True)]


def stream_tuples(c: Connection, query: Select[Any], shared: Collection[str] = ()) -> Iterator[tuple[Any, ...]]:
    """The rows of `stream_columns`, as plain tuples."""
    for columns in stream_columns(c, query, shared):
        yield from zip(*columns, strict=True)


def _driver_rows(result: CursorResult[Any]) -> Iterator[Sequence[Any]]:
    """A thousand rows at a time, as the driver gives them; its cursor is gone once it has given all."""
    while (cursor := result.cursor) is not None:
        yield from filter(None, [result.cursor_strategy.fetchmany(result, cursor, _ROWS_IN_COLUMNS)])


_Converter = Callable[[Sequence[Any]], Sequence[Any]]
"""What makes the values of a column of what the driver gives."""


def _converters(dialect: Dialect, query: Select[Any], result: CursorResult[Any]) -> list[_Converter]:
    assert result.cursor is not None, "a SELECT has rows"
    assert result.cursor.description is not None
    driver_types = [each[1] for each in result.cursor.description]
    return [
        _converter(column, column.type.dialect_impl(dialect).result_processor(dialect, driver_type))
        for column, driver_type in zip(query.selected_columns, driver_types, strict=True)
    ]


def _converter(column: ColumnElement[Any], process: Callable[[Any], Any] | None) -> _Converter:
    if process is None:
        return lambda cells: cells

    def one_by_one(cells: Sequence[Any]) -> Sequence[Any]:
        if len(set(map(type, cells))) > 1:  # 1 and 1.0 are equal, and not the same
            return list(map(process, cells))
        changed = {cell: process(cell) for cell in set(cells)}
        return [changed[cell] for cell in cells]

    return _units_of(one_by_one) if isinstance(column.type, Units) else one_by_one


def _units_of(one_by_one: _Converter) -> _Converter:
    """Amounts in one go; where one of them is none, they are looked at one by one, which says so."""

    def convert(cells: Sequence[Any]) -> Sequence[Any]:
        try:
            return list(map(int, cells))
        except (TypeError, ValueError):
            return one_by_one(cells)

    return convert


def _shared(cells: Sequence[Any]) -> Sequence[Any]:
    try:
        return list(map(intern, cells))
    except TypeError:  # nothing at all in a cell, or what SQLite took for text from someone else
        return cells
