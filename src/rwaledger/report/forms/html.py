"""A document as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from rwaledger.report.document import Chart, Document
from rwaledger.report.forms.layout import Shown, show
from rwaledger.report.values import NUMBERS, visible

GRID_MAX = 150
"""Characters beside one another on a wide screen; a table that needs more has a card for each row."""

PORTRAIT_MAX = 125
"""Characters beside one another on upright paper; a grid that needs more is printed across."""


_LONG = 30
_PIECE = 10
"""Words longer than the one may be broken after each of the other."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as it stands in the page."""

    name: str
    title: str
    svg: str


def render(document: Document) -> str:
    """The page; the same document gives the same text. Whatever comes from the register is escaped."""
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
        card=_card,
        numbers=NUMBERS,
        visible=visible,
        soft=_soft,
    )


def _card(shown: Shown, row: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """What a card shows of a row: title, value and kind of each column that has one."""
    columns = shown.table.columns
    return [(visible(column.title), cell, column.kind.value) for column, cell in zip(columns, row, strict=True) if cell]


def _soft(text: str) -> Markup:
    """Text with places where a long word may be broken; they are no letters, and are not copied with it."""
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
