"""Signatures: who made them, against the library that makes them, and those that nobody may accept."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.verifier import secp256k1
from rwaledger.verifier.secp256k1 import N, recover, recover_bytes

KEYS = st.integers(min_value=1, max_value=N - 1).map(lambda key: key.to_bytes(32))


@given(KEYS, st.binary(min_size=32, max_size=32))
@settings(max_examples=40)
def test_the_signer_is_found(key: bytes, digest: bytes) -> None:
    account = Account.from_key(key)
    signature = bytes(account.unsafe_sign_hash(digest).signature)
    assert recover_bytes(digest, signature) == account.address.lower()


def test_a_known_vector() -> None:
    """The example of the precompiled contract `ecrecover` in Ethereum's documentation."""
    digest = bytes.fromhex("456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3")
    r = 0x9242685BF161793CC25603C231BC2F568EB630EA16AA137D2664AC8038825608
    s = 0x4F8AE3BD7535248D0BD448298CC2E2071E56992D0774DC340C368AE950852ADA
    assert recover(digest, r, s, 1) == "0x7156526fbd7a3c72969b54f64e42c10fbb768c8a"


@pytest.mark.parametrize("key", [b"\x01".rjust(32, b"\0"), b"\x02".rjust(32, b"\0"), (N - 1).to_bytes(32)])
def test_keys_at_the_edges(key: bytes) -> None:
    for digest in (bytes(32), b"\xff" * 32, keccak(b"")):
        account = Account.from_key(key)
        assert recover_bytes(digest, bytes(account.unsafe_sign_hash(digest).signature)) == account.address.lower()


def test_a_second_form_of_a_signature_is_refused() -> None:
    """With n - s and the other v it would recover alike, so that one signature could pass for two."""
    signed = Account.from_key(b"\x05" * 32).unsafe_sign_hash(bytes(32))
    assert recover(bytes(32), signed.r, signed.s, signed.v - 27)
    with pytest.raises(ValueError, match="out of range"):
        recover(bytes(32), signed.r, N - signed.s, 28 - signed.v)


@pytest.mark.parametrize(("r", "s", "odd"), [(0, 1, 0), (1, 0, 0), (N, 1, 0), (1, N, 0), (1, 1, 2), (5, 1, 0)])
def test_what_is_no_signature_is_refused(r: int, s: int, odd: int) -> None:
    with pytest.raises(ValueError, match="a signature"):
        recover(bytes(32), r, s, odd)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(64) + b"\x01", bytes(66), bytes(64) + b"\x1d"])
def test_bytes_of_another_form_are_refused(signature: bytes) -> None:
    with pytest.raises(ValueError, match=r"signature"):
        recover_bytes(bytes(32), signature)


def test_the_sum_at_infinity_is_nobody() -> None:
    """With the point of `r` the generator and s equal to the digest, the public key would be s - digest times it."""
    x, y = secp256k1.G
    with pytest.raises(ValueError, match="no key"):
        recover((1).to_bytes(32), x, 1, y & 1)
