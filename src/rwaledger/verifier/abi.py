"""Values out of ABI-encoded bytes, as far as the released contracts' events need it, in the one canonical encoding."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import Any

WORD = 32

_ELEMENTARY = re.compile(r"address|bool|string|uint(\d+)|bytes(\d+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its type as a signature hashes it, its name, and the members of a struct."""

    type: str
    name: str
    indexed: bool = False
    members: tuple[Parameter, ...] = ()

    @property
    def words(self) -> int:
        """Words in the head: one, or those of all members of a struct, none of which is dynamic."""
        return sum(member.words for member in self.members) or 1


def parameters(text: str) -> tuple[Parameter, ...]:
    """The parameters of a declaration such as `address indexed from, (uint96 a, bool b) rules`."""
    found, depth, start = [], 0, 0
    for at, char in enumerate(f"{text},"):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and not depth:
            if text[start:at].strip():
                found.append(_parameter(text[start:at].strip()))
            start = at + 1
    return tuple(found)


def _parameter(text: str) -> Parameter:
    if text.startswith("("):
        inner, _, name = text[1:].rpartition(")")
        members = parameters(inner)
        return Parameter(f"({','.join(member.type for member in members)})", name.strip(), members=members)
    kind, *words = text.split()
    if not _ELEMENTARY.fullmatch(kind):
        raise ValueError(f"the type {kind} is not known")
    return Parameter(kind, words[-1], "indexed" in words[:-1])


def decode(declared: Sequence[Parameter], data: bytes) -> dict[str, Any]:
    """The values by their names: addresses and bytes 0x-hex, structs dicts.

    Raises:
        ValueError: `data` is not the canonical encoding of such values.
    """
    tail = WORD * sum(parameter.words for parameter in declared)
    at, found = 0, {}
    for parameter in declared:
        if parameter.type == "string":
            if _uint(data, at) != tail:
                raise ValueError(f"{parameter.name} does not begin where it has to")
            found[parameter.name], tail = _string(data, tail)
        else:
            found[parameter.name] = _static(parameter, data, at)
        at += WORD * parameter.words
    if tail != len(data):
        raise ValueError(f"{len(data)} bytes instead of {tail}")
    return found


def _static(parameter: Parameter, data: bytes, at: int) -> Any:
    if not parameter.members:
        return word(parameter.type, data[at : at + WORD])
    values = {}
    for member in parameter.members:
        values[member.name] = _static(member, data, at)
        at += WORD * member.words
    return values


def _uint(data: bytes, at: int) -> int:
    return int(word("uint256", data[at : at + WORD]))


def _string(data: bytes, at: int) -> tuple[str, int]:
    """The text whose length stands at `at`, and where its padding ends."""
    length, start = _uint(data, at), at + WORD
    end = start + (length + WORD - 1) // WORD * WORD
    if end > len(data) or any(data[start + length : end]):
        raise ValueError("text that ends too late, or is not padded with zeros")
    return data[start : start + length].decode("utf-8"), end


def word(kind: str, raw: bytes) -> Any:
    """What one word says.

    Raises:
        ValueError: too few bytes, or more than the type has room for.
    """
    if len(raw) != WORD:
        raise ValueError(f"{len(raw)} bytes instead of a word")
    return _reader(kind)(raw)


@cache
def _reader(kind: str) -> Callable[[bytes], Any]:
    match = _ELEMENTARY.fullmatch(kind)
    bits, length = (int(group or 0) for group in match.groups()) if match else (0, 0)
    if bits:
        return lambda raw: _bounded(int.from_bytes(raw, "big"), bits)
    if length:
        return lambda raw: "0x" + _padded(raw[:length], raw[length:]).hex()
    if kind == "address":
        return lambda raw: intern("0x" + _padded(raw[12:], raw[:12]).hex())
    return lambda raw: bool(_bounded(int.from_bytes(raw, "big"), 1))


def _bounded(number: int, bits: int) -> int:
    if number >> bits:
        raise ValueError(f"{number} needs more than {bits} bits")
    return number


def _padded(value: bytes, padding: bytes) -> bytes:
    if any(padding):
        raise ValueError(f"0x{padding.hex()} where zeros belong")
    return value
