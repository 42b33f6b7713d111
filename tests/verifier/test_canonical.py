"""Canonical JSON: one spelling of each document, and every other refused."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.verifier import canonical
from rwaledger.verifier.errors import Refuted

REFUSED = {
    "blank": b'{"a": 1}',
    "line feed at the end": b"[1]\n",
    "names out of order": b'{"b":1,"a":2}',
    "a name twice": b'{"a":1,"a":1}',
    "a fraction": b"[1.5]",
    "a fraction that is whole": b"[1.0]",
    "an exponent": b"[1e3]",
    "not a number": b"[NaN]",
    "minus zero": b"[-0]",
    "leading zero": b"[01]",
    "beyond 2^53-1": b"[9007199254740992]",
    "far beyond": b"[" + b"9" * 5_000 + b"]",
    "escaped without need": b'["\\u0041"]',
    "escaped slash": b'["\\/"]',
    "upper-case escape": b'["\\u001F"]',
    "half a pair": b'["\\ud800"]',
    "not UTF-8": b'["\xff"]',
    "two documents": b"[1][2]",
    "nothing": b"",
    "mark of byte order": b"\xef\xbb\xbf[1]",
    "names in the order of code points, not of UTF-16": '{"\ue000":1,"\U00010000":2}'.encode(),
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_another_spelling_is_refused(raw: bytes) -> None:
    with pytest.raises(Refuted, match=r"^somewhere.json: "):
        canonical.parse(raw, "somewhere.json")
    with pytest.raises(Refuted, match=r"^somewhere.json line 2: "):
        list(canonical.parse_lines([b"[1]", raw], "somewhere.json"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=200)
def test_what_a_library_writes_is_accepted_and_written_alike(value: Any) -> None:
    raw = rfc8785.dumps(value)
    assert canonical.parse(raw, "somewhere") == value
    assert canonical.encode(canonical.parse(raw, "somewhere")) == raw


def test_no_line_borrows_from_the_next() -> None:
    """Joined by commas these are two documents again; each on its own is none."""
    with pytest.raises(Refuted, match="line 1"):
        list(canonical.parse_lines([b"[[1]", b"[2]],[3]"], "lines"))


def test_lines_have_their_numbers_whatever_their_count() -> None:
    lines = [b"[%d]" % n for n in range(2_500)]
    assert list(canonical.parse_lines(lines, "lines")) == [(n + 1, [n]) for n in range(2_500)]
    lines[1_700] = b"[1700 ]"
    with pytest.raises(Refuted, match="line 1701: not in canonical form at character 5"):
        list(canonical.parse_lines(lines, "lines"))
