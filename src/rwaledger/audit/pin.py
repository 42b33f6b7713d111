"""The pinned block: which one, and whether register and node mean the same by it."""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger.chain.block_faults import Fork
from rwaledger.chain.rpc import BATCH_MAX, Node
from rwaledger.domain.block import Block, Checkpoint, Pin
from rwaledger.domain.errors import ChainMismatch, UsageError
from rwaledger.registry import instruments, ledger
from rwaledger.registry.database import Connection

_SYNC = "Run `rwaledger register sync` and reconcile again."


@dataclass(frozen=True, slots=True)
class Pinned:
    """The pinned block, and where register and chain have parted beyond it."""

    pin: Pin
    fork: Fork | None = None


def choose_pin(c: Connection, node: Node, block: int | None) -> Pinned:
    """The block to reconcile at: the one asked for, else the lowest up to which every contract is in the register.

    Where the chain was reorganised below that, it is the last block that register and chain share: all up to there can
    be audited, and what the register has read beyond it is to be rewound.

    Raises:
        UsageError: nothing is synced, or `block` is beyond what is.
        ChainMismatch: the node is on another chain than the register, behind it, or on another fork at `block`.
    """
    _require_same_chain(c, node)
    checkpoints = _checkpoints(c, node.chain_id)
    lowest = checkpoints[0]
    number = lowest.block_number if block is None else block
    if not 0 <= number <= lowest.block_number:
        raise UsageError(
            f"block {number} is not in the register, which ends at block {lowest.block_number}",
            "Name an earlier block, or run `rwaledger register sync` first.",
        )
    fork = _fork(c, node, checkpoints)
    if fork and block is None and fork.number <= number:
        number = fork.number - 1
    stored = ledger.block_at(c, node.chain_id, number) if fork and fork.number <= number else None
    pinned = _require_same_hash(node, number, stored.hash if stored else None)
    return Pinned(Pin(node.chain_id, pinned.number, pinned.hash, pinned.timestamp), fork)


def still_pinned(node: Node, pin: Pin) -> bool:
    """Whether the pinned block is still in the node's chain."""
    block = node.block(pin.block_number)
    return block is not None and block.hash == pin.block_hash


def _require_same_chain(c: Connection, node: Node) -> None:
    recorded = instruments.genesis_hash(c, node.chain_id)
    if recorded is None:
        raise UsageError(
            f"the register knows no chain {node.chain_id}",
            "Point rpc_url and database_url at the same deployment, or deploy an instrument first.",
        )
    if recorded != node.genesis_hash:
        raise ChainMismatch(
            f"the node's chain {node.chain_id} starts with {node.genesis_hash}, the register's with {recorded}",
            "Point rpc_url at the chain that this register mirrors.",
        )


def _checkpoints(c: Connection, chain_id: int) -> list[Checkpoint]:
    """Those of all contracts, the lowest first."""
    mirrored = [contract.address for contract in instruments.contracts(c, chain_id)]
    checkpoints = {checkpoint.address: checkpoint for checkpoint in ledger.checkpoints(c, chain_id)}
    unread = [address for address in mirrored if address not in checkpoints]
    if not mirrored or unread:
        what = f"no event of {', '.join(unread)} was ever read" if unread else "it has no contract"
        raise UsageError(f"the register of chain {chain_id} is not synced: {what}", _SYNC)
    return sorted(checkpoints.values(), key=lambda checkpoint: (checkpoint.block_number, checkpoint.address))


def _fork(c: Connection, node: Node, checkpoints: list[Checkpoint]) -> Fork | None:
    """Where register and chain part below a checkpoint; None where every checkpoint is the chain's.

    Raises:
        ChainMismatch: the node lacks a block; or a checkpoint is not the chain's although the header that the register
            keeps beside it is, or the two share no block at all.
    """
    for each in checkpoints:
        if _require_same_hash(node, each.block_number, None).hash != each.block_hash:
            break
    else:
        return None
    last = max(each.block_number for each in checkpoints)
    parted = _lowest_parted(c, node, last)
    if parted is None:
        _require_same_hash(node, each.block_number, each.block_hash)
    return parted


def _lowest_parted(c: Connection, node: Node, last: int) -> Fork | None:
    """The first of the blocks that are not the chain's, going down from `last` to one that is."""
    fork = None
    for top in range(last, -1, -BATCH_MAX):
        first = max(top - BATCH_MAX + 1, 0)
        stored = ledger.block_hashes(c, node.chain_id, first, top)
        for block in reversed(node.headers(sorted(stored))):
            if block.hash == stored[block.number]:
                return fork
            fork = Fork(block.number, block.hash, stored[block.number], last)
    if fork is not None:
        raise ChainMismatch(
            f"no block that the register keeps of chain {node.chain_id} is one of the node's",
            "Point rpc_url at the chain that this register mirrors.",
        )
    return None


def _require_same_hash(node: Node, number: int, recorded: str | None) -> Block:
    block = node.block(number)
    if block is None:
        raise ChainMismatch(
            f"the node has no block {number}, which the register has read",
            "The node is behind, or on another chain; wait for it, or point rpc_url at another.",
        )
    if recorded is not None and block.hash != recorded:
        raise ChainMismatch(f"block {number} is {block.hash} on the node and {recorded} in the register", _SYNC)
    return block
