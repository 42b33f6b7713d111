"""The scenario, played once for all tests of a run: each test has a copy of its folder, and a chain that is put back.

Processes that test side by side share one playing, and have a node each. A developer who runs single tests again and
again may play it once by hand (`rwaledger scenario run hong-kong-2026 --folder F --stop-node`) and name F in PLAYED.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.local import start_node, stop_node
from rwaledger.chain.rpc import Node
from rwaledger.cli.main import run
from rwaledger.registry.database import Database

NAME = "hong-kong-2026"
NODE = "node"


@dataclass(frozen=True)
class Played:
    """The folder at the end of the story, with its register, and the node with its chain."""

    folder: Path
    node: Node
    database: Database

    def run(self, *args: str) -> int:
        """Runs a command of the program in the folder; its exit code."""
        with chdir(self.folder):
            return run(list(args))


@pytest.fixture(scope="session")
def scenario_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scenario was played; its node is stopped."""
    by_hand = os.environ.get("PLAYED", "")
    if by_hand:
        return Path(by_hand)
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "played"
    with (shared / "played.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "played.done").exists():
            assert run(["scenario", "run", NAME, "--folder", str(folder), "--stop-node"]) == 0
            (shared / "played.done").touch()
    return folder


@contextmanager
def node_with_state_of(scenario: Path, folder: Path) -> Iterator[Node]:
    """A node of its own with the chain of a scenario that was played."""
    shutil.copytree(scenario / NODE, folder / NODE)
    started = start_node(folder / NODE)
    try:
        yield Node(started.url)
    finally:
        stop_node(folder / NODE)


@contextmanager
def played_in(scenario: Path, folder: Path, node: Node) -> Iterator[Played]:
    """A copy of the scenario's folder whose settings name the node."""
    shutil.copytree(scenario, folder, ignore=shutil.ignore_patterns(NODE))
    settings = folder / "rwaledger.toml"
    port = node.url.rsplit(":", 1)[1].rstrip("/")
    settings.write_text(re.sub(r"127\.0\.0\.1:\d+|(?<=node_port = )\d+", _Port(port), settings.read_text()))
    database = Database(f"sqlite:///{folder / 'register.db'}")
    try:
        yield Played(folder, node, database)
    finally:
        database.close()


@dataclass(frozen=True)
class _Port:
    """Puts another port where one is named."""

    port: str

    def __call__(self, match: re.Match[str]) -> str:
        return f"127.0.0.1:{self.port}" if ":" in match[0] else self.port


@pytest.fixture(scope="session")
def scenario_node(scenario_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node that the tests of this process share."""
    with node_with_state_of(scenario_folder, tmp_path_factory.mktemp("scenario-node")) as node:
        yield node


@pytest.fixture
def played(scenario_folder: Path, scenario_node: Node, tmp_path: Path) -> Iterator[Played]:
    """The scenario at its end; whatever a test does to register or chain is undone behind it."""
    snapshot = scenario_node.request("evm_snapshot")
    with played_in(scenario_folder, tmp_path / "story", scenario_node) as found:
        yield found
    scenario_node.request("evm_revert", [snapshot])


@pytest.fixture
def played_apart(scenario_folder: Path, tmp_path: Path) -> Iterator[Played]:
    """The same with a node of the test's own, for what no snapshot takes back, such as a reorganisation."""
    with (
        node_with_state_of(scenario_folder, tmp_path) as node,
        played_in(scenario_folder, tmp_path / "story", node) as found,
    ):
        yield found


def json_of(played: Played, *args: str) -> Any:
    """The one JSON document that a command prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        played.run(*args, "--json")
    return json.loads(printed.getvalue())
