"""Tries: known roots, proofs of what is there and of what is not, and proofs that do not hold."""

from __future__ import annotations

import random
from typing import Any

import pytest
import rlp as library  # type: ignore[import-untyped]
import trie as tries
from eth_utils.crypto import keccak

from rwaledger.verifier import trie

# From Ethereum's own tests (TrieTests/trieanyorder.json).
KNOWN = {
    "8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3": {
        b"doe": b"reindeer", b"dog": b"puppy", b"dogglesworth": b"cat",
    },
    "17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3": {b"foo": b"bar", b"food": b"bass"},
    "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84": {
        b"do": b"verb", b"horse": b"stallion", b"doge": b"coin", b"dog": b"puppy",
    },
}  # fmt: skip


HexaryTrie: Any = tries.HexaryTrie  # type: ignore[attr-defined]
Storage = tuple[Any, list[bytes], list[bytes]]


def nodes_of(built: Any, keys: list[bytes]) -> list[bytes]:
    found = {library.encode(node) for key in keys for node in built.get_proof(key)}
    return sorted(node for node in found if len(node) >= 32 or keccak(node) == built.root_hash)


@pytest.mark.parametrize(("root", "values"), KNOWN.items())
def test_known_tries(root: str, values: dict[bytes, bytes]) -> None:
    built = HexaryTrie({})
    for key, value in values.items():
        built[key] = value
    nodes = trie.Nodes(nodes_of(built, list(values)))
    assert {key: nodes.value(bytes.fromhex(root), key) for key in values} == values
    assert nodes.unused == 0
    assert nodes.value(bytes.fromhex(root), b"nothing") is None


def test_the_root_of_a_list_is_that_of_a_library() -> None:
    chance = random.Random(5)
    lists = [
        [chance.randbytes(chance.randint(1, longest)) for _ in range(count)]
        for count in (0, 1, 2, 16, 17, 127, 128, 129, 300)
        for longest in (3, 200)
    ]
    expected = []
    for values in lists:
        built = HexaryTrie({})
        for index, value in enumerate(values):
            built[library.encode(index)] = value
        expected.append(built.root_hash)
    assert trie.ordered_roots(lists) == expected
    assert trie.ordered_root([]) == trie.EMPTY_ROOT == keccak(library.encode(b""))


@pytest.fixture
def storage() -> Storage:
    """A trie of a thousand slots, its keys, and the nodes behind them."""
    built, keys = HexaryTrie({}), [keccak(n.to_bytes(32)) for n in range(1_000)]
    for n, key in enumerate(keys):
        built[key] = library.encode(n + 1)
    return built, keys, nodes_of(built, keys)


def test_every_value_is_proved_and_every_absence(storage: Storage) -> None:
    built, keys, raw = storage
    nodes = trie.Nodes(raw)
    assert [nodes.value(built.root_hash, key) for key in keys] == [library.encode(n + 1) for n in range(1_000)]
    assert {nodes.value(built.root_hash, keccak(bytes([n]))) for n in range(100)} == {None}
    assert trie.Nodes([]).value(trie.EMPTY_ROOT, keys[0]) is None


def test_a_node_that_is_missing_or_changed_proves_nothing(storage: Storage) -> None:
    built, keys, _ = storage
    raw = nodes_of(built, keys[:1])
    for at, node in enumerate(raw):
        for others in (raw[:at] + raw[at + 1 :], [*raw[:at], node[:-1] + bytes([node[-1] ^ 1]), *raw[at + 1 :]]):
            with pytest.raises(ValueError, match=r"no node of the hash|RLP"):
                trie.Nodes(others).value(built.root_hash, keys[0])


def test_nodes_that_prove_nothing_are_counted(storage: Storage) -> None:
    built, keys, raw = storage
    nodes = trie.Nodes(raw)
    nodes.value(built.root_hash, keys[0])
    assert nodes.unused == len(raw) - len(nodes_of(built, keys[:1]))
    with pytest.raises(ValueError, match="twice"):
        trie.Nodes([raw[0], raw[0]])
