"""Completeness: whether a span has all logs of its blocks, as far as their headers tell; doubts go to the receipts.

What eth_getLogs leaves out does not show in what it gives. The blooms of the headers show most of it: where a chain
carries logs of the contracts asked for and of no others, a block's bloom is that of its logs, and their indexes count
from 0. A block of which this is not so is read again as receipts, whose root stands in its header. Once these have
shown logs of others, only blocks are doubted that name a contract of ours and gave nothing. What is still left out
then, `register verify` finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rwaledger.chain.bodies import encode_receipt, logs_of_receipts, receipts_of
from rwaledger.chain.headers import Header, headers
from rwaledger.chain.rpc import Node
from rwaledger.chain.tries import ordered_root
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import NodeError
from rwaledger.mirror.blooms import bloom_of_header, bloom_of_logs, is_sparse, names
from rwaledger.mirror.doubts import IncompleteAnswer, InconsistentAnswer
from rwaledger.mirror.fetch import Span

_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError)


@dataclass(slots=True)
class Completeness:
    """Asks `node` again where a span seems to lack logs; it learns which contracts have their chain to themselves."""

    node: Node
    _shared: set[frozenset[str]] = field(default_factory=set)

    def require(self, span: Span) -> None:
        """Returns where the span has all logs, as far as can be told.

        Raises:
            IncompleteAnswer: it lacks one, or has one that is not in the block.
            InconsistentAnswer: header and receipts of a doubtful block do not fit together, or cannot be had.
            NodeUnreachable: as `Node` raises it.
        """
        logs = {number: list(some) for number, some in groupby(span.logs, lambda log: log.block_number)}
        for block in span.headers[1:]:
            given = logs.get(block.number, [])
            if self._is_doubtful(span.addresses, block, given):
                self._settle(span.addresses, block, given)

    def _is_doubtful(self, addresses: frozenset[str], block: Block, logs: Sequence[Log]) -> bool:
        bloom = bloom_of_header(block.logs_bloom)
        if bloom is None or not (logs or names(bloom, addresses)):
            return False
        given = bloom_of_logs(logs)
        if given & ~bloom:
            return True
        if addresses in self._shared:
            return not logs and is_sparse(bloom)
        return bloom != given or any(log.log_index != at for at, log in enumerate(logs))

    def _settle(self, addresses: frozenset[str], block: Block, given: Sequence[Log]) -> None:
        proved, in_all = _proved_logs(self.node, addresses, block)
        for one, other in _pairs(proved, given):
            if one != other:
                raise IncompleteAnswer(_difference(block, one, other))
        if in_all > len(proved):
            self._shared.add(addresses)


def _proved_logs(node: Node, addresses: frozenset[str], block: Block) -> tuple[list[Log], int]:
    """The contracts' logs in a block by its receipts, and the number of all logs in it."""
    (header,) = headers(node, [block.number])
    try:
        ((_, receipts),) = receipts_of(node, [block.number])
    except NodeError as error:
        raise InconsistentAnswer(
            f"the header of block {block.number} names logs that the node did not give, nor its receipts: "
            f"{error.node_message}",
            "Nothing was changed. Sync from a node that gives receipts (eth_getBlockReceipts).",
        ) from error
    try:
        root = "0x" + ordered_root([encode_receipt(raw) for raw in receipts]).hex()
        logs = list(logs_of_receipts(receipts, addresses))
        in_all = sum(len(raw["logs"]) for raw in receipts)
    except _UNREADABLE as error:
        raise InconsistentAnswer(f"the receipts of block {block.number} cannot be read: {error}") from error
    _require_fit(header, block, root)
    return logs, in_all


def _require_fit(header: Header, block: Block, receipts_root: str) -> None:
    if header.hash != block.hash:
        raise InconsistentAnswer(f"block {block.number} changed while its receipts were read")
    if header.recomputed_hash != header.hash:
        raise InconsistentAnswer(f"the header of block {block.number} does not have the hash that the node names")
    if header.receipts_root != receipts_root:
        raise InconsistentAnswer(f"the receipts of block {block.number} are not those of its header")


def _pairs(proved: Sequence[Log], given: Sequence[Log]) -> Iterator[tuple[Log | None, Log | None]]:
    """Logs of one index beside each other; None where one side has none."""
    ours = {log.log_index: log for log in proved}
    theirs = {log.log_index: log for log in given}
    for index in sorted(ours.keys() | theirs.keys()):
        yield ours.get(index), theirs.get(index)


def _difference(block: Block, proved: Log | None, given: Log | None) -> str:
    log = proved or given
    assert log is not None
    what = "not given" if given is None else "not in the block" if proved is None else "another one in the block"
    return (
        f"log {log.log_index} of block {block.number}, of {log.address}, is {what}, by receipts that its header proves"
    )
