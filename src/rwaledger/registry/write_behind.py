"""Write-behind: rows go to a database server in another thread, while the next ones are made.

A server works in a process of its own, and nearly half of a sync's time is waiting for it. SQLite works in this very
process, so that there its rows are written at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Concatenate, ParamSpec, Self

from rwaledger.registry.database import Connection

_WAITING_MAX = 4
"""Writes that have not ended: what they hold is memory."""

_Arguments = ParamSpec("_Arguments")


class WriteBehind:
    """Writes on one connection, in the order in which they are given; nobody else uses it but behind `settled`.

    Leaving waits for the write that has begun, and drops those that have not: only what was settled is there.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._threads = ThreadPoolExecutor(1, "write-behind") if connection.dialect.name == "postgresql" else None
        self._waiting: deque[Future[object]] = deque()

    def write(
        self,
        what: Callable[Concatenate[Connection, _Arguments], object],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> None:
        """Calls `what` with the connection and the arguments, which nobody may change from here on.

        Raises what it raises, or what one before it has raised; roll back.
        """
        if self._threads is None:
            what(self._connection, *arguments, **named)
            return
        self._settle(_WAITING_MAX - 1)
        self._waiting.append(self._threads.submit(what, self._connection, *arguments, **named))

    def settled(self) -> Connection:
        """The connection, once all that was written is there. Raises what a write has raised; roll back."""
        self._settle(0)
        return self._connection

    def _settle(self, waiting_max: int) -> None:
        while len(self._waiting) > waiting_max:
            self._waiting[0].result()
            self._waiting.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
