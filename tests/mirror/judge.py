"""The judge: whether a register is, row for row, the replay of the chain that its checkpoints name."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

from tests.mirror.archive import Archive
from tests.mirror.replay import Known, Replay, Row, Rows

_COLUMNS = {
    "blocks": "chain_id, number, hash, parent_hash, timestamp",
    "events": "chain_id, block_number, log_index, block_hash, tx_hash, tx_index, address, name, topics, data",
    "postings": "instrument_id, block_number, log_index, leg, account, amount_units, balance_after_units, tx_hash",
    "positions": "instrument_id, account, balance_units, block_number, log_index",
    "standings": "instrument_id, account, block_number, log_index, investor_class, country, valid_until_day, "
    "frozen_units, address_frozen, suspended",
    "checkpoints": "address, block_number, block_hash, generation",
    "orphaned_events": "chain_id, block_number, log_index, block_hash, tx_hash, tx_index, address, name, topics, data",
}
_UNITS = {"amount_units", "balance_after_units", "balance_units", "frozen_units", "address_frozen", "suspended"}


def rows_of(url: str) -> Rows:
    """All rows of a register that a mirror writes, past the package, in one transaction."""
    if url.startswith("sqlite:///"):
        connection: Any = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    else:
        connection = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))
    try:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("BEGIN")
        return {table: list(_rows(connection, table, columns)) for table, columns in _COLUMNS.items()}
    finally:
        connection.close()


def _rows(connection: Any, table: str, columns: str) -> Iterable[Row]:
    names = columns.split(", ")
    for row in connection.execute(f"SELECT {columns} FROM {table}").fetchall():
        yield tuple(_plain(name, value) for name, value in zip(names, row, strict=True))


def _plain(name: str, value: Any) -> Any:
    if name == "topics":
        return tuple(json.loads(value))
    return int(value) if name in _UNITS or isinstance(value, Decimal) else value


@dataclass
class Judge:
    """Judges registers of the contracts `known` of one chain, by what the archive has seen."""

    archive: Archive
    chain_id: int
    known: list[Known] = field(default_factory=list)

    def faults(self, rows: Rows) -> list[str]:
        """What is wrong with the rows of a register, whichever chain they follow and however far."""
        places = {address: (number, block_hash) for address, number, block_hash, _ in rows["checkpoints"]}
        missing = [f"checkpoint at {place}, which no node ever had" for place in places.values() if not self._is(place)]
        if missing:
            return missing
        if not places:
            return self._differences(rows, Replay(self.chain_id).rows)
        chain = self.archive.chain(max(places.values())[1])
        strays = [f"checkpoints of two chains: {places}" for at, found in places.values() if chain[at].hash != found]
        reached = {each: places[each.address][0] for each in self.known if each.address in places}
        return strays or self._differences(rows, Replay(self.chain_id).read(chain, reached))

    def faults_at(self, rows: Rows, head: str) -> list[str]:
        """The same for a register that has to have come to a block, with all its contracts deployed by then."""
        block = self.archive.blocks[head]
        wanted = {each.address: (block.number, head) for each in self.known if each.deploy_block <= block.number}
        found = {address: (number, block_hash) for address, number, block_hash, _ in rows["checkpoints"]}
        return self.faults(rows) or ([] if found == wanted else [f"checkpoints {found} instead of {wanted}"])

    def faults_between(self, before: Rows, after: Rows) -> list[str]:
        """Whether every event that left the register is among the orphans, each of which was once on a chain."""
        left = Counter(before["events"]) - Counter(after["events"])
        orphaned = Counter(after["orphaned_events"]) - Counter(before["orphaned_events"])
        lost = [f"event {row[:6]} left the register without a trace" for row in left - orphaned]
        logs = {(block.hash, log.index) for block in self.archive.blocks.values() for log in block.logs}
        return lost + [f"orphan {row[:6]} never was" for row in orphaned if (row[3], row[2]) not in logs]

    def _is(self, place: tuple[int, str]) -> bool:
        number, block_hash = place
        block = self.archive.blocks.get(block_hash)
        return block is not None and block.number == number

    @staticmethod
    def _differences(rows: Rows, expected: Rows) -> list[str]:
        found = []
        for table, wanted in expected.items():
            there, right = Counter(rows[table]), Counter(wanted)
            found += [f"{table}: missing {row}" for row in list((right - there).elements())[:3]]
            found += [f"{table}: too much {row}" for row in list((there - right).elements())[:3]]
        return found
