"""The workbook recomputes: a spreadsheet engine comes to the document's totals, or shows what differs."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from rwaledger.report.document import Cell, Column, Document, Kind, Table
from rwaledger.report.forms import FORMS
from tests.report.reading import edited, recomputed, require_ties, stored
from tests.report.samples import document

DOCUMENT = document()


@pytest.fixture(scope="module")
def content() -> bytes:
    return FORMS["xlsx"].render(DOCUMENT)


def checks(content: bytes) -> dict[tuple[str, str], str]:
    """The cover's word on each total: sheet and column to `ties`, `DIFFERS` or `exact text`."""
    rows = [[cell.value for cell in row] for row in recomputed(content)["Cover"].iter_rows()]
    return {(row[0], row[1]): row[4] for row in rows if row[4] and row[0] != "Totals"}


def test_every_total_and_every_formula_recomputes_to_the_document() -> None:
    require_ties(DOCUMENT)


def test_totals_and_rows_are_live_formulas(content: bytes) -> None:
    book = stored(content)
    assert book["roll"]["E5"].value == "=ROUND(B5+C5-D5,2)"
    assert book["roll"]["E19"].value == "=ROUND(SUM(E5:E18),2)"
    assert book["holders"]["C75"].value == "=ROUND(SUM(C5:C74),6)"
    assert book.sheetnames[:6] == ["Cover", "holders", "roll", "largest", "wide", "empty"]


def test_an_edited_figure_is_seen_on_the_cover(content: bytes) -> None:
    assert set(checks(content).values()) == {"ties", "exact text"}
    found = checks(edited(content, "roll", "B5", 99.0))
    assert {where for where, word in found.items() if word == "DIFFERS"} == {
        ("roll", "Opening"),
        ("roll", "Closing"),
        ("All totals", None),
    }


def test_what_a_double_cannot_hold_is_text_and_is_not_added_up(content: bytes) -> None:
    book = stored(content)
    sheet = book["largest"]
    assert [sheet[f"B{row}"].value for row in (5, 6, 8)] == [
        "79228162514.264337593543949335",
        "0.000000000000000900",
        "79228162514.264337593543950335",
    ]
    assert "more than 15 digits" in sheet["A3"].value
    assert checks(content)["largest", "BIG"] == "exact text"


def test_no_text_becomes_a_formula(content: bytes) -> None:
    sheet = stored(content)["holders"]
    assert sheet["A5"].value == '=HYPERLINK("http://evil.example")'
    assert sheet["A5"].data_type != "f"
    assert recomputed(content)["holders"]["A6"].value == "+1+1"


def test_dates_are_dates_and_charts_are_charts(content: bytes) -> None:
    book = stored(content)
    assert book["holders"]["E6"].value.isoformat() == "2026-01-02T00:00:00"
    assert book["wide"]["L5"].value.isoformat() == "2026-01-05T09:00:00"
    assert len(book["Charts"]._charts) == 4
    assert book["Chart data"]["A1"].value == "HKDS in issue"


@pytest.mark.parametrize("decimals", [0, 2, 6, 18])
@pytest.mark.parametrize("largest", [10**3, 10**9, 10**14])
def test_sums_of_many_figures_tie_to_the_last_digit(decimals: int, largest: int) -> None:
    """A sum of doubles drifts; where that could be seen, whole numbers beside the table are added."""
    draw = random.Random(largest + decimals)
    amounts = [draw.randrange(largest) for _ in range(3_000)]
    table = Table("t", "T", (Column("a", "A", Kind.UNITS, decimals, summed=True),), tuple((a,) for a in amounts))
    require_ties(Document("sample", "Sums", (), (table,)))


def test_shares_and_empty_cells_add_up() -> None:
    columns = (Column("n", "N", Kind.INTEGER, summed=True), Column("s", "S", Kind.PERCENT, 4, summed=True))
    rows: tuple[tuple[Cell, ...], ...] = ((1, Fraction(1, 3)), (None, None), (2, Fraction(2, 3)))
    made = Document("sample", "Shares", (), (Table("t", "T", columns, rows),))
    require_ties(made)
    book = recomputed(FORMS["xlsx"].render(made))
    assert (book["t"]["A8"].value, round(book["t"]["B8"].value, 6)) == (3, 1)


def test_names_of_sheets_are_told_apart_and_legal() -> None:
    columns = (Column("a", "A", Kind.TEXT),)
    names = ["a" * 40, "A" * 40, "Cover", "x[1]:*?/\\'", "", "history"]
    made = Document("sample", "Names", (), tuple(Table(name, name, columns, ()) for name in names))
    sheets = stored(FORMS["xlsx"].render(made)).sheetnames
    assert len({name.casefold() for name in sheets}) == len(names) + 1
    assert max(map(len, sheets)) <= 31


@pytest.mark.parametrize("formula", ["opening + secret", "opening + 1.5", "SUM(opening)", "opening; paid"])
def test_a_formula_that_names_no_column_is_refused(formula: str) -> None:
    columns = (Column("opening", "O", Kind.UNITS, 2), Column("closing", "C", Kind.UNITS, 2, formula=formula))
    with pytest.raises(ValueError, match="formula"):
        FORMS["xlsx"].render(Document("sample", "", (), (Table("t", "T", columns, ((1, 1),)),)))
