"""The register of the scenario at its end, without its node: reports need none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.registry.database import Database
from rwaledger.report.contents.moment import At, Moment
from tests.report.contents.reading import Register


@pytest.fixture(scope="session")
def read_register(
    scenario_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Database, dict[At | None, Moment]]]:
    """The register that the tests of this process read."""
    folder = tmp_path_factory.mktemp("register")
    for name in scenario_folder.glob("register.db*"):
        shutil.copy(name, folder / name.name)
    database = Database(f"sqlite:///{folder / 'register.db'}")
    yield folder / "register.db", database, {}
    database.close()


@pytest.fixture
def register(read_register: tuple[Path, Database, dict[At | None, Moment]], tmp_path: Path) -> Iterator[Register]:
    """The same; a test that changes it has a copy of its own."""
    path, database, moments = read_register
    found = Register(path, database, tmp_path, moments)
    yield found
    if not found.is_shared:
        found.database.close()
