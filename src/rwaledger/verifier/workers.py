"""Processes that share what costs most and needs nothing but bytes: hashes, roots, signatures and proofs."""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from rwaledger.verifier import keccak
from rwaledger.verifier.errors import WrongUse

Context = TypeVar("Context")
Result = TypeVar("Result")

_AHEAD = 2
"""Pieces of work for each process that wait for it or for us; more would only fill the memory."""


class Workers:
    """So many processes besides this one; with none, this one does everything, when it is asked for.

    What they work out does not depend on how many they are. Use it in a `with` statement.
    """

    def __init__(self, count: int = 0) -> None:
        self._ahead = _AHEAD * count
        self._pool: ProcessPoolExecutor | None = None
        if count:
            # Started anew rather than copied, so that it is the same on every system.
            started = get_context("spawn")
            self._pool = ProcessPoolExecutor(count, started, _begin, (keccak.name() == keccak.PURE,))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, function: Callable[..., Result], *args: Any) -> Callable[[], Result]:
        """Has a function of some module worked out; what this gives waits for the result.

        Raises (both, and `map`): WrongUse where a process came to its end; whatever the function raises.
        """
        if self._pool is None:
            return partial(function, *args)
        try:
            return partial(_result, self._pool.submit(function, *args))
        except BrokenProcessPool:
            raise _ended() from None

    def map(
        self, function: Callable[..., Result], tasks: Iterable[tuple[Context, Any]]
    ) -> Iterator[tuple[Context, Result]]:
        """What a function makes of each, in their order, beside what the caller wants to know of it by then."""
        waiting: deque[tuple[Context, Callable[[], Result]]] = deque()
        for context, task in tasks:
            waiting.append((context, self.submit(function, task)))
            if len(waiting) > self._ahead:
                first, result = waiting.popleft()
                yield first, result()
        for context, result in waiting:
            yield context, result()


def _begin(pure: bool) -> None:
    """A process begins: it leaves interrupts to the one that started it, and hashes as that does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    keccak.use(pure=pure)


def _result(future: Future[Result]) -> Result:
    try:
        return future.result()
    except BrokenProcessPool:
        raise _ended() from None


def _ended() -> WrongUse:
    return WrongUse("one of the processes was ended, perhaps for want of memory: verify again without --workers")
