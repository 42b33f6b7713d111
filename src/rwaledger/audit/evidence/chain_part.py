"""The chain's part of a pack: headers, blocks with their receipts, and a proof of every word that has a balance."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from rwaledger.audit.evidence.course import Course
from rwaledger.audit.evidence.parts import Workshop
from rwaledger.chain.bodies import BLOCKS_AT_A_TIME, block_bodies
from rwaledger.chain.headers import headers
from rwaledger.chain.proofs import Further, account_proof
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import (
    account_slot,
    country_slots,
    has_lock_up,
    instrument_slot,
    lock_up_slot,
    rules_slot,
    symbol_slot,
)
from rwaledger.chain.tries import EMPTY_ROOT
from rwaledger.domain.block import Pin
from rwaledger.domain.errors import NodeUnreachable
from rwaledger.registry.instruments import Contract

_ADDRESS = re.compile("0x[0-9a-f]{40}")
_EMPTY = "0x" + EMPTY_ROOT.hex()
_ALONE = Course()


def write_blocks(workshop: Workshop, node: Node, first: int, pin: Pin, course: Course) -> None:
    """Headers from `first` to the pinned block, and what is in each block that has anything in it.

    Raises:
        NodeUnreachable: the node does not have them, or they do not hang together up to the pinned hash.
    """
    filled: list[int] = []

    def lines() -> Iterator[list[Any]]:
        behind = ""
        numbers = range(first, pin.block_number + 1)
        for header in course.told("headers", len(numbers), headers(node, numbers)):
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
            for number, receipts, transactions in course.told("blocks", len(filled), block_bodies(node, filled))
        ),
        BLOCKS_AT_A_TIME,
    )


def write_proof(
    workshop: Workshop,
    node: Node,
    contract: Contract,
    slots: Collection[int],
    pin: Pin,
    further: Further | None = None,
    course: Course = _ALONE,
) -> None:
    """The proof of one contract and of these slots of its storage. It is verified before it is written.

    `further` names slots that are proved as well, by the values of the others.
    """
    proof = account_proof(
        node, contract.address, slots, pin.block_number, further, partial(course.tell, "proofs"), course.spread
    )
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


def slots_of_token(accounts: Collection[str]) -> tuple[list[int], Further]:
    """Supply, rules, countries, symbol, the word of each account; and the lock-up of each whose word says so."""
    of_account = {account_slot(account): account for account in accounts if is_address(account)}

    def lock_ups(values: Mapping[int, int]) -> list[int]:
        return [lock_up_slot(account) for slot, account in of_account.items() if has_lock_up(values[slot])]

    return [instrument_slot(), rules_slot(), *country_slots(), symbol_slot(), *of_account], lock_ups


def is_address(text: str) -> bool:
    """Whether a text is an address; a row that was changed from outside may have any."""
    return _ADDRESS.fullmatch(text) is not None


def _hex(items: Collection[bytes]) -> list[str]:
    return ["0x" + item.hex() for item in items]
