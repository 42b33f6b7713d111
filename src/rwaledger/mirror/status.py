"""Status: how far the register is behind the chain, contract by contract. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Checkpoint
from rwaledger.domain.errors import ChainMismatch
from rwaledger.mirror.finality import Finality
from rwaledger.registry import instruments, ledger
from rwaledger.registry.database import Database


@dataclass(frozen=True, slots=True)
class ContractStatus:
    """Where one contract stands. `checkpoint` is None where nothing of it was read yet.

    `lag_blocks` counts the final blocks that the register does not have; never negative.
    """

    address: str
    kind: str
    checkpoint: Checkpoint | None
    lag_blocks: int


@dataclass(frozen=True, slots=True)
class MirrorStatus:
    """The node's head, the newest final block, and the contracts of its chain in order of address."""

    chain_id: int
    head: int
    target_block: int
    contracts: tuple[ContractStatus, ...]


def status(database: Database, node: Node, finality: Finality) -> MirrorStatus:
    """How far the register is behind the node's chain. Only numbers are compared; `sync` compares hashes.

    Raises:
        ChainMismatch: the register does not know the chain.
    """
    with database.read() as c:
        if instruments.genesis_hash(c, node.chain_id) is None:
            raise ChainMismatch(f"the register knows nothing of chain {node.chain_id}")
        contracts = instruments.contracts(c, node.chain_id)
        stored = {each.address: each for each in ledger.checkpoints(c, node.chain_id)}
    target = finality.target_block(node)
    return MirrorStatus(
        chain_id=node.chain_id,
        head=node.head(),
        target_block=target,
        contracts=tuple(_contract_status(contract, stored.get(contract.address), target) for contract in contracts),
    )


def _contract_status(contract: instruments.Contract, checkpoint: Checkpoint | None, target: int) -> ContractStatus:
    known = contract.deploy_block - 1 if checkpoint is None else checkpoint.block_number
    return ContractStatus(contract.address, contract.kind, checkpoint, max(target - known, 0))
