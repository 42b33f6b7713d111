"""The way into the database: a transaction to write in, or a snapshot to read; failures as typed errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from rwaledger.domain.errors import RegisterConflict, SchemaMismatch, SettingsError
from rwaledger.registry.failures import masked, translated
from rwaledger.registry.migrations import REVISIONS

if TYPE_CHECKING:
    from rwaledger.registry.sealing import Seal

__all__ = ["Connection", "Database", "Readable", "Snapshot"]

_BUSY_SECONDS = 15
_CONNECT_SECONDS = 10
_MIGRATION_LOCK = 0x7277616C  # any number that all versions agree on
_CACHE_KIB = 32_768  # at most; postings go into an index in no order, and read its pages again and again
_PAGE_BYTES = 8_192
"""Twice SQLite's own: fewer pages to look for, and to write, for each row that goes into an index."""

_READ = "rwaledger_read"
_CLEARED = 4
"""SQLite's `user_version` of a file that has had no name in clear, or was rewritten behind revision 0004."""
_CLEARED_MARK = f"PRAGMA user_version = {_CLEARED}"


class Readable(Protocol):
    """A register that can be read: as it is at each reading, or where it holds still, as it was at the first."""

    @property
    def holds_still(self) -> bool:
        """Whether one reading sees what the one before it saw."""

    def read(self) -> AbstractContextManager[Connection]:
        """One snapshot to read."""


class Snapshot:
    """A register as of one moment, for those who come back to it."""

    holds_still = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The same snapshot as every time."""
        yield self._connection


class Database:
    """A register at a URL: `sqlite:///file.db`, or `postgresql://user@host/name`.

    Nothing is opened before the first use. `url` is safe to print.

    Raises:
        SettingsError: the URL is malformed, or names a database that cannot keep a register.
    """

    holds_still = False

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.url = masked(parsed)
        self.dialect = parsed.get_backend_name()
        self._target = parsed
        self._file = Path(parsed.database or "") if self.dialect == "sqlite" else None
        self._writer = _engine(parsed)
        self._reader = self._writer.execution_options(**_reader_options(self.dialect))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction to write in: committed on leaving, rolled back on any exception.

        On SQLite it holds the write lock from the start, and waits for another writer.

        Raises:
            DatabaseUnreachable: no answer, lost on the way, or another writer did not finish in time.
            RegisterConflict: a row broke a constraint, or another writer changed the same rows first.
            SchemaMismatch: there is no such database file yet.
        """
        self._require_file()
        with translated(self._target), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """The same, and rolled back in the end: what a dry run would do, and whether it could, without doing it."""
        self._require_file()
        with translated(self._target), self._writer.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot to read: everything in it is as of its first query. Writing in it fails.

        Raises:
            DatabaseUnreachable: no answer, or lost on the way.
            SchemaMismatch: there is no such database file yet.
        """
        self._require_file()
        with translated(self._target), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One snapshot that can be read again and again, as long as this lasts.

        Raises:
            DatabaseUnreachable, SchemaMismatch: as `read`.
        """
        with self.read() as connection:
            yield Snapshot(connection)

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """PostgreSQL only: a connection of its own, for locks that outlive transactions. It is closed in the end.

        Raises:
            DatabaseUnreachable: no answer, or lost on the way.
        """
        apart = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        with translated(self._target), apart.connect() as connection:
            try:
                yield connection
            finally:
                connection.invalidate()

    def migrate(self, open_seal: Callable[[], Seal] | None = None) -> None:
        """Brings the tables to this version, or creates them; all in one transaction, or not at all.

        `open_seal` opens the privacy key. It is asked only where the register has names in clear, which are sealed.

        Raises:
            AuthorisationError: there are names to seal, and no key.
            DatabaseUnreachable: no answer.
            RegisterConflict: all is done, but another process kept old pages from being cleared.
            SchemaMismatch: the tables are those of a newer version.
        """
        from rwaledger.registry.migrations.upgrade import upgrade  # noqa: PLC0415 - slow, and seldom needed

        with translated(self._target):
            self._use_write_ahead_log()
            with self._writer.begin() as connection:
                if self.dialect == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                found = _revision(connection)
                self._refuse_newer(found)
                if found is None and self._file is not None:
                    connection.exec_driver_sql(_CLEARED_MARK)
                upgrade(connection, open_seal=open_seal)
            self._clear_old_pages()

    def require_current(self) -> None:
        """Raises unless the tables are exactly those of this version.

        Raises:
            DatabaseUnreachable: no answer.
            SchemaMismatch: behind, ahead, or never set up; its next step says what to run.
        """
        with self.read() as connection:
            found = _revision(connection)
        if found == REVISIONS[-1]:
            return
        self._refuse_newer(found)
        if found is None:
            raise self._behind(f"there is no register at {self.url} yet")
        raise self._behind(f"the register at {self.url} is at revision {found}, not {REVISIONS[-1]}")

    def close(self) -> None:
        """Closes what is open. The object can be used again."""
        self._writer.dispose()

    def _use_write_ahead_log(self) -> None:
        """SQLite only. The file remembers it, so that readers need not be able to write."""
        if self._file is not None:
            with self._writer.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute(f"PRAGMA page_size = {_PAGE_BYTES}").close()  # of a new file
                driver.execute("PRAGMA journal_mode = WAL").close()

    def _clear_old_pages(self) -> None:
        """SQLite only, once: no page of the file or its log keeps what a migration has sealed.

        The mark is set last, so that a run which was cut off is made up for by the next one.
        """
        if self._file is not None:
            with self._writer.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                if driver.execute("PRAGMA user_version").fetchone()[0] >= _CLEARED:
                    return
                driver.execute("VACUUM").close()
                if driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    raise RegisterConflict(
                        f"the names in {self.url} are sealed, but its log keeps old pages while others read it",
                        "Stop the other processes, and run `rwaledger register migrate` again.",
                    )
                driver.execute(_CLEARED_MARK).close()

    def _require_file(self) -> None:
        """SQLite would create an empty one at a mistyped path."""
        if self._file is not None and not self._file.exists():
            raise self._behind(f"there is no register at {self.url} yet")

    def _refuse_newer(self, revision: str | None) -> None:
        if revision is not None and revision not in REVISIONS:
            raise SchemaMismatch(
                f"the register at {self.url} is at revision {revision}, of a newer version of this program",
                "Install the version that wrote it.",
            )

    @staticmethod
    def _behind(message: str) -> SchemaMismatch:
        return SchemaMismatch(message, "Run `rwaledger register migrate`.")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError("database_url is not a URL", "Write it like sqlite:///rwaledger.db.") from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise SettingsError(
            f"database_url names {parsed.drivername!r}, which cannot keep a register",
            "Use sqlite:///FILE or postgresql://USER@HOST/NAME.",
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsError("a register in memory would be lost", "Name a file: sqlite:///rwaledger.db.")
    return parsed


def _engine(url: URL) -> Engine:
    name, seconds = ("timeout", _BUSY_SECONDS)
    if url.get_backend_name() == "postgresql":
        name, seconds = ("connect_timeout", _CONNECT_SECONDS)
    arguments = {} if name in url.query else {name: seconds}
    try:
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(f"database_url cannot be used: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _reader_options(dialect: str) -> dict[str, Any]:
    if dialect == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {_READ: True}


def _prepare_sqlite(driver_connection: Any, _record: object) -> None:
    """Takes transactions away from the sqlite3 module, whose own begin too late and leave DDL out."""
    driver_connection.isolation_level = None
    for pragma in ("foreign_keys = ON", f"cache_size = -{_CACHE_KIB}"):
        driver_connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once, because one that has read first cannot wait for it."""
    reads = connection.get_execution_options().get(_READ, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reads)}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _revision(connection: Connection) -> str | None:
    """The revision that the database is at; None where it was never set up."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)
