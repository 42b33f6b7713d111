"""A contract's logs, fetched anew from the node and decoded; the mirror has code of its own for this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rwaledger.audit.records import Undecoded
from rwaledger.chain.events import decode
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import ChainEvent, Log, Pin
from rwaledger.domain.errors import MalformedLog, NodeError

Topics = Sequence[Sequence[str] | None]
"""Of each place among a log's topics those that it may have; None stands for any."""

RANGE_BLOCKS = 2_000
"""Blocks asked for in one eth_getLogs; halved where the node gives less."""


def decoded(logs: Sequence[Log]) -> tuple[tuple[ChainEvent, ...], tuple[Undecoded, ...]]:
    """The events among the logs, and what is none of ours with the reason why."""
    events, undecoded = [], []
    for log in logs:
        try:
            event = decode(log)
        except MalformedLog as error:
            undecoded.append(Undecoded(log, error.message))
            continue
        if event is None:
            undecoded.append(Undecoded(log, "its topic is that of no event we know"))
        else:
            events.append(event)
    return tuple(events), tuple(undecoded)


def logs_of(node: Node, address: str, first: int, last: int, topics: Topics = ()) -> Iterator[Log]:
    """The logs of a contract in the blocks `first` to `last`, in the order of the chain; only those with the topics."""
    for start in range(first, last + 1, RANGE_BLOCKS):
        yield from _range(node, address, start, min(start + RANGE_BLOCKS - 1, last), topics)


def _range(node: Node, address: str, first: int, last: int, topics: Topics) -> list[Log]:
    """The logs of a range in the order of the chain, in halves where the node refuses the whole."""
    try:
        logs = node.logs([address], first, last, topics)
    except NodeError:
        if first == last:
            raise
        middle = (first + last) // 2
        return _range(node, address, first, middle, topics) + _range(node, address, middle + 1, last, topics)
    return sorted(logs, key=lambda log: (log.block_number, log.log_index))


def events_beyond(node: Node, address: str, pin: Pin) -> Sequence[ChainEvent]:
    """The events of a contract beyond the pinned block."""
    events, _ = decoded(list(logs_of(node, address, pin.block_number + 1, node.head())))
    return events
