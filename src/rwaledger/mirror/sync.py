"""Sync: bring the register up to the chain, one validated batch of blocks and one transaction at a time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Checkpoint
from rwaledger.domain.errors import BrokenAnswer, MalformedLog, NodeError, RegisterConflict
from rwaledger.mirror.ahead import Ahead
from rwaledger.mirror.apply import NOTHING, Added, apply
from rwaledger.mirror.books import Books
from rwaledger.mirror.collector import seldom_collecting
from rwaledger.mirror.completeness import Completeness
from rwaledger.mirror.decode import Decoded, decode_span
from rwaledger.mirror.doubts import InconsistentAnswer
from rwaledger.mirror.fetch import RangeSize
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.identity import NOTHING_MIRRORED, Mirrored, identify
from rwaledger.mirror.proving import Prover
from rwaledger.mirror.read import Reader
from rwaledger.mirror.rewind import REWIND_LIMIT, heal
from rwaledger.mirror.sharing import Sharing
from rwaledger.mirror.streams import Stream, streams
from rwaledger.mirror.watcher import Batch, Watcher
from rwaledger.registry import ledger
from rwaledger.registry.claims import claims
from rwaledger.registry.database import Database

BLOCKS_MAX = 4_000
"""Blocks in one transaction."""

EVENTS_MAX = 100_000
"""Events in one transaction: the more, the more seldom is a position written, and a page of the index."""

BATCH_S_MAX = {"sqlite": 2.0, "postgresql": 5.0}
"""How long one transaction takes up more of them: on SQLite, whoever else wants to write waits for it."""

ATTEMPTS_MAX = 4
_PAUSE_S = 0.1
_NO_SUCH_METHOD = -32601

_Doubt = InconsistentAnswer | RegisterConflict | MalformedLog | NodeError | BrokenAnswer
_DOUBTS = (InconsistentAnswer, RegisterConflict, MalformedLog, NodeError, BrokenAnswer)
"""What may be otherwise when it is looked at again."""


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """What a sync did. `blocks` counts those read, also where another contract's sync had stored them before.

    `target_block` is the newest block that was to be read, `checkpoints` where each contract stands now.
    """

    chain_id: int
    head: int
    target_block: int
    blocks: int
    events: int
    postings: int
    rewound_blocks: int
    checkpoints: Mapping[str, Checkpoint]


def sync(
    database: Database,
    node: Node,
    finality: Finality,
    until: int | None = None,
    rewind_limit: int = REWIND_LIMIT,
    blocks_max: int = BLOCKS_MAX,
    watcher: Watcher | None = None,
    *,
    verify: bool = False,
) -> SyncSummary:
    """Reads all events of all contracts of the node's chain into the register, up to what is final.

    `until` stops at an earlier block. What is in the register already is not read again, and a sync that
    was killed at any point goes on where its last transaction ended. Several may run at once; each batch is
    one's or the other's. A batch is at most `blocks_max` blocks, and fewer where the node gives less at once.
    `watcher` is told of every batch once it is committed. With `verify` nothing is committed that the blocks' own
    headers and receipts do not prove to be all of it.

    Raises:
        ChainMismatch: another chain, history or code than the register's, or a node that lags behind it.
        RegisterConflict: the register cannot take what the chain says, or a reorganisation goes deeper than
            `rewind_limit` blocks below the checkpoint.
        SchemaMismatch, SettingsError: the database, or the finality for this node, has to be set right first.
        NodeError, NodeUnreachable, DatabaseUnreachable, MalformedLog: as they say. What was committed stays.
    """
    database.require_current()
    reader = Reader(RangeSize(blocks_max), Completeness(node), Prover(node) if verify else None)
    run = _Sync(database, node, finality, until, watcher or Watcher(), rewind_limit, blocks_max, reader)
    with seldom_collecting():
        run.run()
    return run.summary()


@dataclass(slots=True)
class _Sync:
    """One run: what it works on, and how far it has come."""

    database: Database
    node: Node
    finality: Finality
    until: int | None
    watcher: Watcher
    rewind_limit: int
    blocks_max: int
    reader: Reader
    mirrored: Mirrored = NOTHING_MIRRORED
    target: int = 0
    start: int | None = None
    added: Added = NOTHING
    rewound_blocks: int = 0
    failures: int = 0
    failed_at: int = -1

    def run(self) -> None:
        """Heals and catches up; begins again when the chain or another writer moved meanwhile.

        Each time the node is held against what the register knows of its chain: another one may answer by now.
        """
        while True:
            try:
                self.mirrored = identify(self.database, self.node)
                self._find_target()
                self._heal()
                self._catch_up()
            except _DOUBTS as error:
                self._count_failure(error)
            else:
                return

    def _find_target(self) -> None:
        newest = self.finality.target_block(self.node)
        self.target = newest if self.until is None else min(newest, self.until)

    def summary(self) -> SyncSummary:
        return SyncSummary(
            chain_id=self.mirrored.chain_id,
            head=self.node.head(),
            target_block=self.target,
            blocks=self.added.blocks,
            events=self.added.events,
            postings=self.added.postings,
            rewound_blocks=self.rewound_blocks,
            checkpoints={checkpoint.address: checkpoint for checkpoint in self._checkpoints()},
        )

    def _heal(self) -> None:
        rewound = heal(self.database, self.node, self.mirrored, self.target, self.reader, self.rewind_limit)
        self.rewound_blocks += rewound.blocks
        self.added += rewound.added
        if rewound.blocks:
            self.watcher.rewound(rewound.blocks, rewound.added)

    def _catch_up(self) -> None:
        """Reads on what is behind, together with the other mirrors of this register, until nothing is."""
        if not self._behind():
            return
        with claims(self.database, self.mirrored.chain_id) as claimed:
            sharing = Sharing(claimed, self.watcher.waited)
            while behind := self._behind():
                with sharing.share(behind, self._place()) as mine:
                    self._read_on(mine, sharing)

    def _behind(self) -> list[str]:
        """The contracts that are not where they are to be, the furthest behind first."""
        found = streams(self.mirrored, self._checkpoints())
        return [each for stream in found if stream.block_number < self.target for each in sorted(stream.stored)]

    def _read_on(self, mine: frozenset[str], sharing: Sharing) -> None:
        """The stream that is furthest behind goes first, as far as the next one, which it then joins."""
        while (found := streams(self.mirrored, self._checkpoints(), mine)) and found[0].block_number < self.target:
            joins_at = (other.block_number for other in found if other.block_number > found[0].block_number)
            self._mirror(found[0], min([self.target, *joins_at]), sharing)
            if not sharing.is_fair:
                return

    def _mirror(self, stream: Stream, last: int, sharing: Sharing) -> None:
        """Writes a stream on, up to block `last`, or until others have joined and want their part."""
        addresses = stream.stored.keys()

        def read(first: int, anchor_hash: str) -> Decoded:
            return decode_span(self.reader.read(addresses, first, last, anchor_hash), self.mirrored)

        with Ahead(read, stream.block_number + 1, last, stream.block_hash) as spans:
            while not spans.is_done:
                stream = self._write_batch(stream, spans)
                if not sharing.is_fair:
                    return

    def _write_batch(self, stream: Stream, spans: Ahead) -> Stream:
        """One transaction, which hardly waits for the node: the next span, and those that are there by then or soon."""
        before, added = stream.block_number, NOTHING
        batch = spans.take_with(self.blocks_max, EVENTS_MAX, BATCH_S_MAX[self.database.dialect])
        some = [next(batch)]
        with self.database.begin() as c, Books(c) as books:
            for decoded in chain(some, batch):
                stream, more = apply(books, self.mirrored, stream, decoded)
                added += more
            books.close()
        self.added += added
        self._report(before, stream.block_number, added)
        return stream

    def _report(self, before: int, now: int, added: Added) -> None:
        self.start = before if self.start is None else min(self.start, before)
        self.watcher.applied(Batch(now, added, now - self.start, self.target - self.start))

    def _checkpoints(self) -> list[Checkpoint]:
        with self.database.read() as c:
            return ledger.checkpoints(c, self.mirrored.chain_id)

    def _place(self) -> int:
        """How far all contracts have come, added up."""
        return sum(checkpoint.block_number + 1 for checkpoint in self._checkpoints())

    def _count_failure(self, error: _Doubt) -> None:
        """Gives up after some failures without a step forward; there is no reason to while anybody gets on.

        A step is more blocks, and not other ones: two nodes in turn could have us go to and fro between two chains.
        """
        place = self._place()
        self.failures = self.failures + 1 if place <= self.failed_at else 1
        self.failed_at = max(place, self.failed_at)
        if self.failures == ATTEMPTS_MAX or _is_final(error):
            raise error
        self.watcher.refused(error)
        if not isinstance(error, RegisterConflict):
            time.sleep(_PAUSE_S * 2 ** (self.failures - 1))


def _is_final(error: _Doubt) -> bool:
    """A node that does not know a method will not learn it, and one that took too long has been waited for."""
    if isinstance(error, NodeError):
        return error.code == _NO_SUCH_METHOD
    return isinstance(error, BrokenAnswer) and error.is_late
