"""Moves breaks along their lives in tests, each step under the key of a dev account."""

from __future__ import annotations

from rwaledger.audit.correcting import register_entries
from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.recording import Recorded, record
from rwaledger.audit.waivers import read_lives
from rwaledger.chain.keys import dev_signer
from rwaledger.chain.rpc import Node
from rwaledger.domain.break_events import BreakEvent, BreakRecord
from rwaledger.domain.break_life import Life
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.reconciliation import Break, CheckResult
from rwaledger.operate.break_correct import by_entries, checkpoints_of
from rwaledger.operate.break_steps import Entering, Hand, Said, take_step
from rwaledger.registry import breaks
from rwaledger.registry.database import Database
from rwaledger.registry.types import utc_now

PREPARER, CORRECTOR, APPROVER = "dev:10", "dev:11", "dev:12"
EVIDENCE = "0x" + "e7" * 32


def hand(database: Database, node: Node, key: str) -> Hand:
    latest = node.block("latest")
    assert latest is not None
    return Hand(database, dev_signer(node, key), latest)


def run_recorded(database: Database, node: Node) -> Recorded:
    found = reconcile(database, node)
    with database.begin() as c:
        return record(c, found)


def lives(database: Database) -> dict[str, Life]:
    with database.read() as c:
        return read_lives(c)


def put_on_record(database: Database, node: Node, found: Break) -> None:
    """As a recorded run would, without the run."""
    block = hand(database, node, PREPARER).block
    first = BreakRecord(node.chain_id, found, block.number, block.hash, block.timestamp, utc_now())
    place = (block.number, block.hash, block.timestamp, utc_now())
    event = BreakEvent(
        found.break_id, node.chain_id, 1, BreakState.OPEN, found.break_class, first.hash, *place, text="found"
    )
    with database.begin() as c:
        breaks.add_break(c, first)
        breaks.add_event(c, event)


def explain(database: Database, node: Node, break_id: str, key: str = PREPARER) -> None:
    take_step(hand(database, node, key), break_id, BreakState.EXPLAINED, Said(text="why", evidence_hash=EVIDENCE))


def enter(database: Database, node: Node, found: Break, key: str = CORRECTOR) -> None:
    """Corrects a break by the entries that follow from the chain."""
    entries = register_entries(load(database, node), found)
    with database.read() as c:
        read_at = checkpoints_of(c, node.chain_id, entries)
    correct(database, node, found.break_id, by_entries(entries, read_at), key)


def correct(database: Database, node: Node, break_id: str, entering: Entering, key: str = CORRECTOR) -> None:
    take_step(hand(database, node, key), break_id, BreakState.CORRECTED, Said(), entering)


def put_right(database: Database, node: Node, found: Break) -> None:
    """Records, explains and corrects a break."""
    put_on_record(database, node, found)
    explain(database, node, found.break_id)
    enter(database, node, found)


def result(found: tuple[CheckResult, ...], check: str) -> CheckResult:
    return next(each for each in found if each.check == check)
