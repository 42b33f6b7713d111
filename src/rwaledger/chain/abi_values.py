"""Values out of canonical ABI bytes, read from front to back: for the library, a call of 100 lines is 12 ms of work.

The one encoding that a list of values has is without gaps, overlaps, stray bits and bytes behind the end, so that every
pointer is known before it is read. The tests hold this against eth-abi.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_WORD = 32
_ADDRESS_PADDING = bytes(12)


class NotCanonical(ValueError):
    """Bytes that are not the one encoding of the types asked for."""


WordReader = Callable[[bytes], object]
"""What one 32-byte word says."""

_Reader = Callable[[bytes, int], tuple[object, int]]
"""The value that begins at a place, and where it ends."""


@dataclass(frozen=True, slots=True)
class _Type:
    """How a type is read; what is dynamic stands behind the row that it belongs to, which has a pointer in its place.

    `of_word` is there for a type that is one word.
    """

    read: _Reader
    head_bytes: int
    is_dynamic: bool = False
    of_word: WordReader | None = None


class Layout:
    """How parameters of an ABI lie in bytes."""

    def __init__(self, parameters: Sequence[dict[str, Any]]) -> None:
        self._read = _tuple(parameters).read

    def values(self, data: bytes) -> dict[str, Any]:
        """By the parameters' names: tuples as dicts, arrays as lists, addresses and bytes as lower-case hex.

        Raises:
            NotCanonical: it is not the one encoding that the parameters' types allow.
        """
        values, end = self._read(data, 0)
        if end != len(data):
            raise NotCanonical("bytes are missing, or left over")
        assert isinstance(values, dict)
        return values


def word_reader(abi_type: str) -> WordReader | None:
    """The reader of a type that is one word, or None for every other type."""
    if abi_type == "address":
        return _address
    if abi_type == "bool":
        return _bool
    if abi_type.startswith("bytes") and abi_type[5:].isdigit():
        return _fixed_bytes(int(abi_type[5:]))
    if abi_type.startswith("uint") and abi_type[4:].isdigit():
        return _uint(int(abi_type[4:]))
    return None


def _type(parameter: dict[str, Any], abi_type: str) -> _Type:
    if abi_type.endswith("]"):
        item, _, count = abi_type[:-1].rpartition("[")
        return _array(_type(parameter, item), int(count) if count else None)
    if abi_type == "tuple":
        return _tuple(parameter["components"])
    if (read := word_reader(abi_type)) is not None:
        return _Type(lambda data, at: (read(data[at : at + _WORD]), at + _WORD), _WORD, of_word=read)
    return {"bytes": _Type(_bytes, _WORD, is_dynamic=True), "string": _Type(_string, _WORD, is_dynamic=True)}[abi_type]


def _tuple(parameters: Sequence[dict[str, Any]]) -> _Type:
    names = [parameter["name"] for parameter in parameters]
    row = _row([_type(parameter, parameter["type"]) for parameter in parameters])

    def read(data: bytes, at: int) -> tuple[dict[str, object], int]:
        values, end = row.read(data, at)
        assert isinstance(values, list)
        return dict(zip(names, values, strict=True)), end

    return _Type(read, row.head_bytes, row.is_dynamic)


def _array(item: _Type, count: int | None) -> _Type:
    if count is not None:
        return _row([item] * count)

    def read(data: bytes, at: int) -> tuple[object, int]:
        start = at + _WORD
        items = int.from_bytes(data[at:start])
        if items * item.head_bytes > len(data) - start:
            raise NotCanonical("an array is cut off")
        return _row([item] * items).read(data, start)

    return _Type(read, _WORD, is_dynamic=True)


def _row(types: Sequence[_Type]) -> _Type:
    """Values side by side."""
    words = [each.of_word for each in types if each.of_word]
    if len(words) == len(types):
        return _words(words)
    head_bytes = sum(each.head_bytes for each in types)
    is_dynamic = any(each.is_dynamic for each in types)

    def read(data: bytes, start: int) -> tuple[list[object], int]:
        values, at, end = [], start, start + head_bytes
        for each in types:
            if not each.is_dynamic:
                value, at = each.read(data, at)
            elif int.from_bytes(data[at : at + _WORD]) == end - start:
                (value, end), at = each.read(data, end), at + _WORD
            else:
                raise NotCanonical("a pointer does not point behind what came before")
            values.append(value)
        return values, end

    return _Type(read, _WORD if is_dynamic else head_bytes, is_dynamic)


def _words(readers: Sequence[WordReader]) -> _Type:
    """A row of words, read in one go: the lines of a call are hundreds of them."""
    head_bytes = _WORD * len(readers)

    def read(data: bytes, start: int) -> tuple[list[object], int]:
        end = start + head_bytes
        places = range(start, end, _WORD)
        return [of_word(data[at : at + _WORD]) for of_word, at in zip(readers, places, strict=True)], end

    return _Type(read, head_bytes)


def _bytes(data: bytes, at: int) -> tuple[str, int]:
    raw, end = _sized(data, at)
    return "0x" + raw.hex(), end


def _string(data: bytes, at: int) -> tuple[str, int]:
    raw, end = _sized(data, at)
    return raw.decode(), end


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + _WORD
    size = int.from_bytes(data[at:start])
    end = start + size + -size % _WORD
    if end > len(data) or any(data[start + size : end]):
        raise NotCanonical("bytes are cut off, or not filled up with zeros")
    return data[start : start + size], end


def _address(word: bytes) -> str:
    if word[:12] != _ADDRESS_PADDING:
        raise NotCanonical(f"0x{word.hex()} is no address")
    return "0x" + word[12:].hex()


def _bool(word: bytes) -> bool:
    value = int.from_bytes(word)
    if value > 1:
        raise NotCanonical(f"{value} is neither true nor false")
    return value == 1


def _fixed_bytes(length: int) -> WordReader:
    def read(word: bytes) -> str:
        if any(word[length:]):
            raise NotCanonical(f"0x{word.hex()} has more than {length} bytes")
        return "0x" + word[:length].hex()

    return read


def _uint(bits: int) -> WordReader:
    def read(word: bytes) -> int:
        value = int.from_bytes(word)
        if value >> bits:
            raise NotCanonical(f"{value} needs more than {bits} bits")
        return value

    return read
