"""What the tests of reports share: a register as plain SQL beside a report on it, and reading a report's tables."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rwaledger.domain.calendar import end_of_day
from rwaledger.policies.loading import load_policy
from rwaledger.registry.database import Connection, Database
from rwaledger.report.contents.moment import At, Moment, choose_moment
from rwaledger.report.document import Cell, Document, Table

CHAIN_ID = 31337
POLICY = load_policy(None)
ISSUANCE = "0x" + "0" * 40

Build = Callable[[Connection, Moment], Document]


@dataclass
class Register:
    """A register, and the same file as plain SQL, to count again what a report says.

    All tests read one; whoever changes it gets a copy of its own first. `moments` keeps those that were asked for,
    since the digest of each takes most of the time.
    """

    path: Path
    database: Database
    folder: Path
    moments: dict[At | None, Moment]
    is_shared: bool = True

    def moment(self, c: Connection, at: At | None = None) -> Moment:
        """The moment that is meant."""
        if at not in self.moments:
            self.moments[at] = choose_moment(c, CHAIN_ID, at, POLICY.zone)
        return self.moments[at]

    def report(self, build: Build, at: At | None = None) -> Document:
        """A report as at a moment."""
        with self.database.read() as c:
            return build(c, self.moment(c, at))

    def own(self) -> Database:
        """The database of this test alone, to be written to."""
        if self.is_shared:
            copies = [Path(shutil.copy(each, self.folder)) for each in self.path.parent.glob(f"{self.path.name}*")]
            self.path = copies[0].with_name(self.path.name)
            self.database, self.is_shared = Database(f"sqlite:///{self.path}"), False
        self.moments = {}
        return self.database

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """What the file answers to plain SQL."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql, args).fetchall()

    def sum(self, sql: str, *args: Any) -> int:
        """The exact sum of the first column, which SQLite keeps as text."""
        return sum(int(row[0]) for row in self.rows(sql, *args))

    def change(self, sql: str, *args: Any) -> None:
        """Edits the file."""
        self.own()
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(sql, args)

    def last_block(self, day: date) -> int:
        """The last block of a local day, or of the days before it."""
        ends = int(end_of_day(day, POLICY.zone).timestamp())
        return int(self.rows("SELECT max(number) FROM blocks WHERE timestamp < ?", ends)[0][0])

    def block_of(self, key: str) -> int:
        """The block in which the instructions of an idempotency key were carried out."""
        sql = "SELECT max(block_number) FROM transactions JOIN instructions ON ref = instruction_ref"
        return int(self.rows(f"{sql} WHERE idempotency_key = ?", key)[0][0])

    def account(self, holder_id: str) -> str:
        """The present account of a holder."""
        return str(self.rows("SELECT address FROM accounts WHERE holder_id = ? AND replaced_by = ''", holder_id)[0][0])


def table(document: Document, name: str) -> Table:
    """The table of that name."""
    return next(each for each in document.tables if each.name == name)


def column(found: Table, name: str) -> list[Cell]:
    """The cells of a column."""
    at = [each.name for each in found.columns].index(name)
    return [row[at] for row in found.rows]


def records(found: Table) -> list[dict[str, Cell]]:
    """The rows, each by the names of its columns."""
    names = [each.name for each in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def total(found: Table, name: str) -> int:
    """The sum of a column of whole numbers."""
    return sum(cell for cell in column(found, name) if isinstance(cell, int))


def whole(cell: Cell) -> int:
    """A cell that is a whole number."""
    assert isinstance(cell, int)
    return cell
