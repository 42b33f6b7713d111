"""Ahead: the next span of a stream is read while the one before it is written.

What waits here was held against the span before it, not against the register: if that span is never written, this one
cannot be either, since the checkpoint that it builds on is not there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from rwaledger.mirror.decode import Decoded

SOON_S = 0.2
"""How long a batch that has begun waits for one more span: a node that takes longer is not to hold up other writers."""

Read = Callable[[int, str], Decoded]
"""Reads the span that begins at a block, behind the block of that hash."""


class Ahead:
    """The spans from `first` to `last`, in their order: one with its reader, one at the most that waits or is read.

    A span is read in another thread only where one goes before it. Leaving waits for what is being read, and throws
    it away: nobody else may ask the node meanwhile.
    """

    def __init__(self, read: Read, first: int, last: int, anchor_hash: str) -> None:
        self._read = read
        self._last = last
        self._threads = ThreadPoolExecutor(1, "read-ahead")
        self._waiting: Future[Decoded] | None = None
        self._next = (first, anchor_hash)

    @property
    def is_done(self) -> bool:
        """Whether all was taken."""
        return self._next[0] > self._last

    def take(self) -> Decoded:
        """The next span; waits for it. Raises what reading it raised."""
        waiting, self._waiting = self._waiting, None
        decoded = waiting.result() if waiting else self._read(*self._next)
        self._next = (decoded.span.last + 1, decoded.span.headers[-1].hash)
        if not self.is_done:
            self._waiting = self._threads.submit(self._read, *self._next)
        return decoded

    def take_with(self, blocks_max: int, logs_max: int, seconds_max: float) -> Iterator[Decoded]:
        """The next span, and those behind it that are there by then or soon, as long as they are not more than that."""
        blocks = logs = 0
        decoded: Decoded | None = self.take()
        until = time.monotonic() + seconds_max
        while decoded is not None:
            blocks += decoded.span.last - decoded.span.first + 1
            logs += len(decoded.span.logs)
            yield decoded
            is_late = time.monotonic() > until
            decoded = None if is_late else self._take_soon(blocks_max - blocks, logs_max - logs)

    def _take_soon(self, blocks_max: int, logs_max: int) -> Decoded | None:
        """The next span where it comes and is not more than that; one that cannot be read, its turn will tell."""
        if self._waiting is None or blocks_max < 1 or logs_max < 1:
            return None
        wait([self._waiting], SOON_S)
        if not self._waiting.done() or self._waiting.exception():
            return None
        span = self._waiting.result().span
        fits = span.last - span.first + 1 <= blocks_max and len(span.logs) <= logs_max
        return self.take() if fits else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
