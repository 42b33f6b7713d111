"""What every form of the report has to say, and how each form says it."""

from __future__ import annotations

import csv as csv_reader
import io
import json as json_reader
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
import rfc8785
from typing_extensions import override

from rwaledger.domain.units import MAX_UNITS
from rwaledger.report import csv, html, json, terminal
from rwaledger.report.model import Report
from tests.report.samples import ACCOUNT, BLOCK_HASH, DIGEST, EVIL, failing, passing

FORMS: dict[str, Callable[[Report], str]] = {
    "terminal": terminal.render,
    "json": json.render,
    "csv": csv.render,
    "html": html.render,
}
VOID_TAGS = {"meta", "path", "use", "br", "rect"}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Callable[[Report], str]:
    return FORMS[request.param]


def plain(text: str) -> str:
    """Without line breaks, which the terminal puts into sentences."""
    return " ".join(text.split())


@pytest.mark.parametrize("report", [passing(), failing()], ids=["passing", "failing"])
def test_every_form_states_what_the_report_stands_on(form: Callable[[Report], str], report: Report) -> None:
    text = plain(form(report))
    for fact in ("31337", BLOCK_HASH, DIGEST, "rwaledger 9.9.9", report.verdict.partition(": ")[2]):
        assert fact in text
    assert re.search(r"1,?234", text)
    assert re.search(r"2026-01-15[T ]09:00:00( UTC|Z)", text)
    assert "proves nothing against whoever runs the node" in text


def test_every_form_is_the_same_each_time(form: Callable[[Report], str]) -> None:
    assert form(failing()) == form(failing())


def test_every_form_shows_every_break_with_both_values(form: Callable[[Report], str]) -> None:
    text = plain(form(failing()))
    for fact in ("aaaaaaaaaaaa", "C05", "C01", "issue of 1 BIG has no instruction", "no instruction", ACCOUNT):
        assert fact in text
    assert re.search(r"1,?234,?567\.50", text)


def test_the_largest_amount_is_exact_in_every_form(form: Callable[[Report], str]) -> None:
    text = form(passing()).replace(",", "")
    assert f"{(MAX_UNITS - 1000) // 10**18}.{(MAX_UNITS - 1000) % 10**18:018d}" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_width_cuts_a_figure(width: int) -> None:
    text = terminal.render(passing(), colour=False, width=width)
    assert "79,228,162,514.264337593543949335" in text
    assert "…" not in text


def test_the_verdict_counts_causes_and_consequences() -> None:
    assert failing().verdict == "FAIL: 0 of 2 checks do not agree; 1 root finding and 1 more that follows"
    assert passing().verdict == "PASS: all 2 checks agree"


# ------------------------------------------------------------------ terminal


def test_the_terminal_form_fits_100_columns() -> None:
    text = terminal.render(failing(), colour=False, width=100)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "\x1b" not in text


def test_the_terminal_form_can_be_coloured() -> None:
    assert "\x1b[1;31mFAIL" in terminal.render(failing(), width=100)


def test_the_terminal_form_shows_the_ten_largest_and_sums_up_the_rest() -> None:
    lines = terminal.render(passing(), colour=False, width=100).splitlines()
    (rest,) = [line for line in lines if line.startswith("20 more")]
    assert rest.split()[-2:] == ["28.70", "30.3543"]
    (total,) = [line for line in lines if line.startswith("total  ") and "30 accounts" in line]
    assert total.split()[-1] == "94.55"
    assert sum(line.startswith("Holder ") for line in lines) == 9 + 2  # one of each has another name


def test_the_terminal_form_indents_what_follows_below_its_root() -> None:
    lines = terminal.render(failing(), colour=False, width=100).splitlines()
    root = next(n for n, line in enumerate(lines) if line.startswith("1. C05"))
    follows = next(n for n, line in enumerate(lines) if line.strip().startswith("C01  BIG"))
    assert follows > root
    assert lines[follows].startswith("     ")


# ------------------------------------------------------------------ JSON


def test_the_json_form_is_canonical() -> None:
    text = json.render(failing())
    assert rfc8785.dumps(json_reader.loads(text)).decode() == text


def test_the_json_form_keeps_amounts_as_text() -> None:
    document = json_reader.loads(json.render(failing()))
    (big, many, none) = document["instruments"]
    assert big["supply"] == {"amount": "79228162514.264337593543950335", "units": str(MAX_UNITS)}
    assert big["holdings"][1]["amount"] == "0.000000000000000900"
    assert len(many["holdings"]) == 30
    assert none["holdings"] == []
    assert many["supply_over_time"][-1] == {
        "amount": "94.55",
        "units": "9455",
        "block_number": 4,
        "block_time": "2026-01-12T23:06:40Z",
    }


def test_the_json_form_lists_findings_with_the_root_they_follow_from() -> None:
    document = json_reader.loads(json.render(failing()))
    assert [(each["break_id"], each["follows_from"]) for each in document["findings"]] == [
        ("aaaaaaaaaaaa", None),
        ("bbbbbbbbbbbb", "aaaaaaaaaaaa"),
    ]


# ------------------------------------------------------------------ CSV


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv_reader.DictReader(io.StringIO(csv.render(report), newline="")))


def test_the_csv_form_has_the_same_columns_in_every_row() -> None:
    text = csv.render(failing())
    parsed = list(csv_reader.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in parsed} == {len(csv.COLUMNS)}
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_the_csv_form_holds_every_holding_and_its_units() -> None:
    held = [row for row in rows(passing()) if row["section"] == "holding"]
    assert len(held) == 3 + 30
    assert sum(int(row["units"]) for row in held if row["instrument"] == "MANY") == 9455
    assert {row["section"] for row in rows(failing())} == {"report", "check", "break", "holding", "supply"}


def test_the_csv_form_runs_no_formula() -> None:
    texts = [value for row in rows(failing()) for value in row.values()]
    assert "'" + EVIL in texts
    assert "'=no instruction" in texts
    assert [text for text in texts if text.startswith(("=", "+", "-", "@"))] == []


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
        self.feed(text)
        assert self.open == []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        named = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.labels += [value for name, value in attrs if name == "aria-labelledby" and value]
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "action")]
        assert not any(name.startswith("on") for name in named)
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


@pytest.fixture(scope="module")
def page_text() -> str:
    return html.render(failing())


def test_the_html_form_needs_nothing_from_elsewhere(page_text: str) -> None:
    page = Page(page_text)
    assert page.tags["script"] == page.tags["link"] == page.tags["img"] == page.tags["iframe"] == 0
    assert all(link.startswith("#") for link in page.links)
    assert "@import" not in page_text
    assert {match for match in re.findall(r"url\(([^)]*)\)", page_text) if not match.startswith("#")} == set()


def test_the_html_form_escapes_names(page_text: str) -> None:
    assert "<script>" not in page_text
    assert "<Hong>" not in page_text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne" in page_text


def test_the_html_form_has_pictures_that_can_be_read_aloud(page_text: str) -> None:
    page = Page(page_text)
    assert page.tags["svg"] == 2 * 2  # the third instrument has nothing to draw
    assert page_text.count('role="img"') == page.tags["svg"]
    assert "<title id=" in page_text
    assert "Supply of BIG over time" in page_text
    assert set(page.labels) <= set(page.ids)


def test_the_html_form_uses_no_id_twice(page_text: str) -> None:
    assert [name for name, count in Counter(Page(page_text).ids).items() if count > 1] == []


def test_the_html_form_lists_every_account(page_text: str) -> None:
    assert len(re.findall(r'class="holder"', page_text)) == 3 + 10 + 30
