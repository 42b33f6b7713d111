"""The Hong Kong half-year ends to the cent: on both databases, and when it is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.chain import state
from rwaledger.chain.local import running_node, stop_node
from rwaledger.chain.rpc import Node
from rwaledger.cli.main import run
from rwaledger.registry import clients, holders, instruments
from rwaledger.registry.database import Database

NAME = "hong-kong-2026"

HKDS_CLOSING = 103_899_315_060_000
"""Issued 413,899,315.06, redeemed 310,000,000."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the scenario is played; its node is stopped at the end."""
    place = tmp_path / "story"
    yield place
    stop_node(place / "node")


def play(folder: Path, *options: str) -> None:
    assert run([*options, "scenario", "run", NAME, "--folder", str(folder)]) == 0


def node_of(folder: Path) -> Node:
    running = running_node(folder / "node")
    assert running is not None
    return Node(running.url)


def require_closing(folder: Path, database: Database) -> None:
    """What the story ends with, asked of the chain and of the register, and not of what it printed."""
    node = node_of(folder)
    with database.read() as connection:
        known = {each.instrument_id: each for each in instruments.instruments(connection)}
        peak, victoria = (holders.account_of(connection, node.chain_id, name).address for name in ("peak", "victoria"))
        behind = {account: clients.client_balances(connection, node.chain_id, account) for account in (peak, victoria)}
        reserve = holders.account_of(connection, node.chain_id, "green-issuer").address
    supplies = {name: state.total_supply(node, each.address, "latest") for name, each in known.items()}
    assert supplies == {"HKDS": HKDS_CLOSING, "GRN28": 250_000, "HKMM": 50_300_000_000}
    dust = state.account_states(node, known["HKDS"].address, [reserve], "latest")[reserve][0]
    assert dust == 10_000
    units = {client: balance // 10**4 for client, balance in behind[peak]["HKMM"].items() if client}
    assert units == {"P-0101": 1_100_000, "P-0102": 900_000, "P-0103": 600_000, "P-0104": 400_000}
    assert {c: b for c, b in behind[victoria]["GRN28"].items() if c} == {
        "V-0201": 60_000,
        "V-0202": 25_000,
        "V-0203": 15_000,
    }


def test_it_ends_with_its_closing_figures(folder: Path, database_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    play(folder, "--database-url", database_url)
    told = capfd.readouterr().err
    database = Database(database_url)
    require_closing(folder, database)
    database.close()
    assert "All 18 closing figures are as they must be" in told
    assert "100.53" in told.split("reserve show HKDS")[-1]
    assert "exact 3,099,315.068" in told
    assert json.loads((folder / "report.json").read_text())["findings"] == []


def test_it_goes_on_after_kills(folder: Path) -> None:
    """SIGKILL in the middle of settlement, fund dealing and coupon; the same command ends to the cent."""
    command = [sys.executable, "-m", "rwaledger.cli.main", "scenario", "run", NAME, "--folder", str(folder)]
    for step, done in ((3, 7), (6, 9), (22, 5)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ.copy())
        await_progress(folder, [step, done])
        time.sleep(0.15)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    play(folder)
    require_closing(folder, Database(f"sqlite:///{folder / 'register.db'}"))


def await_progress(folder: Path, wanted: list[int]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        path = folder / "progress.json"
        text = path.read_text() if path.exists() else ""
        if text and json.loads(text) >= wanted:
            return
        time.sleep(0.01)
    pytest.fail(f"the scenario did not come to {wanted}")
