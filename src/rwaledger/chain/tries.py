"""Merkle-Patricia tries (yellow paper, appendix D): the root over a block's list, and what a proof proves.

The library `trie` does the same, and the tests hold this against it; it was too slow for a history. On one machine it
took 260 us for each of a block's 200 receipts, which is over two minutes for 500,000, and 320 us for each slot of
storage that it proved; this module takes 15 and 40.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sha3 import keccak_256  # type: ignore[import-untyped]

from rwaledger.chain.rlp_items import Item, MalformedItem, decode_rlp, encode_int, encode_list, encode_rlp

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""Root of a trie with nothing in it."""

_EMPTY = b"\x80"
_HASH_BYTES = 32


class BrokenProof(ValueError):
    """Nodes that do not prove what they are to prove."""


def keccak(data: bytes) -> bytes:
    """Keccak-256, the hash of Ethereum."""
    digest: bytes = keccak_256(data).digest()
    return digest


def ordered_root(values: Sequence[bytes]) -> bytes:
    """Root of the trie of a list, its keys the indices in RLP: as of a block's transactions and of its receipts."""
    if not values:
        return EMPTY_ROOT
    keys = (_nibbles(encode_rlp(encode_int(index))) for index in range(len(values)))
    return keccak(_node(sorted(zip(keys, values, strict=True)), 0))


class Nodes:
    """Nodes of tries by their hashes, which are computed here; each is decoded once, however many values it proves."""

    def __init__(self) -> None:
        self.raws: dict[bytes, bytes] = {}
        self._decoded: dict[bytes, Sequence[Item]] = {}

    def add(self, raws: Iterable[bytes]) -> None:
        """Takes in more nodes."""
        self.raws.update((keccak(raw), raw) for raw in raws)

    def decoded(self, reference: bytes) -> Sequence[Item]:
        """A node by its hash. Raises BrokenProof where it is missing, or is no node."""
        found = self._decoded.get(reference)
        if found is None:
            found = self._decoded[reference] = _decoded(reference, self.raws)
        return found


def value_at(root: bytes, key: bytes, nodes: Mapping[bytes, bytes] | Nodes) -> bytes:
    """What a trie holds under a key, proved by nodes that are given by their hashes; empty where it holds nothing.

    Raises:
        BrokenProof: a node on the way is missing, or is no node.
    """
    if root == EMPTY_ROOT:
        return b""
    path, at = _nibbles(key), 0
    decoded = nodes.decoded if isinstance(nodes, Nodes) else partial(_decoded, nodes=nodes)
    node = decoded(root)
    while True:
        if len(node) == 17:
            if at == len(path):
                return _bytes(node[16])
            child = node[path[at]]
            at += 1
        else:
            part, is_leaf = _path(_bytes(node[0]))
            if path[at : at + len(part)] != part or (is_leaf and at + len(part) != len(path)):
                return b""
            if is_leaf:
                return _bytes(node[1])
            child, at = node[1], at + len(part)
        if child == b"":
            return b""
        node = decoded(child) if isinstance(child, bytes) else _checked(child)


def _node(entries: Sequence[tuple[bytes, bytes]], depth: int) -> bytes:
    """The node over entries, sorted by their nibbles, which agree up to a depth. No key is the start of another one."""
    first, value = entries[0]
    if len(entries) == 1:
        return encode_list([encode_rlp(_compact(first[depth:], 0x20)), encode_rlp(value)])
    last, common = entries[-1][0], depth
    while first[common] == last[common]:
        common += 1
    if common > depth:
        return encode_list([encode_rlp(_compact(first[depth:common], 0)), _reference(_node(entries, common))])
    children, start = [_EMPTY] * 17, 0
    while start < len(entries):
        nibble, end = entries[start][0][depth], start + 1
        while end < len(entries) and entries[end][0][depth] == nibble:
            end += 1
        children[nibble] = _reference(_node(entries[start:end], depth + 1))
        start = end
    return encode_list(children)


def _reference(node: bytes) -> bytes:
    """How a node stands in the one above it: short ones as they are, others by their hash."""
    return node if len(node) < _HASH_BYTES else b"\xa0" + keccak(node)


def _compact(nibbles: bytes, flag: int) -> bytes:
    """Nibbles in pairs behind a flag that tells leaves, and odd numbers of nibbles."""
    digits = nibbles.hex()[1::2]
    return bytes.fromhex(f"{flag + 0x10:02x}"[0] + digits if len(digits) % 2 else f"{flag:02x}" + digits)


def _path(compact: bytes) -> tuple[bytes, bool]:
    if not compact or compact[0] >> 6:
        raise BrokenProof("a node of a trie without a path")
    nibbles = _nibbles(compact)
    return nibbles[2 - (nibbles[0] & 1) :], bool(nibbles[0] & 2)


def _nibbles(data: bytes) -> bytes:
    return bytes.fromhex("0" + "0".join(data.hex())) if data else b""


def _decoded(reference: bytes, nodes: Mapping[bytes, bytes]) -> Sequence[Item]:
    """A node by its hash; that the bytes have this hash is for the mapping to see to."""
    if reference not in nodes:
        raise BrokenProof(f"node 0x{reference.hex()} is missing")
    try:
        return _checked(decode_rlp(nodes[reference]))
    except MalformedItem as error:
        raise BrokenProof(f"node 0x{reference.hex()} is no node: {error}") from None


def _checked(node: Item) -> Sequence[Item]:
    if isinstance(node, bytes) or len(node) not in (2, 17):
        raise BrokenProof("what should be a node of a trie is none")
    return node


def _bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise BrokenProof("a node of a trie holds a list where a value should be")
    return item
