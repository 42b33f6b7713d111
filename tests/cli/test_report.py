"""`rwaledger report` as it is typed: with no node and no key, as at any moment, in the forms that are asked for."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import chdir, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rwaledger.cli.main import run

VERBS = [
    ["holders", "GRN28", "--clients"],
    ["statement", "chan", "--from", "2026-03-01", "--to", "2026-06-30"],
    ["supply"],
    ["supply", "HKDS"],
    ["reserve", "HKDS"],
    ["redemptions", "HKDS"],
    ["actions", "GRN28"],
    ["actions", "HKMM"],
    ["roles"],
    ["roles", "HKMM"],
    ["jurisdictions"],
    ["statistics", "HKDS"],
    ["ageing"],
    ["reconciliations"],
]


@pytest.fixture
def folder(scenario_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The scenario's folder with a register, without keys, and with a node that is not there."""
    for name in scenario_folder.glob("register.db*"):
        shutil.copy(name, tmp_path / name.name)
    settings = (scenario_folder / "rwaledger.toml").read_text(encoding="utf-8")
    nowhere = re.sub(r'rpc_url = "[^"]*"', 'rpc_url = "http://127.0.0.1:9"', settings)
    (tmp_path / "rwaledger.toml").write_text(nowhere, encoding="utf-8")
    with chdir(tmp_path):
        yield tmp_path


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    assert run(["report", *args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def facts(document: Any) -> dict[str, str]:
    given = document["facts"]
    return given if isinstance(given, dict) else {each["label"]: each["value"] for each in given}


@pytest.mark.parametrize("args", VERBS, ids=" ".join)
def test_every_report_needs_neither_node_nor_key(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    assert run(["report", *args]) == 0
    assert "register digest" in capsys.readouterr().out.lower()
    document = printed(capsys, *args)
    assert {"chain", "block", "block hash", "software", "register digest"} <= {each.lower() for each in facts(document)}


@pytest.mark.parametrize("at", ["2026-03-10", "2026-03-10T23:59:59+08:00", "2026-03-10T15:59:59Z", "BLOCK"])
def test_the_moment_is_a_block_a_local_day_or_a_time(folder: Path, capsys: pytest.CaptureFixture[str], at: str) -> None:
    with closing(sqlite3.connect(folder / "register.db")) as register:
        ends = int(datetime(2026, 3, 10, 16, tzinfo=UTC).timestamp())
        ((block,),) = register.execute("SELECT max(number) FROM blocks WHERE timestamp < ?", (ends,)).fetchall()
    asked = at.replace("BLOCK", str(block))
    assert facts(printed(capsys, "holders", "GRN28", "--at", asked))["block"] == str(block)


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["holders", "GRN28", "--at", "yesterday"], 2, "no date, written like"),
        (["holders", "GRN28", "--at", "2026-03-10T11:00"], 2, "no time with its zone"),
        (["holders", "GRN28", "--at", "10000"], 2, "block 10000 is not in the register"),
        (["holders", "NONE"], 2, "no instrument called 'NONE'"),
        (["statement", "nobody"], 2, "no holder called 'nobody'"),
        (["supply", "--chain", "7"], 2, "no instrument on chain 7"),
        (["reserve", "GRN28"], 2, "GRN28 is a bond"),
        (["holders", "GRN28", "--names"], 4, "keystore"),
    ],
)
def test_what_cannot_be_reported_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], code: int, says: str
) -> None:
    assert run(["report", *args]) == code
    assert says in capsys.readouterr().err


def test_names_are_opened_with_the_privacy_key(
    scenario_folder: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(scenario_folder / "keystores", folder / "keystores")
    shutil.copy(scenario_folder / "password", folder / "password")
    assert run(["report", "holders", "GRN28", "--names"]) == 0
    out = capsys.readouterr().out
    assert "Chan Mei-ling" in out
    assert "personal data" in out


def test_a_report_is_written_where_it_is_wanted(folder: Path) -> None:
    assert run(["report", "supply", "HKDS", "--out", "supply.csv"]) == 0
    assert "103899315.060000" in Path("supply.csv").read_text(encoding="utf-8")
    assert run(["report", "supply", "HKDS", "--out", "forms", "--form", "json"]) == 0
    assert [each.name for each in Path("forms").iterdir()] == ["report.json"]


def test_a_message_is_printed_written_or_wrapped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "holdings-xml", "HKDS"]) == 0
    text = capsys.readouterr().out
    assert ET.fromstring(text).tag.endswith("semt.002.001.11}Document")
    document = printed(capsys, "holdings-xml", "HKDS")
    assert (document["message"], document["xml"]) == ("semt.002.001.11", text)

    assert run(["report", "statement-xml", "chan", "--from", "2026-05-01", "--out", "out/chan.xml"]) == 0
    words = f"written: out/chan.xml, semt.017.001.12 as at block {document['block']}"
    assert words in capsys.readouterr().err
    assert ET.parse("out/chan.xml").getroot().tag.endswith("semt.017.001.12}Document")
