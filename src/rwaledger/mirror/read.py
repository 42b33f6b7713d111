"""Read: a span that follows on what is known and lacks nothing; a smaller one where the node cuts its answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rwaledger.mirror.completeness import Completeness
from rwaledger.mirror.doubts import IncompleteAnswer
from rwaledger.mirror.fetch import RangeSize, Span, fetch
from rwaledger.mirror.proving import Prover
from rwaledger.mirror.validate import validate


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads from one node, and remembers how much it gives at once; a `prover` has every block proved as well."""

    size: RangeSize
    completeness: Completeness
    prover: Prover | None = None

    def read(self, addresses: Collection[str], first: int, last: int, anchor_hash: str) -> Span:
        """The blocks from `first` on, up to `last` or as far as the node gives at once, behind block `anchor_hash`.

        Raises:
            InconsistentAnswer: what the node says does not fit together, or not to that block.
            NodeError, NodeUnreachable: as `fetch` raises them.
        """
        while True:
            span = fetch(self.completeness.node, addresses, first, last, self.size)
            validate(span, anchor_hash)
            try:
                self.completeness.require(span)
                if self.prover:
                    self.prover.require(span)
            except IncompleteAnswer:
                if span.first == span.last:
                    raise
                self.size.shrink(span.last - span.first + 1)
            else:
                self.size.fit(span.last - span.first + 1, span.answer_bytes)
                return span
