"""Reads each form back with a program that is not ours: a spreadsheet, a PDF reader, a browser, parsers."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections import Counter
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import formualizer
import openpyxl  # type: ignore[import-untyped]
import pypdfium2  # type: ignore[import-untyped]
import pytest
from openpyxl.utils.escape import unescape  # type: ignore[import-untyped]
from typing_extensions import override

from rwaledger.report.document import Document, Kind, Table
from rwaledger.report.forms import FORMS
from rwaledger.report.forms.sheets import FIRST_ROW, HEADER_ROW
from rwaledger.report.values import plain

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VOID_TAGS = {"meta", "path", "use", "br", "rect", "wbr"}


def flat(text: str) -> str:
    """Without blanks, line breaks and places where a line may break: what a page or a screen puts in."""
    return "".join(character for character in text if not character.isspace() and character not in "\u200b\ufffe\x02")


# ------------------------------------------------------------------ spreadsheet


def recomputed(content: bytes) -> Any:
    """The workbook with every formula computed anew by a spreadsheet engine, none of what was stored kept."""
    result = formualizer.recalculate_xlsx_bytes(content)
    assert result["summary"]["status"] == "success", result["summary"]
    return openpyxl.load_workbook(io.BytesIO(result["bytes"]), data_only=True)


def stored(content: bytes) -> Any:
    """The workbook as it was written, formulas as text."""
    return openpyxl.load_workbook(io.BytesIO(content))


def edited(content: bytes, sheet: str, cell: str, value: float) -> bytes:
    """The workbook in which somebody changed one cell."""
    book = stored(content)
    book[sheet][cell] = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text_of(value: object) -> str:
    """A cell's text; openpyxl leaves escapes of the format in text that is in its cell."""
    return str(unescape(str(value)))


def require_ties(document: Document) -> None:
    """Every total that a spreadsheet adds up, and every formula of a row, equals the document's to the last digit."""
    book = recomputed(FORMS["xlsx"].render(document))
    cover = {row[0].value: row[4].value for row in book["Cover"].iter_rows()}
    assert cover.get("All totals", "ties") == "ties"
    for sheet, table in zip(book.worksheets[1:], document.tables, strict=False):
        assert [cell.value for cell in sheet[HEADER_ROW]][: len(table.columns)] == [c.title for c in table.columns]
        _require_rows(sheet, table)


def _require_rows(sheet: Any, table: Table) -> None:
    lines = [*table.rows, *([table.totals] if table.totals else [])]
    for number, line in enumerate(lines, FIRST_ROW):
        for cell, expected, column in zip(sheet[number], line, table.columns, strict=False):
            if column.kind in (Kind.UNITS, Kind.INTEGER) and expected is not None:
                assert _decimal(cell.value, column.decimals) == Decimal(plain(expected, column)), (table.name, number)


def _decimal(value: object, decimals: int) -> Decimal:
    """A number as it is shown, which is all that a person sees."""
    return Decimal(value) if isinstance(value, str) else Decimal(f"{value:.{decimals}f}")


# ------------------------------------------------------------------ PDF


def pdf_texts(content: bytes) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in document]


def blank_pages(content: bytes) -> list[int]:
    """Pages on whose picture there is next to nothing, counted from 1."""
    document = pypdfium2.PdfDocument(content)
    pictures = [page.render(grayscale=True).to_numpy() for page in document]
    return [number for number, picture in enumerate(pictures, 1) if (picture < 160).sum() < 50]


# ------------------------------------------------------------------ CSV


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The rows by their header; the apostrophe before what would be a formula is taken off again."""
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [{name: value.removeprefix("'") for name, value in row.items()} for row in rows]


# ------------------------------------------------------------------ HTML


class Page(HTMLParser):
    """Reads a page and holds it to what a browser would otherwise forgive."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: Counter[str] = Counter()
        self.labels: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.labels += [value for name, value in attrs if name == "aria-labelledby" and value]
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID_TAGS:
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_TAGS:
            self.open.pop()

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_TAGS:
            assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def browser(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a browser without a window on a profile of its own; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    fixed = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
    quiet = ("--disable-component-update", "--disable-sync", f"--user-data-dir={folder / 'profile'}")
    return subprocess.run([program, *fixed, *quiet, *arguments], capture_output=True, check=True, timeout=90)
