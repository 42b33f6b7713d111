"""What an account holds at a block, with the nodes that prove it to the state root (EIP-1186)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rwaledger.chain.headers import Header, headers
from rwaledger.chain.rlp_items import Item, MalformedItem, decode_rlp
from rwaledger.chain.rpc import Node
from rwaledger.chain.tries import EMPTY_ROOT, BrokenProof, keccak, value_at
from rwaledger.domain.errors import NodeUnreachable

SLOTS_AT_A_TIME = 2_000
"""Slots of one request: anvil answers that in half a second, with 5 MB."""

_EMPTY_CODE = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@dataclass(frozen=True, slots=True)
class AccountProof:
    """An account, and the nodes behind what is said of it; both sets sorted by their bytes, each node once.

    `values` has every slot that was asked for, in the order of the slots: 0 is proved by absence.
    """

    address: str
    nonce: int
    balance_wei: int
    storage_root: str
    code_hash: str
    account_nodes: tuple[bytes, ...]
    storage_nodes: tuple[bytes, ...]
    values: dict[int, int]


def account_proof(node: Node, address: str, storage_keys: Iterable[int], block: int) -> AccountProof:
    """The account at a block with the values of these slots, each verified against the state root of the header.

    Raises:
        NodeUnreachable: what the node answers does not prove itself; the message says what does not.
    """
    slots = sorted(set(storage_keys))
    (header,) = headers(node, [block])
    answers = [
        node.request("eth_getProof", [address, [f"0x{slot:064x}" for slot in some], hex(block)])
        for some in _parts(slots)
    ]
    try:
        return _verified(header, address, slots, answers)
    except (BrokenProof, MalformedItem, KeyError, ValueError, TypeError) as error:
        raise NodeUnreachable(
            node.shown_url, f"its proof of {address} at block {block} does not hold: {error}"
        ) from None


def _parts(slots: Sequence[int]) -> list[Sequence[int]]:
    """At least one part: without any slot the account itself is still proved."""
    return [slots[start : start + SLOTS_AT_A_TIME] for start in range(0, max(1, len(slots)), SLOTS_AT_A_TIME)]


def _verified(header: Header, address: str, slots: Sequence[int], answers: Sequence[dict[str, Any]]) -> AccountProof:
    if header.recomputed_hash != header.hash:
        raise BrokenProof("the header does not have the hash that the node names")
    account_nodes = _nodes(answers[0]["accountProof"])
    storage_nodes = _nodes(n for answer in answers for slot in answer["storageProof"] for n in slot["proof"])
    nonce, balance, storage_root, code_hash = _account(bytes.fromhex(header.state_root[2:]), address, account_nodes)
    values = {slot: _value(value_at(storage_root, keccak(slot.to_bytes(32)), storage_nodes)) for slot in slots}
    told = {int(slot["key"], 16): int(slot["value"], 16) for answer in answers for slot in answer["storageProof"]}
    if told != values:
        raise BrokenProof("the values that it names are not those that it proves")
    return AccountProof(
        address,
        nonce,
        balance,
        "0x" + storage_root.hex(),
        "0x" + code_hash.hex(),
        tuple(sorted(account_nodes.values())),
        tuple(sorted(storage_nodes.values())),
        values,
    )


def _nodes(texts: Iterable[str]) -> dict[bytes, bytes]:
    raws = (bytes.fromhex(text[2:]) for text in dict.fromkeys(texts))
    return {keccak(raw): raw for raw in raws}


def _account(state_root: bytes, address: str, nodes: dict[bytes, bytes]) -> tuple[int, int, bytes, bytes]:
    found = value_at(state_root, keccak(bytes.fromhex(address[2:])), nodes)
    if not found:
        return 0, 0, EMPTY_ROOT, bytes.fromhex(_EMPTY_CODE[2:])
    nonce, balance, storage_root, code_hash = (_bytes(item) for item in decode_rlp(found))
    return int.from_bytes(nonce), int.from_bytes(balance), storage_root, code_hash


def _value(found: bytes) -> int:
    return int.from_bytes(_bytes(decode_rlp(found))) if found else 0


def _bytes(item: Item | int) -> bytes:
    if not isinstance(item, bytes):
        raise BrokenProof("a value in a trie is a list")
    return item
