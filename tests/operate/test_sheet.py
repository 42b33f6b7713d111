"""The sheet before a signature: nothing of what is signed is left out, and no words of others rewrite it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import update

from rwaledger.chain import typed_data
from rwaledger.chain.keys import dev_address
from rwaledger.cli.main import run as rwaledger
from rwaledger.cli.sheets import LINES_SHOWN, sheet
from rwaledger.domain.errors import InputFileError
from rwaledger.domain.instruction import Instruction, Line, Operation
from rwaledger.operate.approval_file import Paper, Travelling, read_paper
from rwaledger.operate.lifecycle import chosen, draft_all
from rwaledger.operate.review import Label, Labels, labels_of
from rwaledger.registry import tables
from tests.office import CHECKER, MAKER, Office

TOKEN, BOOK, OTHER_BOOK = "0x" + "a1" * 20, "0x" + "b1" * 20, "0x" + "b2" * 20
LABELS = Labels({TOKEN: Label("HKDS", "HKDS", 6)}, {})


def instruction(chain_id: int = 31337, book: str = BOOK, lines: int = 1, **changes: Any) -> Instruction:
    made = Instruction(
        ref="0x" + "01" * 32,
        chain_id=chain_id,
        control_book=book,
        instrument_id="HKDS",
        instrument=TOKEN,
        operation=Operation.ISSUE,
        maker=dev_address(MAKER),
        checker=dev_address(CHECKER),
        not_after=2_000_000_000,
        order="0x" + "00" * 32,
        lines=tuple(Line(recipient=f"0x{n + 1:040x}", amount_units=n + 1) for n in range(lines)),
    )
    return replace(made, **changes)


def paper(folder: Path, *instructions: Instruction, labels: Labels = LABELS) -> Path:
    """A file of instructions, as whoever wants a signature would write it."""
    travelling = tuple(Travelling(each, typed_data.digest(each), None) for each in instructions)
    path = folder / "paper.json"
    path.write_bytes(Paper("jan", "jan.csv", labels, travelling).to_json())
    return path


def shown(path: Path) -> str:
    read = read_paper(path)
    return sheet([(each.instruction, each.digest) for each in read.instructions], read.labels, raw=True)


def test_every_chain_book_and_maker_of_a_file_is_shown(tmp_path: Path) -> None:
    """One harmless instruction in front does not speak for those behind it."""
    maker = "0x" + "cc" * 20
    text = shown(paper(tmp_path, instruction(), instruction(), instruction(1, OTHER_BOOK), instruction(maker=maker)))

    assert [line.lower() for line in text.splitlines() if line.startswith("chain")] == [
        f"chain {chain_id}, control book {book}" for chain_id, book in ((31337, BOOK), (1, OTHER_BOOK), (31337, BOOK))
    ]
    assert maker in text.lower()


def test_who_has_no_register_sees_every_line(tmp_path: Path) -> None:
    text = shown(paper(tmp_path, instruction(lines=LINES_SHOWN + 1)))

    assert f"{LINES_SHOWN + 1:040x}" in text.lower()
    assert "more:" not in text


@pytest.mark.parametrize("trick", ["\x1b[2A\x1b[K", "\nchain 31337", "\r", "\u202e", "\x9b1A"], ids=ascii)
def test_words_that_would_rewrite_the_screen_are_shown_escaped(tmp_path: Path, trick: str) -> None:
    one = instruction(operation=Operation.SET_DOCUMENT, text=f"ipfs://a{trick}b", lines=1)
    one = replace(one, lines=(Line(amount_units=1, detail=1),), instrument_id=f"HKDS{trick}x")
    labels = Labels({TOKEN: Label(f"HKDS{trick}x", f"HKDS{trick}x", 6)}, {f"0x{1:040x}": f"kowloon{trick}x"})

    text = shown(paper(tmp_path, one, instruction(), labels=labels))

    assert trick not in text
    assert text.count(trick.encode("unicode_escape").decode()) == 5


@pytest.mark.parametrize("decimals", [-1, 19, 10**9])
def test_a_file_with_decimals_that_no_instrument_has_is_refused(tmp_path: Path, decimals: int) -> None:
    path = paper(tmp_path, instruction())
    document = json.loads(path.read_bytes())
    document["labels"]["instruments"][TOKEN]["decimals"] = decimals
    path.write_bytes(rfc8785.dumps(document))

    with pytest.raises(InputFileError, match="decimals"):
        read_paper(path)


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    endless = instruction(operation=Operation.ADMIT, lines=1)
    endless = replace(endless, lines=(Line(recipient=f"0x{1:040x}", detail=2**256 - 1),))
    with pytest.raises(InputFileError, match="an instruction that is none"):
        read_paper(paper(tmp_path, endless))

    deep = tmp_path / "deep.json"
    head = '{"format":"x","version":1,"key":"","source":"","labels":{"instruments":{},"holders":{}},"instructions":[{'
    for content in (f'{head}"typed_data":{{"a":{"[" * 10**5}', b"\xff\xfe".decode("latin-1")):
        deep.write_bytes(content.encode("latin-1"))
        with pytest.raises(InputFileError, match="is no file of instructions"):
            read_paper(deep)


def test_an_instrument_is_named_by_its_address_and_not_by_what_the_row_says(office: Office) -> None:
    """The name is not signed, so that whoever can write the row could have another instrument's units approved."""
    draft_all(office.desk, [office.plan(Operation.ISSUE, "GRN28,kowloon,10", "jan")])
    with office.database.begin() as connection:
        table = tables.instructions
        renamed = update(table).where(table.c.idempotency_key == "jan").values(instrument_id="HKDS")
        connection.execute(renamed)
    found = chosen(office.database, office.node.chain_id, ["jan"])

    with office.database.read() as connection:
        labels = labels_of(connection, found)

    text = sheet([(each.instruction, each.digest) for each in found], labels)
    assert "issue GRN28 at" in text
    assert "10 GRN28" in text
    elsewhere = replace(found[0], instruction=replace(found[0].instruction, instrument=TOKEN))
    with office.database.read() as connection:
        assert labels_of(connection, [elsewhere]).of(elsewhere.instruction).instrument_id == "unknown contract"


def test_a_file_that_is_signed_offline_shows_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RWALEDGER_CHECKER", dev_address(CHECKER))
    path = paper(tmp_path, instruction(), instruction(1, OTHER_BOOK, lines=LINES_SHOWN + 1))

    assert rwaledger(["instruction", "sign", str(path), "-o", "out.json"]) == 2

    seen = capsys.readouterr().err.lower()
    assert "chain 1, control book" in seen
    assert f"{LINES_SHOWN + 1:040x}" in seen
