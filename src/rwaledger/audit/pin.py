"""The pinned block: which one, and whether register and node mean the same by it."""

from __future__ import annotations

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Checkpoint, Pin
from rwaledger.domain.errors import ChainMismatch, UsageError
from rwaledger.registry import instruments, ledger
from rwaledger.registry.database import Connection

_SYNC = "Run `rwaledger register sync` and reconcile again."


def choose_pin(c: Connection, node: Node, block: int | None) -> Pin:
    """The block to reconcile at: the one asked for, else the lowest up to which every contract is in the register.

    Raises:
        UsageError: nothing is synced, or `block` is beyond what is.
        ChainMismatch: the node is on another chain or fork than the register, or behind it.
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
    for block_number, block_hash in sorted({(each.block_number, each.block_hash) for each in checkpoints}):
        _require_same_hash(node, block_number, block_hash)
    stored = ledger.block_at(c, node.chain_id, number)
    pinned = _require_same_hash(node, number, stored.hash if stored else None)
    return Pin(node.chain_id, pinned.number, pinned.hash, pinned.timestamp)


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
