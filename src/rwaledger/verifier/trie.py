"""Merkle-Patricia tries: values proved by a set of nodes, and the root of a list (yellow paper, appendix D)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rwaledger.verifier import rlp
from rwaledger.verifier.keccak import keccak256, keccak256_many
from rwaledger.verifier.rlp import Item

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""Root of a trie with nothing in it: Keccak-256 of the RLP of no bytes."""

_HASH = 32
_BRANCH = 17


class Nodes:
    """The nodes of a proof, by their hashes, which are computed here.

    Raises:
        ValueError: a node is no RLP, or there twice.
    """

    def __init__(self, nodes: Sequence[bytes]) -> None:
        hashes = keccak256_many(nodes)
        self._nodes = {node_hash: _parsed(node) for node_hash, node in zip(hashes, nodes, strict=True)}
        if len(self._nodes) != len(nodes):
            raise ValueError("a node of the proof is there twice")
        self._used: set[bytes] = set()

    @property
    def unused(self) -> int:
        """How many nodes no value needed."""
        return len(self._nodes) - len(self._used)

    def value(self, root: bytes, key: bytes) -> bytes | None:
        """What the trie of that root has under a key; None where it is proved to have nothing.

        Raises:
            ValueError: a node that the proof needs is missing, or is no node.
        """
        if root == EMPTY_ROOT:
            return None
        path = _nibbles(key)
        at = 0
        node = self._node(root)
        while True:
            if len(node) == _BRANCH:
                if at == len(path):
                    return rlp.as_bytes(node[16]) or None
                child, at = node[path[at]], at + 1
            else:
                part, is_leaf = _unpacked(rlp.as_bytes(node[0]))
                if path[at : at + len(part)] != part:
                    return None
                at += len(part)
                if is_leaf:
                    return rlp.as_bytes(node[1]) if at == len(path) else None
                child = node[1]
            if child == b"":
                return None
            node = rlp.as_list(child, 2, _BRANCH) if isinstance(child, list) else self._node(child)

    def _node(self, node_hash: bytes) -> list[Item]:
        node = self._nodes.get(node_hash)
        if node is None:
            raise ValueError(f"the proof has no node of the hash 0x{node_hash.hex()}")
        self._used.add(node_hash)
        return node


def _parsed(node: bytes) -> list[Item]:
    return rlp.as_list(rlp.decode(node), 2, _BRANCH)


def _nibbles(key: bytes) -> bytes:
    return bytes.fromhex("0" + "0".join(key.hex())) if key else b""


def _unpacked(packed: bytes) -> tuple[bytes, bool]:
    """The part of a path in a leaf or extension, and which of them it is. Hex-prefix encoding, appendix C."""
    nibbles = _nibbles(packed)
    flag = nibbles[0] if nibbles else 4
    if flag > 3 or (flag in {0, 2} and nibbles[1] != 0):
        raise ValueError(f"0x{packed.hex()} is no part of a path")
    return nibbles[1 if flag & 1 else 2 :], flag >= 2


def _packed(nibbles: bytes, *, leaf: bool) -> bytes:
    flag = 2 * leaf + len(nibbles) % 2
    return bytes.fromhex(f"{flag:x}{'' if flag & 1 else '0'}" + "".join(f"{each:x}" for each in nibbles))


class _Node:
    """A node that is built: encoded items, or nodes whose reference is put in their place once it is known."""

    __slots__ = ("height", "parts", "reference")

    def __init__(self, parts: list[bytes | _Node]) -> None:
        self.parts = parts
        self.height: int = 1 + max((each.height for each in parts if isinstance(each, _Node)), default=-1)
        self.reference = b""

    def encoded(self) -> bytes:
        return rlp.wrapped([each.reference if isinstance(each, _Node) else each for each in self.parts])


def ordered_roots(lists: Sequence[Sequence[bytes]]) -> list[bytes]:
    """For each list the root of the trie that has its values under their indices, as blocks commit to them.

    All tries are hashed together, from the leaves upwards, since many hashes at once cost far less than one by one.
    """
    tops = [_built([(_nibbles(rlp.encode_int(i)), v) for i, v in enumerate(values)]) for values in lists if values]
    levels: dict[int, list[_Node]] = {}
    for node in _all(tops):
        levels.setdefault(node.height, []).append(node)
    for height in sorted(levels):
        encoded = [node.encoded() for node in levels[height]]
        for node, raw, node_hash in zip(levels[height], encoded, keccak256_many(encoded), strict=True):
            # A node shorter than a hash stands in its parent itself.
            node.reference = raw if len(raw) < _HASH else rlp.encode_bytes(node_hash)
    roots = (top.reference[1:] if len(top.reference) == _HASH + 1 else keccak256(top.reference) for top in tops)
    return [next(roots) if values else EMPTY_ROOT for values in lists]


def ordered_root(values: Sequence[bytes]) -> bytes:
    """The root of the trie that has the values under their indices."""
    return ordered_roots([values])[0]


def _all(tops: Iterable[_Node]) -> list[_Node]:
    found, waiting = [], list(tops)
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(each for each in node.parts if isinstance(each, _Node))
    return found


def _built(items: list[tuple[bytes, bytes]]) -> _Node:
    """The node of all items, each the rest of its path and its value."""
    if len(items) == 1:
        path, value = items[0]
        return _Node([rlp.encode_bytes(_packed(path, leaf=True)), rlp.encode_bytes(value)])
    shared = _shared([path for path, _ in items])
    if shared:
        below = _built([(path[len(shared) :], value) for path, value in items])
        return _Node([rlp.encode_bytes(_packed(shared, leaf=False)), below])
    children: dict[int, list[tuple[bytes, bytes]]] = {}
    for path, value in items:
        if path:
            children.setdefault(path[0], []).append((path[1:], value))
    here = next((value for path, value in items if not path), b"")
    parts = [_built(children[nibble]) if nibble in children else rlp.encode_bytes(b"") for nibble in range(16)]
    return _Node([*parts, rlp.encode_bytes(here)])


def _shared(paths: Sequence[bytes]) -> bytes:
    first, last = min(paths), max(paths)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length]
