"""Headers of blocks as the node tells them, written again in RLP, so that their hashes are recomputed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rwaledger.chain.rlp_items import encode_int, encode_list, encode_rlp
from rwaledger.chain.rpc import BATCH_MAX, Node
from rwaledger.chain.tries import keccak
from rwaledger.domain.errors import BrokenAnswer

_BYTES, _NUMBER = False, True
_FIELDS = (
    ("parentHash", _BYTES),
    ("sha3Uncles", _BYTES),
    ("miner", _BYTES),
    ("stateRoot", _BYTES),
    ("transactionsRoot", _BYTES),
    ("receiptsRoot", _BYTES),
    ("logsBloom", _BYTES),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _BYTES),
    ("mixHash", _BYTES),
    ("nonce", _BYTES),
)
_LATER_FIELDS = (
    ("baseFeePerGas", _NUMBER),  # EIP-1559, London
    ("withdrawalsRoot", _BYTES),  # EIP-4895, Shanghai
    ("blobGasUsed", _NUMBER),  # EIP-4844, Cancun
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", _BYTES),  # EIP-4788
    ("requestsHash", _BYTES),  # EIP-7685, Prague
)
"""What forks have added; a header ends with the last one that its fork knows."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header in full. `hash` is the node's word, `recomputed_hash` that of the bytes that it gave."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    state_root: str
    transactions_root: str
    receipts_root: str
    rlp: bytes

    @property
    def recomputed_hash(self) -> str:
        """Keccak-256 of the header's bytes."""
        return "0x" + keccak(self.rlp).hex()


def headers(node: Node, numbers: Sequence[int]) -> Iterator[Header]:
    """The headers of these blocks, in their order, a batch of the node at a time.

    Raises:
        BrokenAnswer: the node does not have all of them, or a header lacks a field.
    """
    for start in range(0, len(numbers), BATCH_MAX):
        some = numbers[start : start + BATCH_MAX]
        for number, raw in zip(
            some, node.batch([("eth_getBlockByNumber", [hex(n), False]) for n in some]), strict=True
        ):
            if raw is None:
                raise BrokenAnswer(node.shown_url, f"it does not have block {number}")
            if not isinstance(raw, dict):
                raise BrokenAnswer(node.shown_url, f"what it gives for block {number} is no block")
            try:
                yield _header(raw)
            except (AttributeError, KeyError, ValueError, TypeError) as error:
                raise BrokenAnswer(node.shown_url, f"its header of block {number} cannot be read: {error}") from None


def header_rlp(node: Node, first: int, last: int) -> list[tuple[int, bytes]]:
    """Number and bytes of each header from `first` to `last`.

    Raises:
        BrokenAnswer: the node does not have all of them, or one does not have the hash that the node calls it by.
    """
    found = []
    for header in headers(node, range(first, last + 1)):
        if header.recomputed_hash != header.hash:
            raise BrokenAnswer(node.shown_url, f"its header of block {header.number} does not have the hash it names")
        found.append((header.number, header.rlp))
    return found


def _header(raw: dict[str, Any]) -> Header:
    later = [field for field in _LATER_FIELDS if raw.get(field[0]) is not None]
    fields = (*_FIELDS, *later)
    return Header(
        number=int(raw["number"], 16),
        hash=raw["hash"].lower(),
        parent_hash=raw["parentHash"].lower(),
        timestamp=int(raw["timestamp"], 16),
        state_root=raw["stateRoot"].lower(),
        transactions_root=raw["transactionsRoot"].lower(),
        receipts_root=raw["receiptsRoot"].lower(),
        rlp=encode_list([_cell(raw[name], is_number) for name, is_number in fields]),
    )


def _cell(value: str, is_number: bool) -> bytes:
    return encode_rlp(encode_int(int(value, 16)) if is_number else bytes.fromhex(value[2:]))
