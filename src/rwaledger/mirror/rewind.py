"""Rewind: take back what came from blocks that the chain no longer has, and put in what replaced them.

Only a positive mismatch counts: the node has a block of the checkpoint's number, and it is another block. A
node that lacks the block may lag behind, and nothing is taken back on its word.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Checkpoint
from rwaledger.domain.errors import RegisterConflict
from rwaledger.mirror.apply import NOTHING, Added, apply
from rwaledger.mirror.books import Books
from rwaledger.mirror.decode import Decoded, decode_span
from rwaledger.mirror.doubts import InconsistentAnswer, NodeBehind
from rwaledger.mirror.identity import Mirrored
from rwaledger.mirror.read import Reader
from rwaledger.mirror.streams import Stream
from rwaledger.registry import audit_log, ledger
from rwaledger.registry.database import Connection, Database

REWIND_LIMIT = 64
"""Blocks below the checkpoint that are taken back without asking a person: two epochs of Ethereum."""


@dataclass(frozen=True, slots=True)
class Rewound:
    """How many blocks were taken back, and what came in their place in the same transaction."""

    blocks: int = 0
    added: Added = NOTHING


@dataclass(frozen=True, slots=True)
class _Fork:
    """Where register and chain part: the last block they share, and the hash of the next one on either side."""

    number: int
    hash: str
    replaced: str
    replaced_by: str


def heal(database: Database, node: Node, mirrored: Mirrored, target: int, reader: Reader, rewind_limit: int) -> Rewound:
    """Rewinds the register to the chain where they have parted; where they have not, it changes nothing.

    The replacement is fetched and validated first, up to `target` or the old checkpoint. Taking back and
    putting in are one transaction, so that no reader and no crash meets a register without either.

    Raises:
        NodeBehind: the node does not have the checkpoint's block.
        RegisterConflict: they parted more than `rewind_limit` blocks below the checkpoint, or another writer was
            faster.
        InconsistentAnswer: the chain changed again while it was read.
    """
    with database.read() as c:
        checkpoints = ledger.checkpoints(c, mirrored.chain_id)
    orphaned = _orphaned(node, checkpoints)
    if not orphaned:
        return Rewound()
    top = max(checkpoint.block_number for checkpoint in checkpoints)
    fork = _find_fork(database, node, orphaned[-1], top - rewind_limit)
    taken_back = [each for each in checkpoints if each.block_number > fork.number]
    replacement = _replacement(reader, mirrored, taken_back, fork, min(target, top))
    with database.begin() as c:
        added = _replace(c, mirrored, taken_back, fork, replacement)
    return Rewound(top - fork.number, added)


def require_not_behind(node: Node, checkpoints: Sequence[Checkpoint]) -> None:
    """Raises NodeBehind where the node's head is below a checkpoint: it lags, or has lost blocks."""
    top = max(checkpoints, key=lambda checkpoint: checkpoint.block_number, default=None)
    head = node.head()
    if top is not None and head < top.block_number:
        raise NodeBehind(head, top.block_number, top.address)


def _orphaned(node: Node, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
    """The checkpoints whose block is no longer the chain's, lowest first."""
    require_not_behind(node, checkpoints)
    places = {(checkpoint.block_number, checkpoint.block_hash): checkpoint for checkpoint in checkpoints}
    return [places[place] for place in sorted(places) if _hash_on_chain(node, place[0]) != place[1]]


def _hash_on_chain(node: Node, number: int) -> str:
    block = node.block(number)
    if block is None:
        raise InconsistentAnswer(f"the node gives no block {number}, although its head is at or above it")
    return block.hash


def _find_fork(database: Database, node: Node, orphaned: Checkpoint, lowest: int) -> _Fork:
    """The last shared block, by bisection: once two chains have parted, they never share a block again."""
    with database.read() as c:
        stored = ledger.block_hashes(c, orphaned.chain_id, lowest, orphaned.block_number)
    numbers = sorted(stored)
    parted = bisect_left(numbers, True, key=lambda number: _hash_on_chain(node, number) != stored[number])
    if parted == 0:
        raise RegisterConflict(
            f"the chain has another block {orphaned.block_number} than the register, and they part below "
            f"block {lowest}: more is not taken back without a person's decision",
            "Nothing was changed. Find out which chain is the right one. To follow this one, sync with a "
            "larger --rewind-limit, or into a new database.",
        )
    if parted == len(numbers):
        raise _came_back(orphaned.block_number)
    shared = numbers[parted - 1]
    fork = _Fork(shared, stored[shared], stored.get(shared + 1, ""), _hash_on_chain(node, shared + 1))
    _require_replaced(fork, fork.replaced_by)
    return fork


def _require_replaced(fork: _Fork, found: str) -> None:
    """Two nodes behind one address may tell of either chain in turn, so that each answer is looked at."""
    if found == fork.replaced:
        raise _came_back(fork.number + 1)
    if found != fork.replaced_by:
        raise InconsistentAnswer(f"block {fork.number + 1} was replaced, and again while that was looked into")


def _came_back(number: int) -> InconsistentAnswer:
    return InconsistentAnswer(f"block {number} was replaced, and came back while that was looked into")


def _replacement(
    reader: Reader, mirrored: Mirrored, taken_back: Sequence[Checkpoint], fork: _Fork, last: int
) -> list[Decoded]:
    """The new blocks behind the fork, validated and decoded."""
    addresses = [checkpoint.address for checkpoint in taken_back]
    number, block_hash = fork.number, fork.hash
    decoded = []
    while number < last:
        span = reader.read(addresses, number + 1, last, block_hash)
        if number == fork.number:
            _require_replaced(fork, span.headers[1].hash)
        decoded.append(decode_span(span, mirrored))
        number, block_hash = span.last, span.headers[-1].hash
    return decoded


def _replace(
    c: Connection,
    mirrored: Mirrored,
    taken_back: Sequence[Checkpoint],
    fork: _Fork,
    replacement: Sequence[Decoded],
) -> Added:
    """A checkpoint that was moved in the meantime stops it before anything is deleted."""
    for old in taken_back:
        ledger.advance_checkpoint(c, old, replace(old, generation=old.generation + 1))
    moved = ledger.rewind(c, mirrored.chain_id, fork.number, fork.replaced_by)
    _record(c, taken_back, fork)
    addresses = {checkpoint.address for checkpoint in taken_back}
    stored = {checkpoint.address: checkpoint for checkpoint in moved if checkpoint.address in addresses}
    stream, added = Stream(fork.number, fork.hash, stored), NOTHING
    with Books(c) as books:
        for decoded in replacement:
            stream, more = apply(books, mirrored, stream, decoded)
            added += more
        books.close()
    return added


def _record(c: Connection, taken_back: Sequence[Checkpoint], fork: _Fork) -> None:
    for old in taken_back:
        detail = {
            "from_block": old.block_number,
            "from_hash": old.block_hash,
            "to_block": fork.number,
            "to_hash": fork.hash,
            "replaced_by": fork.replaced_by,
        }
        audit_log.record(c, "mirror", "rewind", f"{old.chain_id}/{old.address}", detail)
