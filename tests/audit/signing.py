"""The scenario with a period of each instrument signed, countersigned and anchored, all through the front door."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import fund, mine
from rwaledger.domain.period import Period
from rwaledger.registry import periods
from tests.played import NODE, Played, node_with_state_of, played_in

OPERATOR, AUDITOR = "dev:20", "dev:21"


def forget_periods(played: Played) -> None:
    """The register as it would be had the story signed nothing: no period, no anchor, nothing of it was ever read."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        for table in ("period_rows", "periods"):
            connection.execute(f"DELETE FROM {table}")
        (anchor,) = connection.execute("SELECT address FROM contracts WHERE kind = 'registry_anchor'").fetchone()
        for table in ("events", "checkpoints", "contracts"):
            connection.execute(f"DELETE FROM {table} WHERE address = ?", (anchor,))


def with_anchor(played: Played, operator: str = OPERATOR, auditor: str = AUDITOR) -> None:
    """An anchor is deployed with two keys of its own, and the register has read it and no other."""
    forget_periods(played)
    settings = played.folder / "rwaledger.toml"
    settings.write_text(f'operator = "{operator}"\nauditor = "{auditor}"\n' + settings.read_text())
    for name in (operator, auditor):
        fund(played.node, dev_address(name))
    assert played.run("period", "deploy-anchor", "--yes") == 0
    sync(played)


def sync(played: Played) -> None:
    """What happened becomes final, and the mirror reads it."""
    mine(played.node, 2)
    assert played.run("register", "sync") == 0


def close(played: Played, *names: str) -> list[Period]:
    """Reconciled, signed, countersigned and anchored; all periods there are."""
    sync(played)
    assert played.run("reconcile", "run", "--record") == 0
    assert played.run("period", "close", *names, "--auditor", AUDITOR, "--yes") == 0
    assert played.run("period", "anchor", *names, "--yes") == 0
    sync(played)
    return signed_periods(played)


def signed_periods(played: Played) -> list[Period]:
    with played.database.read() as c:
        return periods.periods(c)


@pytest.fixture(scope="session")
def signed_scenario(scenario_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The story with a period of each instrument closed at its end, and a node of its own."""
    folder = tmp_path_factory.mktemp("signed")
    with (
        node_with_state_of(scenario_folder, folder) as node,
        played_in(scenario_folder, folder / "story", node) as played,
    ):
        with_anchor(played)
        close(played)
        yield played


@pytest.fixture
def signed(signed_scenario: Played, tmp_path: Path) -> Iterator[Played]:
    """The same; whatever a test does to register or chain is undone behind it."""
    node = signed_scenario.node
    assert NODE not in {path.name for path in signed_scenario.folder.iterdir()}
    snapshot = node.request("evm_snapshot")
    with played_in(signed_scenario.folder, tmp_path / "story", node) as found:
        yield found
    node.request("evm_revert", [snapshot])
