"""A verb's document goes where its options say: printed, into one file, or into a folder in every form."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rwaledger.cli.report_forms import Wanted, emit_document, write_document
from rwaledger.domain.errors import MissingExtra, UsageError
from tests.report.samples import document

DOCUMENT = document()
EVERY = ["report.csv", "report.html", "report.json", "report.pdf", "report.xlsx"]


@pytest.mark.parametrize("form", [None, "terminal", "json", "csv", "html"])
def test_text_is_printed(form: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    emit_document(DOCUMENT, form, None)
    printed = capfd.readouterr()
    assert "Holder 69 Limited" in printed.out
    assert "\x1b" not in printed.out  # not to a terminal
    assert printed.err == ""


def test_json_has_the_fields_of_the_verb(capfd: pytest.CaptureFixture[str]) -> None:
    emit_document(DOCUMENT, None, None, as_json=True, fields={"result": "FAIL"})
    read = json.loads(capfd.readouterr().out)
    assert (read["result"], read["kind"]) == ("FAIL", "sample")


def test_a_folder_takes_every_form(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    emit_document(DOCUMENT, None, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == EVERY
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err == f"written: {tmp_path}/new/report.json, report.csv, report.xlsx, report.html, report.pdf\n"


def test_one_form_goes_into_a_folder_or_a_file(tmp_path: Path) -> None:
    emit_document(DOCUMENT, "csv", tmp_path)
    emit_document(DOCUMENT, None, tmp_path / "deep" / "register.xlsx")
    emit_document(DOCUMENT, "html", tmp_path / "page.htm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "page.htm", "report.csv"]
    assert (tmp_path / "deep" / "register.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"form": "pdf", "out": None, "as_json": False}, "pdf is a form for files"),
        ({"form": "csv", "out": None, "as_json": True}, "two forms"),
        ({"form": None, "out": Path("report.doc"), "as_json": False}, "end in .doc"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Wanted.of(given)


def test_without_typst_a_folder_has_all_but_the_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    write_document(DOCUMENT, None, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name for name in EVERY if name != "report.pdf"]
    assert "pip install 'rwaledger[pdf]'" in capfd.readouterr().err
    with pytest.raises(MissingExtra):
        write_document(DOCUMENT, "pdf", tmp_path)
