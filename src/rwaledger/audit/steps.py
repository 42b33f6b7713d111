"""Progress of a reconciliation: steps done, of those known so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Told how many steps are done, and of how many."""


def silent(done: int, total: int) -> None:
    """No progress shown."""


@dataclass(slots=True)
class Steps:
    """Counts steps and tells of them."""

    tell: Progress = silent
    done: int = 0
    total: int = 0

    def expect(self, more: int) -> None:
        """There is more to do."""
        self.total += more
        self.tell(self.done, self.total)

    def did_one(self) -> None:
        """A step is done."""
        self.done += 1
        self.tell(self.done, self.total)
