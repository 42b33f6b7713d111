"""C09 on processes and on a Dask cluster finds what one process finds, also where workers are lost on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typing_extensions import override

from benchmarks.dask_cluster import dask_cluster
from rwaledger.audit.checks import c09_look_back
from rwaledger.audit.load import load
from rwaledger.audit.look_back import LookBack, look_back
from rwaledger.audit.part import Opening
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.records import Records
from rwaledger.audit.stretches import judge_stretch
from rwaledger.chain.executors import Spread, cluster, processes
from rwaledger.chain.rpc import Node
from rwaledger.domain.reconciliation import CheckResult
from tests.audit.checks.deeds import OF_THE_PAST, off_book, transfer
from tests.audit.seeding import MAINLAND, account, read_again, rule_off_for_a_block
from tests.played import Played, played_in

T = TypeVar("T")

CENTURY_S = 100 * 365 * 86_400
HKMM_CAP = 4_000_000 * 10**4


@dataclass
class Watched(Executor):
    """An executor, and what came of the stretches that went there; before one of them something is done to it."""

    inner: Executor
    act: Callable[[], None] = lambda: None
    before: int = -1
    ahead: int = 4
    stretches: list[Future[Any]] = field(default_factory=list)
    refused: int = 0

    @override
    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        if args[0] is not judge_stretch:
            return self.inner.submit(fn, *args, **kwargs)
        if len(self.stretches) == self.before:
            self.before = -1
            self.act()
        try:
            self.stretches.append(found := self.inner.submit(fn, *args, **kwargs))
        except BrokenExecutor:
            self.refused += 1
            raise
        return found

    @property
    def lost(self) -> int:
        """Stretches that came to nothing there."""
        failed = sum(not each.done() or each.cancelled() or each.exception() is not None for each in self.stretches)
        return self.refused + failed

    def spread(self) -> Spread:
        return Spread(self, self.ahead, least=0)


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred of them, so that what is lifted, used and put back seldom stands in one; all go elsewhere."""
    monkeypatch.setattr("rwaledger.audit.look_back.EVENTS_IN_STRETCH", 2)
    monkeypatch.setattr("rwaledger.chain.in_order._AT_HAND_MAX", 0)
    monkeypatch.setattr("rwaledger.chain.in_order.PATIENCE_S", 60)


def breaches_of_many_kinds(played: Played) -> None:
    """Rules that somebody lifted, and put back once they had been used; and an issue that nobody ordered."""
    no_rules = (0, 0, 0, 0, 0, True)
    rule_off_for_a_block(played)
    off_book(played, "HKMM", "setRules", no_rules)
    transfer(played, 6, "HKMM", account(played, "peak"), 1_200_000 * 10**4)
    off_book(played, "HKMM", "setRules", (HKMM_CAP, *no_rules[1:]))
    retail_b = account(played, "retail-b")
    off_book(played, "HKDS", "setFrozenTokens", retail_b, 0)
    transfer(played, 9, "HKDS", account(played, "lantau"), 150_001 * 10**6)
    off_book(played, "HKDS", "setFrozenTokens", retail_b, 50_000 * 10**6)
    off_book(played, "HKDS", "setCountryAllowed", MAINLAND, True)
    off_book(played, "HKDS", "mint", account(played, "mainland"), 7)
    read_again(played)


@pytest.fixture(scope="module")
def records(scenario_folder: Path, scenario_node: Node, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Records]:
    """As they are; as they were a hundred years later, when all admissions have lapsed; and from a block on."""
    snapshot = scenario_node.request("evm_snapshot")
    with played_in(scenario_folder, tmp_path_factory.mktemp("broken") / "story", scenario_node) as played:
        breaches_of_many_kinds(played)
        found = load(played.database, played.node)
    scenario_node.request("evm_revert", [snapshot])
    times = {block: time + CENTURY_S for block, time in found.past.times.items()}
    first = sorted(found.past.times)[len(found.past.times) // 2]
    opening = Opening(holder_count=3)
    part = tuple(replace(each, first_block=first, opening=opening) for each in found.instruments)
    return {
        "as they are": found,
        "lapsed": replace(found, past=replace(found.past, times=times)),
        "a part": replace(found, instruments=part, first_block=first),
    }


def everything(records: Records) -> tuple[CheckResult, list[LookBack]]:
    """What the check finds, and what lies behind it."""
    terms = records.past.terms
    found = [look_back(records, each, terms[each.instrument.address]) for each in records.instruments]
    return c09_look_back.run(records), found


@pytest.fixture(scope="module")
def alone(records: dict[str, Records]) -> dict[str, tuple[CheckResult, list[LookBack]]]:
    """What one process finds."""
    return {name: everything(each) for name, each in records.items()}


def test_one_process_finds_breaches_of_many_kinds(alone: dict[str, tuple[CheckResult, list[LookBack]]]) -> None:
    broken = [breach for _, found in alone.values() for each in found for breach in each.breaches]
    assert len({each.restriction for each in broken}) >= 5
    assert len({each.operation for each in broken}) == 3
    assert max(len(episode) for each in broken for episode in each.lifted_by) == 2, "lifted, and put back behind it"
    (of_all, _), (of_part, _) = alone["as they are"], alone["a part"]
    assert 0 < sum(of_part.coverage.values()) < sum(of_all.coverage.values())


def finds_the_same(
    executor: Watched, records: dict[str, Records], alone: dict[str, tuple[CheckResult, list[LookBack]]]
) -> None:
    for name, each in records.items():
        assert everything(replace(each, spread=executor.spread())) == alone[name], name


def test_processes_find_the_same_also_where_one_is_killed(
    records: dict[str, Records], alone: dict[str, tuple[CheckResult, list[LookBack]]]
) -> None:
    with processes(2) as pool:
        assert pool is not None
        inner = pool.executor
        assert isinstance(inner, ProcessPoolExecutor)

        def kill() -> None:
            os.kill(next(iter(inner._processes)), signal.SIGKILL)

        healthy, killed, broken = Watched(inner), Watched(inner, kill, before=20), Watched(inner, ahead=1)
        finds_the_same(healthy, records, alone)
        assert (len(healthy.stretches) > 100, healthy.lost) == (True, 0)
        finds_the_same(killed, records, alone)
        assert (len(killed.stretches) >= 20, killed.lost > 50) == (True, True)
        finds_the_same(broken, records, alone)
        assert (len(broken.stretches), broken.refused) == (0, len(healthy.stretches)), "each was judged here"


def test_a_cluster_finds_the_same_also_where_its_worker_is_killed(
    records: dict[str, Records],
    alone: dict[str, tuple[CheckResult, list[LookBack]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dask_cluster(tmp_path, 1) as dask, cluster(dask.address) as spread:
        healthy = Watched(spread.executor)
        assert everything(replace(records["as they are"], spread=healthy.spread())) == alone["as they are"]
        assert (len(healthy.stretches) > 50, healthy.lost) == (True, 0)
        monkeypatch.setattr("rwaledger.chain.in_order.PATIENCE_S", 0.2)
        killed = Watched(spread.executor, dask.kill_worker, before=20)
        assert everything(replace(records["lapsed"], spread=killed.spread())) == alone["lapsed"]
        assert not dask.workers
        assert killed.lost > 20, "the rest was judged here"


def test_a_history_that_is_not_worth_the_way_stays_here(records: dict[str, Records]) -> None:
    with processes(2) as pool:
        assert pool is not None
        watched = Watched(pool.executor)
        c09_look_back.run(replace(records["as they are"], spread=replace(watched.spread(), least=50_000)))
        assert not watched.stretches


def test_a_reconciliation_sends_its_look_back_where_it_was_told(played: Played) -> None:
    """What follows from a breach is looked for where it was found; either is the same."""
    breaches_of_many_kinds(played)
    found = reconcile(played.database, played.node, checks=OF_THE_PAST)
    assert [each.check for each in found.breaks if each.follows_from].count("C15") >= 4
    with processes(2) as pool:
        assert pool is not None
        watched = Watched(pool.executor)
        spread = watched.spread()
        assert reconcile(played.database, played.node, checks=OF_THE_PAST, spread=spread) == found
        assert len(watched.stretches) > 100
