"""Progress of an export, which takes minutes where a register is large: each stage with what is done of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Stages = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

Item = TypeVar("Item")


def silent(_stage: str, _done: int, _total: int) -> None:
    """No progress shown."""


def told(tell: Stages, stage: str, total: int, items: Iterable[Item]) -> Iterator[Item]:
    """The items, each told of once it is done with."""
    for done, item in enumerate(items, 1):
        yield item
        tell(stage, done, total)
