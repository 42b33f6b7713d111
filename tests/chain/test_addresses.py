"""Addresses: read in every right spelling, and no wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.chain.addresses import checksummed, parse_address


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_read_in_every_right_spelling_and_no_wrong_one(raw: bytes) -> None:
    address = "0x" + raw.hex()
    shown = checksummed(address)

    for spelling in (address, shown, "0x" + address[2:].upper()):
        assert parse_address(spelling) == address
    letters = [i for i, character in enumerate(shown) if i > 1 and character.isalpha()]
    for i in letters[:1]:
        mistyped = shown[:i] + shown[i].swapcase() + shown[i + 1 :]
        if mistyped[2:] not in (mistyped[2:].lower(), mistyped[2:].upper()):
            with pytest.raises(ValueError, match="wrong checksum"):
                parse_address(mistyped)


@pytest.mark.parametrize("text", ["", "0x", "0x12", "12" * 20, "0x" + "g" * 40, "0x" + "1" * 41, " 0x" + "1" * 40])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        parse_address(text)
