"""Watcher: what a sync tells while it runs, for progress bars, logs and metrics."""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger.domain.errors import RwaledgerError
from rwaledger.mirror.apply import Added


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction that is in the register now: up to which block it reached, and what it added.

    `blocks_done` of `blocks_wanted` are through since the sync began.
    """

    block_number: int
    added: Added
    blocks_done: int
    blocks_wanted: int


class Watcher:
    """Told of everything, and does nothing with it: override what you want to know.

    What a method raises ends the sync. A batch is committed before it is told, so that nothing is lost.
    """

    def applied(self, batch: Batch) -> None:
        """A batch was committed."""

    def rewound(self, blocks: int, added: Added) -> None:
        """Blocks were taken back, and what replaced them was put in."""

    def refused(self, error: RwaledgerError) -> None:
        """An answer of the node, or a batch, was not taken; it is tried again."""

    def waited(self) -> None:
        """Other mirrors of the register read all that there is to read."""
