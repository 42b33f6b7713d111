"""Keystores and addresses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.chain import keys
from rwaledger.domain.errors import KeystoreError


def test_a_keystore_opens_with_its_password_only(tmp_path: Path) -> None:
    address = keys.create_keystore(tmp_path, "maker", "right", light=True)

    assert keys.open_keystore(tmp_path, "maker", "right").address == address
    assert keys.keystore_address(tmp_path, "maker") == address
    with pytest.raises(KeystoreError, match="did not open"):
        keys.open_keystore(tmp_path, "maker", "wrong")
    with pytest.raises(KeystoreError, match="rwaledger key new nobody"):
        keys.open_keystore(tmp_path, "nobody", "right")


def test_a_file_that_is_no_keystore_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "junk").write_text("not json")
    (tmp_path / "empty").write_text("{}")

    with pytest.raises(KeystoreError, match="is not a keystore"):
        keys.keystore_address(tmp_path, "junk")
    with pytest.raises(KeystoreError, match="does not tell its address"):
        keys.keystore_address(tmp_path, "empty")


def test_a_signer_shows_nothing_of_its_key(tmp_path: Path) -> None:
    keys.create_keystore(tmp_path, "maker", "right", light=True)
    signer = keys.open_keystore(tmp_path, "maker", "right")

    assert repr(signer) == f"Signer({signer.address})"


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_read_in_every_right_spelling_and_no_wrong_one(raw: bytes) -> None:
    address = "0x" + raw.hex()
    shown = keys.checksummed(address)

    for spelling in (address, shown, "0x" + address[2:].upper()):
        assert keys.parse_address(spelling) == address
    letters = [i for i, character in enumerate(shown) if i > 1 and character.isalpha()]
    for i in letters[:1]:
        mistyped = shown[:i] + shown[i].swapcase() + shown[i + 1 :]
        if mistyped[2:] not in (mistyped[2:].lower(), mistyped[2:].upper()):
            with pytest.raises(ValueError, match="wrong checksum"):
                keys.parse_address(mistyped)


@pytest.mark.parametrize("text", ["", "0x", "0x12", "12" * 20, "0x" + "g" * 40, "0x" + "1" * 41, " 0x" + "1" * 40])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        keys.parse_address(text)
