"""Proving: a span held against the headers and receipts of all of its blocks, each recomputed, before it is applied.

Completeness goes by blooms and looks into what these make doubtful. Here every block with receipts is rebuilt, so that
a log which its node leaves out is missed whatever else stands in the block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rwaledger.chain.block_faults import BlockFault, wrong_logs
from rwaledger.chain.block_ranges import Held, examine
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block
from rwaledger.mirror.doubts import IncompleteAnswer, InconsistentAnswer, NoReceipts
from rwaledger.mirror.fetch import Span


@dataclass(frozen=True, slots=True)
class Prover:
    """Asks `node` for the receipts behind the logs that it gave."""

    node: Node

    def require(self, span: Span) -> None:
        """Returns where headers and receipts prove that the span has exactly the contracts' logs of its blocks.

        Raises:
            IncompleteAnswer: the node left a log out, made one up, or told it otherwise; the message names it.
            InconsistentAnswer: a header or receipts do not recompute, or are of other blocks than the span.
            NoReceipts: the node gives none.
            NodeUnreachable: as `Node` raises it.
        """
        held = Held(examine(self.node, range(span.first, span.last + 1), span.addresses), wrong_logs)
        _require_same(span.headers[1:], held.examined.headers)
        told = {number: list(logs) for number, logs in groupby(span.logs, lambda log: log.block_number)}
        held.hold(self.node, told, span.addresses)
        for fault in held.faults:
            raise _doubt(fault)
        if held.examined.refusal:
            raise NoReceipts(span.first, span.last, held.examined.refusal)


def _require_same(read: Sequence[Block], proved: Sequence[Block]) -> None:
    for one, other in zip(read, proved, strict=True):
        if one != other:
            raise InconsistentAnswer(f"block {one.number} changed while its receipts were read")


def _doubt(fault: BlockFault) -> InconsistentAnswer:
    if fault.log_index is None:
        return InconsistentAnswer(fault.summary)
    return IncompleteAnswer(f"{fault.summary}, of {fault.contract}")
