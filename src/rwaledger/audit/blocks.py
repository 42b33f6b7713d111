"""The blocks themselves: headers and receipts recomputed, and held against what the node said of logs.

Every range of blocks is examined on its own, by a pure function of what the node answers for it, and the results are
put together at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.block_faults import (
    BlockFault,
    Fork,
    not_stored,
    of_fork,
    unlinked,
    wrong_hash,
    wrong_logs,
    wrong_receipts,
)
from rwaledger.chain.bodies import Receipts, encode_receipt, logs_of_receipts, receipts_of
from rwaledger.chain.headers import Header, headers
from rwaledger.chain.rpc import Node
from rwaledger.chain.tries import EMPTY_ROOT, ordered_root
from rwaledger.domain.block import Block, Log, Pin
from rwaledger.domain.errors import NodeError
from rwaledger.registry import survey
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract

BLOCKS_IN_RANGE = 1_000

_NO_ROOT = "0x" + EMPTY_ROOT.hex()


@dataclass(frozen=True, slots=True)
class BlocksExtract:
    """Every header that the register keeps from the lowest deployment to the pinned block, and where it has parted."""

    first: int
    last: int
    stored: Mapping[int, Block]
    fork: Fork | None

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


@dataclass(slots=True)
class Examined:
    """What a range of blocks shows. `proved` has our contracts' logs of the blocks of which the node told others."""

    headers: list[Block] = field(default_factory=list)
    faults: list[BlockFault] = field(default_factory=list)
    proved: dict[int, list[Log]] = field(default_factory=dict)
    receipts: int = 0
    logs: int = 0
    refusal: str = ""


def extract_blocks(c: Connection, pin: Pin, contracts: Sequence[Contract], fork: Fork | None) -> BlocksExtract:
    """The register's part: headers up to the pinned block, from the lowest deployment or stored header on."""
    stored = survey.headers_between(c, pin.chain_id, 0, pin.block_number)
    begins = [each.deploy_block for each in contracts if 0 <= each.deploy_block <= pin.block_number]
    return BlocksExtract(min([*begins, *stored], default=pin.block_number), pin.block_number, stored, fork)


def read_blocks(
    node: Node,
    extract: BlocksExtract,
    pin: Pin,
    told: Mapping[str, Sequence[Log]],
    did_range: Callable[[], None] = lambda: None,
) -> Blocks:
    """The blocks up to the pinned one. `told` are the logs that the node gave when it was asked for them, by contract.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
    """
    by_block = _by_block(log for logs in told.values() for log in logs)
    parts: list[Examined] = []
    for numbers in extract.ranges:
        parts.append(examine(node, numbers, {n: by_block.get(n, []) for n in numbers}, frozenset(told)))
        did_range()
    row = [header for part in parts for header in part.headers]
    faults = [*of_fork(extract.fork), *unlinked(row, pin), *not_stored(row, extract.stored)]
    faults += [fault for part in parts for fault in part.faults]
    coverage = {
        "blocks": len(row),
        "stored_headers": len(extract.stored),
        "receipts": sum(part.receipts for part in parts),
        "logs": sum(part.logs for part in parts),
    }
    proved = {number: logs for part in parts for number, logs in part.proved.items()}
    refusal = next((part.refusal for part in parts if part.refusal), "")
    return Blocks(
        {header.number: header for header in row},
        coverage,
        tuple(faults),
        _proved_logs(told, proved),
        extract.fork,
        refusal,
    )


def examine(node: Node, numbers: range, told: Mapping[int, Sequence[Log]], contracts: frozenset[str]) -> Examined:
    """A range of blocks: hashes of their headers, roots of their receipts, and the contracts' logs in these.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
    """
    found = Examined()
    full: dict[int, Header] = {}
    for header in headers(node, numbers):
        found.headers.append(Block(header.number, header.hash, header.parent_hash, header.timestamp))
        found.faults += wrong_hash(header)
        if header.receipts_root != _NO_ROOT or told[header.number]:
            full[header.number] = header
    try:
        for number, receipts in receipts_of(node, list(full)):
            _take_receipts(found, full[number], receipts, told[number], contracts)
    except NodeError as error:
        found.refusal = error.message
    return found


def _take_receipts(
    found: Examined, header: Header, receipts: Receipts, told: Sequence[Log], contracts: frozenset[str]
) -> None:
    """The logs count only where the receipts are those of the header."""
    try:
        root = "0x" + ordered_root([encode_receipt(raw) for raw in receipts]).hex()
    except (KeyError, ValueError, TypeError) as error:
        root = f"unreadable: {type(error).__name__} {error}"
    if root != header.receipts_root:
        found.faults.append(wrong_receipts(header, root))
        return
    logs = list(logs_of_receipts(receipts, contracts))
    found.receipts += len(receipts)
    found.logs += len(logs)
    if logs != told:
        found.proved[header.number] = logs
        found.faults += wrong_logs(logs, told)


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
