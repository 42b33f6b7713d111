"""Verify: prove that the register has every event of its contracts, and no other, from the blocks' own hashes.

What a node answers to eth_getLogs proves nothing of what it leaves out. A block's receipts do: their root stands in its
header, and the header's hash in the next one, up to the block that the register has last read (yellow paper, 4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby

from rwaledger.chain.block_faults import BlockFault, not_stored, unlinked, wrong_events
from rwaledger.chain.block_ranges import Examined, Held, examine_all, ranges_of
from rwaledger.chain.executors import Spread
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Checkpoint, Log
from rwaledger.domain.errors import ChainMismatch, UsageError
from rwaledger.mirror.collector import seldom_collecting
from rwaledger.mirror.doubts import NoReceipts
from rwaledger.mirror.identity import Mirrored, identify
from rwaledger.mirror.verification import Verification, unread
from rwaledger.registry import ledger, positions, survey
from rwaledger.registry.database import Database

_HIGHEST = 2**62
_SYNC = "Run `rwaledger register sync`, then verify again."

Progress = Callable[[int, int], None]
"""Told how many blocks are through, and of how many."""


def silent(_done: int, _total: int) -> None:
    """No progress shown."""


def verify(
    database: Database,
    node: Node,
    first: int | None = None,
    last: int | None = None,
    spread: Spread | None = None,
    progress: Progress = silent,
) -> Verification:
    """Whether the register has exactly the events of its contracts in the blocks `first` to `last`.

    By default these are all that it has read, from the first deployment on. The headers are hashed anew and follow one
    another; the first follows the block that the register has before it. The same register, chain and blocks give the
    same result, wherever the ranges were examined.

    Raises:
        UsageError: the register has not read these blocks, or nothing at all.
        ChainMismatch: the node is on another chain than the register, or was reorganised below what it has read, before
            or meanwhile.
        NoReceipts: the node does not give receipts of whole blocks.
        NodeUnreachable, DatabaseUnreachable, RegisterConflict: as node and register raise them.
    """
    database.require_current()
    mirrored = identify(database, node)
    with database.read() as c:
        checkpoints = ledger.checkpoints(c, mirrored.chain_id)
    read = _read_blocks(mirrored, checkpoints)
    start, end = read.start if first is None else first, read[-1] if last is None else last
    _require_read(start, end, read)
    run = _Verifying(mirrored.chain_id, database, node, checkpoints, range(start, end + 1), spread, progress)
    with seldom_collecting():
        return run.run(whole=len(read) == end + 1 - start)


@dataclass(slots=True)
class _Verifying:
    """One run, range by range; it keeps no more than the last header and what is wrong."""

    chain_id: int
    database: Database
    node: Node
    checkpoints: Sequence[Checkpoint]
    blocks: range
    spread: Spread | None
    progress: Progress
    header: Block | None = None
    faults: list[BlockFault] = field(default_factory=list)
    done: int = 0
    receipts: int = 0
    logs: int = 0
    transactions: int = 0
    events: int = 0
    unproved: str = ""
    again: int = 0

    def run(self, *, whole: bool) -> Verification:
        """A reorganisation while it runs, or a rewind, would make faults of what is none: then there is no result."""
        top = self._require_on_chain()
        headers, _ = self._stored(self.blocks.start - 1, self.blocks.start - 1)
        self.header = headers.get(self.blocks.start - 1)
        for contracts, blocks in self._stretches():
            ranges = ranges_of(blocks.start, blocks.stop - 1)
            results = examine_all(self.node, ranges, contracts, self._worth(), transactions=True)
            for numbers, examined in zip(ranges, results, strict=True):
                self._hold(numbers, contracts, examined)
            self.again += results.again
        if whole:
            self._look_outside()
        if self._require_on_chain() != top:
            raise ChainMismatch("the register was rewound while it was verified", "Verify it again.")
        return self._result()

    def _require_on_chain(self) -> Block | None:
        """The last block that the register has. Raises ChainMismatch where a checkpoint is not on the chain."""
        for number, stored in sorted({(each.block_number, each.block_hash) for each in self.checkpoints}):
            block = self.node.block(number)
            if block is None or block.hash != stored:
                raise ChainMismatch(
                    f"block {number} is {block.hash if block else 'nothing'} on the node, and the register has read "
                    f"it as {stored}",
                    "If the node has caught up, the chain was reorganised: `rwaledger register sync` rewinds the "
                    "register. Then verify again.",
                )
        with self.database.read() as c:
            return ledger.block_at(c, self.chain_id, number)

    def _worth(self) -> Spread | None:
        if self.spread is None:
            return None
        with self.database.read() as c:
            events = survey.events_between(c, self.chain_id, self.blocks.start, self.blocks[-1])
        return self.spread.if_worth(len(self.blocks) + events)

    def _stretches(self) -> Iterator[tuple[frozenset[str], range]]:
        """Blocks up to which the same contracts have been read: in most cases all of them, up to the end."""
        start = self.blocks.start
        for end in sorted({each.block_number for each in self.checkpoints}):
            stop = min(end + 1, self.blocks.stop)
            if start < stop:
                read = frozenset(each.address for each in self.checkpoints if each.block_number >= end)
                yield read, range(start, stop)
                start = stop

    def _hold(self, numbers: range, contracts: frozenset[str], examined: Examined) -> None:
        headers, events = self._stored(numbers[0], numbers[-1])
        ours = [event for event in events if event.address in contracts]
        held = Held(examined, wrong_events)
        held.hold(self.node, {number: list(some) for number, some in groupby(ours, _block_number)}, contracts)
        if examined.refusal:
            raise NoReceipts(numbers[0], numbers[-1], examined.refusal)
        row = examined.headers
        self.faults += chain(
            unlinked([self.header, *row] if self.header else row), not_stored(row, headers), held.faults
        )
        self._name_unread([event for event in events if event.address not in contracts])
        self.header = row[-1]
        self.done += len(numbers)
        self.receipts += examined.receipts
        self.logs += examined.logs
        self.transactions += examined.transactions
        self.unproved = self.unproved or examined.unproved
        self.events += len(ours)
        self.progress(self.done, len(self.blocks))

    def _look_outside(self) -> None:
        """Events before the first deployment, and behind the last block that was read."""
        _, before = self._stored(0, self.blocks.start - 1)
        _, behind = self._stored(self.blocks.stop, _HIGHEST)
        self._name(before)
        self._name_unread(behind)

    def _name_unread(self, events: Sequence[Log]) -> None:
        """Events where their contract has not been read; what a mirror has read on since this began is not judged."""
        if events:
            with self.database.read() as c:
                read = {each.address: each.block_number for each in ledger.checkpoints(c, self.chain_id)}
            self._name([event for event in events if read.get(event.address, -1) < event.block_number])

    def _name(self, events: Sequence[Log]) -> None:
        self.events += len(events)
        self.faults += map(unread, events)

    def _stored(self, first: int, last: int) -> tuple[Mapping[int, Block], list[Log]]:
        with self.database.read() as c:
            headers = survey.headers_between(c, self.chain_id, first, last)
            return headers, positions.logs_between(c, self.chain_id, first, last)

    def _result(self) -> Verification:
        assert self.header is not None
        return Verification(
            self.chain_id,
            self.blocks.start,
            self.blocks[-1],
            self.header.hash,
            self.done,
            self.receipts,
            self.logs,
            self.transactions,
            self.events,
            tuple(sorted(self.faults, key=_place)),
            self.unproved,
            self.again,
        )


def _read_blocks(mirrored: Mirrored, checkpoints: Sequence[Checkpoint]) -> range:
    """The blocks that the register has read, of one contract at least."""
    if not checkpoints or not mirrored.contracts:
        raise UsageError(f"the register has read nothing of chain {mirrored.chain_id}", _SYNC)
    first = min(each.deploy_block for each in mirrored.contracts)
    return range(first, max(each.block_number for each in checkpoints) + 1)


def _require_read(first: int, last: int, read: range) -> None:
    if not read.start <= first <= last < read.stop:
        raise UsageError(
            f"blocks {first} to {last} are not what the register has read, which is {read.start} to {read[-1]}",
            "Name a part of these, or run `rwaledger register sync` first.",
        )


def _place(fault: BlockFault) -> tuple[int, int]:
    return fault.number, -1 if fault.log_index is None else fault.log_index


def _block_number(log: Log) -> int:
    return log.block_number
