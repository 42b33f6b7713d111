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

WIDTH_MAX = 160
"""Beyond this a line is too long to be followed with the eye."""

_PROSE_MAX = 100
_GAP = CHARACTERS.gap
_BESIDE = 3
"""Blanks between what stands side by side on a card."""

_ROOM_MIN = 38
"""So many characters each of the pairs on a line of a card has; fewer pairs stand there where the screen is narrow."""

_STYLES = {"PASS": "bold green", "FAIL": "bold red", "EXEMPT": "bold yellow", "NOT_RUN": "bold yellow"}


def render(document: Document, *, colour: bool = False, width: int | None = None) -> str:
    """The document as text, by default as wide as the terminal, at most 160 columns; colours are those of ANSI."""
    columns = width or min(WIDTH_MAX, shutil.get_terminal_size((_PROSE_MAX, 24)).columns)
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
            yield from _wrapped(visible(table.note), min(width, _PROSE_MAX), "dim")
        shown = show(table)
        yield from _table(shown if shown.fits(width) else show(table, TIGHT), width)
    for note in document.notes:
        yield Text()
        yield from _wrapped(visible(note), min(width, _PROSE_MAX), "dim")


def _table(shown: Shown, width: int) -> Iterator[Text]:
    if not shown.rows:
        yield Text("none", style="dim")
    elif shown.fits(width):
        yield from _grid(shown, width)
    else:
        yield from _cards(shown, width)


def _grid(shown: Shown, width: int) -> Iterator[Text]:
    widths = shown.spread(width)
    yield from _line(shown, shown.titles, widths, "dim")
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
    """Each row by itself: every cell under its name, and what is brief side by side."""
    titles = shown.titles
    beside = max((width + _BESIDE) // (_ROOM_MIN + _BESIDE), 1)
    room = (width + _BESIDE) // beside - _BESIDE
    label = max(map(cell_len, titles))
    is_brief = [label + _GAP + each.wanted <= room for each in shown.widths]
    for row in shown.rows:
        pairs = [pair for pair in zip(titles, row, is_brief, strict=True) if pair[1]]
        yield Text()
        yield from _card(pairs, beside, (width, room, label))
    if shown.totals:
        totals = [pair for pair in zip(shown.total_titles, shown.totals, is_brief, strict=True) if pair[0] and pair[1]]
        yield Text()
        yield Text("Total", style="bold")
        yield from _card(totals, beside, (width, room, label))


def _card(pairs: list[tuple[str, str, bool]], beside: int, sizes: tuple[int, int, int]) -> Iterator[Text]:
    """`sizes` are the width of the screen, the room of what stands beside something, and that of a label.

    The first line is bold, so that the eye finds where each card begins.
    """
    width, room, label = sizes
    line, count, style = Text(), 0, "bold"
    for title, cell, is_brief in pairs:
        if count and (not is_brief or count == beside):
            yield line
            line, count, style = Text(), 0, ""
        if not is_brief:
            yield from _pairs([(title, cell)], width, label=label)
            continue
        line.append(" " * ((room + _BESIDE) * count - line.cell_len))
        line.append(title + " " * (label - cell_len(title) + _GAP), style="dim")
        line.append(cell, style=_STYLES.get(cell, style))
        count += 1
    if count:
        yield line


def _pairs(pairs: list[tuple[str, str]], width: int, label: int = 0) -> Iterator[Text]:
    room = max(label, 0, *(cell_len(name) for name, _ in pairs))
    for name, value in pairs:
        for i, part in enumerate(fold(value, max(width - room - _GAP, 10))):
            text = Text()
            text.append(("" if i else name) + " " * (room - (0 if i else cell_len(name)) + _GAP), style="dim")
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
        *full, line = _chopped(word, width)
        lines += full
    return [*lines, line]


def _chopped(word: str, width: int) -> list[str]:
    """A word in pieces of about the same length, as few as may be: a hash of 66 digits as 33 and 33."""
    pieces = max(-(-cell_len(word) // width), 1)
    while len(found := chop_cells(word, -(-cell_len(word) // pieces)) or [""]) > pieces:
        pieces += 1
    return found
