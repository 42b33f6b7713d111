"""Calls of our contracts taken out of the data of transactions (Solidity ABI, formal specification of the encoding)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rwaledger.verifier.keccak import keccak256

_WORD = 32


class NoSuchCall(ValueError):
    """Bytes that are no call of the function."""


@dataclass(frozen=True, slots=True)
class Tuple:
    """A struct, or the arguments of a function: members by name, each a type's name, a Tuple or an Array."""

    members: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Array:
    """Any number of the same."""

    item: Any


_INSTRUCTION = Tuple(
    (
        ("ref", "bytes32"),
        ("instrument", "address"),
        ("operation", "string"),
        ("maker", "address"),
        ("checker", "address"),
        ("notAfter", "uint48"),
        ("order", "bytes32"),
        ("text", "string"),
    )
)
_LINE = Tuple((("from", "address"), ("to", "address"), ("amount", "uint256"), ("detail", "uint256")))
_LEG = Tuple((("token", "address"), ("from", "address"), ("to", "address"), ("amount", "uint256")))
_TRADE = Tuple((("ref", "bytes32"), ("venue", "address"), ("notAfter", "uint48"), ("legs", Array(_LEG))))
_ATTESTATION = Tuple(
    (
        ("instrument", "address"),
        ("amount", "uint96"),
        ("asOf", "uint48"),
        ("expiresAt", "uint48"),
        ("documentHash", "bytes32"),
    )
)
_HEAD = Tuple(
    (
        ("instrument", "address"),
        ("sequence", "uint64"),
        ("previousHead", "bytes32"),
        ("head", "bytes32"),
        ("blockNumber", "uint64"),
        ("blockHash", "bytes32"),
        ("supply", "uint256"),
        ("holderCount", "uint32"),
    )
)
CALLS: Mapping[str, Tuple] = {
    "execute": Tuple((("instruction", _INSTRUCTION), ("lines", Array(_LINE)), ("checkerSignature", "bytes"))),
    "settle": Tuple((("trade", _TRADE), ("signatures", Array("bytes")))),
    "cancel": Tuple((("trade", _TRADE), ("initiatorSignature", "bytes"))),
    "attest": Tuple((("attestation", _ATTESTATION), ("attestor", "address"), ("signature", "bytes"))),
    "anchor": Tuple(
        (
            ("head", _HEAD),
            ("operator", "address"),
            ("operatorSignature", "bytes"),
            ("auditor", "address"),
            ("auditorSignature", "bytes"),
        )
    ),
}


def arguments(function: str, data: bytes) -> dict[str, Any]:
    """The arguments of a call by name; addresses and bytes as 0x-hex.

    Raises:
        NoSuchCall: the data is no call of that function.
    """
    if data[:4] != selector(function):
        raise NoSuchCall(f"no call of {function}")
    try:
        found: dict[str, Any] = _read_tuple(CALLS[function], data[4:], 0)
    except (IndexError, UnicodeDecodeError) as error:
        raise NoSuchCall(f"a call of {function} that ends too early: {error}") from error
    return found


@cache
def executed(data: bytes) -> tuple[str, str] | None:
    """The reference and the checker's signature in a call of `execute`; None where it is none."""
    try:
        found = arguments("execute", data)
    except NoSuchCall:
        return None
    return str(found["instruction"]["ref"]), str(found["checkerSignature"])


@cache
def selector(function: str) -> bytes:
    """The first four bytes of a call of the function."""
    return keccak256((function + _type_text(CALLS[function])).encode())[:4]


def _type_text(kind: Any) -> str:
    if isinstance(kind, Tuple):
        return f"({','.join(_type_text(member) for _, member in kind.members)})"
    return f"{_type_text(kind.item)}[]" if isinstance(kind, Array) else str(kind)


@cache
def _is_dynamic(kind: Any) -> bool:
    if isinstance(kind, Tuple):
        return any(_is_dynamic(member) for _, member in kind.members)
    return isinstance(kind, Array) or kind in ("string", "bytes")


@cache
def _head_bytes(kind: Any) -> int:
    if isinstance(kind, Tuple) and not _is_dynamic(kind):
        return sum(_head_bytes(member) for _, member in kind.members)
    return _WORD


def _read_tuple(kind: Tuple, data: bytes, start: int) -> dict[str, Any]:
    values = _read_row([member for _, member in kind.members], data, start)
    return dict(zip((name for name, _ in kind.members), values, strict=True))


def _read_row(kinds: Sequence[Any], data: bytes, start: int) -> list[Any]:
    """Values one behind the other; those of no fixed size are found by their offset from the row's start."""
    found, at = [], start
    for kind in kinds:
        place = start + _number(data, at) if _is_dynamic(kind) else at
        found.append(_read(kind, data, place))
        at += _head_bytes(kind)
    return found


def _read(kind: Any, data: bytes, at: int) -> Any:
    if isinstance(kind, Tuple):
        return _read_tuple(kind, data, at)
    if isinstance(kind, Array):
        count = _number(data, at)
        if count > len(data) // _WORD:
            raise IndexError(f"{count} items")
        return _read_row([kind.item] * count, data, at + _WORD)
    if kind in ("string", "bytes"):
        raw = _bytes(data, at + _WORD, _number(data, at))
        return raw.decode() if kind == "string" else "0x" + raw.hex()
    word = _bytes(data, at, _WORD)
    if kind == "address":
        return "0x" + word[12:].hex()
    return "0x" + word.hex() if kind.startswith("bytes") else int.from_bytes(word, "big")


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(_bytes(data, at, _WORD), "big")


def _bytes(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise IndexError(f"{length} bytes at {at}")
    return data[at : at + length]
