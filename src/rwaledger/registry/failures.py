"""What a database driver raises, as the typed errors of the domain; a password appears in none of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rwaledger.domain.errors import DatabaseUnreachable, RegisterConflict

_SQLITE_UNREACHABLE = (
    "SQLITE_AUTH",
    "SQLITE_BUSY",
    "SQLITE_CANTOPEN",
    "SQLITE_CORRUPT",
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_LOCKED",
    "SQLITE_NOTADB",
    "SQLITE_PERM",
    "SQLITE_PROTOCOL",
    "SQLITE_READONLY",
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
    if _is_unreachable(error, cause):
        return DatabaseUnreachable(masked(url), reason)
    if _is_integrity(cause):
        return RegisterConflict(f"the register refused a row: {reason}")
    return error


def _is_unreachable(error: Exception, cause: BaseException) -> bool:
    if isinstance(error, PoolTimeout) or getattr(error, "connection_invalidated", False):
        return True
    name = getattr(cause, "sqlite_errorname", "")
    return isinstance(cause, psycopg.OperationalError) or name.startswith(_SQLITE_UNREACHABLE)


def _is_integrity(cause: BaseException) -> bool:
    name = getattr(cause, "sqlite_errorname", "")
    return isinstance(cause, psycopg.IntegrityError) or name.startswith("SQLITE_CONSTRAINT")
