"""Receipts are written as the library `rlp` writes them, whatever their logs."""

from __future__ import annotations

from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.chain.block_transactions import is_signed
from rwaledger.chain.bodies import encode_receipt

BLOOM = "0x" + "00" * 256


def as_hex(data: bytes) -> str:
    return "0x" + data.hex()


logs = st.tuples(
    st.binary(min_size=20, max_size=20),
    st.lists(st.binary(min_size=32, max_size=32), max_size=4),
    st.one_of(st.binary(max_size=2), st.binary(min_size=30, max_size=70), st.binary(min_size=250, max_size=300)),
)


@given(st.lists(logs, max_size=4), st.integers(0, 4))
def test_a_receipt_is_what_the_library_makes_of_it(each: list[tuple[bytes, list[bytes], bytes]], kind: int) -> None:
    raw: dict[str, Any] = {
        "type": hex(kind),
        "status": "0x1",
        "cumulativeGasUsed": "0x5208",
        "logsBloom": BLOOM,
        "logs": [
            {"address": as_hex(address), "topics": [as_hex(topic) for topic in topics], "data": as_hex(data)}
            for address, topics, data in each
        ],
    }
    expected: bytes = rlp.encode([b"\x01", b"\x52\x08", bytes(256), each])
    assert encode_receipt(raw) == (bytes((kind,)) if kind else b"") + expected


@pytest.mark.parametrize("prefix", [b"", b"\x02"])
def test_a_transaction_is_signed_where_it_bears_a_signature(prefix: bytes) -> None:
    assert is_signed(prefix + rlp.encode([b"", b"\x07", b"\x01", b"\x02", b"\x03"]))
    assert not is_signed(prefix + rlp.encode([b"", b"\x07", b"", b"", b""]))
    assert is_signed(b"\x02\xc5"), "what is none is not let pass"
