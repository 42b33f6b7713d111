"""What every form of any document has to say, and that hostile text survives each of them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.domain.errors import UsageError
from rwaledger.domain.units import MAX_UNITS
from rwaledger.report.document import Column, Document, Kind, Table
from rwaledger.report.forms import FORMS, terminal
from rwaledger.report.forms.glyphs import Glyphs
from rwaledger.report.values import plain, shown, visible, whole
from tests.report import reading
from tests.report.reading import Page, csv_rows, flat
from tests.report.samples import HOSTILE, document, holders

DOCUMENT = document()


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return {name: form.render(DOCUMENT) for name, form in FORMS.items()}


def words(name: str, content: bytes) -> str:
    """All text of a form, as its own program reads it."""
    if name == "xlsx":
        cells = [cell for sheet in reading.recomputed(content) for row in sheet.iter_rows() for cell in row]
        return "\n".join(reading.text_of(cell.value) for cell in cells if cell.value is not None)
    if name == "pdf":
        return "\n".join(reading.pdf_texts(content))
    if name == "html":
        return "".join(Page(content.decode()).words)
    if name == "json":
        return json.dumps(json.loads(content), ensure_ascii=False)
    return content.decode()


@pytest.mark.parametrize("name", FORMS)
def test_every_form_states_verdict_facts_and_notes(rendered: dict[str, bytes], name: str) -> None:
    text = flat(words(name, rendered[name]))
    for label, value in DOCUMENT.facts:
        assert flat(label).casefold() in text.casefold()
        assert flat(value) in text
    assert "1of2checksdoesnotagree" in text
    assert "Nothinghereis*advice*." in text
    assert "Sampleof#everything&<more>" in text


@pytest.mark.parametrize("name", FORMS)
def test_every_form_has_every_row(rendered: dict[str, bytes], name: str) -> None:
    text = flat(words(name, rendered[name]))
    for n in range(len(HOSTILE), 70):
        assert f"Holder{n}Limited" in text
    for n in range(3):
        assert flat(f"some words of {n} in 7") in text


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_the_same_bytes_each_time(rendered: dict[str, bytes], name: str) -> None:
    assert FORMS[name].render(document()) == rendered[name]


@pytest.mark.parametrize("name", FORMS)
def test_the_largest_amount_is_exact_in_every_form(rendered: dict[str, bytes], name: str) -> None:
    text = flat(words(name, rendered[name])).replace(",", "")
    assert f"{(MAX_UNITS - 1000) // 10**18}.{(MAX_UNITS - 1000) % 10**18:018d}" in text


@pytest.mark.parametrize("name", ["terminal", "html", "pdf", "json", "xlsx"])
def test_every_form_with_totals_has_those_of_the_document(rendered: dict[str, bytes], name: str) -> None:
    text = flat(words(name, rendered[name])).replace(",", "")
    for table in DOCUMENT.tables:
        for total, column in zip(table.totals or (), table.columns, strict=False):
            if total and column.kind is Kind.UNITS:
                exact = plain(total, column)
                assert exact in text or (name == "xlsx" and str(float(exact)) in text)


@pytest.mark.parametrize("name", FORMS)
def test_no_form_lets_text_act(rendered: dict[str, bytes], name: str) -> None:
    """No escape sequence reaches a screen, no turn of direction a page; what stands there says what was there."""
    text = words(name, rendered[name])
    if name in ("json", "csv"):
        assert "a\u202egnp.exe" in text  # the very text, for programs
        return
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[U+001B][31mred" in flat(text)
    assert "a[U+202E]gnp.exe" in flat(text)


TEXT = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(HOSTILE)
TEXTS = st.lists(TEXT | st.tuples(TEXT, TEXT).map("".join), min_size=1, max_size=12)


def of_texts(texts: list[str]) -> Document:
    table = Table("texts", texts[0], (Column("text", "Text", Kind.TEXT),), tuple((text,) for text in texts), texts[-1])
    return Document("sample", texts[0], (("fact", texts[0]),), (table,), notes=(texts[-1],), verdict=texts[0])


@settings(max_examples=40)
@given(TEXTS)
def test_any_text_survives_each_form_for_programs(texts: list[str]) -> None:
    made = of_texts(texts)
    rows = json.loads(FORMS["json"].render(made))["tables"]["texts"]["rows"]
    assert [row["text"] for row in rows] == [whole(text) for text in texts]
    read = [row for row in csv_rows(FORMS["csv"].render(made)) if row["table"] == "texts" and row["item"] != "note"]
    assert [row["text"] for row in read] == [whole(text) for text in texts]
    book = reading.stored(FORMS["xlsx"].render(made))
    cells = [book["texts"].cell(row, 1).value for row in range(5, 5 + len(texts))]
    expected = [re.sub("^<r>", "[U+003C]r>", visible(text)) for text in texts]
    assert [reading.text_of(cell or "") for cell in cells] == expected


@settings(max_examples=40)
@given(TEXTS)
def test_any_text_survives_each_form_for_people(texts: list[str]) -> None:
    made = of_texts(texts)
    screen = flat(terminal.render(made, width=60))
    page = Page(FORMS["html"].render(made).decode())
    for text in texts:
        assert flat(visible(text)) in screen
        assert flat(visible(text)) in flat("".join(page.words))
    assert page.tags["script"] == 0


# Letters that a PDF reader gives back one by one; joined ones, such as Arabic, are read in another order than written.
PLAIN = st.characters(codec="latin-1") | st.sampled_from("αβγЖЩ陳大文€\u2013\u2019\u201c\u202e\ud83d")
PDF_TEXTS = st.lists(st.text(PLAIN, max_size=40) | st.sampled_from(HOSTILE), min_size=1, max_size=25)


@settings(max_examples=8)
@given(PDF_TEXTS)
def test_any_text_survives_on_paper(texts: list[str]) -> None:
    import typst

    # At the end of a line, readers take a hyphen for one that only breaks a word.
    read = flat("".join(reading.pdf_texts(FORMS["pdf"].render(of_texts(texts))))).replace("-", "")
    with TemporaryDirectory() as folder:
        glyphs = Glyphs(typst, Path(folder))
        for text in texts:
            assert flat(glyphs.printable(text)).replace("-", "") in read


# ------------------------------------------------------------------ JSON and CSV


def test_the_json_form_is_canonical(rendered: dict[str, bytes]) -> None:
    assert rfc8785.dumps(json.loads(rendered["json"])) == rendered["json"]


def test_the_json_form_keeps_amounts_as_text_and_totals(rendered: dict[str, bytes]) -> None:
    tables = json.loads(rendered["json"])["tables"]
    assert tables["largest"]["rows"][1] == {"holder": "b", "units": "0.000000000000000900"}
    assert tables["largest"]["totals"] == {"units": "79228162514.264337593543950335"}
    assert tables["roll"]["columns"][4]["formula"] == "opening + received - paid"
    assert tables["holders"]["rows"][0]["entered"] is None
    assert tables["wide"]["rows"][0]["time"] == "2026-01-05T09:00:00Z"


def test_the_csv_form_has_the_same_columns_in_every_row(rendered: dict[str, bytes]) -> None:
    rows = csv_rows(rendered["csv"])
    assert len({len(row) for row in rows}) == 1
    assert rendered["csv"].endswith(b"\r\n")


def test_a_sum_over_the_csv_form_is_the_total(rendered: dict[str, bytes]) -> None:
    held = [row for row in csv_rows(rendered["csv"]) if row["table"] == "holders" and row["units"]]
    assert sum(Decimal(row["units"]) for row in held) == Decimal("306790.120665")
    assert len(held) == 70


def test_the_csv_form_runs_no_formula(rendered: dict[str, bytes]) -> None:
    text = rendered["csv"].decode()
    assert re.findall(r'(?:^|,)"?[=+@]', text, flags=re.MULTILINE) == []


# ------------------------------------------------------------------ terminal


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_width_cuts_a_figure(width: int) -> None:
    text = terminal.render(DOCUMENT, width=width)
    assert "79,228,162,514.264337593543949335" in text
    assert max(len(line) for line in text.splitlines()) <= width


def test_the_terminal_form_can_be_coloured() -> None:
    coloured = terminal.render(DOCUMENT, colour=True, width=100)
    assert "\x1b[1;31mFAIL" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == terminal.render(DOCUMENT, width=100)


# ------------------------------------------------------------------ what a document refuses


def test_a_document_refuses_two_parts_of_one_name() -> None:
    with pytest.raises(ValueError, match="two tables of the sample are called 'holders'"):
        Document("sample", "", (), (holders(), holders()))
    with pytest.raises(ValueError, match="two columns"):
        Table("t", "", (Column("a", "", Kind.TEXT), Column("a", "", Kind.TEXT)), ())
    with pytest.raises(ValueError, match="row 1 of the table 't' has 2 cells for 1 columns"):
        Table("t", "", (Column("a", "", Kind.TEXT),), (("x", "y"),))


@pytest.mark.parametrize(
    ("kind", "cell"),
    [(Kind.UNITS, 1.5), (Kind.UNITS, True), (Kind.TIME, "2026"), (Kind.DATE, 7), (Kind.PERCENT, "50")],
)
def test_a_cell_of_another_kind_than_its_column_is_refused(kind: Kind, cell: object) -> None:
    with pytest.raises(ValueError, match="stands where"):
        shown(cell, Column("a", "", kind))  # type: ignore[arg-type]


def test_more_rows_than_a_sheet_has_are_refused_before_any_is_written() -> None:
    many = Table("many", "Many", (Column("a", "A", Kind.TEXT),), (("x",),) * 1_048_576)
    with pytest.raises(UsageError, match="a sheet takes 1,048,576"):
        FORMS["xlsx"].render(Document("sample", "", (), (many,)))
