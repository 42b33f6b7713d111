"""What a local node sends in another's name: nobody has signed it, which no pack hides."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from rwaledger.verifier import chain
from rwaledger.verifier.pack import Pack
from tests.audit.world import World
from tests.verifier.writer import draft


def test_a_transaction_that_nobody_signed_has_no_sender(ledger: World, tmp_path: Path) -> None:
    register = ledger.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(register)) as whole, closing(sqlite3.connect(tmp_path / "register.db")) as copy:
        whole.backup(copy)
    database, snapshot = Database(f"sqlite:///{tmp_path / 'register.db'}"), ledger.node.request("evm_snapshot")
    stolen = ledger.steal("BIG", "burn", ledger.holders[0], 1_000)
    ledger.node.request("evm_mine", [])
    sync(database, ledger.node, Finality.parse("latest"))
    found = draft(ledger.node, database)
    database.close()
    ledger.node.request("evm_revert", [snapshot])
    with Pack(found.write(tmp_path / "stolen.zip")) as pack:
        level = chain.check(pack, found.block_hash)
        transaction = pack.transactions[stolen]
        assert not transaction.is_signed
        assert pack.sender(transaction) == ""
    assert not level.faults, level.faults
    assert not level.breaks, level.breaks
    assert any(each.startswith("Who sent 1 transactions: nobody signed them") for each in level.unproved)
