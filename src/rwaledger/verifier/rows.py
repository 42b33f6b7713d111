"""The rows of a register's table as values: a page of lines at once and column by column, at the speed of C."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from operator import eq, itemgetter, lt
from sys import intern
from typing import Any

from rwaledger.verifier import canonical
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.shape import Part
from rwaledger.verifier.tables import TABLES, Column

Cells = Sequence[Any]
"""What stands in one column of consecutive rows."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(_DAY.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_UNITS = re.compile(r"0|-?[1-9][0-9]{0,77}")
_UNITS_END = 10**78
_SHORT = 42


class Reader:
    """Turns the rows of one table into values, and refuses any that is not as it has to be, or out of order."""

    def __init__(self, table: str) -> None:
        self._columns = TABLES[table]
        self._key_at = [i for i, column in enumerate(self._columns) if column.is_key]

    def read(self, pages: Iterable[bytes], place: str) -> Iterator[tuple[Any, ...]]:
        """The values of each row; the first line of the first page has the columns.

        Raises:
            Refuted: with file, line and column.
        """
        pages = iter(pages)
        first, _, rest = next(pages, b"").partition(b"\n")
        self._check_header(first, f"{place} line 1")
        line, before = 2, None
        for page in chain((rest,), pages):
            if not page:
                continue
            rows = canonical.parse_page(page)
            cells = None if rows is None else self._in_columns(rows)
            values = None if cells is None else self._values(cells)
            keys = () if cells is None or values is None else self._keys(cells)
            if values and _is_rising(before, keys):
                before = keys[-1]
                yield from zip(*values, strict=True)
            else:
                # One by one is slower by far, and names what is wrong.
                before = yield from self._one_by_one(page, place, line, before)
            line += page.count(b"\n")

    def _check_header(self, line: bytes, place: str) -> None:
        names = [column.name for column in self._columns]
        header = canonical.parse(line, place) if line else None
        if header != names:
            raise Part(header, place).refuse(f"the columns {', '.join(names)}")

    def _in_columns(self, rows: list[list[Any]]) -> list[Cells] | None:
        """The cells of each column; None where a row has another number of them."""
        if set(map(len, rows)) != {len(self._columns)}:
            return None
        return list(zip(*rows, strict=True))

    def _values(self, cells: list[Cells]) -> list[Cells] | None:
        """The values of each column; None where some cell is not as it has to be."""
        found: list[Cells] = []
        for column, each in zip(self._columns, cells, strict=True):
            values = self._column(column, each)
            if values is None:
                return None
            found.append(values)
        return found

    def _column(self, column: Column, cells: Cells) -> Cells | None:
        types = set(map(type, cells)) - ({type(None)} if column.optional else set())
        if types - {_TYPES[column.kind]}:
            return None
        if column.kind == "text":
            return cells if None in cells else _once(cells)
        if column.kind in {"number", "units"} and None not in cells:
            return _numbers(cells) if column.kind == "number" else _amounts(cells)
        known = {cell: _READERS[column.kind](cell) for cell in set(cells)}
        missing = [cell for cell, value in known.items() if value is None and cell is not None]
        return None if missing else [known[cell] for cell in cells]

    def _keys(self, cells: list[Cells]) -> Cells:
        """The key of each row: a cell, or a tuple of them."""
        columns = [cells[i] for i in self._key_at]
        return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))

    def _one_by_one(self, page: bytes, place: str, first: int, before: Any) -> Generator[tuple[Any, ...], None, Any]:
        """The rows of a page, and in the end the key of the last."""
        width, key_of = len(self._columns), itemgetter(*self._key_at)
        for number, row in canonical.parse_lines(page[:-1].split(b"\n"), place, first):
            if type(row) is not list or len(row) != width:
                of = f", which is no list of {len(row)}," if type(row) is list else ""
                raise Part(row, f"{place} line {number}").refuse(f"a row of {width} columns{of}")
            values = tuple(self._cell(*each, f"{place} line {number}") for each in zip(self._columns, row, strict=True))
            key = key_of(row)
            if before is not None and not before < key:
                raise Refuted(f"{place} line {number}", f"stands out of order behind the row of the key {before}")
            before = key
            yield values
        return before

    def _cell(self, column: Column, given: Any, place: str) -> Any:
        """The value of one cell: where there is none, null stands, and may."""
        found = _READERS[column.kind](given)
        if found is None and not (given is None and column.optional):
            what = f"{_WORDS[column.kind]}{' or null' if column.optional else ''}"
            raise Part(given, f"{place}, {column.name}").refuse(what)
        return found


def _is_rising(before: Any, keys: Cells) -> bool:
    return (before is None or before < keys[0]) and all(map(lt, keys, keys[1:]))


def _once(cells: Cells) -> Cells:
    """The same texts: what is short, or stands here several times, is kept once, in this table and every other."""
    different = set(cells)
    is_varied = 2 * len(different) > len(cells) and max(map(len, different)) > _SHORT
    return cells if is_varied else list(map(intern, cells))


def _numbers(cells: Cells) -> Cells | None:
    return cells if max(map(abs, cells)) <= canonical.SAFE_MAX else None


def _amounts(cells: Cells) -> Cells | None:
    """The numbers in decimal texts: each is the one text of its number."""
    try:
        found = list(map(int, cells))
    except ValueError:
        return None
    is_plain = all(map(eq, map(str, found), cells)) and max(map(abs, found)) < _UNITS_END
    return found if is_plain else None


def _text(value: Any) -> str | None:
    return value if type(value) is str else None


def _number(value: Any) -> int | None:
    return value if type(value) is int and abs(value) <= canonical.SAFE_MAX else None


def _truth(value: Any) -> bool | None:
    return value if type(value) is bool else None


def _units(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and _UNITS.fullmatch(value) else None


def moment(value: Any) -> datetime | None:
    """The moment that a text is in the one form of a pack; None where it is none."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and _MOMENT.fullmatch(value) else None
    except ValueError:
        return None


def day(value: Any) -> date | None:
    """The day that a text is; None where it is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        return None


_READERS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "units": _units,
    "truth": _truth,
    "moment": moment,
    "day": day,
}
_TYPES = {"text": str, "number": int, "units": str, "truth": bool, "moment": str, "day": str}
_WORDS = {
    "text": "text",
    "number": "a whole number",
    "truth": "true or false",
    "units": "a whole number in decimal text",
    "moment": "a moment such as 2026-07-31T10:00:00.000000Z",
    "day": "a day such as 2026-07-31",
}
