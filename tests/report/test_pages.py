"""The page in a browser and the page on paper, as a reader of each sees them."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest

from rwaledger.domain.errors import MissingExtra
from rwaledger.report.charts import svg
from rwaledger.report.document import Chart, Column, Document, Kind, Series, Table
from rwaledger.report.forms import FORMS
from rwaledger.report.forms.glyphs import Glyphs
from tests.report.reading import Page, blank_pages, browser, flat, pdf_texts
from tests.report.samples import charts, document, holders

DOCUMENT = document()


@pytest.fixture(scope="module")
def html() -> str:
    return FORMS["html"].render(DOCUMENT).decode()


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return FORMS["pdf"].render(DOCUMENT)


# ------------------------------------------------------------------ HTML


def test_the_page_needs_nothing_from_elsewhere(html: str) -> None:
    page = Page(html)
    assert page.tags["script"] == page.tags["link"] == page.tags["img"] == page.tags["iframe"] == 0
    assert all(link.startswith("#") for link in page.links)
    assert "@import" not in html
    assert {match for match in re.findall(r"url\(([^)]*)\)", html) if not match.startswith("#")} == set()


def test_the_page_uses_no_id_twice_and_names_its_pictures(html: str) -> None:
    page = Page(html)
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []
    assert set(page.labels) <= set(page.ids)
    assert page.tags["svg"] == 4  # the fifth chart has nothing to draw
    assert "<script>" not in html


def test_a_browser_shows_every_row_and_prints_it(html: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    seen = browser(tmp_path, "--dump-dom", file.as_uri()).stdout.decode()
    assert Page(seen.removeprefix("<!DOCTYPE html>")).tags["svg"] == 4
    browser(tmp_path, f"--print-to-pdf={tmp_path / 'printed.pdf'}", "--no-pdf-header-footer", file.as_uri())
    printed = (tmp_path / "printed.pdf").read_bytes()
    text = flat("".join(pdf_texts(printed)))
    for n in range(16, 70):
        assert f"Holder{n}Limited" in text
    assert "306,790.120665" in text
    assert blank_pages(printed) == []


# ------------------------------------------------------------------ PDF


def test_each_page_says_what_it_stands_on_and_which_it_is(pdf: bytes) -> None:
    pages = pdf_texts(pdf)
    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
        assert "b1" * 32 in text
        if number > 1:
            assert "HKDS, Harbour Dollar, block 1234, 2026-01-15 09:00:00 UTC" in text
    assert blank_pages(pdf) == []


def test_a_table_that_runs_on_has_its_heading_on_each_page(pdf: bytes) -> None:
    with_rows = [text for text in pdf_texts(pdf) if re.search(r"Holder \d+ Limited", text)]
    assert len(with_rows) > 1
    assert all(re.search(r"Holder\s+Account\s+HKDS\s+Share\s+Entered", text) for text in with_rows)


def test_the_paper_is_a4_and_nothing_says_when_it_was_made(pdf: bytes) -> None:
    read = pypdfium2.PdfDocument(pdf)
    assert {tuple(round(side) for side in page.get_size()) for page in read} == {(595, 842)}
    metadata = read.get_metadata_dict()
    assert metadata["Title"] == "Sample of #everything & <more>"
    assert (metadata["CreationDate"], metadata["ModDate"]) == ("", "")


def test_nothing_runs_over_the_edge_of_the_paper(pdf: bytes) -> None:
    read = pypdfium2.PdfDocument(pdf)
    for page in read:
        text = page.get_textpage()
        boxes = [text.get_charbox(n) for n in range(text.count_chars())]
        assert max(right for _, _, right, _ in boxes) <= 595 - 40
        assert min(left for left, _, right, _ in boxes if right) >= 40


@pytest.mark.parametrize(("count", "across", "headings"), [(5, False, 1), (9, True, 1), (30, False, 4)])
def test_a_wide_table_turns_the_paper_and_a_wider_one_becomes_cards(count: int, across: bool, headings: int) -> None:
    columns = tuple(Column(f"c{n}", f"Amount {n}", Kind.UNITS, 2) for n in range(count))
    table = Table("t", "T", columns, tuple(tuple(10**9 * (n + k) for k in range(count)) for n in range(1, 5)))
    made = FORMS["pdf"].render(Document("sample", "Wide", (), (table,)))
    assert (pypdfium2.PdfDocument(made)[0].get_size()[0] > 800) is across
    assert len(re.findall(rf"Amount {count - 1}\b", "".join(pdf_texts(made)))) == headings


def test_many_rows_are_all_there_and_level() -> None:
    """Beyond a thousand rows they are set in blocks; every row's amount stands at the height of its name."""
    table = holders(1_201)
    made = FORMS["pdf"].render(Document("sample", "Many", (), (table,)))
    text = flat("".join(pdf_texts(made)))
    assert all(f"Holder{n}Limited" in text for n in range(16, 1_201))
    page = pypdfium2.PdfDocument(made)[3].get_textpage()
    whole = page.get_text_range()
    number = int(re.findall(r"Holder (\d+) Limited", whole)[12])
    name, amount = f"Holder {number} Limited", f"{123_456_789 * (number + 1):,}"
    amount = f"{int(amount.replace(',', '')) // 10**6:,}.{int(amount.replace(',', '')) % 10**6:06d}"
    heights = [page.get_charbox(whole.index(each))[1] for each in (name, amount)]
    assert abs(heights[0] - heights[1]) < 2


def test_a_letter_without_a_font_is_printed_as_its_number() -> None:
    columns = (Column("a", "A", Kind.TEXT),)
    made = FORMS["pdf"].render(Document("sample", "T", (), (Table("t", "T", columns, (("x\U00012000y",),)),)))
    text = flat("".join(pdf_texts(made)))
    assert "x[U+12000]y" in text
    assert flat("No font was found here for 1 of the letters") in text


CHINESE = "陳大文有限公司"


def chinese(rows: int) -> Document:
    """A register of holders with Chinese names and addresses, and a picture of them."""
    columns = (Column("a", "Name", Kind.TEXT), Column("b", "Address", Kind.TEXT), Column("u", "HKDS", Kind.UNITS, 2))
    cells = tuple((f"{CHINESE} {n}", "香港中環皇后大道中1號, Central", n) for n in range(rows))
    bars = Chart("t", "持有人", "bar", "%", 2, (Series("share", ((CHINESE, Fraction(1)),)),))
    return Document("sample", "持有人登記冊", (), (Table("t", "T", columns, cells),), (bars,))


@pytest.mark.parametrize("rows", [2, 1_100])
def test_chinese_names_are_printed_as_they_are(rows: int) -> None:
    """With the font of the extra `cjk`: the text can be read back, and the letters are seen."""
    pages = pypdfium2.PdfDocument(FORMS["pdf"].render(chinese(rows)))
    page = pages[0]
    text = page.get_textpage()
    whole = text.get_text_range()
    assert "持有人登記冊" in whole
    assert f"{CHINESE} 1" in whole
    assert "U+" not in whole
    boxes = [text.get_charbox(whole.index(f"{CHINESE} 1") + n) for n in range(len(CHINESE))]
    picture, height = page.render(scale=4, grayscale=True).to_numpy(), page.get_height()
    letters = [
        picture[_at(height - top) : _at(height - low), _at(left) : _at(right)] for left, low, right, top in boxes
    ]
    inked = [(letter < 128).mean() for letter in letters]
    assert all(0.08 < share < 0.7 for share in inked)
    assert len({letter.tobytes() for letter in letters}) == len(CHINESE)


def _at(points: float) -> int:
    return int(points * 4)


def test_without_the_chinese_font_the_page_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rwaledger.report.forms.glyphs.find_spec", lambda name: None)
    monkeypatch.setattr(Glyphs, "_system", frozenset())
    text = flat("".join(pdf_texts(FORMS["pdf"].render(chinese(2)))))
    assert "".join(f"[U+{ord(letter):04X}]" for letter in CHINESE) in text
    assert flat("Chinese, Japanese and Korean with `pip install 'rwaledger[cjk]'`") in text


def test_without_typst_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingExtra, match="PDF needs typst") as raised:
        FORMS["pdf"].render(DOCUMENT)
    assert raised.value.next_step == "Run `pip install 'rwaledger[pdf]'`."


# ------------------------------------------------------------------ charts


def test_charts_are_the_same_each_time_and_say_their_unit() -> None:
    for chart in charts()[:4]:
        drawn = svg(chart)
        assert drawn == svg(chart)
        assert f">{chart.unit}</text>" in drawn
        assert "<metadata" not in drawn


def test_a_line_of_many_points_is_drawn_from_some_of_them_and_its_last() -> None:
    points = tuple((datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n), n) for n in range(100_001))
    made = Chart("many", "Many", "line", "HKDS", 0, (Series("x", points),))
    assert len(svg(made)) < 300_000
    thin = made.series[0].thinned(1_000)
    assert len(thin.points) <= 1_000
    assert thin.points[-1] == points[-1]
    assert made.series[0].thinned(200_000) == made.series[0]


def test_names_in_charts_are_neither_markup_nor_hidden() -> None:
    _, cover, ages, exposure, nothing = charts()
    assert "cover of $a_b$" in svg(cover)
    assert "&lt;C&gt;" in svg(ages)
    assert "_C05" in svg(ages)
    assert "Somebody 8 Ltd" in svg(exposure)
    assert svg(nothing) == ""
    assert svg(replace(ages, series=())) == ""
