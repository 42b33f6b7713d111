"""The chain's part of a pack: headers, blocks with their receipts, and a proof of every word that has a balance."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from rwaledger.audit.evidence.parts import Workshop
from rwaledger.chain.bodies import block_bodies
from rwaledger.chain.headers import headers
from rwaledger.chain.proofs import AccountProof, account_proof
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import account_slot, instrument_slot, rules_slot
from rwaledger.chain.tries import EMPTY_ROOT
from rwaledger.domain.block import Pin
from rwaledger.domain.errors import NodeUnreachable
from rwaledger.registry.instruments import Contract, ContractKind

_ADDRESS = re.compile("0x[0-9a-f]{40}")
_EMPTY = "0x" + EMPTY_ROOT.hex()


def write_blocks(workshop: Workshop, node: Node, first: int, pin: Pin) -> None:
    """Headers from `first` to the pinned block, and what is in each block that has anything in it.

    Raises:
        NodeUnreachable: the node does not have them, or they do not hang together up to the pinned hash.
    """
    filled: list[int] = []

    def lines() -> Iterator[list[Any]]:
        behind = ""
        for header in headers(node, range(first, pin.block_number + 1)):
            if header.recomputed_hash != header.hash or (behind and header.parent_hash != behind):
                raise NodeUnreachable(node.shown_url, f"its header of block {header.number} does not hang together")
            behind = header.hash
            if header.transactions_root != _EMPTY:
                filled.append(header.number)
            yield [header.number, "0x" + header.rlp.hex()]
        if behind != pin.block_hash:
            raise NodeUnreachable(node.shown_url, f"its block {pin.block_number} is no longer {pin.block_hash}")

    workshop.lines("chain/headers.jsonl", lines())
    workshop.lines(
        "chain/blocks.jsonl",
        (
            {"number": number, "transactions": _hex(transactions), "receipts": _hex(receipts)}
            for number, receipts, transactions in block_bodies(node, filled)
        ),
    )


def write_proof(
    workshop: Workshop, node: Node, contract: Contract, accounts: Collection[str], pin: Pin
) -> AccountProof:
    """The proof of one contract; of a token with the words of these accounts. It is verified before it is written."""
    slots: list[int] = []
    if contract.kind is ContractKind.ASSET_TOKEN:
        words = (account_slot(account) for account in accounts if _ADDRESS.fullmatch(account))
        slots = [instrument_slot(), rules_slot(), *words]
    proof = account_proof(node, contract.address, slots, pin.block_number)
    workshop.large_document(
        f"chain/proofs/{contract.address}.json",
        {
            "address": contract.address,
            "code": node.code(contract.address, pin.block_number),
            "account_nodes": _hex(proof.account_nodes),
            "storage_nodes": _hex(proof.storage_nodes),
            "slots": {f"0x{slot:064x}": f"0x{value:064x}" for slot, value in proof.values.items()},
        },
    )
    return proof


def _hex(items: Collection[bytes]) -> list[str]:
    return ["0x" + item.hex() for item in items]
