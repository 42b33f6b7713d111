"""Watchers of a sync that do what a test gives them."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import override

from rwaledger.mirror.watcher import Batch, Watcher


class EachBatch(Watcher):
    """Calls `told` behind each batch that was committed."""

    def __init__(self, told: Callable[[Batch], None]) -> None:
        self._told = told

    @override
    def applied(self, batch: Batch) -> None:
        self._told(batch)
