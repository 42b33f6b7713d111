"""Keccak-256 as Ethereum uses it: in pure Python, or by a library that is there and agrees with it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from rwaledger.verifier.keccak_f import LANE, permute

PURE = "pure Python"

RATE = 136
"""Bytes that one permutation takes in."""

_BATCH = 2_048
_DIGEST = 32
_LANES_IN, _LANES_OUT = RATE * 8 // LANE, _DIGEST * 8 // LANE

_VECTORS = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
}

Hash = Callable[[bytes], bytes]


def pure_many(messages: Sequence[bytes]) -> list[bytes]:
    """The hash of each message, in pure Python; many at once cost far less than one by one."""
    order = sorted(range(len(messages)), key=lambda i: len(messages[i]) // RATE, reverse=True)
    found: list[bytes] = [b""] * len(messages)
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        for index, digest in zip(batch, _sponge([messages[i] for i in batch]), strict=True):
            found[index] = digest
    return found


def _sponge(messages: list[bytes]) -> list[bytes]:
    """Hashes of messages that are sorted by length, the longest first: those that end drop out from behind."""
    padded = [_padded(each) for each in messages]
    digests: list[bytes] = []
    active, states, lanes = len(padded), _states(len(padded)), [0] * 25
    for at in range(0, len(padded[0]), RATE):
        words = memoryview(b"".join([each[at : at + RATE] for each in padded[:active]])).cast("Q")
        for i in range(_LANES_IN):
            lanes[i] ^= int.from_bytes(words[i::_LANES_IN].tobytes(), "little")
        lanes = permute(lanes, states)
        ended = active
        while active and len(padded[active - 1]) == at + RATE:
            active -= 1
        if active < ended:
            digests[:0] = _squeezed(lanes, states)[active:ended]
            states = _states(active) if active else 1
            lanes = [lane & ((1 << (LANE * active)) - 1) for lane in lanes]
    return digests


def _padded(message: bytes) -> bytes:
    """Multi-rate padding of Keccak before it became SHA-3: a one behind the message, another at the end."""
    missing = RATE - len(message) % RATE
    return message + (b"\x81" if missing == 1 else b"\x01" + bytes(missing - 2) + b"\x80")


def _states(active: int) -> int:
    """The next power of two, so that there are few widths whose constants have to be made."""
    return 1 << (active - 1).bit_length()


def _squeezed(lanes: Sequence[int], states: int) -> list[bytes]:
    found = bytearray(_DIGEST * states)
    words = memoryview(found).cast("Q")
    for i, lane in enumerate(lanes[:_LANES_OUT]):
        words[i::_LANES_OUT] = memoryview(lane.to_bytes(8 * states, "little")).cast("Q")
    return [bytes(found[at : at + _DIGEST]) for at in range(0, len(found), _DIGEST)]


def _pure(message: bytes) -> bytes:
    return _sponge([message])[0]


def _accelerated() -> tuple[str, Hash] | None:
    """A library's hash, where one is there that gives what the pure one gives."""
    for name, module, make in _LIBRARIES:
        try:
            function = make(importlib.import_module(module))
            agrees = all(function(message).hex() == digest for message, digest in _VECTORS.items())
            agrees = agrees and all(function(bytes(range(n))) == _pure(bytes(range(n))) for n in (1, 135, 136, 137))
        except (ImportError, AttributeError, TypeError, ValueError):
            continue
        if agrees:
            return name, function
    return None


_LIBRARIES: tuple[tuple[str, str, Callable[..., Hash]], ...] = (
    ("pysha3", "_pysha3", lambda m: lambda data: m.keccak_256(data).digest()),
    ("sha3", "sha3", lambda m: lambda data: m.keccak_256(data).digest()),
    ("pycryptodome", "Crypto.Hash.keccak", lambda m: lambda data: m.new(digest_bits=256, data=data).digest()),
)


class _Chosen:
    """Which of them is in use; the pure one until `use` is called."""

    name = PURE
    one: Hash = staticmethod(_pure)
    many: Callable[[Sequence[bytes]], list[bytes]] = staticmethod(pure_many)


def use(*, pure: bool) -> str:
    """Chooses an accelerated hash if there is one, unless `pure`; the name of what is in use from now on."""
    found = None if pure else _accelerated()
    if found is None:
        _Chosen.name, _Chosen.one, _Chosen.many = PURE, _pure, pure_many
    else:
        name, function = found
        _Chosen.name, _Chosen.one = name, function
        _Chosen.many = lambda messages: [function(each) for each in messages]
    return _Chosen.name


def name() -> str:
    """What is in use."""
    return _Chosen.name


def keccak256(message: bytes) -> bytes:
    """Keccak-256 of a message."""
    return _Chosen.one(message)


def keccak256_many(messages: Sequence[bytes]) -> list[bytes]:
    """Keccak-256 of each message, in their order."""
    return _Chosen.many(messages)
