"""The office: one chain for all tests, set back after each, and for each a register of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rwaledger.chain.local import local_node, set_clock, stop_node
from rwaledger.registry.database import Database
from tests.office import PRIVACY, Office, open_office
from tests.operate.paying import OPENS, enter, open_paying_office, seconds


@pytest.fixture(autouse=True)
def _privacy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands seal names with a dev account's key, as the office does."""
    monkeypatch.setenv("RWALEDGER_PRIVACY", PRIVACY)


@pytest.fixture(scope="session")
def opened_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Opening takes two seconds, so it is done once."""
    folder = tmp_path_factory.mktemp("office")
    database = Database(f"sqlite:///{folder / 'register.db'}")
    database.migrate()
    with local_node(folder / "node") as node:
        office = open_office(database, node, folder)
        database.close()
        yield office


@pytest.fixture
def office(opened_office: Office, tmp_path: Path) -> Iterator[Office]:
    """The office as it was opened: nothing issued yet."""
    shutil.copytree(opened_office.folder, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node"))
    snapshot = opened_office.node.request("evm_snapshot")
    database = Database(f"sqlite:///{tmp_path / 'register.db'}")
    yield Office(replace(opened_office.desk, database=database), tmp_path)
    database.close()
    assert opened_office.node.request("evm_revert", [snapshot])


@pytest.fixture
def office_on_each(tmp_path: Path, database: Database) -> Iterator[Office]:
    """The same on SQLite and on PostgreSQL, on a chain of its own."""
    with local_node(tmp_path / "node") as node:
        yield open_office(database, node, tmp_path)


@pytest.fixture(scope="session")
def opened_paying_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The bond and the fund before their first coupon and order, on a chain of their own."""
    folder = tmp_path_factory.mktemp("paying")
    office = open_paying_office(folder)
    office.database.close()
    yield office
    stop_node(folder / "node")


@pytest.fixture
def paying(opened_paying_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The same for one test, which can use the command line in it."""
    shutil.copytree(opened_paying_office.folder, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node"))
    snapshot = opened_paying_office.node.request("evm_snapshot")
    set_clock(opened_paying_office.node, seconds(OPENS) + 86_400)
    database = Database(f"sqlite:///{tmp_path / 'register.db'}")
    office = Office(replace(opened_paying_office.desk, database=database), tmp_path)
    enter(office, monkeypatch)
    yield office
    database.close()
    assert opened_paying_office.node.request("evm_revert", [snapshot])
