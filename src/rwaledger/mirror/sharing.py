"""Sharing: which contracts this mirror reads on, where several work on one register at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rwaledger.registry.claims import Claims

LOOK_AGAIN_S = 0.1
PATIENCE_S = 30.0
"""So long the contracts that others have claimed may stand still before they are read on without a claim."""


@dataclass(slots=True)
class Sharing:
    """A mirror's part in the work of all; `waited` is called while others have everything that there is to do.

    Claims of a process that hangs do not end. Since the checkpoint decides whose batch counts, it is enough not to
    wait for them for ever.
    """

    claims: Claims
    waited: Callable[[], None]
    clock: Callable[[], float] = time.monotonic
    _stood_at: int = -1
    _stood_since: float = field(default=0.0)

    @property
    def is_fair(self) -> bool:
        """Whether this mirror has no more than its share."""
        return self.claims.are_fair

    @contextmanager
    def share(self, behind: Sequence[str], place: int) -> Iterator[frozenset[str]]:
        """The contracts to read on of those that are behind; none where others read them, behind a short wait.

        `place` is how far all of them have come, added up.
        """
        with self.claims.taken(behind) as taken:
            if taken:
                yield taken
                return
        if place != self._stood_at:
            self._stood_at, self._stood_since = place, self.clock()
        if self.clock() - self._stood_since >= PATIENCE_S:
            yield frozenset(behind)
            return
        self.waited()
        time.sleep(LOOK_AGAIN_S)
        yield frozenset()
