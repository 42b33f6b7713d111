"""Fixtures of the audit's tests: one world for all of them, of which each has a copy to tamper with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.chain.local import local_node
from rwaledger.registry.database import Database
from tests.audit.world import World, build_world


@pytest.fixture(scope="session")
def built_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    """The world, and the file of its register."""
    folder = tmp_path_factory.mktemp("audited")
    register = folder / "register.db"
    with local_node(folder / "node") as node:
        database = Database(f"sqlite:///{register}")
        database.migrate()
        world = build_world(node, database)
        database.close()
        yield world, register


@pytest.fixture
def world(built_world: tuple[World, Path], tmp_path: Path) -> Iterator[World]:
    """A world in which chain and register agree; whatever a test does to either is undone behind it."""
    built, register = built_world
    shutil.copyfile(register, tmp_path / "world.db")
    database = Database(f"sqlite:///{tmp_path / 'world.db'}")
    snapshot = built.node.request("evm_snapshot")
    yield World(built.node, database, built.instruments, built.keys)
    database.close()
    built.node.request("evm_revert", [snapshot])


@pytest.fixture
def small_world(tmp_path: Path) -> Iterator[World]:
    """A world on a node of its own, for what cannot be undone: anvil keeps no snapshot across a reorganisation."""
    with local_node(tmp_path / "node") as node:
        database = Database(f"sqlite:///{tmp_path / 'small.db'}")
        database.migrate()
        yield build_world(node, database, with_history=False)
        database.close()
