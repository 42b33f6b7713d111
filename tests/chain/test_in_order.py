"""Results come in the order of their parts, each once, from whatever executor: working, slow, broken or gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
from typing_extensions import override

from rwaledger.chain.executors import Spread
from rwaledger.chain.in_order import InOrder
from rwaledger.domain.errors import UsageError

PARTS = range(200)


def squared(part: int) -> int:
    return part * part


def failing_at(part: int) -> int:
    if part >= 7:
        raise UsageError(f"part {part}")
    return part


class Scripted(Executor):
    """Does with each task what it is told: by what a future comes to, or an error of submitting it."""

    def __init__(self, act: Callable[[int, Future[Any]], None]) -> None:
        self._act = act
        self.submitted = 0

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._act(self.submitted, future)
        self.submitted += 1
        return future


def cancelled(_number: int, future: Future[Any]) -> None:
    future.cancel()


def failed(_number: int, future: Future[Any]) -> None:
    future.set_exception(ModuleNotFoundError("no rwaledger over there"))


def of_another_release(_number: int, future: Future[Any]) -> None:
    future.set_result(None)


def gone(_number: int, _future: Future[Any]) -> None:
    """Nothing is heard of it."""


def closed(number: int, future: Future[Any]) -> None:
    if number > 3:
        raise RuntimeError("cannot schedule new futures after shutdown")
    future.set_result(squared(number))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rwaledger.chain.in_order.PATIENCE_S", 0.05)


def test_without_an_executor_each_part_is_done_when_it_is_asked_for() -> None:
    parts = iter(PARTS)
    results = InOrder(squared, parts)
    assert [next(results), next(results)] == [0, 1]
    assert next(parts) == 2
    assert [*results] == [squared(part) for part in PARTS[3:]]


@pytest.mark.parametrize("ahead", [1, 8, 500])
def test_results_come_in_order(ahead: int) -> None:
    with ThreadPoolExecutor(3) as pool:
        results = InOrder(squared, PARTS, Spread(pool, ahead))
        assert [*results] == [squared(part) for part in PARTS]
        assert results.again == 0
        assert [*InOrder(squared, [], Spread(pool))] == []


@pytest.mark.parametrize("act", [cancelled, failed, of_another_release, gone, closed])
def test_what_is_lost_is_done_here(act: Callable[[int, Future[Any]], None]) -> None:
    results = InOrder(squared, PARTS, Spread(Scripted(act), 4))
    assert [*results] == [squared(part) for part in PARTS]
    assert results.again > 0


def test_an_error_comes_in_its_turn() -> None:
    with ThreadPoolExecutor(2) as pool:
        for spread in (None, Spread(pool, 3)):
            results = InOrder(failing_at, PARTS, spread)
            assert [next(results) for _ in range(7)] == [*range(7)]
            with pytest.raises(UsageError, match="part 7"):
                next(results)


def test_no_more_is_taken_up_than_memory_is_to_hold() -> None:
    taken = []

    def parts() -> Iterator[int]:
        for part in range(10_000):
            taken.append(part)
            yield part

    results = InOrder(squared, parts(), Spread(Scripted(gone), 4))
    assert len(taken) == 4
    assert next(results) == 0
    assert 4 < len(taken) < 100
