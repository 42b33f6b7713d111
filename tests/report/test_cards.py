"""What is too wide for a grid stands as cards, on which every value has its name; what is too long has other forms."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from rwaledger.cli.report_forms import emit_document
from rwaledger.domain.errors import UsageError
from rwaledger.report import forms
from rwaledger.report.document import Cell, Column, Document, Kind, Table
from rwaledger.report.forms import FORMS, terminal
from tests.report.reading import pdf_texts
from tests.report.samples import BLOCK_HASH, document

TITLES = ("Month", "Opening", "Issued", "Redeemed", "Closing", "Issues", "Redemptions", "Share")


def months(decimals: int = 6, hashes: bool = False) -> Document:
    """Figures side by side: every column is brief, and all of them together are too wide."""
    kinds = (Kind.TEXT, *(Kind.UNITS,) * 4, *(Kind.INTEGER,) * 2, Kind.PERCENT)
    columns = tuple(
        Column(title.lower(), title, kind, decimals if kind is Kind.UNITS else 4, summed=title in ("Issued", "Issues"))
        for title, kind in zip(TITLES, kinds, strict=True)
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f"2026-{n:02d}", n * 10**21, 10**21, 0, (n + 1) * 10**21, 7, 1, Fraction(1, n)) for n in range(1, 5)
    )
    if hashes:
        more = tuple(Column(f"hash{n}", f"Hash {n}", Kind.HASH) for n in range(4))
        columns, rows = (*columns, *more), tuple((*row, *[BLOCK_HASH] * 4) for row in rows)
    return Document("sample", "Supply", (), (Table("t", "Supply by month", columns, rows),))


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_every_value_of_a_card_has_its_name(width: int) -> None:
    cards = terminal.render(months(decimals=2), width=width).partition("by month\n")[2].strip().split("\n\n")
    assert len(cards) == 5
    for number, card in enumerate(cards[:4], 1):
        found = re.findall(r"(\S+) +(\S+(?: %)?)(?:  |$)", card, flags=re.MULTILINE)
        assert [name for name, _ in found] == list(TITLES)
        assert found[0] == ("Month", f"2026-{number:02d}")
        assert found[2] == ("Issued", "10,000,000,000,000,000,000.00")
    assert cards[4].splitlines()[0] == "Total"
    assert "Issued" in cards[4]
    assert "Month" not in cards[4]


def test_names_and_values_stand_in_line_from_card_to_card() -> None:
    lines = terminal.render(months(), width=80).splitlines()
    places = {line.index("Opening") for line in lines if "Opening" in line}
    assert len(places) == 1


def test_a_wide_screen_has_the_grid() -> None:
    text = terminal.render(months(), width=160)
    assert re.search(r"^Month +Opening +Issued +Redeemed +Closing +Issues +Redemptions +Share$", text, re.MULTILINE)


def test_a_hash_without_room_is_halved() -> None:
    lines = [line.split() for line in terminal.render(months(hashes=True), width=60).splitlines()]
    at = next(n for n, line in enumerate(lines) if line[:2] == ["Hash", "0"])
    assert (lines[at][2], lines[at + 1][0]) == (BLOCK_HASH[:33], BLOCK_HASH[33:])


def test_the_word_total_is_no_value_of_a_column() -> None:
    made = months(decimals=18, hashes=True)
    page = FORMS["html"].render(made).decode()
    totals = page[page.index('<dl class="card totals">') :]
    assert "<dt></dt><dd>Total</dd>" in totals
    assert "Month" not in totals
    text = "\n".join(pdf_texts(FORMS["pdf"].render(made)))
    assert text.count("Month") == 4
    assert "Total" in text


@pytest.mark.parametrize("name", ["html", "pdf"])
def test_too_many_rows_for_pages_are_refused_and_the_error_says_what_takes_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "PAGE_ROWS_MAX", 10)
    with pytest.raises(UsageError, match="rows, and pages take 10") as raised:
        FORMS[name].render(document())
    assert "XLSX" in (raised.value.next_step or "")


def test_a_folder_takes_the_forms_that_can_hold_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(forms, "PAGE_ROWS_MAX", 10)
    emit_document(document(), None, tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".json", ".xlsx"]
    assert "no report.pdf: Sample of" in capfd.readouterr().err
