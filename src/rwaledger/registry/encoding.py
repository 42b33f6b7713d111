"""How cells of the register become bytes that are hashed: each with its type and its length, so that none can move.

Whatever was hashed by it once has to come out the same for ever: a change of it is a new version of every preimage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any


def encoded(cells: Iterable[object]) -> bytes:
    """Cells one after another, each as a letter for its type, the bytes its text takes, and the text.

    `s` is text, `i` a whole number in decimals, `b` truth as 0 or 1, `n` nothing, `t` a moment in UTC as
    2026-07-31T10:00:00.000000+00:00, `d` a day as 2026-07-31.
    """
    parts = []
    for cell in cells:
        letter, text_of = _TYPES.get(type(cell), _OTHER)
        text = text_of(cell).encode()
        parts.append(b"%c%d:%b" % (letter, len(text), text))
    return b"".join(parts)


def encoded_columns(columns: Iterable[Sequence[object]]) -> bytes:
    """Rows that are given by their columns: what `encoded` makes of each row, one after another."""
    return "".join(chain.from_iterable(zip(*map(_encoded_cells, columns), strict=True))).encode()


def _encoded_cells(cells: Sequence[object]) -> Sequence[str]:
    """Most columns hold one type, and many the same few values again and again."""
    kinds = set(map(type, cells))
    if len(kinds) != 1:  # 1 and True are equal, and not encoded alike
        return _encoded_alike(cells, _OTHER)
    kind = _TYPES.get(kinds.pop(), _OTHER)
    distinct = list(set(cells))
    if len(distinct) > len(cells) // 2:
        return _encoded_alike(cells, kind)
    texts = dict(zip(distinct, _encoded_alike(distinct, kind), strict=True))
    return [texts[cell] for cell in cells]


def _encoded_alike(cells: Sequence[object], kind: tuple[bytes, Callable[[Any], str]]) -> list[str]:
    """Cells of a type that is known, most of them plain ASCII, whose length is that of its bytes."""
    letter, text_of = kind
    if kind is not _OTHER:
        texts = list(map(text_of, cells))
        if all(map(str.isascii, texts)):
            head = letter.decode()
            return [f"{head}{len(text)}:{text}" for text in texts]
    return [encoded((cell,)).decode() for cell in cells]


def decoded(data: bytes) -> list[str]:
    """The texts of cells that were encoded, without their types.

    Raises:
        ValueError: the bytes are no row of cells.
    """
    cells, at = [], 0
    while at < len(data):
        colon = data.index(b":", at)
        start, length = colon + 1, int(data[at + 1 : colon])
        if length < 0 or start + length > len(data):
            raise ValueError("a cell is cut off")
        cells.append(data[start : start + length].decode())
        at = start + length
    return cells


_TYPES: dict[type, tuple[bytes, Callable[[Any], str]]] = {
    str: (b"s", str),
    int: (b"i", str),
    bool: (b"b", lambda cell: str(int(cell))),
    type(None): (b"n", lambda _: ""),
    datetime: (b"t", lambda cell: cell.astimezone(UTC).isoformat(timespec="microseconds")),
    date: (b"d", date.isoformat),
}
_OTHER: tuple[bytes, Callable[[Any], str]] = (b"x", lambda cell: f"{type(cell).__name__} {cell!r}")
"""Nothing here writes such a value, but SQLite would take it from someone else."""
