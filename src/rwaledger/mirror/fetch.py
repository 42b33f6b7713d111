"""Fetch: read one range of blocks from the node, headers and logs, in pieces that the node will give."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rwaledger.chain.refusals import is_limit, suggested_blocks
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import BrokenAnswer, NodeError
from rwaledger.mirror.doubts import InconsistentAnswer

BLOCKS_MAX = 500
"""Blocks in one range, however few logs they have."""

BLOCKS_AT_FIRST = 32
BYTES_WANTED = 3 << 20
"""About as long as an answer is to be: two are in memory at once, and longer ones gain nothing."""

_BYTES_BESIDE_DATA = 580
"""What a log of ours takes in an answer beside its data: hashes, topics, and the names of it all."""


@dataclass(frozen=True, slots=True)
class Span:
    """What the node says of the blocks `first` to `last`: headers, and the logs of `addresses`.

    The headers begin at `first` - 1, so that the span can be joined to what is known before it.
    """

    first: int
    last: int
    addresses: frozenset[str]
    headers: tuple[Block, ...]
    logs: tuple[Log, ...]

    @property
    def answer_bytes(self) -> int:
        """About how long the node's answer was."""
        return sum(_BYTES_BESIDE_DATA + len(log.data) for log in self.logs)


class RangeSize:
    """How many blocks to ask for at once: less when the node refuses or tells much, grown again while it gives."""

    def __init__(self, blocks_max: int = BLOCKS_MAX) -> None:
        self._max = min(blocks_max, BLOCKS_MAX)
        self.blocks = min(BLOCKS_AT_FIRST, self._max)

    def shrink(self, refused: int, suggested: int = 0) -> None:
        """To half of what was refused, or to what the node suggests where that is less than that."""
        self.blocks = suggested if 0 < suggested < refused else max(refused // 2, 1)

    def fit(self, blocks: int = 1, answer_bytes: int = 0) -> None:
        """By a quarter more, or to as many as will have the wanted length where these blocks had that of theirs."""
        wanted = blocks * BYTES_WANTED // max(answer_bytes, 1)
        self.blocks = max(min(self.blocks + self.blocks // 4 + 1, self._max, wanted), 1)


def fetch(node: Node, addresses: Collection[str], first: int, last: int, size: RangeSize) -> Span:
    """The blocks from `first` on, up to `last` or as far as the node gives at once; not validated.

    Raises:
        InconsistentAnswer: the chain changed while it was read, or the node does not have all of it.
        NodeError, NodeUnreachable: as `Node` raises them; a limit, or an answer that does not come whole or in time,
            only once a single block is too much.
    """
    while True:
        end = min(first + size.blocks - 1, last)
        try:
            return _read(node, frozenset(addresses), first, end)
        except (NodeError, BrokenAnswer) as error:
            if end == first or not (isinstance(error, BrokenAnswer) or is_limit(error)):
                raise
            size.shrink(end - first + 1, suggested_blocks(str(error)))


def _read(node: Node, addresses: frozenset[str], first: int, last: int) -> Span:
    """Reads the logs between two looks at the last header, whose hash changes with any block below it.

    A block without logs shows its hash on none, so that only this tells that it still has none.
    """
    headers = _headers(node, first - 1, last)
    logs, newest = node.logs_and_block(sorted(addresses), first, last)
    if newest != headers[-1]:
        raise InconsistentAnswer(f"block {last} changed, or went away, while its logs were read")
    return Span(first, last, addresses, tuple(headers), tuple(logs))


def _headers(node: Node, first: int, last: int) -> list[Block]:
    found = node.headers_if_known(range(first, last + 1))
    missing = [number for number, block in zip(range(first, last + 1), found, strict=True) if block is None]
    if missing:
        raise InconsistentAnswer(f"the node has no block {missing[0]}, although its head is above it, or was")
    return [block for block in found if block is not None]
