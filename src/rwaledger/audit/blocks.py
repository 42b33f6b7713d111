"""The blocks themselves: headers and receipts recomputed, and held against what the node said of logs.

Every range of blocks is examined on its own (chain/block_ranges.py), here or elsewhere (chain/in_order.py). The results
are put together here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rwaledger.chain.block_faults import BlockFault, Fork, not_pinned, not_stored, of_fork, unlinked, wrong_logs
from rwaledger.chain.block_ranges import Examined, Held, examine_all, ranges_of
from rwaledger.chain.executors import Spread
from rwaledger.chain.in_order import InOrder
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Log, Pin
from rwaledger.registry import survey
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract

Begun = InOrder[range, Examined]
"""The ranges, examined one by one as they are asked for, or elsewhere meanwhile."""


@dataclass(frozen=True, slots=True)
class BlocksExtract:
    """Every header that the register keeps from the lowest deployment to the pinned block, and where it has parted.

    `before` is the block that the first one has to follow, where it is not the first that is ever looked at. `logs` is
    how many the register has of them.
    """

    first: int
    last: int
    stored: Mapping[int, Block]
    fork: Fork | None
    before: Block | None = None
    logs: int = 0

    @property
    def ranges(self) -> list[range]:
        """The blocks, in the ranges in which they are examined."""
        return ranges_of(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Blocks:
    """What the blocks show: the chain's headers by number, what was looked at, and what is wrong.

    `proved_logs` are the logs of those contracts of which the node told others, as the receipts have them. `refusal`
    is what the node answered where it does not give receipts.
    """

    headers: Mapping[int, Block]
    coverage: Mapping[str, int]
    faults: tuple[BlockFault, ...]
    proved_logs: Mapping[str, tuple[Log, ...]] = field(default_factory=dict)
    fork: Fork | None = None
    refusal: str = ""


def extract_blocks(c: Connection, pin: Pin, contracts: Sequence[Contract], fork: Fork | None) -> BlocksExtract:
    """The register's part: headers up to the pinned block, from the lowest deployment or stored header on."""
    stored = survey.headers_between(c, pin.chain_id, 0, pin.block_number)
    begins = [each.deploy_block for each in contracts if 0 <= each.deploy_block <= pin.block_number]
    first = min([*begins, *stored], default=pin.block_number)
    logs = survey.events_between(c, pin.chain_id, first, pin.block_number)
    return BlocksExtract(first, pin.block_number, stored, fork, logs=logs)


def begin_blocks(node: Node, extract: BlocksExtract, contracts: Iterable[Contract], spread: Spread | None) -> Begun:
    """Begins to examine the blocks up to the pinned one: elsewhere at once, or here when the result is asked for."""
    addresses = frozenset(each.address for each in contracts)
    ranges = extract.ranges
    worth = spread.if_worth(len(extract.stored) + extract.logs) if spread else None
    # All of them, since this process has other things to read meanwhile.
    return examine_all(node, ranges, addresses, replace(worth, ahead=len(ranges)) if worth else None)


def read_blocks(
    node: Node,
    extract: BlocksExtract,
    pin: Pin,
    told: Mapping[str, Sequence[Log]],
    did_range: Callable[[], None] = lambda: None,
    begun: Begun | None = None,
) -> Blocks:
    """The blocks up to the pinned one. `told` are the logs that the node gave when it was asked for them, by contract.

    `begun` is their examination, where it has begun already.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
    """
    by_block = _by_block(log for logs in told.values() for log in logs)
    contracts = frozenset(told)
    parts: list[Held] = []
    ranges = extract.ranges
    for numbers, examined in zip(ranges, begun or examine_all(node, ranges, contracts), strict=True):
        parts.append(Held(examined, wrong_logs))
        parts[-1].hold(node, {number: by_block[number] for number in numbers if number in by_block}, contracts)
        did_range()
    found = [part.examined for part in parts]
    row = [header for each in found for header in each.headers]
    linked = [extract.before, *row] if extract.before else row
    faults = [*of_fork(extract.fork), *unlinked(linked), *not_pinned(linked, pin), *not_stored(row, extract.stored)]
    faults += [fault for part in parts for fault in part.faults]
    coverage = {
        "blocks": len(row),
        "stored_headers": len(extract.stored),
        "receipts": sum(each.receipts for each in found),
        "logs": sum(each.logs for each in found),
    }
    proved = {number: logs for part in parts for number, logs in part.proved.items()}
    refusal = next((each.refusal for each in found if each.refusal), "")
    return Blocks(
        {header.number: header for header in row},
        coverage,
        tuple(faults),
        _proved_logs(told, proved),
        extract.fork,
        refusal,
    )


def _proved_logs(
    told: Mapping[str, Sequence[Log]], proved: Mapping[int, Sequence[Log]]
) -> Mapping[str, tuple[Log, ...]]:
    """All logs of those contracts of which one log is not as it was told."""
    found = {}
    for address, logs in told.items():
        there = [log for some in proved.values() for log in some if log.address == address]
        if there != [log for log in logs if log.block_number in proved]:
            elsewhere = [log for log in logs if log.block_number not in proved]
            found[address] = tuple(sorted([*elsewhere, *there], key=_place))
    return found


def _by_block(logs: Iterable[Log]) -> dict[int, list[Log]]:
    found: dict[int, list[Log]] = {}
    for log in sorted(logs, key=_place):
        found.setdefault(log.block_number, []).append(log)
    return found


def _place(log: Log) -> tuple[int, int]:
    return log.block_number, log.log_index
