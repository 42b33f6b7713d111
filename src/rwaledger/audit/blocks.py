"""The blocks themselves: headers and receipts recomputed, and held against what the node said of logs.

Every range of blocks is examined on its own (block_ranges.py), here or in other processes (spread.py). The results are
put together here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.block_faults import BlockFault, Fork, not_stored, of_fork, unlinked, wrong_logs
from rwaledger.audit.block_ranges import NO_LOGS, Examined, fault_of, seal_of
from rwaledger.audit.spread import Pending, Spread, begin
from rwaledger.chain.bodies import logs_of_receipts, receipts_of
from rwaledger.chain.headers import headers
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Log, Pin
from rwaledger.domain.errors import NodeError
from rwaledger.registry import survey
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract

BLOCKS_IN_RANGE = 100


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
        starts = range(self.first, self.last + 1, BLOCKS_IN_RANGE)
        return [range(start, min(start + BLOCKS_IN_RANGE, self.last + 1)) for start in starts]


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


def begin_blocks(
    node: Node, extract: BlocksExtract, contracts: Iterable[Contract], spread: Spread | None
) -> list[Pending]:
    """Begins to examine the blocks up to the pinned one: elsewhere at once, or here when the result is asked for."""
    addresses = frozenset(each.address for each in contracts)
    return begin(node, extract.ranges, addresses, len(extract.stored) + extract.logs, spread)


def read_blocks(
    node: Node,
    extract: BlocksExtract,
    pin: Pin,
    told: Mapping[str, Sequence[Log]],
    did_range: Callable[[], None] = lambda: None,
    begun: Sequence[Pending] | None = None,
) -> Blocks:
    """The blocks up to the pinned one. `told` are the logs that the node gave when it was asked for them, by contract.

    `begun` is their examination, where it has begun already.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
    """
    by_block = _by_block(log for logs in told.values() for log in logs)
    contracts = frozenset(told)
    parts: list[_Held] = []
    for numbers, pending in zip(extract.ranges, begun or begin(node, extract.ranges, contracts, 0, None), strict=True):
        parts.append(_Held(pending()))
        parts[-1].hold(node, {number: by_block[number] for number in numbers if number in by_block}, contracts)
        did_range()
    found = [part.examined for part in parts]
    row = [header for each in found for header in each.headers]
    linked = [extract.before, *row] if extract.before else row
    faults = [*of_fork(extract.fork), *unlinked(linked, pin), *not_stored(row, extract.stored)]
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


@dataclass(slots=True)
class _Held:
    """A range that was examined, held against what the node told of its logs.

    `proved` has our contracts' logs of the blocks of which it told others.
    """

    examined: Examined
    faults: list[BlockFault] = field(default_factory=list)
    proved: dict[int, list[Log]] = field(default_factory=dict)

    def hold(self, node: Node, told: Mapping[int, Sequence[Log]], contracts: frozenset[str]) -> None:
        """Blocks whose seal is not that of the logs that were told are looked into once more."""
        self.faults += self.examined.of_headers
        for number in sorted(told.keys() | self.examined.seals.keys() | self.examined.of_receipts.keys()):
            logs = told.get(number, ())
            if number in self.examined.of_receipts:
                self.faults.append(self.examined.of_receipts[number])
            elif self.examined.seals.get(number, NO_LOGS) != seal_of(logs) and self._was_read(number):
                self._look_into(node, number, logs, contracts)

    def _was_read(self, number: int) -> bool:
        """Where the node stopped giving receipts, what it told of the blocks behind that is not judged."""
        return number in self.examined.seals or not self.examined.refusal

    def _look_into(self, node: Node, number: int, told: Sequence[Log], contracts: frozenset[str]) -> None:
        try:
            ((_, receipts),) = receipts_of(node, [number])
        except NodeError as error:
            self.examined.refusal = error.message
            return
        (header,) = headers(node, [number])
        fault = fault_of(header, receipts)
        if fault is not None:
            self.faults.append(fault)
            return
        self.proved[number] = list(logs_of_receipts(receipts, contracts))
        self.faults += wrong_logs(self.proved[number], told)


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
