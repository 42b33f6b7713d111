"""Metrics: the mirror's figures, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from typing_extensions import override

from rwaledger.domain.errors import RwaledgerError
from rwaledger.mirror.apply import Added
from rwaledger.mirror.pulse import Pulse
from rwaledger.mirror.watcher import Batch, Watcher

PREFIX = "rwaledger_mirror"


class Metrics(Watcher):
    """Counts what a sync tells, and shows what the pulse knows."""

    def __init__(self, pulse: Pulse) -> None:
        self.registry = CollectorRegistry()
        self._blocks = self._counter("blocks", "Blocks read into the register")
        self._events = self._counter("events", "Events added to the register")
        self._postings = self._counter("postings", "Postings added to the register")
        self._rewinds = self._counter("rewinds", "Reorganisations that were rewound")
        self._rewound_blocks = self._counter("rewound_blocks", "Blocks taken back by them")
        name, text = f"{PREFIX}_refusals", "Answers and batches that were not taken, by the kind of error"
        self._refusals = Counter(name, text, ["error"], registry=self.registry)
        self._gauge(pulse, "head_block", "Number of the node's newest block")
        self._gauge(pulse, "target_block", "Number of the newest final block")
        self._gauge(pulse, "block_number", "Block up to which the register has every contract")
        self._gauge(pulse, "lag_blocks", "Final blocks that the register does not have")
        self._gauge(pulse, "lag_seconds", "The same, by the clocks of the blocks")
        ready = Gauge(f"{PREFIX}_ready", "Whether the register follows the chain", registry=self.registry)
        ready.set_function(lambda: float(not pulse.unreadiness()))

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)

    @override
    def applied(self, batch: Batch) -> None:
        self._add(batch.added)

    @override
    def rewound(self, blocks: int, added: Added) -> None:
        self._rewinds.inc()
        self._rewound_blocks.inc(blocks)
        self._add(added)

    @override
    def refused(self, error: RwaledgerError) -> None:
        self._refusals.labels(type(error).__name__).inc()

    def _add(self, added: Added) -> None:
        self._blocks.inc(added.blocks)
        self._events.inc(added.events)
        self._postings.inc(added.postings)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", text, registry=self.registry)

    def _gauge(self, pulse: Pulse, name: str, text: str) -> None:
        field = {"head_block": "head"}.get(name, name)
        gauge = Gauge(f"{PREFIX}_{name}", text, registry=self.registry)
        gauge.set_function(lambda: float(getattr(pulse.vital, field)))
