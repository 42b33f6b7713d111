"""Our own RLP and tries give what the libraries give."""

from __future__ import annotations

import random
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]
import trie as library

from rwaledger.chain.rlp_items import Item, MalformedItem, decode_rlp, encode_int, encode_rlp
from rwaledger.chain.tries import EMPTY_ROOT, BrokenProof, keccak, ordered_root, value_at

CHANCE = random.Random(5)


def some_bytes(*sizes: int) -> bytes:
    return CHANCE.randbytes(CHANCE.choice(sizes))


def trie_of(entries: dict[bytes, bytes]) -> Any:
    trie: Any = library.HexaryTrie({})  # type: ignore[attr-defined]
    for key, value in entries.items():
        trie[key] = value
    return trie


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 127, 128, 129, 255, 256, 257, 700])
def test_the_root_of_a_list_is_that_of_the_library(count: int) -> None:
    values = [some_bytes(1, 5, 30, 31, 32, 55, 56, 600) for _ in range(count)]
    expected = trie_of({rlp.encode(index): value for index, value in enumerate(values)})
    assert ordered_root(values) == expected.root_hash


@pytest.mark.parametrize(
    "item",
    [b"", b"\0", b"\x7f", b"\x80", bytes(55), bytes(56), bytes(70_000), [], [b"", [[], b"a"]], [bytes(60)] * 9],
    ids=range(10),
)
def test_an_item_is_written_and_read_as_by_the_library(item: Item) -> None:
    assert encode_rlp(item) == rlp.encode(item)
    assert decode_rlp(rlp.encode(item)) == item


@pytest.mark.parametrize("number", [0, 1, 127, 128, 2**64, 2**256 - 1])
def test_a_number_is_written_as_by_the_library(number: int) -> None:
    assert encode_rlp(encode_int(number)) == rlp.encode(number)


@pytest.mark.parametrize("data", ["", "83aabb", "c3aabb", "c28200", "8100ff", "b8", "bf" + "ff" * 8])
def test_what_is_no_item_is_refused(data: str) -> None:
    with pytest.raises(MalformedItem):
        decode_rlp(bytes.fromhex(data))


def test_a_value_and_its_absence_are_proved_from_the_nodes_alone() -> None:
    entries = {keccak(some_bytes(4)): rlp.encode(some_bytes(1, 20, 32)) for _ in range(400)}
    trie = trie_of(entries)
    for key, value in list(entries.items())[:50]:
        path = {keccak(rlp.encode(node)): rlp.encode(node) for node in trie.get_proof(key)}
        assert value_at(trie.root_hash, key, path) == value
        absent = keccak(key)
        path = {keccak(rlp.encode(node)): rlp.encode(node) for node in trie.get_proof(absent)}
        assert value_at(trie.root_hash, absent, path) == b""
    assert value_at(EMPTY_ROOT, keccak(b"anything"), {}) == b""


def test_a_short_value_inside_another_node_is_found() -> None:
    trie = trie_of({b"\x11\x11": b"a", b"\x11\x12": b"b", b"\x21\x12": b"c", b"\x21": b"d"})
    assert [value_at(trie.root_hash, key, trie.db) for key in (b"\x11\x11", b"\x11\x12", b"\x21")] == [b"a", b"b", b"d"]
    assert value_at(trie.root_hash, b"\x11\x13", trie.db) == b""


def test_without_a_node_of_the_way_nothing_is_proved() -> None:
    entries = {keccak(bytes((n,))): rlp.encode(bytes((1, n))) for n in range(100)}
    trie = trie_of(entries)
    key = next(iter(entries))
    way = {keccak(rlp.encode(node)): rlp.encode(node) for node in trie.get_proof(key)}
    for left_out in way:
        with pytest.raises(BrokenProof, match="is missing"):
            value_at(trie.root_hash, key, {h: node for h, node in way.items() if h != left_out})
    damaged = {h: node[:-1] for h, node in way.items()}
    with pytest.raises(BrokenProof, match="is no node"):
        value_at(trie.root_hash, key, damaged)
