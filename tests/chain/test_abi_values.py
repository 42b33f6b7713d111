"""Our own reading of ABI bytes, held against eth-abi on every parameter list of the shipped contracts."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.chain.abi import shipped_entries, type_of
from rwaledger.chain.abi_values import Layout, NotCanonical

LISTS: dict[str, list[dict[str, Any]]] = {
    f"{signature} {side}": entry[side]
    for kind in ("function", "event", "error")
    for signature, entry in shipped_entries(kind).items()
    for side in ("inputs", "outputs")
    if entry.get(side)
}
HOSTILE: dict[str, list[dict[str, Any]]] = {
    # What no contract of ours has: deeper nesting, and what is dynamic inside arrays of a length of their own.
    "nested": [{"name": "a", "type": "bytes[][2]"}, {"name": "b", "type": "uint8[3][]"}],
    "tuples": [
        {
            "name": "a",
            "type": "tuple[]",
            "components": [{"name": "x", "type": "string"}, {"name": "y", "type": "bool[]"}],
        },
        {"name": "b", "type": "bytes4"},
    ],
}
MANY: dict[str, list[dict[str, Any]]] = LISTS | HOSTILE


def values_of(parameter: dict[str, Any], abi_type: str) -> st.SearchStrategy[Any]:
    """Values as eth_abi takes them."""
    if abi_type.endswith("]"):
        item, _, count = abi_type[:-1].rpartition("[")
        least, most = (int(count), int(count)) if count else (0, 3)
        return st.lists(values_of(parameter, item), min_size=least, max_size=most)
    if abi_type == "tuple":
        return st.tuples(*(values_of(each, each["type"]) for each in parameter["components"]))
    if abi_type.startswith("uint"):
        return st.integers(0, 2 ** int(abi_type[4:]) - 1)
    if abi_type.startswith("bytes") and abi_type != "bytes":
        return st.binary(min_size=int(abi_type[5:]), max_size=int(abi_type[5:]))
    return {
        "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
        "bool": st.booleans(),
        "bytes": st.binary(max_size=70),
        "string": st.text(max_size=40),
    }[abi_type]


def plain(parameter: dict[str, Any], abi_type: str, value: Any) -> object:
    """A value of eth_abi in our own terms."""
    if abi_type.endswith("]"):
        item = abi_type[: abi_type.rindex("[")]
        return [plain(parameter, item, each) for each in value]
    if abi_type == "tuple":
        return named(parameter["components"], value)
    return "0x" + value.hex() if isinstance(value, bytes) else value


def named(parameters: list[dict[str, Any]], values: Any) -> dict[str, object]:
    pairs = zip(parameters, values, strict=True)
    return {parameter["name"]: plain(parameter, parameter["type"], value) for parameter, value in pairs}


def by_library(parameters: list[dict[str, Any]], data: bytes) -> dict[str, object] | None:
    """What the library reads, or None where the bytes are not what it would write of that."""
    types = [type_of(parameter) for parameter in parameters]
    try:
        values = decode(types, data)
        return named(parameters, values) if encode(types, values) == data else None
    except (DecodingError, ValueError, OverflowError):
        return None


def by_hand(parameters: list[dict[str, Any]], data: bytes) -> dict[str, object] | None:
    try:
        return Layout(parameters).values(data)
    except ValueError:
        return None


def drawn(data: st.DataObject) -> tuple[list[dict[str, Any]], list[Any], bytes]:
    """A parameter list, values for it, and how the library writes them."""
    parameters = MANY[data.draw(st.sampled_from(sorted(MANY)))]
    values = [data.draw(values_of(parameter, parameter["type"])) for parameter in parameters]
    return parameters, values, encode([type_of(parameter) for parameter in parameters], values)


@given(data=st.data())
@settings(max_examples=400)
def test_what_the_library_writes_is_read_as_the_library_reads_it(data: st.DataObject) -> None:
    parameters, values, encoded = drawn(data)
    assert by_hand(parameters, encoded) == named(parameters, values)


@given(data=st.data())
@settings(max_examples=400)
def test_other_bytes_are_refused_where_the_library_would_not_write_them(data: st.DataObject) -> None:
    parameters, _, encoded = drawn(data)
    raw = bytearray(encoded)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.sampled_from([0, 1, 2, 32, 64, 96, 128, 255]))
    cut = data.draw(st.sampled_from([0, 0, 0, 1, 32]))
    changed = bytes(raw[: len(raw) - cut]) + bytes(data.draw(st.sampled_from([0, 0, 0, 1, 32])))
    assert by_hand(parameters, changed) == by_library(parameters, changed)


def test_an_array_that_claims_to_be_endless_is_refused_at_once() -> None:
    endless = (32).to_bytes(32) + (2**255).to_bytes(32)
    with pytest.raises(NotCanonical, match="cut off"):
        Layout([{"name": "accounts", "type": "address[]"}]).values(endless)
