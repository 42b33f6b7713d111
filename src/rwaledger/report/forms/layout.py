"""How a table is laid out where width is scarce: as a grid, or, where it is too wide, each row as a card of its own.

Widths are what `Metrics` measures: characters on a screen, of which a wide one such as a Chinese counts twice, or
points on paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rich.cells import cell_len

from rwaledger.report.document import Column, Kind, Table
from rwaledger.report.values import shown, visible

WRAPPED = frozenset({Kind.TEXT, Kind.FIGURE})
"""Kinds that are broken into lines."""

CODES = frozenset({Kind.ACCOUNT, Kind.HASH})
"""Kinds that stand in letters of one width."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """How wide text is, how far apart columns stand, and how narrow a column of text may become.

    `folded` lets accounts and hashes stand in two lines.
    """

    measure: Callable[[str, Kind], int]
    gap: int
    wrapped_min: int
    wrapped_max: int
    folded: bool = False


CHARACTERS = Metrics(lambda text, _: cell_len(text), gap=2, wrapped_min=14, wrapped_max=40)
TIGHT = replace(CHARACTERS, folded=True)
"""The same with accounts and hashes in two lines."""

_SAMPLE = 200
"""Rows whose words are looked at one by one; of the rest only the whole length is."""


@dataclass(frozen=True, slots=True)
class Widths:
    """What a column needs, and what it would like to have."""

    least: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as text for people, with the widths of its columns."""

    table: Table
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...]
    widths: tuple[Widths, ...]
    gap: int

    @property
    def least(self) -> int:
        """The narrowest grid."""
        return sum(width.least for width in self.widths) + self.gap * max(len(self.widths) - 1, 0)

    @property
    def titles(self) -> tuple[str, ...]:
        """What stands over the columns, or beside the values of a card."""
        return tuple(visible(column.title) for column in self.table.columns)

    @property
    def total_titles(self) -> tuple[str, ...]:
        """The same for the totals: the word `Total` is no value of the first column."""
        return (self.titles[0] if self.table.columns[0].summed else "", *self.titles[1:])

    def fits(self, width: int) -> bool:
        """Whether it can be a grid in so many characters."""
        return self.least <= width

    def spread(self, width: int) -> tuple[int, ...]:
        """The width of each column in a grid that fits: what it needs, then the rest to those that want more."""
        given = [each.least for each in self.widths]
        spare = width - self.least
        while spare > 0 and any(each.wanted > got for each, got in zip(self.widths, given, strict=True)):
            hungry = [i for i, each in enumerate(self.widths) if each.wanted > given[i]]
            share = max(spare // len(hungry), 1)
            for i in hungry:
                more = min(share, self.widths[i].wanted - given[i], spare)
                given[i] += more
                spare -= more
        return tuple(given)


def show(table: Table, metrics: Metrics = CHARACTERS, printable: Callable[[str], str] = str) -> Shown:
    """The table as text, with the row of its totals, where it has one; `printable` is what its letters go through."""
    columns = table.columns
    rows = tuple(
        tuple(printable(shown(cell, column)) for cell, column in zip(row, columns, strict=True)) for row in table.rows
    )
    totals = _totals(table)
    lines = (*rows, totals) if totals else rows
    widths = tuple(
        _widths(column, printable(visible(column.title)), [line[i] for line in lines], metrics)
        for i, column in enumerate(columns)
    )
    return Shown(table, rows, totals, widths, metrics.gap)


def _totals(table: Table) -> tuple[str, ...]:
    """The totals as text, with the word in the first column that has none."""
    totals = table.totals
    if totals is None:
        return ()
    texts = [shown(total, column) for total, column in zip(totals, table.columns, strict=True)]
    if not table.columns[0].summed:
        texts[0] = "Total"
    return tuple(texts)


def _widths(column: Column, title: str, texts: list[str], metrics: Metrics) -> Widths:
    def measure(text: str) -> int:
        return metrics.measure(text, column.kind)

    longest = max(map(measure, texts), default=0)
    whole_title, title_word = metrics.measure(title, Kind.TEXT), _longest_word([title], metrics, Kind.TEXT)
    if column.kind not in WRAPPED:
        halved = metrics.folded and column.kind in CODES
        return Widths(max(longest // 2 + 1 if halved else longest, title_word), max(longest, whole_title))
    word = max(title_word, _longest_word(texts[:_SAMPLE], metrics, Kind.TEXT))
    least = min(max(longest, title_word), max(metrics.wrapped_min, min(word, metrics.wrapped_max)))
    return Widths(least, max(longest, whole_title))


def _longest_word(texts: Iterable[str], metrics: Metrics, kind: Kind) -> int:
    return max((metrics.measure(word, kind) for text in texts for word in text.split()), default=0)
