"""A database that goes away, is full, taken or closed: the sync says so, nothing is half done, and the next goes on."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from rwaledger.domain.errors import DatabaseUnreachable, SchemaMismatch
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.archive import Archive
from tests.mirror.asset_token import A, B, C, Token, one_block, register
from tests.mirror.judge import Judge, rows_of
from tests.mirror.lossy import Breaks, lossy_line
from tests.mirror.process import migrate_until_killed, sync_as_nobody, sync_with_small_files
from tests.mirror.rawrpc import RawRpc
from tests.mirror.replay import Known
from tests.mirror.steps import Countdown, counted, end_connections, room_for
from tests.postgres import create_database, drop_database

LATEST = Finality("latest")


@dataclass
class Books:
    """A token with some traffic, and a judge of its registers."""

    token: Token
    judge: Judge
    head: str

    def sync(self, url: str, **options: Any) -> None:
        """One sync, over connections of its own."""
        database = Database(url)
        try:
            sync(database, self.token.node, LATEST, blocks_max=4, **options)
        finally:
            database.close()

    def stopped(self, url: str, **options: Any) -> DatabaseUnreachable | None:
        """The error that said what is to be done about the database, if there was one."""
        try:
            self.sync(url, **options)
        except DatabaseUnreachable as error:
            stopped = error
        else:
            return None
        assert stopped.next_step
        return stopped

    def require_right(self, url: str) -> None:
        assert self.judge.faults(rows_of(url)) == []

    def require_complete(self, url: str) -> None:
        assert self.judge.faults_at(rows_of(url), self.head) == []


@pytest.fixture
def books(token: Token) -> Books:
    for number in range(12):
        with one_block(token.node):
            token.send_unmined("transfer", B, 1, sender=A)
            token.send_unmined("mint", C, number)
            token.send_unmined("setFrozenTokens", C, number)
    known = Known(token.address, token.instrument.deploy_block, token.instrument.instrument_id)
    judge = Judge(Archive(), token.node.chain_id, [known])
    with RawRpc(token.node.url) as raw:
        return Books(token, judge, judge.archive.observe(raw).hash)


@pytest.fixture
def postgres_url(postgres_admin_url: str, books: Books) -> Iterator[str]:
    """A register on PostgreSQL, without content."""
    url = create_database(postgres_admin_url)
    _prepare(url, books)
    yield url
    drop_database(postgres_admin_url, url)


@pytest.fixture
def sqlite_url(sqlite: Database, books: Books) -> str:
    register(sqlite, books.token)
    return sqlite.url


def _prepare(url: str, books: Books) -> None:
    database = Database(url)
    database.migrate()
    register(database, books.token)
    database.close()


def test_a_connection_that_is_cut_at_any_step(postgres_url: str, books: Books) -> None:
    """At each statement, within each COPY, and at each COMMIT, the server ends the connection."""
    stopped = 0
    for steps in itertools.count(1):
        countdown = Countdown(steps, partial(end_connections, postgres_url))
        with counted(countdown):
            stopped += books.stopped(postgres_url, watcher=countdown.watcher) is not None
        books.require_right(postgres_url)
        if not countdown.happened:
            break
    assert stopped > 15
    books.require_complete(postgres_url)


@pytest.mark.parametrize("breaks", Breaks)
def test_a_line_that_breaks_at_a_commit(postgres_url: str, books: Books, breaks: Breaks) -> None:
    """Whether or not the server has committed, nobody here knows; the next sync finds out."""
    stopped = 0
    for commits in (2, 3, 4):
        with lossy_line(postgres_url, breaks, commits) as url:
            stopped += books.stopped(url) is not None
        books.require_right(postgres_url)
    assert stopped == 3
    books.sync(postgres_url)
    books.require_complete(postgres_url)


def test_a_database_that_may_only_be_read(postgres_url: str, books: Books) -> None:
    reader = f"reader_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {reader} LOGIN")
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
        try:
            with pytest.raises(DatabaseUnreachable, match=r"permission denied(?s:.*)Let this user write"):
                books.sync(make_url(postgres_url).set(username=reader).render_as_string())
        finally:
            admin.execute(f"DROP OWNED BY {reader}")
            admin.execute(f"DROP ROLE {reader}")
    books.sync(postgres_url)
    books.require_complete(postgres_url)


def test_a_disk_that_is_full(sqlite_url: str, books: Books) -> None:
    stopped = 0
    for pages in itertools.count():
        with room_for(pages):
            error = books.stopped(sqlite_url)
        books.require_right(sqlite_url)
        if error is None:
            break
        assert "database or disk is full" in error.message
        assert "room" in error.next_step
        stopped += 1
    assert stopped > 2
    books.require_complete(sqlite_url)


def test_a_file_that_cannot_grow(sqlite_url: str, books: Books) -> None:
    """The system refuses a write, anywhere within what is to be written."""
    size = Path(sqlite_url.removeprefix("sqlite:///")).stat().st_size
    told = []
    for bytes_max in itertools.count(size // 64, size // 6 + 777):
        told.append(sync_with_small_files(sqlite_url, books.token.node.url, bytes_max))
        books.require_right(sqlite_url)
        if not told[-1]:
            break
        assert "disk" in told[-1], told
    assert len(told) > 3
    books.require_complete(sqlite_url)


def test_a_file_that_another_process_holds(sqlite_url: str, books: Books) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnreachable, match=r"locked(?s:.*)Let the other process finish"):
            books.sync(f"{sqlite_url}?timeout=0.1")
        other.execute("ROLLBACK")
    books.sync(sqlite_url)
    books.require_complete(sqlite_url)


def test_a_file_that_may_only_be_read(books: Books) -> None:
    with tempfile.TemporaryDirectory(prefix="rwaledger-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'register.db'}"
        _prepare(url, books)
        told = sync_as_nobody(url, books.token.node.url, folder)
        assert "Let this user write" in told
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
        books.sync(url)
        books.require_complete(url)


def test_a_migration_that_is_killed(
    database_url: str, books: Books, step_of_a_migration: Callable[[], Iterator[int]]
) -> None:
    """It is done wholly or not at all, and leaves no lock that the next one would wait for."""
    for steps in step_of_a_migration():
        if migrate_until_killed(database_url, steps):
            break
        with closing(Database(database_url)) as database, pytest.raises(SchemaMismatch, match="register migrate"):
            database.require_current()
    assert steps > 50
    with closing(Database(database_url)) as database:
        database.require_current()
        database.migrate()
        register(database, books.token)
    books.sync(database_url)
    books.require_complete(database_url)


@pytest.fixture
def step_of_a_migration() -> Callable[[], Iterator[int]]:
    """Some of its steps, over all of it."""
    return lambda: itertools.chain((1, 2, 3, 5, 8), itertools.count(13, 29))
