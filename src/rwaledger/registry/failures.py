"""What a database driver raises, as the typed errors of the domain; a password appears in none of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.errors import (
    DeadlockDetected,
    DiskFull,
    IdleInTransactionSessionTimeout,
    InsufficientPrivilege,
    ReadOnlySqlTransaction,
    SerializationFailure,
)
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rwaledger.domain.errors import DatabaseUnreachable, RegisterConflict

_UNDONE = "What was being written is undone."
_WAIT = f"{_UNDONE} Let the other process finish, or end it, and run the command again."
_ROOM = f"{_UNDONE} See to its disk and the room on it, and run the command again."
_RIGHTS = f"{_UNDONE} Let this user write to it, and to the folder of a file; or set database_url to another one."
_RESTORE = "Restore it from a copy, or sync into a new database."

_SQLITE_UNREACHABLE = {
    "SQLITE_AUTH": _RIGHTS,
    "SQLITE_BUSY": _WAIT,
    "SQLITE_CANTOPEN": _RIGHTS,
    "SQLITE_CORRUPT": _RESTORE,
    "SQLITE_FULL": _ROOM,
    "SQLITE_IOERR": _ROOM,
    "SQLITE_LOCKED": _WAIT,
    "SQLITE_NOTADB": _RESTORE,
    "SQLITE_PERM": _RIGHTS,
    "SQLITE_PROTOCOL": _WAIT,
    "SQLITE_READONLY": _RIGHTS,
}
"""What to do, by the name of the error, to which others begin that say more."""

_POSTGRES_UNREACHABLE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (DiskFull, _ROOM),
    (ReadOnlySqlTransaction, _RIGHTS),
    (InsufficientPrivilege, _RIGHTS),
    (IdleInTransactionSessionTimeout, ""),
    (psycopg.OperationalError, ""),
)


def masked(url: URL) -> str:
    """The URL as it may be printed."""
    hidden = {key: "***" for key in url.query if "pass" in key}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raises the domain's error for what a driver raised inside; any other exception passes unchanged."""
    try:
        yield
    except (StatementError, psycopg.Error, sqlite3.Error, PoolTimeout) as error:
        raise _domain_error(url, error) from error


def _domain_error(url: URL, error: Exception) -> BaseException:
    cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    if not isinstance(error, DBAPIError) and isinstance(error, StatementError):
        return cause  # a value that its column type refused
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    if isinstance(cause, (SerializationFailure, DeadlockDetected)):
        return RegisterConflict(f"another process changed the same rows: {reason}", "Run the command again.")
    next_step = _next_step(error, cause)
    if next_step is not None:
        return DatabaseUnreachable(masked(url), reason, next_step)
    if _is_integrity(cause):
        return RegisterConflict(
            f"the register refused a row: {reason}",
            f"{_UNDONE} Run the command again; if it stays, rows were changed from outside: sync into a new database.",
        )
    return error


def _next_step(error: Exception, cause: BaseException) -> str | None:
    """What to do about a database that does not do its part, empty for the usual; None where that is not the matter."""
    name = getattr(cause, "sqlite_errorname", "")
    steps = [step for start, step in _SQLITE_UNREACHABLE.items() if name.startswith(start)]
    steps += [step for kind, step in _POSTGRES_UNREACHABLE if isinstance(cause, kind)]
    if isinstance(error, PoolTimeout) or getattr(error, "connection_invalidated", False):
        steps.append("")
    return steps[0] if steps else None


def _is_integrity(cause: BaseException) -> bool:
    name = getattr(cause, "sqlite_errorname", "")
    return isinstance(cause, psycopg.IntegrityError) or name.startswith("SQLITE_CONSTRAINT")
