"""Verification on several processes and on a Dask cluster finds what one process does, also where workers are lost."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dask_cluster import Cluster, dask_cluster
from rwaledger.chain.executors import Spread, cluster, processes
from rwaledger.domain.errors import MissingExtra, NodeUnreachable, SchedulerUnreachable
from rwaledger.mirror.verification import Verification
from rwaledger.mirror.verify import verify
from rwaledger.registry.database import Database
from tests.mirror.faults import Fault, on_results
from tests.mirror.proxy import Proxy
from tests.mirror.verified import Verified, verified

RECEIPTS = "eth_getBlockReceipts"


@pytest.fixture(scope="module")
def chain(blank_register: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verified]:
    with verified(tmp_path_factory.mktemp("verified"), blank_register) as made:
        yield made


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), 2) as made:
        yield made


@pytest.fixture(scope="module")
def register(chain: Verified, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """With one event that is gone, and one that was changed."""
    database = chain.copy(tmp_path_factory.mktemp("spoilt") / "register.db")
    with database.begin() as c:
        c.exec_driver_sql("DELETE FROM events WHERE block_number = ? AND log_index = ?", chain.twin)
        c.exec_driver_sql("UPDATE events SET tx_index = 9 WHERE block_number = (SELECT max(block_number) FROM events)")
    yield database
    database.close()


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some thirty of them."""
    monkeypatch.setattr("rwaledger.chain.block_ranges.BLOCKS_IN_RANGE", 2)


@pytest.fixture(scope="module")
def lying(chain: Verified) -> Iterator[Proxy]:
    """The node, without the logs in the receipts of the block behind the deployment."""
    block = hex(chain.token.instrument.deploy_block + 1)

    def without_logs(params: list[Any], receipts: list[Any]) -> list[Any]:
        return [each | {"logs": []} for each in receipts] if params == [block] else receipts

    with Proxy(chain.node, attempts=4) as proxy:
        proxy.inject(Fault("a lie", frozenset({RECEIPTS}), on_results(RECEIPTS, without_logs)))
        yield proxy


@pytest.fixture(scope="module")
def alone(lying: Proxy, register: Database) -> Verification:
    """What one process finds."""
    return verify(register, lying.node)


def half_way(found: Verification, act: Callable[[], None]) -> Callable[[int, int], None]:
    """Acts when half of the blocks are through, once."""
    left = [act]

    def told(done: int, _total: int) -> None:
        if done > found.blocks // 2 and left:
            left.pop()()

    return told


def kill_one_of(pool: Spread) -> None:
    assert isinstance(pool.executor, ProcessPoolExecutor)
    os.kill(next(iter(pool.executor._processes)), signal.SIGKILL)


def test_one_process_finds_it_all(alone: Verification, chain: Verified) -> None:
    assert {each.break_class for each in alone.faults} >= {"MISSING_IN_REGISTER", "TAMPER"}
    assert any("are not those of its header" in each.summary for each in alone.faults)
    assert len(alone.faults) > 2


def test_processes_find_the_same_also_where_one_is_killed(
    lying: Proxy, register: Database, alone: Verification
) -> None:
    with processes(3) as pool:
        assert pool is not None
        spread = replace(pool, least=0, ahead=4)
        assert verify(register, lying.node, spread=spread) == alone
        killed = verify(register, lying.node, spread=spread, progress=half_way(alone, lambda: kill_one_of(pool)))
        assert killed == alone
        assert verify(register, lying.node, spread=spread) == alone, "on a pool that is broken"


def test_a_cluster_finds_the_same_also_where_its_workers_are_killed(
    lying: Proxy, register: Database, alone: Verification, dask: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rwaledger.chain.in_order.PATIENCE_S", 60)
    with cluster(dask.address) as spread:
        found = verify(register, lying.node, spread=spread)
        assert (found, found.again) == (alone, 0)
        assert verify(register, lying.node, spread=spread, progress=half_way(alone, dask.kill_worker)) == alone
        assert len(dask.workers) == 1
        monkeypatch.setattr("rwaledger.chain.in_order.PATIENCE_S", 0.2)
        found = verify(register, lying.node, spread=spread, progress=half_way(alone, dask.kill_worker))
        assert not dask.workers
        assert found == alone
        assert found.again, "the rest was done here"
        assert verify(register, lying.node, spread=spread, progress=half_way(alone, dask.kill_scheduler)) == alone
        assert verify(register, lying.node, spread=spread) == alone, "on a cluster that has gone"


def test_a_history_that_is_not_worth_the_way_stays_here(lying: Proxy, register: Database, alone: Verification) -> None:
    with processes(2) as pool:
        assert verify(register, lying.node, spread=pool) == alone
        assert pool is not None
        assert isinstance(pool.executor, ProcessPoolExecutor)
        assert not pool.executor._processes


def test_an_error_is_that_of_this_process(chain: Verified, register: Database) -> None:
    with Proxy(chain.node) as proxy, processes(2) as pool:
        assert pool is not None
        proxy.answer(RECEIPTS, lambda _params: None)
        with pytest.raises(NodeUnreachable, match="does not have the receipts of block"):
            verify(register, proxy.node, spread=replace(pool, least=0))


def test_without_a_scheduler_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rwaledger.chain.executors._CONNECT_S", 0.2)
    with pytest.raises(SchedulerUnreachable, match=r"tcp://127\.0\.0\.1:1"), cluster("tcp://127.0.0.1:1"):
        pass
    with pytest.raises(SchedulerUnreachable, match="nowhere"), cluster("nowhere://at all"):
        pass


def test_without_the_package_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match="distributed") as raised, cluster("tcp://127.0.0.1:1"):
        pass
    assert "rwaledger[dask]" in raised.value.next_step
