"""Which block a chain was at when: the bridge from a person's time to a block's number."""

from __future__ import annotations

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block
from rwaledger.domain.errors import UsageError


def block_at(node: Node, timestamp: int) -> Block:
    """The last block whose time is not after `timestamp` (seconds since 1970).

    Raises:
        UsageError: the chain began later.
    """
    first, last = _block(node, 0), _block(node, "latest")
    if timestamp < first.timestamp:
        raise UsageError(f"the chain began at {first.time:%Y-%m-%d %H:%M:%S} UTC, after that time", "Give a later one.")
    if last.timestamp <= timestamp:
        return last
    while last.number - first.number > 1:
        middle = _block(node, (first.number + last.number) // 2)
        if middle.timestamp <= timestamp:
            first = middle
        else:
            last = middle
    return first


def _block(node: Node, which: int | str) -> Block:
    block = node.block(which)
    assert block is not None, "the node has every block up to its latest"
    return block
