"""How packs are tampered with: a value flipped, a line changed, and all hashes made anew to cover it up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.verifier.writer import Draft


def flipped(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return _flipped_text(value) if value else "x"


def _flipped_text(value: str) -> str:
    if value.startswith("0x") and len(value) > 2:
        return value[:-1] + f"{int(value[-1], 16) ^ 1:x}"
    if value.lstrip("-").isdigit():
        return str(int(value) + 1)
    if value[:4].isdigit() and value[4:5] == "-":
        return value[:3] + f"{int(value[3]) ^ 1}" + value[4:]
    return value + "x"


def changes(value: Any) -> list[Any]:
    """The value with each of its leaves flipped, one at a time, and lists without an item."""
    if isinstance(value, dict):
        return [{**value, name: other} for name in value for other in changes(value[name])]
    if isinstance(value, list):
        shorter = [value[:-1]] if value else [[{"instrument_id": "BIG", "sequence": 1, "head": "0x" + "00" * 32}]]
        first = [[other, *value[1:]] for other in changes(value[0])] if value else []
        return shorter + first
    return [flipped(value)]


def forged(written: Draft, path: Path, change: Callable[[Draft], None]) -> Path:
    other = written.copy()
    other.keys = {}
    change(other)
    return other.write(path)


def line(name: str, at: int, change: Callable[[Any], Any]) -> Callable[[Draft], None]:
    """Changes one line of a file."""

    def apply(other: Draft) -> None:
        lines = other.lines(name)
        lines[at] = change(lines[at])
        other.put(name, lines)

    return apply


def cell(name: str, at: int, column: int, change: Callable[[Any], Any]) -> Callable[[Draft], None]:
    """Changes one value in a row of a table."""
    return line(name, at, lambda row: [*row[:column], change(row[column]), *row[column + 1 :]])
