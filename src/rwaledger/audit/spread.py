"""Spread: the ranges of a long history, examined in other processes while this one goes on.

Whatever goes wrong over there, a range is examined again here, so that the result, or the error, is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from rwaledger.audit.block_ranges import Examined, examine
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import RwaledgerError

LEAST = 50_000
"""Blocks and logs; fewer are examined before a new process has begun."""

Pending = Callable[[], Examined]
"""A range of which the result can be asked for."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where ranges go: any executor, if blocks and logs of a history are at least so many."""

    executor: Executor
    least: int = LEAST


@contextmanager
def processes(count: int) -> Iterator[Spread | None]:
    """So many processes of this machine, this one among them; what they have not begun in the end is dropped."""
    if count < 2:
        yield None
        return
    # Started anew: a fork would share this process's connections.
    pool = ProcessPoolExecutor(count - 1, mp_context=get_context("spawn"))
    try:
        yield Spread(pool)
    finally:
        pool.shutdown(cancel_futures=True)


def begin(
    node: Node, ranges: Sequence[range], contracts: frozenset[str], size: int, spread: Spread | None
) -> list[Pending]:
    """The examination of the ranges of a history with so many blocks and logs: elsewhere at once, here when asked."""
    here = [partial(examine, node, numbers, contracts) for numbers in ranges]
    if spread is None or size < spread.least:
        return list(here)
    futures = [_submitted(spread.executor, node, numbers, contracts) for numbers in ranges]
    return [partial(_result, future, again) for future, again in zip(futures, here, strict=True)]


def _submitted(
    executor: Executor, node: Node, numbers: range, contracts: frozenset[str]
) -> Future[Examined | None] | None:
    try:
        return executor.submit(examined_elsewhere, node, numbers, contracts)
    except BrokenExecutor:
        return None


def examined_elsewhere(node: Node, numbers: range, contracts: frozenset[str]) -> Examined | None:
    """The same as `examine`; None where it fails, since an error is raised where it can be told."""
    try:
        return examine(node, numbers, contracts)
    except RwaledgerError:
        return None


def _result(future: Future[Examined | None] | None, again: Pending) -> Examined:
    try:
        found = future.result() if future else None
    except BrokenExecutor:
        found = None
    return found or again()
