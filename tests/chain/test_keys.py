"""Keystores: they open with their password, and show nothing."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest

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


def test_what_is_derived_of_a_key_is_the_same_for_ever_and_tells_nothing_of_it() -> None:
    """HKDF-SHA256 by RFC 5869, computed here with hashlib alone: another secret would leave registers sealed."""
    signer = keys._dev_account("dev:0")
    secret = bytes(signer._account.key)

    found = signer.derive(b"label")

    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    first = hmac.new(extracted, b"label\x01", hashlib.sha256).digest()
    assert found == first + hmac.new(extracted, first + b"label\x02", hashlib.sha256).digest()
    assert signer.derive(b"another") != found != keys._dev_account("dev:1").derive(b"label")
