"""Transactions, snapshots, and what goes wrong with a database, as typed errors."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from rwaledger.domain.errors import DatabaseUnreachable, RegisterConflict, SchemaMismatch, SettingsError
from rwaledger.registry import instruments
from rwaledger.registry.database import Connection, Database
from tests.postgres import create_database, drop_database
from tests.registry.samples import CHAIN, GENESIS


class Interrupted(Exception):
    """What a caller raises in a transaction."""


def chains(c: Connection) -> int:
    return int(c.execute(text("SELECT count(*) FROM chains")).scalar_one())


def test_a_transaction_is_committed_on_leaving(database: Database) -> None:
    with database.begin() as c:
        instruments.add_chain(c, CHAIN, GENESIS)
    with database.read() as c:
        assert chains(c) == 1


def test_a_transaction_is_rolled_back_on_any_exception(database: Database) -> None:
    with pytest.raises(Interrupted), database.begin() as c:
        instruments.add_chain(c, CHAIN, GENESIS)
        raise Interrupted
    with database.read() as c:
        assert chains(c) == 0


def test_tables_too_are_rolled_back(database: Database) -> None:
    with pytest.raises(Interrupted), database.begin() as c:
        c.execute(text("CREATE TABLE extra (n INTEGER)"))
        raise Interrupted
    with database.begin() as c:
        c.execute(text("CREATE TABLE extra (n INTEGER)"))


def test_a_snapshot_does_not_see_what_is_committed_later(database: Database) -> None:
    with database.read() as reader:
        assert chains(reader) == 0
        with database.begin() as writer:
            instruments.add_chain(writer, CHAIN, GENESIS)
        assert chains(reader) == 0
    with database.read() as reader:
        assert chains(reader) == 1


def test_a_snapshot_that_is_read_again_is_the_same(database: Database) -> None:
    with database.snapshot() as register:
        with register.read() as reader:
            assert chains(reader) == 0
        with database.begin() as writer:
            instruments.add_chain(writer, CHAIN, GENESIS)
        with register.read() as reader:
            assert chains(reader) == 0


def test_a_snapshot_cannot_be_written_in(database: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseUnreachable)), database.read() as c:
        instruments.add_chain(c, CHAIN, GENESIS)
    with database.begin() as c:
        assert chains(c) == 0
        instruments.add_chain(c, CHAIN, GENESIS)  # and the connection can write again


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        c.execute(text("INSERT INTO contracts VALUES (1, '0x', 'asset_token', 1, '0x', '0x')"))


def test_a_second_writer_to_a_file_waits_for_the_first(tmp_path: Path) -> None:
    register = Database(f"sqlite:///{tmp_path / 'register.db'}")
    register.migrate()
    entered = threading.Event()
    seen: list[int] = []

    def second() -> None:
        with register.begin() as c:
            entered.set()
            seen.append(chains(c))

    with register.begin() as c:
        instruments.add_chain(c, CHAIN, GENESIS)
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.2)
    thread.join(10)
    assert seen == [1]
    register.close()


def test_a_writer_that_never_ends_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    first = Database(f"sqlite:///{path}")
    first.migrate()
    second = Database(f"sqlite:///{path}?timeout=0.05")
    with first.begin(), pytest.raises(DatabaseUnreachable, match="locked"), second.begin():
        pass
    first.close()
    second.close()


def test_a_file_that_someone_else_locks_cannot_be_set_up(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE notes (line TEXT)")
    register = Database(f"sqlite:///{path}?timeout=0.05")
    with pytest.raises(SchemaMismatch):
        register.require_current()
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseUnreachable, match="locked"):
        register.migrate()
    other.close()
    register.migrate()
    register.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_writers_that_wait_for_one_another_one_is_stopped(database: Database) -> None:
    """On SQLite a writer has the whole register."""
    with database.begin() as c:
        for chain in (1, 2):
            instruments.add_chain(c, chain, GENESIS)
    both_started = threading.Barrier(2)
    stopped: list[RegisterConflict] = []

    def update_both(first: int, second: int) -> None:
        try:
            with database.begin() as c:
                c.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
                c.execute(text("UPDATE chains SET genesis_hash = '' WHERE chain_id = :id"), {"id": first})
                both_started.wait(10)
                c.execute(text("UPDATE chains SET genesis_hash = '' WHERE chain_id = :id"), {"id": second})
        except RegisterConflict as error:
            stopped.append(error)

    threads = [threading.Thread(target=update_both, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert ["another process" in str(error) for error in stopped] == [True]


def test_sqlite_writes_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    register = Database(f"sqlite:///{tmp_path / 'register.db'}")
    register.migrate()
    with register.begin() as c:
        assert c.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert c.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert c.exec_driver_sql("PRAGMA busy_timeout").scalar() == 15_000
    register.close()


def test_a_mistyped_path_makes_no_file(tmp_path: Path) -> None:
    register = Database(f"sqlite:///{tmp_path / 'typo.db'}")
    for use in (register.begin, register.read):
        with pytest.raises(SchemaMismatch, match=r"there is no register"), use():
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="unable to open"):
        Database(f"sqlite:///{tmp_path}/missing/register.db").migrate()


def test_a_file_of_something_else_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be taken for the header of one\n" * 100)
    register = Database(f"sqlite:///{path}")
    for use in (register.require_current, register.migrate):
        with pytest.raises(DatabaseUnreachable, match="not a database"):
            use()
    register.close()


def test_no_server_is_reported_without_the_password() -> None:
    register = Database("postgresql://ledger:s3cret@127.0.0.1:1/ledger?connect_timeout=2")
    with pytest.raises(DatabaseUnreachable, match="Connection refused") as raised:
        register.require_current()
    assert "s3cret" not in str(raised.value) + register.url
    assert raised.value.exit_code == 5


def test_a_password_in_the_query_is_masked_too() -> None:
    assert "s3cret" not in Database("postgresql://ledger@host/ledger?password=s3cret").url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("rwaledger.db", "not a URL"),
        ("mysql://root@localhost/ledger", "'mysql'"),
        ("postgresql+asyncpg://localhost/ledger", "'postgresql\\+asyncpg'"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_a_url_that_cannot_keep_a_register_is_refused(url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Database(url)


def test_a_server_that_dies_in_a_transaction_is_reported_and_nothing_is_kept(postgres_admin_url: str) -> None:
    url = create_database(postgres_admin_url)
    register = Database(url)
    register.migrate()
    with pytest.raises(DatabaseUnreachable), register.begin() as c:
        instruments.add_chain(c, CHAIN, GENESIS)
        process = c.execute(text("SELECT pg_backend_pid()")).scalar_one()
        libpq_url = make_url(postgres_admin_url).set(drivername="postgresql")
        with psycopg.connect(libpq_url.render_as_string(hide_password=False), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", [process])
        chains(c)
    with register.read() as c:
        assert chains(c) == 0
    register.close()
    drop_database(postgres_admin_url, url)
