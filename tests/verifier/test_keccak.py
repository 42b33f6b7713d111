"""Keccak-256 in pure Python against vectors and against a library, and how a library is chosen."""

from __future__ import annotations

import random

import pytest
from Crypto.Hash import keccak as library

from rwaledger.verifier import keccak

# From the specification's test vectors, and the first topic of every ERC-20 transfer.
VECTORS = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"The quick brown fox jumps over the lazy dog": "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
    b"Transfer(address,address,uint256)": "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
}


def by_library(message: bytes) -> bytes:
    return library.new(digest_bits=256, data=message).digest()


@pytest.mark.parametrize(("message", "digest"), VECTORS.items())
def test_known_vectors(message: bytes, digest: str) -> None:
    keccak.use(pure=True)
    assert keccak.name() == "pure Python"
    assert keccak.keccak256(message).hex() == digest


def test_every_length_around_the_rate() -> None:
    messages = [bytes(range(256)) * 2 for _ in range(3)] + [bytes([n % 251]) * n for n in range(420)]
    assert keccak.pure_many(messages) == [by_library(message) for message in messages]


def test_many_of_any_length_come_back_in_their_order() -> None:
    chance = random.Random(5)
    messages = [chance.randbytes(chance.choice([0, 32, 64, 64, 64, 135, 136, 532, 3_000])) for _ in range(5_000)]
    assert keccak.pure_many(messages) == [by_library(message) for message in messages]
    assert keccak.pure_many([]) == []


def test_a_library_is_used_where_it_is_there() -> None:
    assert keccak.use(pure=False) == "pysha3"
    assert keccak.keccak256(b"") == by_library(b"")
    assert keccak.keccak256_many([b"a", b"b"]) == [by_library(b"a"), by_library(b"b")]


def test_a_library_that_gives_other_hashes_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that has SHA-3, with its other padding, under the name of Keccak."""
    from hashlib import sha3_256

    class Other:
        @staticmethod
        def new(*, digest_bits: int, data: bytes) -> object:
            return sha3_256(data)

    monkeypatch.setattr(keccak.importlib, "import_module", lambda _: Other)  # type: ignore[attr-defined]
    assert keccak.use(pure=False) == "pure Python"
