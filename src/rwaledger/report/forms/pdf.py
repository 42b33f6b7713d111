"""A document as a PDF on A4, set by typst: page numbers, what it stands on at the head of each page, repeated headings.

typst comes with the extra `pdf` of the package. Fonts are those that typst and matplotlib bring along, so that a page
looks the same on every machine; only for letters that these lack, such as Chinese, are the machine's own looked at.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rwaledger.domain.errors import MissingExtra
from rwaledger.report.document import Document
from rwaledger.report.forms.glyphs import Glyphs
from rwaledger.report.forms.pages import laid_out

_TAGGED_MAX = 1_000
"""Rows up to which cells are marked for readers of the screen; marks make a file ten times as large."""

_LONG_FACT = 40
"""A fact without a blank and longer than this is a hash."""


def render(document: Document) -> bytes:
    """The file; the same document gives the same bytes where the fonts are the same.

    Raises:
        MissingExtra: typst is not installed.
    """
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
        "title": glyphs.printable(document.title),
        "verdict": glyphs.printable(document.verdict),
        "outcome": outcome if is_outcome else "",
        "rest": glyphs.printable(rest if is_outcome else document.verdict),
        "facts": [
            (
                glyphs.printable(label[:1].upper() + label[1:]),
                glyphs.printable(value),
                len(value) > _LONG_FACT and " " not in value,
            )
            for label, value in document.facts
        ],
        "header": glyphs.printable(", ".join(part for part in heading if part)),
        "footer": glyphs.printable(document.fact("block hash")),
        "pictures": _pictures(document, glyphs),
        **laid_out(document.tables, glyphs.printable),
    }
    return {**data, "notes": [*notes, *glyphs.note()]}


def _pictures(document: Document, glyphs: Glyphs) -> dict[str, Any]:
    """Charts named after a table stand with it, the others before all tables."""
    if not document.charts:
        return {"loose": [], "named": {}}
    from rwaledger.report.charts import svg  # noqa: PLC0415 - matplotlib is slow to load

    drawn = [(chart, svg(chart)) for chart in document.charts]
    names = {table.name for table in document.tables}
    shown = {
        chart.name: {"title": glyphs.printable(chart.title), "svg": glyphs.printable_svg(text)}
        for chart, text in drawn
        if text
    }
    return {
        "loose": [each for name, each in shown.items() if name not in names],
        "named": {name: each for name, each in shown.items() if name in names},
    }
