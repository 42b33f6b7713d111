"""Steps of a mirror at its database, to act at one of them: statements, rows of a COPY, commits, batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from tests.mirror.watching import EachBatch

_ROWS_A_STEP = 10


class Countdown:
    """Calls `act` at the `steps`-th step, counted from 1; never where `steps` is None."""

    def __init__(self, steps: int | None, act: Callable[[], None]) -> None:
        self._left, self._act, self._rows = steps, act, 0
        self.watcher = EachBatch(lambda _batch: self.step())

    @property
    def happened(self) -> bool:
        return self._left is not None and self._left <= 0

    def step(self, *_: object) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                self._act()

    def row(self) -> None:
        self._rows += 1
        if self._rows % _ROWS_A_STEP == 1:
            self.step()


@contextmanager
def counted(countdown: Countdown) -> Iterator[None]:
    """Counts each statement and each commit that is about to be sent by any engine, and each tenth row of a COPY."""
    write_row, write = psycopg.Copy.write_row, psycopg.Copy.write

    def count_row(copy: Any, row: Any) -> None:
        countdown.row()
        write_row(copy, row)

    def count_write(copy: Any, buffer: Any) -> None:
        countdown.step()
        write(copy, buffer)

    listened = (("before_cursor_execute", countdown.step), ("commit", countdown.step))
    for name, listener in listened:
        event.listen(Engine, name, listener)
    psycopg.Copy.write_row, psycopg.Copy.write = count_row, count_write  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        psycopg.Copy.write_row, psycopg.Copy.write = write_row, write  # type: ignore[method-assign]
        for name, listener in listened:
            event.remove(Engine, name, listener)


@contextmanager
def room_for(pages: int) -> Iterator[None]:
    """SQLite files opened meanwhile may grow by so many pages."""

    def limit(connection: Any, _record: object) -> None:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count + pages}").close()

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def end_connections(url: str) -> None:
    """Has a PostgreSQL server end all connections to a database."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
