"""What an account holds at a block, with the nodes that prove it to the state root (EIP-1186)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rwaledger.chain.executors import Spread
from rwaledger.chain.headers import Header, headers
from rwaledger.chain.in_order import InOrder
from rwaledger.chain.rlp_items import Item, MalformedItem, decode_rlp
from rwaledger.chain.rpc import Node
from rwaledger.chain.tries import EMPTY_ROOT, BrokenProof, Nodes, keccak, value_at
from rwaledger.domain.errors import NodeUnreachable

Further = Callable[[Mapping[int, int]], Iterable[int]]
"""Names slots by the values of others."""

Progress = Callable[[int, int], None]
"""Told how many slots the node has given, and of how many."""

SLOTS_AT_A_TIME = 2_000
"""Slots of one request: anvil answers that in half a second, with 5 MB."""

_EMPTY_CODE = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def silent(_done: int, _total: int) -> None:
    """No progress shown."""


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


def account_proof(
    node: Node,
    address: str,
    storage_keys: Iterable[int],
    block: int,
    further: Further | None = None,
    tell: Progress = silent,
    spread: Spread | None = None,
) -> AccountProof:
    """The account at a block with the values of these slots, each verified against the state root of the header.

    `further` names slots that are proved as well, by the values of the others. `tell` is told of slots as they come.
    Where there is a `spread`, a node is asked for many slots from there; the proof is the same.

    Raises:
        NodeUnreachable: what the node answers does not prove itself; the message says what does not.
    """
    (header,) = headers(node, [block])
    try:
        answers = _Answers(tell, spread)
        slots = answers.ask(node, address, storage_keys, block)
        proof = _verified(header, address, slots, answers)
        if further is None or not (more := set(further(proof.values)).difference(slots)):
            return proof
        return _verified(header, address, sorted([*slots, *answers.ask(node, address, more, block)]), answers)
    except (BrokenProof, MalformedItem, KeyError, ValueError, TypeError) as error:
        raise NodeUnreachable(
            node.shown_url, f"its proof of {address} at block {block} does not hold: {error}"
        ) from None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a node says of some slots; its texts, which are far larger than that, are gone at once."""

    account_nodes: list[bytes]
    storage_nodes: list[bytes]
    told: dict[int, int]


def _ask(node: Node, address: str, block: int, slots: Sequence[int]) -> _Answer:
    answer = node.request("eth_getProof", [address, [f"0x{slot:064x}" for slot in slots], hex(block)])
    return _Answer(
        [_raw(each) for each in answer["accountProof"]],
        [_raw(each) for each in {each for slot in answer["storageProof"] for each in slot["proof"]}],
        {int(slot["key"], 16): int(slot["value"], 16) for slot in answer["storageProof"]},
    )


class _Answers:
    """The answers, put together."""

    def __init__(self, tell: Progress, spread: Spread | None) -> None:
        self._tell, self._spread = tell, spread
        self.account_nodes, self.storage_nodes = Nodes(), Nodes()
        self.told: dict[int, int] = {}

    def ask(self, node: Node, address: str, storage_keys: Iterable[int], block: int) -> list[int]:
        """Asks for the proofs of slots; the slots in their order."""
        slots = sorted(set(storage_keys))
        spread = self._spread.if_worth(len(slots)) if self._spread else None
        for answer in InOrder(partial(_ask, node, address, block), _parts(slots), spread):
            self.account_nodes.add(answer.account_nodes)
            self.storage_nodes.add(answer.storage_nodes)
            self.told.update(answer.told)
            if slots:
                self._tell(len(self.told), len(slots))
        return slots


def _parts(slots: Sequence[int]) -> list[Sequence[int]]:
    """At least one part: without any slot the account itself is still proved."""
    return [slots[start : start + SLOTS_AT_A_TIME] for start in range(0, max(1, len(slots)), SLOTS_AT_A_TIME)]


def _verified(header: Header, address: str, slots: Sequence[int], answers: _Answers) -> AccountProof:
    if header.recomputed_hash != header.hash:
        raise BrokenProof("the header does not have the hash that the node names")
    account_nodes, storage_nodes = answers.account_nodes, answers.storage_nodes
    nonce, balance, storage_root, code_hash = _account(bytes.fromhex(header.state_root[2:]), address, account_nodes)
    values = {slot: _value(value_at(storage_root, keccak(slot.to_bytes(32)), storage_nodes)) for slot in slots}
    if answers.told != values:
        raise BrokenProof("the values that it names are not those that it proves")
    return AccountProof(
        address,
        nonce,
        balance,
        "0x" + storage_root.hex(),
        "0x" + code_hash.hex(),
        tuple(sorted(account_nodes.raws.values())),
        tuple(sorted(storage_nodes.raws.values())),
        values,
    )


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _account(state_root: bytes, address: str, nodes: Nodes) -> tuple[int, int, bytes, bytes]:
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
