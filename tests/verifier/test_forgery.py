"""Forgeries whose own hashes are all in order: the chain, or a check done again, shows each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rwaledger.verifier import chain, hashes
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.verification import verify as verify_pack
from tests.verifier.conftest import Said
from tests.verifier.forging import cell, flipped, forged, line
from tests.verifier.writer import Draft


def chain_faults(path: Path, block_hash: str) -> list[str]:
    """What L3 says of a pack whose own hashes are all in order."""
    with Pack(path) as pack:
        assert not hashes.check(pack, Expected()).faults
        try:
            level = chain.check(pack, block_hash)
            return [str(fault) for fault in (*level.faults, *level.breaks)]
        except Refuted as error:
            return [str(error)]


def token_proof(other: Draft) -> str:
    token = next(each for each in other.manifest["contracts"] if each["instrument_id"] == "UNIT")
    return f"chain/proofs/{token['address']}.json"


def proof(change: Callable[[Any], Any]) -> Callable[[Draft], None]:
    """Changes the proof of a token."""

    def apply(other: Draft) -> None:
        name = token_proof(other)
        other.put(name, change(other.json(name)))

    return apply


def swapped_words(found: Any) -> Any:
    """Two accounts' words change places."""
    slots = found["slots"]
    one, two = [slot for slot, value in slots.items() if int(value, 16) % 2**96 and int(slot, 16) > 20]
    return {**found, "slots": {**slots, one: slots[two], two: slots[one]}}


def without_a_holder(found: Any) -> Any:
    slots = dict(found["slots"])
    del slots[next(slot for slot, value in slots.items() if int(value, 16) % 2**96 and int(slot, 16) > 20)]
    return {**found, "slots": slots}


def middle(text: str) -> str:
    """Hex with one digit in its middle changed."""
    at = len(text) // 2
    return text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1 :]


BLOCKS, HEADERS = "chain/blocks.jsonl", "chain/headers.jsonl"
CHAIN: dict[str, tuple[Callable[[Draft], None], str]] = {
    "a header": (line(HEADERS, 3, lambda row: [row[0], middle(row[1])]), "chain/headers.jsonl line 4"),
    "the last header": (line(HEADERS, -1, lambda row: [row[0], middle(row[1])]), "you gave 0x"),
    "a number": (line(HEADERS, 3, lambda row: [row[0] + 1, row[1]]), "chain/headers.jsonl line 4"),
    "headers changed places": (
        lambda other: other.put(HEADERS, [[row[0], other.lines(HEADERS)[-1 - i][1]] for i, row in
                                          enumerate(other.lines(HEADERS))]),
        "the header says that it is of block",
    ),
    "a header left out": (lambda other: other.put(HEADERS, other.lines(HEADERS)[:-1]), "ends at block"),
    "a transaction": (
        line(BLOCKS, 5, lambda b: {**b, "transactions": [middle(b["transactions"][0])]}),
        "transactions of the root", ),
    "a receipt": (line(BLOCKS, 5, lambda b: {**b, "receipts": [middle(b["receipts"][0])]}), "receipts of the root"),
    "receipts left out": (line(BLOCKS, 5, lambda b: {**b, "receipts": []}), "0 receipts of 1 transactions"),
    "a block left out": (
        lambda other: other.put(BLOCKS, other.lines(BLOCKS)[:-1]), "not in the pack, though it has transactions",
    ),
    "a block twice": (lambda other: other.put(BLOCKS, [*other.lines(BLOCKS), other.lines(BLOCKS)[-1]]), "number: "),
    "code": (proof(lambda p: {**p, "code": middle(p["code"])}), "code: not the code of which the account has the hash"),
    "a slot's value": (
        proof(lambda p: {**p, "slots": {**p["slots"], f"0x{2:064x}": "0x" + "00" * 31 + "07"}}), "proved is 0x",
    ),
    "two accounts' words": (proof(swapped_words), "proved is 0x"),
    "a holder left out": (proof(without_a_holder), "is missing: slot 0x"),
    "an account node": (
        proof(lambda p: {**p, "account_nodes": sorted(map(middle, p["account_nodes"]))}), "chain/proofs/",
    ),
    "a storage node": (
        proof(lambda p: {**p, "storage_nodes": sorted([middle(p["storage_nodes"][0]), *p["storage_nodes"][1:]])}),
        "chain/proofs/",
    ),
    "a node left out": (proof(lambda p: {**p, "storage_nodes": p["storage_nodes"][1:]}), "no node of the hash"),
    "a node too many": (
        proof(lambda p: {**p, "storage_nodes": sorted([*p["storage_nodes"], "0xc20102"])}), "that prove nothing",
    ),
    "nodes out of order": (
        proof(lambda p: {**p, "storage_nodes": p["storage_nodes"][::-1]}), "in the order of their bytes",
    ),
    "the proof of another contract": (
        proof(lambda p: {**p, "address": "0x" + "11" * 20}), "address: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CHAIN.values(), ids=CHAIN.keys())
def test_the_chains_part_belongs_to_the_block_hash(
    change: Callable[[Draft], None], said: str, written: Draft, tmp_path: Path
) -> None:
    faults = chain_faults(forged(written, tmp_path / "forged.zip", change), written.block_hash)
    assert any(said in fault for fault in faults), faults


def test_a_made_up_holder_cannot_be_proved(written: Draft, tmp_path: Path) -> None:
    """An account that the register makes up has no word on the chain but zero."""

    def invent(other: Draft) -> None:
        columns, *rows = other.lines("register/positions.jsonl")
        rows.append(["UNIT", "0x" + "ff" * 20, *rows[-1][2:]])
        other.put("register/positions.jsonl", [columns, *sorted(rows)])

    faults = chain_faults(forged(written, tmp_path / "forged.zip", invent), written.block_hash)
    assert any(f"account 0x{'ff' * 20} is missing" in fault for fault in faults), faults


def test_every_field_of_an_event(written: Draft, tmp_path: Path) -> None:
    name = "register/events.jsonl"
    columns, *_ = written.lines(name)
    for at, column in enumerate(columns):
        path = forged(written, tmp_path / "forged.zip", cell(name, -1, at, flipped))
        faults = chain_faults(path, written.block_hash)
        assert faults, column
        assert all("register/events.jsonl" in fault for fault in faults), faults


def test_an_event_left_out_or_made_up(written: Draft, tmp_path: Path) -> None:
    name, path = "register/events.jsonl", tmp_path / "forged.zip"
    left_out = forged(written, path, lambda other: other.put(name, other.lines(name)[:-1]))
    assert "is in the receipts and not in the register" in chain_faults(left_out, written.block_hash)[0]
    last = written.lines(name)[-1]
    made_up = [*last[:2], last[2] + 1, *last[3:]]
    added = forged(written, path, lambda other: other.put(name, [*other.lines(name), made_up]))
    assert "it is in no receipt" in chain_faults(added, written.block_hash)[0]


@pytest.mark.parametrize("table", ["blocks", "contracts", "instruments", "positions", "postings", "standings"])
def test_every_field_of_what_the_register_says_of_the_chain(table: str, written: Draft, tmp_path: Path) -> None:
    """Where it is neither L0 nor L3 that refuses it, a check of L1 finds it."""
    name = f"register/{table}.jsonl"
    columns, *_ = written.lines(name)
    for at, column in enumerate(columns):
        path = forged(written, tmp_path / "forged.zip", cell(name, -1, at, flipped))
        found = verify_pack(path, Expected(written.block_hash))
        if (table, column) not in NOT_ON_THE_CHAIN:
            assert found.refuted or found.breaks, column


NOT_ON_THE_CHAIN = {
    ("instruments", "instrument_id"),
    ("instruments", "symbol"),
    ("instruments", "kind"),
    ("instruments", "record_of_truth"),
}
"""What the issuer alone says."""


@pytest.mark.parametrize(
    ("name", "at", "column", "value", "said"),
    [
        ("postings", 1, "amount_units", 5, "register/postings.jsonl line 2, amount_units: a whole number in decimal"),
        ("postings", 1, "amount_units", "05", "register/postings.jsonl line 2, amount_units"),
        ("postings", 1, "leg", "0", "register/postings.jsonl line 2, leg: a whole number expected, found '0'"),
        ("postings", 1, "account", None, "register/postings.jsonl line 2, account: text expected"),
        ("standings", 2, "suspended", 1, "register/standings.jsonl line 3, suspended: true or false expected"),
        ("instructions", 1, "created_at", "2026-13-01T00:00:00.000000Z", "created_at: a moment such as"),
        ("holders", 1, "valid_until", "2026-02-30", "register/holders.jsonl line 2, valid_until: a day such as"),
        ("postings", 0, "leg", "foot", "register/postings.jsonl line 1: the columns instrument_id, block_number"),
    ],
)
def test_what_has_another_shape_is_named(
    name: str, at: int, column: str, value: object, said: str, verify: Said, written: Draft, tmp_path: Path
) -> None:
    file = f"register/{name}.jsonl"
    index = written.lines(file)[0].index(column)
    code, text = verify(forged(written, tmp_path / "forged.zip", cell(file, at, index, lambda _: value)))
    assert code == 3
    assert said in text


def test_rows_out_of_order_are_named(verify: Said, written: Draft, tmp_path: Path) -> None:
    name = "register/postings.jsonl"
    columns, one, two, *rest = written.lines(name)
    change = [columns, two, one, *rest]
    code, said = verify(forged(written, tmp_path / "forged.zip", lambda other: other.put(name, change)))
    assert code == 3
    assert "register/postings.jsonl line 3: stands out of order" in said


def test_another_chains_transactions_are_refused(written: Draft, tmp_path: Path) -> None:
    """No header names its chain; the signatures of its transactions do."""

    def rename(other: Draft) -> None:
        other.manifest["pin"]["chain_id"] = 1
        for name in ("contracts", "instruments", "events", "accounts"):
            columns, *rows = other.lines(f"register/{name}.jsonl")
            at = columns.index("chain_id")
            other.put(f"register/{name}.jsonl", [columns, *([*row[:at], 1, *row[at + 1 :]] for row in rows)])

    faults = chain_faults(forged(written, tmp_path / "forged.zip", rename), written.block_hash)
    assert any("signed for chain 31337, the pack is of chain 1" in fault for fault in faults), faults
