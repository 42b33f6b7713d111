"""What the verifier says of broken packs: which file, line and field, what is wrong there, and what to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.report import text
from rwaledger.verifier.verification import verify
from tests.verifier.forging import line
from tests.verifier.writer import Draft

Change = Callable[[Draft], None]
POSTINGS = "register/postings.jsonl"


def raw_line(name: str, at: int, change: Callable[[bytes], bytes]) -> Change:
    """Other bytes in a line of a file."""

    def apply(draft: Draft) -> None:
        lines = draft.files[name].split(b"\n")
        lines[at] = change(lines[at])
        draft.files[name] = b"\n".join(lines)

    return apply


def document(name: str, change: Callable[[Any], Any]) -> Change:
    """Another document in a file."""
    return lambda draft: draft.put(name, change(draft.json(name)))


def in_policy(**values: Any) -> Change:
    return document("policy.json", lambda it: it | values)


def figure(value: Any) -> Change:
    return in_policy(figures=[{"name": "x", "source": "", "valid_from": "2020-01-01", "value": value}])


MOMENT = "1970-01-01T00:00:00.000000Z"
SAID: dict[str, tuple[Change, str]] = {
    "line ends of Windows": (
        raw_line(POSTINGS, 1, lambda it: it + b"\r"),
        "postings.jsonl line 2: no canonical JSON: '\\r' stands behind the document",
    ),
    "a blank line": (
        raw_line(POSTINGS, 2, lambda it: b"\n" + it),
        "postings.jsonl line 3: no canonical JSON: expecting value at character 0",
    ),
    "a cell too many": (
        line(POSTINGS, 3, lambda row: [*row, 1]),
        "postings.jsonl line 4: a row of 8 columns, which is no list of 9, expected",
    ),
    "a header cut off": (
        raw_line("chain/headers.jsonl", 2, lambda it: it[:-4] + it[-2:]),
        "chain/headers.jsonl line 3: block",
    ),
    "a field missing": (
        document("reconciliation.json", lambda it: it | {"results": [{"check": "C01"}]}),
        "reconciliation.json, results[0], breaks: missing",
    ),
    "a field too many": (in_policy(version=2), "policy.json, version: no such field belongs here"),
    "no such day": (in_policy(holidays=["2026-02-30"]), "policy.json, holidays[0]: a day such as 2026-07-31 expected"),
    "no moment": (in_policy(utc_offsets=[["2026-01-01", 0]]), "policy.json, utc_offsets[0][0]: a moment such as"),
    "a clock of a day": (
        in_policy(utc_offsets=[[MOMENT, 86_400]]),
        "policy.json, utc_offsets[0][1]: seconds of less than a day expected, found 86400",
    ),
    "a figure in words": (figure("ten"), "policy.json, figures[0], value: a whole number from 0 expected, found 'ten'"),
    "a threshold in words": (
        figure({"amount": "1e5", "currency": "HKD"}),
        "policy.json, figures[0], value, amount: a number in digits expected, found '1e5'",
    ),
    "a time that no calendar has": (
        lambda draft: draft.manifest["pin"].update(block_time=2**53 - 1),
        "manifest.json, pin, block_time: the header of the block says",
    ),
}


@pytest.mark.parametrize("kind", SAID)
def test_what_is_wrong_is_named(written: Draft, kind: str, tmp_path: Path) -> None:
    change, words = SAID[kind]
    draft = written.copy()
    change(draft)
    said = text(verify(draft.write(tmp_path / "broken.zip"), Expected(block_hash=written.block_hash)))
    assert words in said
    assert "Rely on nothing in this pack" in said


@pytest.mark.parametrize("field", ["account_nodes", "storage_nodes"])
def test_the_part_of_a_proof_is_named(written: Draft, field: str, tmp_path: Path) -> None:
    name = next(name for name in written.files if name.startswith("chain/proofs"))
    draft = written.copy()
    document(name, lambda it: it | {field: ["0x00ff"]})(draft)
    said = text(verify(draft.write(tmp_path / "broken.zip"), Expected(block_hash=written.block_hash)))
    assert f"{name}, {field}: RLP: 1 bytes behind the item" in said


def test_a_pack_that_was_packed_anew(written: Draft, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "anew.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written.sealed().items():
            archive.writestr(name, content)
    said = text(verify(tmp_path / "anew.zip", Expected(block_hash=written.block_hash)))
    assert "manifest.json: compressed, or with other attributes than a pack has: was it packed anew?" in said
    assert "Get the file again, byte for byte as it was exported" in said


def test_there_is_nothing_to_do_where_nothing_is_wrong(written: Draft, tmp_path: Path) -> None:
    said = text(verify(written.write(tmp_path / "true.zip"), Expected(block_hash=written.block_hash)))
    assert "What to do" not in said
