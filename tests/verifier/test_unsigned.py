"""What a local node sends in another's name: nobody has signed it, which no pack hides."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from rwaledger.verifier import chain
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.report import text
from rwaledger.verifier.verification import verify
from tests.audit.world import World
from tests.verifier.checks.conftest import edited, rows
from tests.verifier.writer import Draft, draft


@pytest.fixture
def stolen(ledger: World, tmp_path: Path) -> tuple[Draft, str]:
    """The pack of a world in which a node burnt in the control book's name, and the hash of that."""
    register = ledger.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(register)) as whole, closing(sqlite3.connect(tmp_path / "register.db")) as copy:
        whole.backup(copy)
    database, snapshot = Database(f"sqlite:///{tmp_path / 'register.db'}"), ledger.node.request("evm_snapshot")
    tx_hash = ledger.steal("BIG", "burn", ledger.holders[0], 1_000)
    ledger.node.request("evm_mine", [])
    sync(database, ledger.node, Finality.parse("latest"))
    found = draft(ledger.node, database)
    database.close()
    ledger.node.request("evm_revert", [snapshot])
    return found, tx_hash


def test_a_transaction_that_nobody_signed_has_no_sender(stolen: tuple[Draft, str], tmp_path: Path) -> None:
    found, tx_hash = stolen
    with Pack(found.write(tmp_path / "stolen.zip")) as pack:
        level = chain.check(pack, found.block_hash)
        transaction = pack.transactions[tx_hash]
        assert not transaction.is_signed
        assert pack.sender(transaction) == ""
    assert not level.faults, level.faults
    assert not level.breaks, level.breaks
    assert any(each.startswith("Who sent 1 transactions: nobody signed them") for each in level.unproved)


def test_it_is_not_called_as_another_one_is(stolen: tuple[Draft, str], tmp_path: Path) -> None:
    """Else what it did would stand behind the other one's instruction."""
    found, tx_hash = stolen
    ordered = next(row["tx_hash"] for row in rows(found, "events") if row["name"] == "InstructionExecuted")
    for table in ("events", "postings"):
        edited(table, {"tx_hash": tx_hash}, tx_hash=ordered)(found)
    said = text(verify(found.write(tmp_path / "stolen.zip"), Expected(block_hash=found.block_hash)))
    assert "REFUTED" in said
    assert f"called {ordered}, as one of block" in said
