"""Long answers stream: a register of any size is read in little memory."""

from __future__ import annotations

import tracemalloc

import pytest
from sqlalchemy import text

from rwaledger.domain.posting import Posting
from rwaledger.registry import ledger
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.digest import register_digest
from rwaledger.registry.positions import balances_at, postings
from tests.registry.samples import address, hash_of

ROWS = 10_000
ACCOUNTS = 100
BYTES_MAX = 3_000_000  # all rows at once take 10 million


def test_postings_stream(database: Database) -> None:
    fill(database)
    with database.read() as c:
        tracemalloc.start()
        found = postings(c, "HKDS")
        assert next(found).block_number == 1
        assert cursors(c) == 1
        assert 1 + sum(1 for _ in found) == ROWS
        assert tracemalloc.get_traced_memory()[1] < BYTES_MAX
        tracemalloc.stop()


def test_the_digest_streams(database: Database) -> None:
    fill(database)
    with database.read() as c:
        register_digest(c, 0)  # compiles its statements
        tracemalloc.start()
        register_digest(c, ROWS)
        assert tracemalloc.get_traced_memory()[1] < BYTES_MAX
        tracemalloc.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_balance_at_a_block_is_one_step_in_an_index(database: Database) -> None:
    """To look at the 100 postings of each of the 100 accounts would take millions of steps."""
    fill(database)
    steps: list[None] = []
    with database.read() as c:
        driver = c.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(lambda: steps.append(None), 1_000)
        found = balances_at(c, "HKDS", ROWS // 2)
        driver.set_progress_handler(None, 0)
    assert found == {address(n % ACCOUNTS): n for n in range(ROWS // 2 - ACCOUNTS + 1, ROWS // 2 + 1)}
    assert len(steps) < 300


def cursors(c: Connection) -> int:
    """On PostgreSQL rows are held back by the server, or all arrive at once."""
    if c.dialect.name == "sqlite":
        return 1
    return int(c.execute(text("SELECT count(*) FROM pg_cursors WHERE name <> ''")).scalar_one())


def fill(database: Database) -> None:
    tx_hash = hash_of("tx")
    with database.begin() as c:
        rows = [Posting("HKDS", n, 0, 0, address(n % ACCOUNTS), 2, n, tx_hash) for n in range(1, ROWS + 1)]
        ledger.insert_postings(c, rows)
