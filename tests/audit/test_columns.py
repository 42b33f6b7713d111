"""Whoever edits a cell of the register is found out: every column is tried, or listed with why it is not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.errors import ChainMismatch, RegisterConflict, RwaledgerError, UsageError
from rwaledger.domain.holder import day_number
from rwaledger.domain.instruction import Line, Operation, admission_detail
from rwaledger.domain.reconciliation import BreakClass, Outcome
from rwaledger.registry import holders, tables
from tests.audit import tampering
from tests.audit.checks import test_office_columns as of_office
from tests.audit.checks.test_c18 import COLUMNS as OF_TRADES
from tests.audit.test_roots import failed, issue_ref, roots
from tests.audit.world import World

HASH = "'0x" + "77" * 32 + "'"
ADDRESS = "'0x" + "5a" * 20 + "'"


@dataclass(frozen=True)
class Edit:
    """A new value, as SQL, and the check that has to fail; `one_root` where nothing else is to be said of it."""

    value: str
    check: str
    one_root: bool = True


def _many(value: str, check: str) -> Edit:
    return Edit(value, check, one_root=False)


EDITS: dict[str, Edit] = {
    "contracts.kind": Edit("'control_book'", "C16"),
    "contracts.deploy_block": Edit("1000000", "C16"),
    "contracts.deploy_block_hash": Edit(HASH, "C16"),
    "contracts.code_hash": Edit(HASH, "C16"),
    "contracts.chain_id": _many("chain_id + 1", "C05"),
    "instruments.instrument_id": _many("'OTHER'", "C12"),
    "instruments.chain_id": _many("chain_id + 1", "C05"),
    "instruments.address": _many(ADDRESS, "C05"),
    "instruments.control_book": _many(ADDRESS, "C05"),
    "instruments.name": Edit("'Another'", "C16"),
    "instruments.symbol": Edit("'ANOTHER'", "C16"),
    "instruments.decimals": Edit("7", "C16"),
    "blocks.hash": Edit(HASH, "C13"),
    "blocks.parent_hash": Edit(HASH, "C13"),
    "blocks.timestamp": Edit("timestamp - 86400", "C13"),
    "blocks.number": Edit("number + 1000", "C13"),
    "blocks.chain_id": Edit("chain_id + 1", "C13"),
    "events.chain_id": Edit("chain_id + 1", "C02"),
    "events.block_number": _many("block_number + 1000", "C12"),
    "events.log_index": _many("log_index + 500", "C12"),
    "events.block_hash": Edit(HASH, "C12"),
    "events.tx_hash": Edit(HASH, "C12"),
    "events.tx_index": Edit("tx_index + 1", "C12"),
    "events.address": _many(ADDRESS, "C12"),
    "events.name": Edit("'Approval'", "C12"),
    "events.topics": Edit("'[]'", "C12"),
    "events.data": Edit("'0x'", "C12"),
    "postings.instrument_id": _many("'OTHER'", "C12"),
    "postings.block_number": _many("block_number + 1000", "C02"),
    "postings.log_index": _many("log_index + 500", "C02"),
    "postings.leg": Edit("leg + 5", "C02"),
    "postings.account": _many(ADDRESS, "C02"),
    "postings.amount_units": Edit("'7'", "C04"),
    "postings.balance_after_units": Edit("'7'", "C03"),
    "postings.tx_hash": Edit(HASH, "C02"),
    "positions.instrument_id": _many("'OTHER'", "C12"),
    "positions.account": _many(ADDRESS, "C02"),
    "positions.balance_units": Edit("'7'", "C02"),
    "positions.block_number": Edit("block_number - 1", "C02"),
    "positions.log_index": Edit("log_index + 1", "C02"),
    "standings.instrument_id": _many("'OTHER'", "C12"),
    "standings.account": _many(ADDRESS, "C02"),
    "standings.block_number": _many("block_number - 1", "C02"),
    "standings.log_index": _many("log_index + 500", "C02"),
    "standings.investor_class": Edit("3", "C02"),
    "standings.country": Edit("156", "C02"),
    "standings.valid_until_day": Edit("valid_until_day - 1", "C02"),
    "standings.frozen_units": Edit("'7'", "C02"),
    "standings.address_frozen": Edit("1", "C02"),
    "standings.suspended": Edit("1", "C02"),
    "holders.holder_id": Edit("'another'", "C02"),
    "holders.country": Edit("156", "C02"),
    "holders.investor_class": Edit("3", "C02"),
    "holders.valid_until": Edit("'2099-12-31'", "C02"),
    "accounts.chain_id": Edit("chain_id + 1", "C02"),
    "accounts.address": Edit(ADDRESS, "C02"),
    "accounts.holder_id": Edit("'nobody'", "C02"),
    "instructions.ref": _many(HASH, "C05"),
    "instructions.idempotency_key": Edit("'another'", "C05"),
    "instructions.chunk": Edit("chunk + 1", "C05"),
    "instructions.chain_id": Edit("chain_id + 1", "C05"),
    "instructions.control_book": Edit(ADDRESS, "C05"),
    "instructions.instrument_id": Edit("'BIG'", "C05"),
    "instructions.instrument": Edit(ADDRESS, "C05"),
    "instructions.operation": Edit("'redeem'", "C05"),
    "instructions.maker": Edit("'zz'", "C05"),
    "instructions.checker": Edit(ADDRESS, "C05"),
    "instructions.not_after": Edit("not_after + 1", "C05"),
    "instructions.order_hash": Edit(HASH, "C05"),
    "instructions.text": Edit("'elsewhere'", "C05"),
    "instructions.lines": Edit("replace(lines, '\"100\"', '\"-100\"')", "C05"),
    "instructions.digest": Edit(HASH, "C05"),
    "instructions.signature": Edit("'0x" + "11" * 65 + "'", "C05"),
    "instructions.status": Edit("'cancelled'", "C05"),
    "transactions.tx_hash": _many(HASH, "C14"),
    "transactions.chain_id": Edit("chain_id + 1", "C14"),
    "transactions.sender": Edit(ADDRESS, "C14"),
    "transactions.nonce": Edit("nonce + 100", "C14"),
    "transactions.instruction_ref": Edit("NULL", "C14"),
    "transactions.raw": Edit("'0x'", "C14"),
    "transactions.status": Edit("'reverted'", "C14"),
    "transactions.block_number": Edit("block_number - 1", "C14"),
    "transactions.block_hash": Edit(HASH, "C14"),
    "transactions.gas_used": Edit("gas_used + 1", "C14"),
}

REFUSED: dict[str, tuple[str, type[RwaledgerError]]] = {
    "chains.chain_id": ("chain_id + 1", UsageError),
    "chains.genesis_hash": (HASH, ChainMismatch),
    "contracts.address": (ADDRESS, UsageError),
    "checkpoints.chain_id": ("chain_id + 1", UsageError),
    "checkpoints.address": (ADDRESS, UsageError),
    "checkpoints.block_number": ("block_number - 1", ChainMismatch),
    "checkpoints.block_hash": (HASH, ChainMismatch),
}
"""Where the edit leaves nothing to reconcile at: an error, never a result."""

NOT_COVERED: dict[str, str] = {
    "transactions.purpose": "words for people; C14 asks for them where there is no instruction",
    "transactions.created_at": "the clock of the machine that wrote the row",
    "transactions.updated_at": "the clock of the machine that wrote the row",
    "orphaned_events": "what a rewind took out; the chain has it no longer",
    "audit_log": "who did what at this register; it is no record of units",
    "instruments.kind": "the token does not hold it; C07 finds a reserve of what is no stablecoin, as its tests show",
    "instruments.record_of_truth": "a term of the instrument; the token does not hold it",
    "checkpoints.generation": "counts writes, so that two mirrors do not mix; it says nothing of the chain",
    "holders.sealed": "personal data, of which nothing is on the chain; the key finds any edit, and the digest does",
    "accounts.kind": "nothing of it is on the chain; C06 holds it against sub-ledgers, and its tests edit it",
    "accounts.replaced_by": "for people; the recovery itself is an event",
    "wallet_proofs": "a signature, which any verification of it tells",
    "trades.source": "a file's name, for people",
    "trades.recorded_at": "the clock of the machine that wrote the row",
    "trades.updated_at": "the clock of the machine that wrote the row",
    "trade_signatures.recorded_at": "the clock of the machine that wrote the row",
    "orders": "references and names of documents, for people; their hashes are in the instructions",
    "periods": "signed; tests/audit/test_signed_periods.py edits them",
    "period_rows": "counted and hashed by signed heads; tests/audit/test_signed_periods.py edits them",
    "breaks": "the life of a break proves itself; tests/properties/test_break_life.py edits every column",
    "break_actors": "the life of a break proves itself; tests/properties/test_break_life.py takes it apart",
    "break_events": "the life of a break proves itself; tests/properties/test_break_life.py edits every column",
    "exemptions": "signed twice; what was edited lets nothing pass",
    "corrections": "only rows that a signed event stands behind count, and what counts is held against the chain",
    "reconciliations": "what a reconciliation found, which another one finds again",
    "instructions.reason": "why somebody rejected what was then not carried out",
    "instructions.content_hash": "of the whole request, which only operate can put together again",
    "instructions.source": "a file's name, for people",
    "instructions.created_at": "the clock of the machine that wrote the row",
    "instructions.updated_at": "the clock of the machine that wrote the row",
}

ROWS = {
    "contracts": "address = :token",
    "instruments": "instrument_id = 'UNIT'",
    "blocks": "number = :block",
    "checkpoints": "address = :token",
    "events": "block_number = :block AND log_index = :log",
    "postings": "instrument_id = 'BIG' AND block_number = :block AND log_index = :log AND leg = 1",
    "positions": "instrument_id = 'BIG' AND account = :account",
    "standings": "instrument_id = 'BIG' AND account = :account AND block_number = :admitted",
    "holders": "holder_id = 'holder-2'",
    "accounts": "address = :account",
    "instructions": "ref = :ref",
    "transactions": "instruction_ref = :ref",
    "chains": "chain_id = chain_id",
}
"""The row to edit: of holder 2, who was admitted, received and frozen, or of UNIT, which was issued to two."""


def edit(world: World, column: str, value: str) -> None:
    """Sets a cell as with a database tool that does not mind foreign keys."""
    edit_all(world, {column: value})


def edit_all(world: World, values: dict[str, str]) -> None:
    """The same for several cells, each of another table."""
    block, log_index = tampering.transfers(world)[4]
    names = {
        "token": world.instruments["UNIT"].address,
        "block": block,
        "log": log_index,
        "account": world.holders[2],
        "admitted": tampering.places_of(world, "AccountAdmitted")[0][0],
        "ref": issue_ref(world),
    }
    with closing(sqlite3.connect(world.database.url.removeprefix("sqlite:///"))) as connection, connection:
        for column, value in values.items():
            table, name = column.split(".")
            statement = f"UPDATE {table} SET {name} = {value} WHERE {ROWS[table]}"
            assert connection.execute(statement, names).rowcount == 1, column


def test_every_column_of_the_register_is_tried_or_named() -> None:
    columns = {f"{table.name}.{column.name}" for table in tables.metadata.sorted_tables for column in table.c}
    # The tables of the office are looked into column by column beside their own tests.
    named = {*EDITS, *REFUSED, *NOT_COVERED, *OF_TRADES, *of_office.ROWS}
    assert {column for column in columns if not {column, column.split(".")[0]} & named} == set()
    assert len(EDITS) + len(REFUSED) == len({*EDITS, *REFUSED})


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_cell_fails_under_the_check_that_answers_for_it(world: World, column: str) -> None:
    tried = EDITS[column]
    edit(world, column, tried.value)
    found = reconcile(world.database, world.node)
    assert tried.check in failed(found)
    if tried.one_root:
        assert [root.check for root in roots(found)] == [tried.check]


@pytest.mark.parametrize("column", REFUSED)
def test_an_edited_cell_that_leaves_no_common_ground_is_an_error(world: World, column: str) -> None:
    value, error = REFUSED[column]
    edit(world, column, value)
    with pytest.raises(error):
        reconcile(world.database, world.node)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("instructions.lines", "'{'"),
        ("instructions.lines", "'[[5,6,7,8]]'"),
        ("instructions.lines", "'7'"),
        ("events.topics", "'{'"),
        ("events.topics", "'7'"),
        ("standings.country", "'abc'"),
        ("holders.valid_until", "'zz'"),
        ("contracts.deploy_block", "'zz'"),
        ("instruments.decimals", "'zz'"),
        ("postings.log_index", "'zz'"),
        ("postings.amount_units", "'abc'"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(world: World, column: str, value: str) -> None:
    edit(world, column, value)
    with pytest.raises(RegisterConflict, match="the register"):
        reconcile(world.database, world.node)


def test_an_instrument_struck_off_the_register_is_missed(world: World) -> None:
    token = world.instruments["UNIT"].address
    with closing(sqlite3.connect(world.database.url.removeprefix("sqlite:///"))) as connection, connection:
        for table in ("checkpoints", "instruments", "contracts"):
            connection.execute(f"DELETE FROM {table} WHERE address = ?", (token,))
        connection.execute("DELETE FROM events WHERE address = ?", (token,))
        for table in ("postings", "positions", "standings"):
            connection.execute(f"DELETE FROM {table} WHERE instrument_id = 'UNIT'")
    found = reconcile(world.database, world.node)
    assert ("C05", BreakClass.COVERAGE, token) in {(b.check, b.break_class, b.account) for b in roots(found)}


@pytest.mark.parametrize("status", ["mined", "final"])
def test_an_invented_instruction_on_an_unknown_instrument_fails(world: World, status: str) -> None:
    with closing(sqlite3.connect(world.database.url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("CREATE TEMP TABLE copy AS SELECT * FROM instructions LIMIT 1")
        connection.execute(
            f"UPDATE copy SET ref = {HASH}, instrument = {ADDRESS}, chunk = 9, status = ?",
            (status,),
        )
        connection.execute("INSERT INTO instructions SELECT * FROM copy")
    assert [root.check for root in roots(reconcile(world.database, world.node))] == ["C05"]


def test_a_standing_beyond_the_pinned_block_fails(world: World) -> None:
    with closing(sqlite3.connect(world.database.url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(
            "INSERT INTO standings SELECT instrument_id, account, block_number + 5000, log_index, 2, 344, 1, '0', 0, 0 "
            "FROM standings LIMIT 1"
        )
    found = reconcile(world.database, world.node)
    assert [(root.check, root.break_class) for root in roots(found)] == [("C02", BreakClass.MISSING_ON_CHAIN)]


def test_an_admission_on_its_way_makes_no_holder_stale(world: World) -> None:
    """The holder's data are those of the admission that the next sync will see."""
    pinned = world.node.head()
    country = 156
    edit(world, "holders.country", str(country))
    assert not reconcile(world.database, world.node).passed
    with world.database.read() as c:
        holder = holders.holder(c, "holder-2")
    detail = admission_detail(country, int(holder.investor_class), day_number(holder.valid_until))
    for instrument_id in world.instruments:
        world.operate(Operation.ADMIT, instrument_id, Line(recipient=world.holders[2], detail=detail))
    found = reconcile(world.database, world.node)
    assert found.pin.block_number == pinned
    assert [result.check for result in found.results if result.outcome is not Outcome.PASS] == []
    world.sync()
    assert reconcile(world.database, world.node).passed
