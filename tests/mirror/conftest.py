"""Fixtures of the mirror's tests: a fresh local node, and registers that stand ready."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.registry.database import Database
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import A, B, C, D, Token, deploy_token


@pytest.fixture
def node() -> Iterator[Node]:
    """A chain of its own for the test, in memory only: `rwaledger.chain.local` keeps state, which takes time."""
    with anvil() as started:
        yield started


@pytest.fixture
def token(node: Node) -> Token:
    """A token of which A holds 1,000 units, and B, C and D might hold some."""
    deployed = deploy_token(node)
    deployed.admit(A, B, C, D)
    deployed.send("mint", A, 1_000)
    return deployed


@pytest.fixture(scope="session")
def blank_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty SQLite register, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "register.db"
    made = Database(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture
def new_register(blank_register: Path, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Makes empty SQLite registers, as many as a test needs, in a millisecond each."""
    made: list[Database] = []
    numbers = itertools.count()

    def make() -> Database:
        path = tmp_path / f"register-{next(numbers)}.db"
        shutil.copyfile(blank_register, path)
        made.append(Database(f"sqlite:///{path}"))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def sqlite(new_register: Callable[[], Database]) -> Database:
    """One empty SQLite register, for what does not depend on the kind of database."""
    return new_register()
