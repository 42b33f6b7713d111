"""A report as data, before it takes a form: facts, a verdict, tables of exact values, charts and notes.

Whoever makes a report builds one `Document`; each module of `report/forms/` prints any document in one form. Amounts
are whole numbers in base units throughout, and a column says how many decimals they are shown with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

Cell = str | int | Fraction | date | datetime | None
"""One value of a table; None is a cell with nothing in it, which is not the same as zero."""


class Kind(StrEnum):
    """What the cells of a column are, which decides how they are shown and aligned."""

    TEXT = "text"
    FIGURE = "figure"  # text that is mostly a number, of whatever unit; people see it grouped where it is one
    ACCOUNT = "account"  # a 0x address in lower case; shown with its EIP-55 checksum
    HASH = "hash"
    UNITS = "units"  # int base units, shown with the column's decimals
    INTEGER = "integer"
    DATE = "date"
    TIME = "time"  # an aware datetime, shown in UTC
    PERCENT = "percent"  # a Fraction of one: 1/2 is 50 %


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `formula` says how its value follows from others of the row: `opening + received - paid`."""

    name: str
    title: str
    kind: Kind
    decimals: int = 0
    summed: bool = False
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, with a row of totals where any column is summed. One table an instrument."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        _require_distinct(f"columns of the table {self.name!r}", (column.name for column in self.columns))
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {number} of the table {self.name!r} has {len(row)} cells for {len(self.columns)} columns"
                )

    @property
    def totals(self) -> tuple[int | Fraction | None, ...] | None:
        """The sum of each summed column, None in the others; no row of totals where no column is summed."""
        if not any(column.summed for column in self.columns):
            return None
        return tuple(
            sum(_number(row[i]) for row in self.rows) if column.summed else None
            for i, column in enumerate(self.columns)
        )


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a chart, or one part of its bars: what is measured, and each point."""

    name: str
    points: tuple[tuple[str | date | datetime, Fraction | int], ...]

    def thinned(self, most: int) -> Series:
        """At most so many points, evenly out of all and with the last: no picture shows more, and none is as large."""
        step = max(-(-len(self.points) // most), 1)
        return Series(self.name, self.points[::-step][::-1])


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: `form` is line, bar or stacked; whole numbers are base units with `decimals`, in `unit`."""

    name: str
    title: str
    form: str
    unit: str
    decimals: int
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report; `facts` say what it stands on: chain, block, hash, time, version, digest, instrument."""

    kind: str
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    verdict: str = ""

    def __post_init__(self) -> None:
        _require_distinct(f"tables of the {self.kind}", (table.name for table in self.tables))
        _require_distinct(f"charts of the {self.kind}", (chart.name for chart in self.charts))
        _require_distinct(f"facts of the {self.kind}", (label for label, _ in self.facts))

    def fact(self, label: str) -> str:
        """The fact of that label, in capitals or not; empty where there is none."""
        return next((value for each, value in self.facts if each.casefold() == label.casefold()), "")


def _require_distinct(what: str, names: Iterable[str]) -> None:
    """Forms tell parts by their names, so that none may stand for two."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what} are called {name!r}")
        seen.add(name)


def _number(cell: Cell) -> int | Fraction:
    if cell is None:
        return 0
    if isinstance(cell, int | Fraction):
        return cell
    raise ValueError(f"{cell!r} stands in a column that is summed, and is no number")
