"""The course of an export, which takes minutes where a register is large: whom to tell of it, and where it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from rwaledger.chain.executors import Spread

Stages = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

Item = TypeVar("Item")


def silent(_stage: str, _done: int, _total: int) -> None:
    """No progress shown."""


@dataclass(frozen=True, slots=True)
class Course:
    """Who is told of each stage, and where the parts of a long one go: nowhere else, where there is no `spread`."""

    tell: Stages = silent
    spread: Spread | None = None

    def told(self, stage: str, total: int, items: Iterable[Item]) -> Iterator[Item]:
        """The items, each told of once it is done with."""
        for done, item in enumerate(items, 1):
            yield item
            self.tell(stage, done, total)
