"""A document as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from rwaledger.report.document import Chart, Column, Document, Kind
from rwaledger.report.forms import require_readable
from rwaledger.report.forms.layout import Shown, show
from rwaledger.report.values import NUMBERS, visible

GRID_MAX = 150
"""Characters beside one another on a wide screen; a table that needs more has a card for each row."""

PORTRAIT_MAX = 125
"""Characters beside one another on upright paper; a grid that needs more is printed across."""


_LONG = 30
_PIECE = 10
"""Words longer than the one may be broken after each of the other."""

_OUTCOMES = ("PASS", "FAIL", "EXEMPT", "NOT_RUN")


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as it stands in the page."""

    name: str
    title: str
    svg: str


def render(document: Document) -> str:
    """The page; the same document gives the same text. Whatever comes from the register is escaped.

    Raises:
        UsageError: there are too many rows.
    """
    require_readable(document)
    tables = [show(table) for table in document.tables]
    names = {table.name for table in document.tables}
    pictures = [_picture(chart) for chart in document.charts]
    return _template().render(
        document=document,
        verdict=document.verdict.partition(": "),
        tables=tables,
        pictures={each.name: each for each in pictures if each.svg and each.name in names},
        loose=[each for each in pictures if each.svg and each.name not in names],
        is_grid=lambda shown: shown.fits(GRID_MAX),
        across=any(PORTRAIT_MAX < shown.least <= GRID_MAX for shown in tables),
        lines=_lines,
        card=_card,
        numbers=NUMBERS,
        visible=visible,
    )


def _card(shown: Shown, row: tuple[str, ...], titles: Sequence[str]) -> list[tuple[str, str, str]]:
    """What a card shows of a row: title, value and kind of each column that has one."""
    kinds = [column.kind.value for column in shown.table.columns]
    return [(title, cell, kind) for title, cell, kind in zip(titles, row, kinds, strict=False) if cell]


def _lines(shown: Shown) -> Iterator[Markup]:
    """The rows of a grid. Not written in the template: a table may have a hundred thousand of them."""
    cells = [_cell_of(column) for column in shown.table.columns]
    for row in shown.rows:
        yield Markup(f"<tr>{''.join([cell(text) for cell, text in zip(cells, row, strict=True)])}</tr>\n")


def _cell_of(column: Column) -> Callable[[str], str]:
    kind = column.kind
    opening = f'<td class="{kind.value}{" number" if kind in NUMBERS else ""}">'
    write = _soft if kind is Kind.TEXT else escape
    return lambda text: f"{opening}{_outcome(text) if text in _OUTCOMES else write(text)}</td>"


def _outcome(text: str) -> str:
    return f'<span class="outcome {text.lower()}">{text}</span>'


def _soft(text: str) -> Markup:
    """Text with places where a long word may be broken; they are no letters, and are not copied with it."""
    if len(text) <= _LONG:
        return escape(text)
    return Markup(" ").join(
        Markup("<wbr>").join(word[i : i + _PIECE] for i in range(0, len(word), _PIECE)) if len(word) > _LONG else word
        for word in text.split(" ")
    )


def _picture(chart: Chart) -> Picture:
    from rwaledger.report.charts import svg  # noqa: PLC0415 - matplotlib is slow to load

    return Picture(chart.name, chart.title, svg(chart))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("rwaledger.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("document.html.j2")
