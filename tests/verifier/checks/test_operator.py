"""L1 gives what the operator's reconciliation gave, whatever was edited: every outcome, coverage and finding.

Cells are edited together, one of each table at a time, since an export and a verification take a second; with DEEP=1
(`make test-deep`) each alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

import pytest

from rwaledger.audit.evidence.export import export
from rwaledger.audit.sources import Terms
from rwaledger.chain.rpc import Node
from rwaledger.policies.loading import load_policy
from rwaledger.registry.database import Database
from rwaledger.verifier import chain, hashes, rerun
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.level import Level
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.verification import verify
from tests.audit import test_columns as of_mirror
from tests.audit.checks import test_c18 as of_trades
from tests.audit.checks import test_office_columns as of_office
from tests.audit.conftest import built_world, world  # noqa: F401 - fixtures
from tests.audit.forging import forge
from tests.audit.seeding import SEEDS, account, edited_in_signed_period
from tests.audit.signing import last_period
from tests.audit.world import World
from tests.played import Played

DEEP = bool(os.environ.get("DEEP"))
Columns = tuple[str, ...]


def together(columns: Iterable[str]) -> list[Columns]:
    """The first column of each table, then the second of each, and so on; one by one where there is time."""
    by_table: dict[str, list[str]] = {}
    for column in columns:
        by_table.setdefault(column.split(".")[0], []).append(column)
    if DEEP:
        return [(column,) for column in columns]
    return [tuple(filter(None, each)) for each in zip_longest(*by_table.values())]


def names(columns: Columns) -> str:
    return f"{columns[0]} and {len(columns) - 1} others"


def again(database: Database, node: Node, path: Path, heads: Mapping[str, str] | None = None) -> Level:
    """L1 on the pack of a register as it is now; `heads` are those that operator and auditor have both kept."""
    export(database, node, path, Terms(load_policy(None), heads or {}))
    with Pack(path) as pack:
        assert hashes.check(pack, Expected()).faults == []
        return rerun.check(pack, heads or {})[0]


@pytest.mark.parametrize("columns", together(of_mirror.EDITS), ids=names)
def test_edited_cells_of_what_the_mirror_keeps(world: World, columns: Columns, tmp_path: Path) -> None:  # noqa: F811
    of_mirror.edit_all(world, {column: of_mirror.EDITS[column].value for column in columns})
    assert again(world.database, world.node, tmp_path / "edited.evidence.zip").faults == []


OFFICE = {column: value for column, (value, _) in {**of_office.COLUMNS, **of_trades.COLUMNS}.items()}


@pytest.mark.parametrize("columns", together(OFFICE), ids=names)
def test_edited_cells_of_what_the_office_keeps(played: Played, columns: Columns, tmp_path: Path) -> None:
    lantau = account(played, "lantau")
    rows = of_office.ROWS | {
        "trades": f"trade_id = '{of_trades.TRADE}'",
        "trade_signatures": f"trade_id = '{of_trades.TRADE}' AND party = '{lantau}'",
    }
    statements = [
        f"UPDATE {table} SET {name} = {OFFICE[column]} WHERE {rows[table]}"
        for column in columns
        for table, name in [column.split(".")]
    ]
    change(played.database, *statements)
    assert again(played.database, played.node, tmp_path / "edited.evidence.zip").faults == []


def change(database: Database, *statements: str) -> None:
    """As with a database tool that minds no foreign keys; each statement changes something."""
    with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement


TOKEN = "(SELECT address FROM instruments WHERE instrument_id = 'UNIT')"
DESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "an instrument is struck": ("DELETE FROM instruments WHERE instrument_id = 'UNIT'",),
    "an instrument and its contract are struck": (
        f"DELETE FROM checkpoints WHERE address = {TOKEN}",
        f"DELETE FROM contracts WHERE address = {TOKEN}",
        "DELETE FROM instruments WHERE instrument_id = 'UNIT'",
    ),
    "a contract is struck": (
        f"DELETE FROM checkpoints WHERE address = {TOKEN}",
        f"DELETE FROM contracts WHERE address = {TOKEN}",
    ),
    "an instrument and its contract are of another chain": (
        f"UPDATE contracts SET chain_id = chain_id + 1 WHERE address = {TOKEN}",
        "UPDATE instruments SET chain_id = chain_id + 1 WHERE instrument_id = 'UNIT'",
    ),
    "a token is called a settlement contract": (f"UPDATE contracts SET kind = 'settlement' WHERE address = {TOKEN}",),
    "a token is called an attestor": (f"UPDATE contracts SET kind = 'reserve_attestor' WHERE address = {TOKEN}",),
    "a control book is called a token": ("UPDATE contracts SET kind = 'asset_token' WHERE kind = 'control_book'",),
    "a row names no address": ("UPDATE accounts SET address = 'zz' WHERE holder_id = 'holder-2'",),
    "a position of nothing": (
        "INSERT INTO positions SELECT 'GHOST', account, balance_units, block_number, log_index FROM positions LIMIT 1",
    ),
    "a standing beyond the pinned block": (
        "INSERT INTO standings SELECT instrument_id, account, block_number + 5000, log_index, 2, 344, 1, '0', 0, 0 "
        "FROM standings LIMIT 1",
    ),
    "an event of nobody beyond the pinned block": (
        "INSERT INTO events SELECT chain_id, block_number + 900, log_index, block_hash, tx_hash, tx_index, "
        f"{of_mirror.ADDRESS}, name, topics, data FROM events LIMIT 1",
    ),
}


@pytest.mark.parametrize("case", DESCRIPTIONS)
def test_what_makes_the_pack_of_another_register(world: World, case: str, tmp_path: Path) -> None:  # noqa: F811
    """The pack can be read, and shows what the operator found."""
    change(world.database, *DESCRIPTIONS[case])
    path = tmp_path / "edited.evidence.zip"
    assert again(world.database, world.node, path).faults == []
    with Pack(path) as pack:
        assert not pack.manifest.passed
        assert chain.check(pack, pack.manifest.pin.block_hash).faults == []


def test_a_head_that_was_kept_tells_of_a_register_that_was_signed_anew(played: Played, tmp_path: Path) -> None:
    """The scenario's number 13: who has kept the head finds it, and who has not is told that the operator had one."""
    kept = {"HKDS": last_period(played).head}
    edited_in_signed_period(played)
    forge(played)
    path = tmp_path / "forged.evidence.zip"
    knowing = again(played.database, played.node, path, kept)
    assert (knowing.faults, knowing.breaks) == ([], [])
    with Pack(path) as pack:
        assert "HKDS has the head" in hashes.check(pack, Expected(heads=kept)).faults[0].message
        (told,) = rerun.check(pack, {})[0].breaks
    assert "the operator found it, and you gave no such head" in told.message


def test_what_is_not_read_yet_is_told_and_not_proved(played: Played, tmp_path: Path) -> None:
    """The scenario's number 14: units that moved behind the pinned block."""
    SEEDS[14](played)
    path = tmp_path / "timing.evidence.zip"
    found = again(played.database, played.node, path)
    assert (found.faults, found.breaks) == ([], [])
    with Pack(path) as pack:
        assert [each.break_class for result in pack.reconciliation for each in result.findings] == ["TIMING"]
    assert [each for each in found.unproved if "TIMING" in each and "behind the pinned block" in each]


def test_a_chain_that_parted_behind_the_pinned_block_is_a_break(played_apart: Played, tmp_path: Path) -> None:
    """The scenario's number 11: no pack can show it, and the operator's own word is enough."""
    played_apart.node.request("anvil_mine", ["0x4"])
    assert played_apart.run("register", "sync") == 0
    SEEDS[11](played_apart)
    path = tmp_path / "reorganised.evidence.zip"
    found = again(played_apart.database, played_apart.node, path)
    assert found.faults == []
    (told,) = found.breaks
    assert "C13, TAMPER, " in told.message
    assert "what lies behind the pinned block is in no pack" in told.message
    with Pack(path) as pack:
        pinned = Expected(block_hash=pack.manifest.pin.block_hash)
    assert verify(path, pinned).verdict.startswith("BREAKS")
