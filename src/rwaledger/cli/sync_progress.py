"""The progress bar of a sync."""

from __future__ import annotations

from typing_extensions import override

from rwaledger.cli.output import Progress
from rwaledger.mirror.watcher import Batch, Watcher


class ShownBatches(Watcher):
    """Shows blocks done and blocks to do."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown

    @override
    def applied(self, batch: Batch) -> None:
        self._shown("sync", batch.blocks_done, batch.blocks_wanted)
