"""Service: sync again and again until told to stop, and outlive whatever passes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from typing_extensions import override

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import RwaledgerError, UnreachableError
from rwaledger.mirror.apply import Added
from rwaledger.mirror.doubts import InconsistentAnswer
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.metrics import Metrics
from rwaledger.mirror.pulse import Pulse
from rwaledger.mirror.rewind import REWIND_LIMIT
from rwaledger.mirror.sync import SyncSummary, sync
from rwaledger.mirror.watcher import Batch, Watcher
from rwaledger.registry import ledger
from rwaledger.registry.database import Database

PAUSE_MAX_S = 30.0
"""The longest wait between two attempts while something is wrong."""

_PASSES = (UnreachableError, InconsistentAnswer)
"""What passes by itself, also at the very start."""

AfterSync = Callable[[SyncSummary], None]


class Stopped(Exception):
    """Somebody asked for the end between two batches."""


@dataclass(slots=True)
class Service:
    """A mirror that runs on: what it reads, where to, and whom it tells.

    `after_sync` is done behind each sync that came to its end, such as following up what was sent. With `verify`
    nothing is stored that headers and receipts do not prove to be all of it.
    """

    database: Database
    node: Node
    finality: Finality
    pulse: Pulse
    metrics: Metrics
    after_sync: AfterSync
    poll_s: float = 1.0
    rewind_limit: int = REWIND_LIMIT
    verify: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    log: Any = field(default_factory=structlog.get_logger)
    _failures: int = 0

    def run(self) -> None:
        """Follows the chain until `stop` is set.

        What passes by itself is waited for: a node or a database that does not answer, a node that lags, answers that
        do not fit together. What does not, ends the service as long as it has never worked, since then it was started
        wrongly; later it stays, not ready, says what a person has to do, and goes on as soon as that was done.

        Raises:
            RwaledgerError: it could not begin.
        """
        self.log.info("started", node=self.node.shown_url, register=self.database.url, finality=str(self.finality))
        while not self.stop.is_set():
            self.stop.wait(self._turn())
        self.log.info("stopped", block=self.pulse.vital.block_number)

    def _turn(self) -> float:
        """One sync; the seconds to wait behind it."""
        try:
            summary = sync(
                self.database,
                self.node,
                self.finality,
                rewind_limit=self.rewind_limit,
                watcher=_Teller(self),
                verify=self.verify,
            )
            self.after_sync(summary)
        except Stopped:
            return 0
        except RwaledgerError as error:
            return self._pause_after(error)
        self._note(summary)
        return self.poll_s

    def _note(self, summary: SyncSummary) -> None:
        if self._failures:
            self.log.info("recovered", after_failures=self._failures)
            self._failures = 0
        block = min((each.block_number for each in summary.checkpoints.values()), default=summary.target_block)
        self.pulse.beat(
            reached_s=self.pulse.clock(),
            chain_id=summary.chain_id,
            head=summary.head,
            target_block=summary.target_block,
            block_number=block,
            lag_blocks=max(summary.target_block - block, 0),
            lag_seconds=self._seconds_between(block, summary.target_block),
            trouble="",
        )

    def _seconds_between(self, block: int, target: int) -> int:
        """By the blocks' own clocks; nothing where both are one."""
        newest = self.node.block(target) if target > block else None
        with self.database.read() as c:
            known = ledger.block_at(c, self.node.chain_id, block) if newest else None
        return newest.timestamp - known.timestamp if newest and known else 0

    def _pause_after(self, error: RwaledgerError) -> float:
        began = self.pulse.vital.reached_s is not None
        if not began and not isinstance(error, _PASSES):
            raise error
        self._failures += 1
        pause_s = min(self.poll_s * 2.0 ** min(self._failures, 16), PAUSE_MAX_S)
        self.metrics.refused(error)
        self.pulse.beat(trouble=" ".join(filter(None, (error.message, error.next_step))))
        self.log.warning(
            "waiting", error=type(error).__name__, reason=error.message, next_step=error.next_step, pause_s=pause_s
        )
        return pause_s


@dataclass(slots=True)
class _Teller(Watcher):
    """Passes on what a sync says, and ends it between two batches where the service is to stop."""

    service: Service

    @override
    def applied(self, batch: Batch) -> None:
        service = self.service
        service.metrics.applied(batch)
        left = batch.blocks_wanted - batch.blocks_done
        service.pulse.beat(block_number=batch.block_number, lag_blocks=left)
        service.log.info("applied", block=batch.block_number, left=left, events=batch.added.events)
        if service.stop.is_set():
            raise Stopped

    @override
    def rewound(self, blocks: int, added: Added) -> None:
        self.service.metrics.rewound(blocks, added)
        self.service.log.warning("rewound", blocks=blocks, events=added.events)

    @override
    def refused(self, error: RwaledgerError) -> None:
        self.service.metrics.refused(error)
        self.service.log.warning("refused", error=type(error).__name__, reason=error.message)

    @override
    def waited(self) -> None:
        if self.service.stop.is_set():
            raise Stopped
