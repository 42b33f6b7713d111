"""A document for a terminal: verdict, facts, every row of every table, notes. A chart has no place here."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from rwaledger.report.document import Document
from rwaledger.report.forms.layout import CHARACTERS, TIGHT, Shown, show
from rwaledger.report.values import NUMBERS, visible

WIDTH_MAX = 100
_GAP = CHARACTERS.gap
_BRIEF = 24
"""Columns up to this width, if they come first, stand together in the first line of each card."""

_STYLES = {"PASS": "bold green", "FAIL": "bold red", "EXEMPT": "bold yellow", "NOT_RUN": "bold yellow"}


def render(document: Document, *, colour: bool = False, width: int | None = None) -> str:
    """The document as text, by default as wide as the terminal and at most 100 columns, with ANSI colours on demand."""
    columns = width or min(WIDTH_MAX, shutil.get_terminal_size((WIDTH_MAX, 24)).columns)
    lines = _page(document, columns)
    return _coloured(lines) if colour else "".join(f"{line.plain.rstrip()}\n" for line in lines)


def _coloured(lines: Iterator[Text]) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, color_system="standard", legacy_windows=False)
    for line in lines:
        line.rstrip()
        console.print(line, soft_wrap=True)
    return text.getvalue()


def _page(document: Document, width: int) -> Iterator[Text]:
    yield from _wrapped(visible(document.title), width, "bold")
    if document.verdict:
        yield from _wrapped(visible(document.verdict), width, _STYLES.get(document.verdict.partition(":")[0], "bold"))
    yield Text()
    yield from _pairs([(visible(label), visible(value)) for label, value in document.facts], width)
    for table in document.tables:
        yield Text()
        yield from _wrapped(visible(table.title), width, "bold")
        if table.note:
            yield from _wrapped(visible(table.note), width, "dim")
        shown = show(table)
        yield from _table(shown if shown.fits(width) else show(table, TIGHT), width)
    for note in document.notes:
        yield Text()
        yield from _wrapped(visible(note), width, "dim")


def _table(shown: Shown, width: int) -> Iterator[Text]:
    if not shown.rows:
        yield Text("none", style="dim")
    elif shown.fits(width):
        yield from _grid(shown, width)
    else:
        yield from _cards(shown, width)


def _grid(shown: Shown, width: int) -> Iterator[Text]:
    widths = shown.spread(width)
    yield from _line(shown, tuple(visible(column.title) for column in shown.table.columns), widths, "dim")
    for row in shown.rows:
        yield from _line(shown, row, widths)
    if shown.totals:
        yield from _line(shown, shown.totals, widths, "bold")


def _line(shown: Shown, cells: tuple[str, ...], widths: tuple[int, ...], style: str = "") -> Iterator[Text]:
    folded = [fold(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*folded, fillvalue=""):
        text = Text(style=style)
        for i, (part, width, column) in enumerate(zip(parts, widths, shown.table.columns, strict=True)):
            room = " " * (width - cell_len(part))
            text.append(" " * _GAP if i else "")
            text.append(room + part if column.kind in NUMBERS else part + room, style=_STYLES.get(part, ""))
        yield text


def _cards(shown: Shown, width: int) -> Iterator[Text]:
    """Each row by itself: what is brief in its first line, all else beneath it under its name."""
    titles = [visible(column.title) for column in shown.table.columns]
    brief = [width.wanted <= _BRIEF for width in shown.widths]
    head = brief.index(False) if False in brief else len(brief)
    for row in shown.rows:
        yield Text()
        yield from _wrapped("  ".join(cell for cell in row[:head] if cell), width, "bold")
        rest = zip(titles[head:], row[head:], strict=True)
        yield from _pairs([(title, cell) for title, cell in rest if cell], width, indent=3)
    if shown.totals:
        yield Text()
        yield from _pairs([pair for pair in zip(titles, shown.totals, strict=True) if pair[1]], width)


def _pairs(pairs: list[tuple[str, str]], width: int, indent: int = 0) -> Iterator[Text]:
    room = max((cell_len(label) for label, _ in pairs), default=0)
    for label, value in pairs:
        for i, part in enumerate(fold(value, max(width - indent - room - _GAP, 10))):
            text = Text(" " * indent)
            text.append(("" if i else label) + " " * (room - (0 if i else cell_len(label)) + _GAP), style="dim")
            yield text.append(part, style=_STYLES.get(part, ""))


def _wrapped(text: str, width: int, style: str = "") -> Iterator[Text]:
    for part in fold(text, width):
        yield Text(part, style=style)


def fold(text: str, width: int) -> list[str]:
    """Lines of so many columns at most, broken at blanks where there are any, and nothing left out."""
    if cell_len(text) <= width:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [""]
        lines += full
    return [*lines, line]
