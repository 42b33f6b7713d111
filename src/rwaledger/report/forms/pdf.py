"""A document as a PDF on A4, set by typst: page numbers, what it stands on at the head of each page, repeated headings.

typst comes with the extra `pdf` of the package. Fonts are those that typst and matplotlib bring along, and those of the
extra `cjk`, so that a page looks the same on every machine; only for letters that these lack are its own looked at.
"""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rwaledger.domain.errors import MissingExtra
from rwaledger.report.document import Chart, Document, Series
from rwaledger.report.forms import require_readable
from rwaledger.report.forms.glyphs import Glyphs
from rwaledger.report.forms.pages import breakable, laid_out

_TAGGED_MAX = 1_000
"""Rows up to which cells are marked for readers of the screen; marks make a file ten times as large."""

_LONG_FACT = 40
"""A fact without a blank and longer than this is a hash."""

_FACT_PT, _TITLE_PT = 330, 200
"""Words that are wider may be broken; a title is set twice as large as what is measured."""

_HEAD_MAX = 48


def render(document: Document) -> bytes:
    """The file; the same document gives the same bytes where the fonts are the same.

    Raises:
        MissingExtra: typst is not installed.
        UsageError: there are too many rows.
    """
    require_readable(document)
    typst = _typst()
    with TemporaryDirectory() as folder:
        glyphs = Glyphs(typst, Path(folder))
        data = _data(document, glyphs)
        made = typst.compile(
            files("rwaledger.report").joinpath("templates", "document.typ").read_bytes(),
            format="pdf",
            font_paths=glyphs.fonts(),
            sys_inputs={"document": json.dumps(data, ensure_ascii=False)},
            timestamp=0,
            pdf_tags=sum(len(table.rows) for table in document.tables) <= _TAGGED_MAX,
        )
    assert isinstance(made, bytes)
    return made


def _typst() -> Any:
    try:
        import typst  # noqa: PLC0415 - an extra of the package
    except ImportError:
        raise MissingExtra("a report as PDF", "typst", "pdf") from None
    return typst


def _data(document: Document, glyphs: Glyphs) -> dict[str, Any]:
    """What the template prints."""
    outcome, colon, rest = document.verdict.partition(": ")
    is_outcome = bool(colon) and outcome in ("PASS", "FAIL", "EXEMPT")
    instrument, block = (
        document.fact("instrument").partition(":")[0],
        document.fact("block") or document.fact("block number"),
    )
    heading = [instrument, f"block {block}" if block else "", document.fact("block time")]
    notes = [glyphs.printable(note) for note in document.notes]
    data = {
        "title": breakable(glyphs.printable(document.title), _TITLE_PT),
        "running": _shortened(glyphs.printable(document.title)),
        "verdict": glyphs.printable(document.verdict),
        "outcome": outcome if is_outcome else "",
        "rest": glyphs.printable(rest if is_outcome else document.verdict),
        "facts": [
            (glyphs.printable(label[:1].upper() + label[1:]), *_fact(glyphs.printable(value)))
            for label, value in document.facts
        ],
        "header": ", ".join(_shortened(glyphs.printable(part)) for part in heading if part),
        "footer": glyphs.printable(document.fact("block hash")),
        "pictures": _pictures(document, glyphs),
        **laid_out(document.tables, glyphs.printable),
    }
    return {**data, "notes": [*notes, *glyphs.note()], "fonts": glyphs.families()}


def _printable(chart: Chart, glyphs: Glyphs) -> Chart:
    """The chart with printable words, which are put in before it is drawn: they may take more room."""
    series = tuple(
        Series(
            glyphs.printable(each.name),
            tuple((glyphs.printable(x) if isinstance(x, str) else x, y) for x, y in each.points),
        )
        for each in chart.series
    )
    return replace(chart, title=glyphs.printable(chart.title), unit=glyphs.printable(chart.unit), series=series)


def _fact(value: str) -> tuple[str, bool]:
    """A fact as it is printed, and whether in letters of one width."""
    if len(value) > _LONG_FACT and " " not in value:
        return value, True
    return breakable(value, _FACT_PT), False


def _shortened(text: str) -> str:
    """What fits into the head of a page; the first page has it whole."""
    return text if len(text) <= _HEAD_MAX else f"{text[: _HEAD_MAX - 1]}…"


def _pictures(document: Document, glyphs: Glyphs) -> dict[str, Any]:
    """Charts named after a table stand with it, the others before all tables."""
    if not document.charts:
        return {"loose": [], "named": {}}
    from rwaledger.report.charts import svg  # noqa: PLC0415 - matplotlib is slow to load

    drawn = [(each, svg(each)) for each in (_printable(chart, glyphs) for chart in document.charts)]
    names = {table.name for table in document.tables}
    shown = {chart.name: {"title": chart.title, "svg": text} for chart, text in drawn if text}
    return {
        "loose": [each for name, each in shown.items() if name not in names],
        "named": {name: each for name, each in shown.items() if name in names},
    }
