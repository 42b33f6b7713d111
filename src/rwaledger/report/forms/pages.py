"""Tables laid out on A4, in points: as grids upright, across where they are wider, else each row as a card.

A width is estimated from the letters, a little too large rather than too small: a figure never runs out of its column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rwaledger.report.document import Column, Kind, Table
from rwaledger.report.forms.layout import CODES, WRAPPED, Metrics, Shown, show
from rwaledger.report.values import NUMBERS, visible

UPRIGHT_PT = 488
ACROSS_PT = 735
"""What is left of A4 between margins of 17 mm, and of the gap that follows every column."""

_SIZE_PT = 8.5
_CODE_PT = _SIZE_PT * 0.72 * 0.602
"""A letter of DejaVu Sans Mono, at the size that the template gives it."""

_CARD_PT = 340
_LABEL_MAX_PT = 100
_BRIEF_PT = 125
_LONG_CARD = 1_200
"""A card with more letters than this may be broken over two pages."""

_EM = {**dict.fromkeys("0123456789", 0.51), **dict.fromkeys(" ,.:;|'!", 0.26), **dict.fromkeys("-()/[]tfijlrs", 0.38)}
_EM |= {**dict.fromkeys("mwMW%@", 0.9), **dict.fromkeys("CDGHNOQRUVABKXY&", 0.74)}
_OTHER_EM, _WIDE_EM = 0.57, 1.05
_ASCII_END = 0x7F
_WIDE_START = 0x1100

_MANY = 1_000
_BLOCK = 25
"""Tables of more rows than the one are set in blocks of the other."""

_BREAK = "\u200b"
_PIECE = 8


def laid_out(tables: Sequence[Table], printable: Callable[[str], str]) -> dict[str, Any]:
    """What the template prints of the tables: `tables`, and whether the paper lies `across`."""
    shown = [_shown(table, printable) for table in tables]
    across = any(UPRIGHT_PT < each.least <= ACROSS_PT and each.rows for each in shown)
    return {
        "across": across,
        "tables": [_table(each, ACROSS_PT if across else UPRIGHT_PT, printable) for each in shown],
    }


def _shown(table: Table, printable: Callable[[str], str]) -> Shown:
    """The table with its codes in one line, or in two where it is a grid upright only so."""
    loose, tight = (show(table, metrics, printable) for metrics in (_METRICS, replace(_METRICS, folded=True)))
    if loose.fits(UPRIGHT_PT):
        return loose
    return tight if tight.fits(UPRIGHT_PT) or not loose.fits(ACROSS_PT) else loose


def points(text: str, kind: Kind) -> int:
    """How wide a text is at the most."""
    if kind in CODES:
        return int(len(text) * _CODE_PT) + 2
    return int(sum(map(_em, text)) * _SIZE_PT) + 2


_METRICS = Metrics(points, gap=10, wrapped_min=70, wrapped_max=150)


def _em(letter: str) -> float:
    if letter in _EM:
        return _EM[letter]
    code = ord(letter)
    return _OTHER_EM if code <= _ASCII_END else _WIDE_EM if code >= _WIDE_START else 0.75


def _table(shown: Shown, room: int, printable: Callable[[str], str]) -> dict[str, Any]:
    table = shown.table
    laid: dict[str, Any] = {
        "name": table.name,
        "title": printable(table.title),
        "note": printable(table.note),
        "titles": [printable(visible(column.title)) for column in table.columns],
        "kinds": [column.kind.value for column in table.columns],
        "numbers": [column.kind in NUMBERS for column in table.columns],
        "empty": not shown.rows,
        "is-grid": shown.fits(room),
        "gap": shown.gap,
    }
    return {**laid, **(_grid(shown, room) if shown.fits(room) else _cards(shown, laid["titles"]))}


def _grid(shown: Shown, room: int) -> dict[str, Any]:
    widths = shown.spread(room)
    columns = shown.table.columns

    def line(cells: tuple[str, ...]) -> list[str]:
        return [_fitted(*each) for each in zip(cells, widths, columns, strict=True)]

    rows = [line(row) for row in shown.rows] if len(shown.rows) <= _MANY else list(_blocks(shown, widths))
    return {"widths": widths, "rows": rows, "totals": shown.totals}


def _blocks(shown: Shown, widths: tuple[int, ...]) -> Iterator[list[str]]:
    """Some rows in one: typst takes time and memory for each cell, and hardly any for a line in it.

    Every cell of a row is broken here into as many lines as the longest of them, so that rows stay level.
    """
    for start in range(0, len(shown.rows), _BLOCK):
        columns: list[list[str]] = [[] for _ in widths]
        for row in shown.rows[start : start + _BLOCK]:
            cells = [_lines_of(*each) for each in zip(row, widths, shown.table.columns, strict=True)]
            height = max(map(len, cells))
            for column, lines in zip(columns, cells, strict=True):
                column.extend([*lines, *[_BREAK] * (height - len(lines))])
        yield ["\n".join(column) for column in columns]


def _lines_of(cell: str, width: int, column: Column) -> list[str]:
    if points(cell, column.kind) <= width or column.kind in NUMBERS:
        return [cell or _BREAK]
    if column.kind in CODES:
        return _fitted(cell, width, column).split("\n")
    lines, line = [], ""
    for word in breakable(cell, width).replace(_BREAK, " \0").split(" "):
        longer = f"{line}{word[1:]}" if word.startswith("\0") else f"{line} {word}" if line else word
        if line and points(longer, Kind.TEXT) > width:
            lines.append(line)
            longer = word.removeprefix("\0")
        line = longer
    return [*lines, line]


def _fitted(cell: str, width: int, column: Column) -> str:
    """What has to be broken, where it may be: a code into two halves, text between its words."""
    if column.kind in CODES and points(cell, column.kind) > width:
        middle = (len(cell) + 1) // 2
        return f"{cell[:middle]}\n{cell[middle:]}"
    return breakable(cell, width) if column.kind in WRAPPED else cell


def _cards(shown: Shown, titles: list[str]) -> dict[str, Any]:
    label = min(max(points(title, Kind.TEXT) for title in titles), _LABEL_MAX_PT)
    cards = [_card(shown, row, titles) for row in shown.rows]
    total_titles = [title if plain else "" for title, plain in zip(titles, shown.total_titles, strict=True)]
    return {"label": label, "cards": cards, "total-card": _card(shown, shown.totals, total_titles)}


def _card(shown: Shown, row: tuple[str, ...], titles: list[str]) -> dict[str, Any]:
    pairs = [
        (title, breakable(cell, _CARD_PT) if column.kind in WRAPPED else cell, column.kind.value)
        for title, cell, column in zip(titles, row, shown.table.columns, strict=False)
        if cell
    ]
    return {"lines": _lines(pairs), "long": sum(len(cell) for _, cell, _ in pairs) > _LONG_CARD}


def _lines(pairs: list[tuple[str, str, str]]) -> list[list[tuple[str, str, str]]]:
    """Two that are brief stand in one line, and each of the others has a line of its own."""
    lines: list[list[tuple[str, str, str]]] = []
    for pair in pairs:
        is_brief = points(pair[1], Kind(pair[2])) <= _BRIEF_PT
        if is_brief and lines and len(lines[-1]) == 1 and points(lines[-1][0][1], Kind(lines[-1][0][2])) <= _BRIEF_PT:
            lines[-1].append(pair)
        else:
            lines.append([pair])
    return lines


def breakable(text: str, width: int) -> str:
    """Text whose words can be broken where they are wider than their place, so that none runs over its neighbour."""
    if points(text, Kind.TEXT) <= width:
        return text
    return " ".join(word if points(word, Kind.TEXT) <= width else _broken(word) for word in text.split(" "))


def _broken(word: str) -> str:
    return _BREAK.join(word[i : i + _PIECE] for i in range(0, len(word), _PIECE))
