"""Fetch: read one range of blocks from the node, headers and logs, in pieces that the node will give."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import ChainMismatch, NodeError, NodeUnreachable

BLOCKS_MAX = 500
"""Blocks in one range: about 6 MB of logs at 20 a block, and one database transaction of moderate size."""

_LIMIT_CODE = -32005
_LIMIT_WORDS = re.compile(
    r"limit|too (large|many|big|wide|long)|exceed|more than|max(imum)?\b|range|size|timed? ?out",
    re.IGNORECASE,
)


class InconsistentAnswer(ChainMismatch):
    """The node's answers do not fit together, or no longer fit the checkpoint. Nothing of them was used.

    A reorganisation while reading looks like this, so it is worth reading again.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the node's answers do not fit together: {reason}",
            "Nothing was changed. Try again; if it stays, sync from another node.",
        )


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


class RangeSize:
    """How many blocks to ask for at once: halved when the node refuses, grown again while it gives."""

    def __init__(self, blocks_max: int = BLOCKS_MAX) -> None:
        self._max = blocks_max
        self.blocks = blocks_max

    def halve(self) -> None:
        self.blocks = max(self.blocks // 2, 1)

    def grow(self) -> None:
        self.blocks = min(self.blocks + self.blocks // 4 + 1, self._max)


def fetch(node: Node, addresses: Collection[str], first: int, last: int, size: RangeSize) -> Span:
    """The blocks from `first` on, up to `last` or as far as the node gives at once; not validated.

    Raises:
        InconsistentAnswer: the chain changed while it was read.
        NodeError, NodeUnreachable: as `Node` raises them; a limit only once a single block passes it.
    """
    while True:
        end = min(first + size.blocks - 1, last)
        try:
            span = _read(node, frozenset(addresses), first, end)
        except NodeError as error:
            if end == first or not is_limit(error):
                raise
            size.halve()
        else:
            size.grow()
            return span


def is_limit(error: NodeError) -> bool:
    """Whether the node may have refused because the range is too large for it.

    Nodes agree on no code for that, so this goes by their words, and rather too often than too seldom: a
    wrong guess costs a few requests.
    """
    return error.code == _LIMIT_CODE or bool(_LIMIT_WORDS.search(error.node_message))


def _read(node: Node, addresses: frozenset[str], first: int, last: int) -> Span:
    """Reads the logs between two looks at the last header, whose hash changes with any block below it.

    A block without logs shows its hash on none, so that only this tells that it still has none.
    """
    headers = _headers(node, first - 1, last)
    logs = node.logs(sorted(addresses), first, last)
    if node.block(last) != headers[-1]:
        raise InconsistentAnswer(f"block {last} changed while its logs were read")
    return Span(first, last, addresses, tuple(headers), tuple(logs))


def _headers(node: Node, first: int, last: int) -> list[Block]:
    try:
        return node.blocks(first, last)
    except NodeUnreachable as error:
        if node.head() < last:
            raise InconsistentAnswer(f"block {last} is gone: the node's head is now below it") from error
        raise
