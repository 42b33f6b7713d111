"""RLP: the known vectors, every item against a library, and every second form refused."""

from __future__ import annotations

from typing import Any

import pytest
import rlp as library  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.verifier import rlp

# From Ethereum's own tests (RLPTests/rlptest.json).
VECTORS: dict[str, Any] = {
    "80": b"",
    "00": b"\x00",
    "7f": b"\x7f",
    "8180": b"\x80",
    "83646f67": b"dog",
    "c0": [],
    "cc83646f6783676f6483636174": [b"dog", b"god", b"cat"],
    "c7c0c1c0c3c0c1c0": [[], [[]], [[], [[]]]],
    "b8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c6974":
        b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
}  # fmt: skip

# From invalidRLPTest.json, and forms of other lengths than the shortest.
REFUSED = (
    *("", "8100", "817f", "b800", "b80100", "b90037" + "00" * 55, "b900", "f8", "f80180", "f90000"),
    *("83646f", "c383646f67", "c18483", "00ff", "bf0f000000000000021111", "ff0f000000000000021111"),
)


@pytest.mark.parametrize(("encoded", "item"), VECTORS.items())
def test_known_vectors(encoded: str, item: rlp.Item) -> None:
    assert rlp.encode(item).hex() == encoded
    assert rlp.decode(bytes.fromhex(encoded)) == item


@pytest.mark.parametrize("encoded", REFUSED)
def test_other_forms_are_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match="RLP"):
        rlp.decode(bytes.fromhex(encoded))


def test_lists_without_end_are_refused() -> None:
    deep = b"\xc0"
    for _ in range(5_000):
        deep = rlp.wrapped([deep])
    with pytest.raises(ValueError, match="too deep"):
        rlp.decode(deep)


ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=6), max_leaves=20)


@given(ITEMS)
@settings(max_examples=200)
def test_items_are_encoded_as_by_a_library(item: Any) -> None:
    assert rlp.encode(item) == library.encode(item)
    assert rlp.decode(rlp.encode(item)) == item


@given(st.binary(max_size=20))
@settings(max_examples=300)
def test_whatever_is_decoded_is_the_one_encoding(raw: bytes) -> None:
    try:
        item = rlp.decode(raw)
    except ValueError:
        return
    assert rlp.encode(item) == raw


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_numbers(number: int) -> None:
    assert rlp.as_int(rlp.decode(rlp.encode_int(number))) == number


@pytest.mark.parametrize("raw", [b"\x00", b"\x00\x01", b"\x01" * 33, []])
def test_numbers_in_another_form_are_refused(raw: rlp.Item) -> None:
    with pytest.raises(ValueError, match="RLP"):
        rlp.as_int(raw)
