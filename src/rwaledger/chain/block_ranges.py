"""One range of blocks, examined on its own: a pure function of what a node answers for it, here or in another process.

What it takes and gives is small: instead of logs it gives a seal of each block's, to be held against the logs that
somebody else has of them: the node, when it was asked for logs, or the register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from itertools import islice

import msgspec

from rwaledger.chain.block_faults import BlockFault, wrong_hash, wrong_receipts
from rwaledger.chain.block_transactions import fault_of_transactions
from rwaledger.chain.bodies import Receipts, encode_receipt, logs_of_receipts, raw_transactions, receipts_of
from rwaledger.chain.executors import Spread
from rwaledger.chain.headers import Header, headers
from rwaledger.chain.in_order import InOrder
from rwaledger.chain.rpc import Node
from rwaledger.chain.tries import EMPTY_ROOT, ordered_root
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import NodeError

BLOCKS_IN_RANGE = 100

_NO_ROOT = "0x" + EMPTY_ROOT.hex()
_SEAL_BYTES = 16

Compare = Callable[[Sequence[Log], Sequence[Log]], Iterator[BlockFault]]
"""What is wrong with logs that somebody told, by those that the receipts prove."""


@dataclass(slots=True)
class Examined:
    """What a range of blocks shows.

    `of_headers` and, by number, `of_receipts` are what is wrong, `seals` those of our contracts' logs in the blocks
    whose receipts are those of their headers. `refusal` is what the node answered where it does not give receipts,
    `unproved` where it does not give transactions that were to be proved as well.
    """

    headers: list[Block] = field(default_factory=list)
    of_headers: list[BlockFault] = field(default_factory=list)
    of_receipts: dict[int, BlockFault] = field(default_factory=dict)
    seals: dict[int, bytes] = field(default_factory=dict)
    receipts: int = 0
    logs: int = 0
    transactions: int = 0
    refusal: str = ""
    unproved: str = ""


def ranges_of(first: int, last: int) -> list[range]:
    """The blocks from `first` to `last`, in the ranges in which they are examined."""
    starts = range(first, last + 1, BLOCKS_IN_RANGE)
    return [range(start, min(start + BLOCKS_IN_RANGE, last + 1)) for start in starts]


def examine_all(
    node: Node,
    ranges: Sequence[range],
    contracts: frozenset[str],
    spread: Spread | None = None,
    *,
    transactions: bool = False,
) -> InOrder[range, Examined]:
    """What each of the ranges shows, in their order: examined elsewhere where there is a `spread`, from now on."""
    return InOrder(partial(_examine, node, contracts, transactions), ranges, spread)


def _examine(node: Node, contracts: frozenset[str], transactions: bool, numbers: range) -> Examined:
    return examine(node, numbers, contracts, transactions=transactions)


def examine(node: Node, numbers: range, contracts: frozenset[str], *, transactions: bool = False) -> Examined:
    """Hashes of the headers of a range, roots of its receipts, and the contracts' logs in these.

    With `transactions`, in blocks with such logs their root and hashes as well, which no receipt proves.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
    """
    found = Examined()
    full: dict[int, Header] = {}
    named: dict[int, list[str]] = {}
    for header in headers(node, numbers):
        found.headers.append(Block(header.number, header.hash, header.parent_hash, header.timestamp))
        found.of_headers += wrong_hash(header)
        if header.receipts_root != _NO_ROOT:
            full[header.number] = header
    try:
        for number, receipts in receipts_of(node, list(full)):
            fault = fault_of(full[number], receipts)
            if fault is not None:
                found.of_receipts[number] = fault
                continue
            logs = list(logs_of_receipts(receipts, contracts))
            found.seals[number] = seal_of(logs)
            found.receipts += len(receipts)
            found.logs += len(logs)
            if logs and transactions:
                named[number] = [raw["transactionHash"] for raw in receipts]
    except NodeError as error:
        found.refusal = error.message
    _prove_transactions(node, full, named, found)
    return found


def _prove_transactions(
    node: Node, full: Mapping[int, Header], named: Mapping[int, Sequence[str]], found: Examined
) -> None:
    try:
        raws = iter(raw_transactions(node, [tx_hash for hashes in named.values() for tx_hash in hashes]))
    except NodeError as error:
        found.unproved = error.message
        return
    for number, hashes in named.items():
        fault = fault_of_transactions(full[number], hashes, list(islice(raws, len(hashes))))
        if fault is None:
            found.transactions += len(hashes)
        else:
            found.of_receipts[number] = fault
            del found.seals[number]


def fault_of(header: Header, receipts: Receipts) -> BlockFault | None:
    """What is wrong with a block's receipts; None where they are those of its header."""
    try:
        root = "0x" + ordered_root([encode_receipt(raw) for raw in receipts]).hex()
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        root = f"unreadable: {type(error).__name__} {error}"
    return None if root == header.receipts_root else wrong_receipts(header, root)


def seal_of(logs: Sequence[Log]) -> bytes:
    """A hash over all that is said of logs: blocks with the same seal have the same logs."""
    return blake2b(msgspec.json.encode(logs), digest_size=_SEAL_BYTES).digest()


NO_LOGS = seal_of([])


@dataclass(slots=True)
class Held:
    """A range that was examined, held against what somebody told of its logs; `compare` says what is wrong with them.

    `proved` has our contracts' logs of the blocks of which others were told.
    """

    examined: Examined
    compare: Compare
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
        """Where the node stopped giving receipts, what was told of the blocks behind that is not judged."""
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
        self.faults += self.compare(self.proved[number], told)
