"""Identity: is this the chain that the register was made for? Asked first; an answer of no stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rwaledger.chain.code import code_hash
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block
from rwaledger.domain.errors import ChainMismatch, RegisterConflict
from rwaledger.mirror.doubts import InconsistentAnswer
from rwaledger.registry import instruments
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instruments import Contract, ContractKind

_OTHER_CHAIN = (
    "Nothing was changed. Point rpc_url at a node of this register's chain, or database_url at a register of "
    "this node's chain."
)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The contracts of one chain that are mirrored, as the register names them and the node confirmed them.

    `instrument_ids` is by address and holds asset tokens only. `origin_hashes` holds for each address the
    hash of the block before its deployment, on which its events follow.
    """

    chain_id: int
    contracts: tuple[Contract, ...]
    instrument_ids: Mapping[str, str]
    origin_hashes: Mapping[str, str]


NOTHING_MIRRORED = Mirrored(0, (), {}, {})
"""Before the node was asked."""


def identify(database: Database, node: Node) -> Mirrored:
    """The mirrored contracts of the node's chain.

    The chain id, the genesis hash, and for each contract the hash of its deployment block and its code are
    compared with what the register holds. Alone, none of them identifies a chain: two local nodes may share
    the first two.

    Raises:
        ChainMismatch: one differs.
        InconsistentAnswer: the node does not have the genesis block, or not a contract or its block yet.
        RegisterConflict: a token is registered without its instrument.
    """
    chain_id = node.current_chain_id()
    with database.read() as connection:
        genesis_hash = instruments.genesis_hash(connection, chain_id)
        contracts = tuple(instruments.contracts(connection, chain_id))
        instrument_ids = _instrument_ids(connection, chain_id)
    _check_genesis(node, chain_id, genesis_hash)
    for contract in contracts:
        _check_instrument(contract, instrument_ids)
    blocks = node.headers_if_known(contract.deploy_block for contract in contracts)
    codes = node.codes([contract.address for contract in contracts])
    origin_hashes = {}
    for contract, block, code in zip(contracts, blocks, codes, strict=True):
        origin_hashes[contract.address] = _checked_origin(contract, block)
        _check_code(contract, code)
    return Mirrored(chain_id, contracts, instrument_ids, origin_hashes)


def _instrument_ids(connection: Connection, chain_id: int) -> dict[str, str]:
    known = instruments.instruments(connection)
    return {each.address: each.instrument_id for each in known if each.chain_id == chain_id}


def _check_genesis(node: Node, chain_id: int, recorded: str | None) -> None:
    if recorded is None:
        raise ChainMismatch(f"the register knows nothing of chain {chain_id}", _OTHER_CHAIN)
    genesis = node.block(0)
    if genesis is None:
        raise InconsistentAnswer(f"block 0 of the node's chain {chain_id} is missing")
    if genesis.hash != recorded:
        raise ChainMismatch(
            f"block 0 of the node's chain {chain_id} is {genesis.hash}; the register was made for {recorded}",
            _OTHER_CHAIN,
        )


def _check_instrument(contract: Contract, instrument_ids: Mapping[str, str]) -> None:
    if contract.kind is ContractKind.ASSET_TOKEN and contract.address not in instrument_ids:
        raise RegisterConflict(
            f"the token {contract.address} is in the register without its instrument",
            "Register the instrument, then sync again: its transfers could not be posted.",
        )


def _checked_origin(contract: Contract, block: Block | None) -> str:
    """Hash of the block before the deployment, once the deployment is found to be the registered one."""
    if block is None:
        raise InconsistentAnswer(
            f"block {contract.deploy_block}, in which {contract.address} was deployed, is missing on the node",
            f"Wait until the node has caught up. {_OTHER_CHAIN}",
        )
    if block.hash != contract.deploy_block_hash:
        raise ChainMismatch(
            f"block {contract.deploy_block}, in which {contract.address} was deployed, is {block.hash} on the "
            f"node; the register has {contract.deploy_block_hash}",
            f"{_OTHER_CHAIN} Where a reorganisation took the deployment back, deploy and register it again.",
        )
    return block.parent_hash


def _check_code(contract: Contract, code: str) -> None:
    """No code at all may be the answer of a node that has not come as far as the deployment."""
    if code == "0x":
        raise InconsistentAnswer(
            f"the code at {contract.address} is missing on the node", f"Wait until it has caught up. {_OTHER_CHAIN}"
        )
    if code_hash(code) != contract.code_hash:
        raise ChainMismatch(
            f"the code at {contract.address} has the hash {code_hash(code)}; the register has {contract.code_hash}",
            _OTHER_CHAIN,
        )
