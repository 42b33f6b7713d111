"""In order: the results of the parts of a long piece of work, in their order, wherever each was done.

Whatever goes wrong elsewhere, a part is done again here, so that the result, or the error, is the same. This process
works as well: it waits for others only where nothing is left to begin, and not long where nothing is heard of them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from rwaledger import __version__
from rwaledger.chain.executors import Spread
from rwaledger.domain.errors import RwaledgerError

Part = TypeVar("Part")
Result = TypeVar("Result")

_AT_HAND_MAX = 64
"""Parts that this process may have done in advance of the first, which somebody else is at: memory is not endless."""

PATIENCE_S = 10.0
"""After so long without a result from elsewhere, this process does by itself what it would wait for."""


class InOrder(Iterator[Result], Generic[Part, Result]):
    """The results of `work` on each part, none of them None; where there is a `spread`, the first begin there at once.

    `work` and parts are pickled on their way, and `work` is pure, since a part may be done twice. `again` counts the
    parts that came back from elsewhere without a result.
    """

    def __init__(self, work: Callable[[Part], Result], parts: Iterable[Part], spread: Spread | None = None) -> None:
        self._work, self._left, self._spread = work, iter(parts), spread
        self._begun: deque[tuple[Part, Future[Result | None]]] = deque()
        self._heard_s = time.monotonic()
        self.again = 0
        self._begin_ahead()

    def __next__(self) -> Result:
        self._begin_ahead()
        if not self._begun:
            return self._work(next(self._left))
        while not self._begun[0][1].done():
            if not self._do_one_here():
                self._wait()
                break
        return self._result(*self._begun.popleft())

    def _begin_ahead(self) -> None:
        while self._spread and len(self._begun) < self._spread.ahead:
            for part in self._left:
                self._begun.append((part, self._submitted(self._spread, part)))
                break
            else:
                return

    def _submitted(self, spread: Spread, part: Part) -> Future[Result | None]:
        try:
            return spread.executor.submit(attempt, self._work, part, __version__)
        except (RuntimeError, OSError):  # it is broken, closed, or out of reach
            lost: Future[Result | None] = Future()
            lost.cancel()
            return lost

    def _do_one_here(self) -> bool:
        """A part that nobody has begun; False where there is none, or enough is done in advance."""
        if self._spread and len(self._begun) < self._spread.ahead + _AT_HAND_MAX:
            for part in self._left:
                done: Future[Result | None] = Future()
                done.set_result(attempt(self._work, part, __version__))
                self._begun.append((part, done))
                return True
        return False

    def _wait(self) -> None:
        """A process that has begun will end, or its end shows; a cluster may have gone without a word."""
        first = self._begun[0][1]
        left_s = max(self._heard_s + PATIENCE_S - time.monotonic(), 0)
        wait([first], timeout=None if first.running() else left_s)

    def _result(self, part: Part, future: Future[Result | None]) -> Result:
        if future.done() and not future.cancelled() and future.exception() is None:
            found = future.result()
            if found is not None:
                self._heard_s = time.monotonic()
                return found
        self.again += 1
        return self._work(part)


def attempt(work: Callable[[Part], Result], part: Part, release: str) -> Result | None:
    """The same as `work`; None where it fails, since an error is raised where it can be told, or by another release."""
    if release != __version__:
        return None
    try:
        return work(part)
    except RwaledgerError:
        return None
