"""Empty registers, as many as are wanted, in a moment each: copies of one that was made once."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from rwaledger.registry.database import Database
from tests.postgres import create_database, drop_database, postgres_server


@dataclass
class Registers:
    """Makes them in `folder`, and on a server of their own that is started when one is asked for."""

    folder: Path
    stack: ExitStack
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def sqlite(self) -> Iterator[str]:
        """URL of one in a file."""
        path = self.folder / f"register-{next(self._numbers)}.db"
        shutil.copyfile(self._blank_file, path)
        yield f"sqlite:///{path}"
        for each in self.folder.glob(f"{path.name}*"):
            each.unlink()

    @contextmanager
    def postgresql(self) -> Iterator[str]:
        """URL of one on the server."""
        blank = make_url(self._blank_database)
        url = blank.set(database=f"register_{next(self._numbers)}").render_as_string(hide_password=False)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        names = (sql.Identifier(str(make_url(each).database)) for each in (url, self._blank_database))
        with psycopg.connect(self._admin_url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute(statement.format(*names))
        yield url
        drop_database(self._admin_url, url)

    @cached_property
    def _blank_file(self) -> Path:
        path = self.folder / "blank.db"
        with closing(Database(f"sqlite:///{path}")) as database:
            database.migrate()
        return path

    @cached_property
    def _admin_url(self) -> str:
        return self.stack.enter_context(postgres_server())

    @cached_property
    def _blank_database(self) -> str:
        url = create_database(self._admin_url)
        with closing(Database(url)) as database:
            database.migrate()
        return url


@contextmanager
def registers() -> Iterator[Registers]:
    """For as long as the context lasts."""
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="rwaledger-") as folder:
        yield Registers(Path(folder), stack)
