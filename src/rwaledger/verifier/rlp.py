"""RLP, strictly: each value has one encoding, and every other is refused (Ethereum yellow paper, appendix B)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Item: TypeAlias = bytes | list["Item"]

_STRING, _LONG_STRING, _LIST, _LONG_LIST = 0x80, 0xB7, 0xC0, 0xF7
_SHORT_MAX = 55
_DEPTH_MAX = 64


def encode(item: Item) -> bytes:
    """The encoding of bytes, or of a list of items."""
    if isinstance(item, bytes):
        return encode_bytes(item)
    return wrapped([encode(each) for each in item])


def encode_bytes(raw: bytes) -> bytes:
    """The encoding of bytes."""
    if len(raw) == 1 and raw[0] < _STRING:
        return raw
    return _prefix(len(raw), _STRING) + raw


def encode_int(number: int) -> bytes:
    """The encoding of a number that is not negative: big-endian without leading zeros."""
    return encode_bytes(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def wrapped(encoded: Sequence[bytes]) -> bytes:
    """The encoding of a list whose items are encoded already."""
    payload = b"".join(encoded)
    return _prefix(len(payload), _LIST) + payload


def _prefix(length: int, base: int) -> bytes:
    if length <= _SHORT_MAX:
        return bytes([base + length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + _SHORT_MAX + len(digits)]) + digits


def decode(raw: bytes) -> Item:
    """The item that `raw` encodes, all of it.

    Raises:
        ValueError: too short, too long, or in another than the shortest form.
    """
    item, end = _item(raw, 0, len(raw), 0)
    if end != len(raw):
        raise ValueError(f"RLP: {len(raw) - end} bytes behind the item")
    return item


def _item(raw: bytes, at: int, limit: int, depth: int) -> tuple[Item, int]:
    if at >= limit:
        raise ValueError("RLP: ends too early")
    first = raw[at]
    if first < _STRING:
        return raw[at : at + 1], at + 1
    if first < _LIST:
        start, end = _span(raw, at, limit, _STRING)
        if end == start + 1 and raw[start] < _STRING:
            raise ValueError("RLP: a small byte with a prefix")
        return raw[start:end], end
    if depth > _DEPTH_MAX:
        raise ValueError("RLP: lists too deep")
    start, end = _span(raw, at, limit, _LIST)
    items: list[Item] = []
    while start < end:
        stop = start + 1 + raw[start] - _STRING
        # Most items are hashes, or nothing: short strings of more than one byte, or of none.
        if stop <= end and raw[start] <= _LONG_STRING and stop != start + 2 and stop > start:
            items.append(raw[start + 1 : stop])
            start = stop
        else:
            item, start = _item(raw, start, end, depth + 1)
            items.append(item)
    return items, end


def _span(raw: bytes, at: int, limit: int, base: int) -> tuple[int, int]:
    """Where the payload of a string or list begins and ends."""
    length, start = raw[at] - base, at + 1
    if length > _SHORT_MAX:
        digits = raw[start : start + length - _SHORT_MAX]
        start += length - _SHORT_MAX
        length = int.from_bytes(digits, "big")
        if start > limit or length <= _SHORT_MAX or digits[0] == 0:
            raise ValueError("RLP: a length in another than the shortest form")
    if start + length > limit:
        raise ValueError("RLP: ends too early")
    return start, start + length


def as_list(item: Item, *lengths: int) -> list[Item]:
    """The item as a list of one of the lengths; of any length where none is given. Raises ValueError."""
    if isinstance(item, bytes) or (lengths and len(item) not in lengths):
        found = f"{len(item)} bytes" if isinstance(item, bytes) else f"{len(item)} items"
        raise ValueError(f"RLP: {found} instead of a list of {' or '.join(map(str, lengths)) or 'items'}")
    return item


def as_bytes(item: Item, *lengths: int) -> bytes:
    """The item as bytes of one of the lengths; of any length where none is given. Raises ValueError."""
    if not isinstance(item, bytes) or (lengths and len(item) not in lengths):
        found = "a list" if isinstance(item, list) else f"{len(item)} bytes"
        raise ValueError(f"RLP: {found} instead of {' or '.join(map(str, lengths)) or 'some'} bytes")
    return item


def as_int(item: Item, bits: int = 256) -> int:
    """The item as a number of at most `bits` bits, without leading zeros. Raises ValueError."""
    raw = as_bytes(item)
    if raw[:1] == b"\0" or len(raw) * 8 > bits:
        raise ValueError(f"RLP: 0x{raw[:40].hex()} is no number of {bits} bits in its shortest form")
    return int.from_bytes(raw, "big")
