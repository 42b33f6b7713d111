"""Whatever a node does: nothing wrong gets into the register, and a sync ends well or says what is to be done."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rwaledger.registry.database import Database
from tests.mirror.faults import HEADS, SINGLE, Fault
from tests.mirror.judge import rows_of
from tests.mirror.proxy import Proxy
from tests.mirror.stage import Stage, finished_stage

_TIMEOUT_S = 0.3
_SLOW = {"slow drip", "silence"}
_BY_NAME = {fault.name: fault for fault in SINGLE}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with finished_stage() as made:
        yield made


@pytest.fixture(scope="module")
def copied(stage: Stage, blank_register: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Database]:
    """Gives the same register anew, half-way along the chain."""
    folder = tmp_path_factory.mktemp("registers")
    begun, used = folder / "begun.db", folder / "used.db"
    shutil.copyfile(blank_register, begun)
    stage.bring_half_way(Database(f"sqlite:///{begun}"))
    database = Database(f"sqlite:///{used}")

    def copy() -> Database:
        database.close()
        for path in folder.glob("used.db*"):
            path.unlink()
        shutil.copyfile(begun, used)
        return database

    return copy


@pytest.fixture
def database(copied: Callable[[], Database]) -> Iterator[Database]:
    yield (database := copied())
    database.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same attempts, with next to no time between them."""
    monkeypatch.setattr("rwaledger.mirror.sync._PAUSE_S", 0.001)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(_BY_NAME) == len(SINGLE)


@pytest.mark.parametrize("name", _BY_NAME)
def test_a_fault_that_happens_once(stage: Stage, database: Database, name: str) -> None:
    fault = _BY_NAME[name]
    with Proxy(stage.node, timeout_s=_TIMEOUT_S, attempts=2) as proxy:
        proxy.inject(fault, times=1)
        stopped = stage.tried(database, proxy.node)
        assert proxy.injected == [name]
        assert (stopped is not None) == fault.once_stops, stopped
        if stopped or fault in HEADS:
            stage.sync(database, proxy.node)
    stage.require_complete(database)


@pytest.mark.parametrize("name", _BY_NAME)
def test_a_fault_that_stays(stage: Stage, database: Database, name: str) -> None:
    fault = _BY_NAME[name]
    with Proxy(stage.node, timeout_s=_TIMEOUT_S, attempts=2) as proxy:
        proxy.inject(fault)
        stopped = stage.tried(database, proxy.node)
        assert proxy.injected
        assert (stopped is not None) == fault.always_stops, stopped
        if not stopped and fault not in HEADS:
            stage.require_complete(database)
    stage.sync(database)
    stage.require_complete(database)


@pytest.mark.parametrize("seed", range(6))
def test_faults_by_chance(stage: Stage, database: Database, seed: int) -> None:
    chance = random.Random(seed)

    def choose(methods: frozenset[str]) -> Fault | None:
        fitting = [fault for fault in SINGLE if fault.applies(methods) and fault.name not in _SLOW]
        return chance.choice(fitting) if chance.random() < 0.2 else None

    with Proxy(stage.node, timeout_s=_TIMEOUT_S, attempts=3) as proxy:
        proxy.choose = choose
        for _ in range(8):
            stage.tried(database, proxy.node)
        assert len(proxy.injected) > 8
    stage.sync(database)
    stage.require_complete(database)


def test_the_judge_notices(stage: Stage, database: Database) -> None:
    """A judge that finds no fault in anything would make all of this pass."""
    stage.sync(database)
    rows = rows_of(database.url)
    for table in ("blocks", "events", "postings", "positions", "standings"):
        for spoilt in (rows[table][1:], [*rows[table], rows[table][0]], [(*rows[table][0][:-1], 7), *rows[table][1:]]):
            assert stage.judge.faults(rows | {table: spoilt}), table
    assert stage.judge.faults(rows | {"checkpoints": rows["checkpoints"][1:]})
    address, number, _, generation = rows["checkpoints"][0]
    assert stage.judge.faults(rows | {"checkpoints": [(address, number, "0x" + "99" * 32, generation)]})
