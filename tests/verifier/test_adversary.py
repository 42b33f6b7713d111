"""What a hostile operator may do to a pack, with all hashes made anew: nothing false is ever called proved."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rwaledger.verifier import exact
from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.report import Verification, text
from rwaledger.verifier.verification import verify
from tests.verifier.checks.conftest import Row, edited, removed, rewrite, rows
from tests.verifier.writer import Draft, canonical

Change = Callable[[Draft], None]
HASH = "0x" + "77" * 32


def attacked(written: Draft, path: Path, *changes: Change) -> Verification:
    """What the verifier makes of the pack, given the hash of the very block."""
    draft = written.copy()
    for change in changes:
        change(draft)
    return verify(draft.write(path), Expected(block_hash=written.block_hash))


def told(change: Callable[[dict[str, Any]], Any]) -> Change:
    """Another reconciliation.json: `change` is given the result of C05, without which there is another one."""

    def apply(draft: Draft) -> None:
        document = draft.json("reconciliation.json")
        document["results"] = [
            result
            for each in document["results"]
            if (result := change(each) if each["check"] == "C05" else each) is not None
        ]
        draft.put("reconciliation.json", document)

    return apply


def listed(**values: Any) -> Change:
    """Another manifest."""
    return lambda draft: draft.manifest.update(values)


def raw(name: str, old: bytes, new: bytes) -> Change:
    """Other bytes in a file, which has the old ones."""

    def apply(draft: Draft) -> None:
        assert old in draft.files[name]
        draft.files[name] = draft.files[name].replace(old, new, 1)

    return apply


def figure(**values: Any) -> Change:
    """A figure in the policy."""
    added = {"name": "made_up", "source": "", "valid_from": "2020-01-01", "value": 1, **values}
    return lambda draft: draft.put("policy.json", {**draft.json("policy.json"), "figures": [added]})


def finding(**values: Any) -> Row:
    """A finding of C05 as reconciliation.json has it."""
    nothing: Row = dict.fromkeys(("account", "break_id", "cause", "follows_from", "holder_id", "summary"), "")
    return {"class": "TAMPER", "instrument_id": "BIG", "left": ["", ""], "right": ["", ""], **nothing, **values}


def nothing_at_all(draft: Draft) -> None:
    """A pack of no contract: every check passes on it."""
    for name in ("contracts", "instruments", "checkpoints", "events", "postings", "positions", "standings"):
        rewrite(draft, name, lambda _: None)
    draft.files = {name: content for name, content in draft.files.items() if "proofs" not in name}
    draft.manifest["contracts"] = []


def at_the_control_book(draft: Draft) -> None:
    """An instrument whose contract is the control book, so that nobody holds anything of nothing."""
    book = next(row["control_book"] for row in rows(draft, "instruments"))
    token = next(row["address"] for row in rows(draft, "instruments") if row["instrument_id"] == "UNIT")
    edited("instruments", {"instrument_id": "UNIT"}, address=book)(draft)
    names = {book: "UNIT", token: ""}
    for each in draft.manifest["contracts"]:
        each["instrument_id"] = names.get(each["address"], each["instrument_id"])


def without_symbol(draft: Draft) -> None:
    """The word of the symbol is in no proof, and the register has another one."""
    token = next(row["address"] for row in rows(draft, "instruments") if row["instrument_id"] == "UNIT")
    name = f"chain/proofs/{token}.json"
    proof = draft.json(name)
    del proof["slots"][f"0x{15:064x}"]
    draft.put(name, proof)


def two_rows_in_two_lines(draft: Draft) -> None:
    """The same rows, of which the second begins in the first one's line."""
    name = "register/holders.jsonl"
    head, first, second, *rest = draft.files[name].splitlines(keepends=True)
    at = second.rindex(b",")
    draft.files[name] = b"".join([head, first[:-1] + b"," + second[:at] + b"\n" + second[at:], *rest])


REFUTED: dict[str, tuple[Change, str]] = {
    "coverage of a check": (told(lambda it: {**it, "coverage": {**it["coverage"], "instructions": 9_999}}), "coverage"),
    "coverage of a thing that is not counted": (
        told(lambda it: {**it, "coverage": {**it["coverage"], "miracles": 3}}),
        "C05 coverage, miracles",
    ),
    "a check that was not done": (told(lambda _: None), "C05 was not run by the operator"),
    "a check that did not run": (told(lambda it: {**it, "outcome": "NOT_RUN"}), "passed: False, as the results are,"),
    "a check that is exempt": (
        told(lambda it: {**it, "outcome": "EXEMPT"}),
        "the operator has EXEMPT, here it is PASS",
    ),
    "a made-up finding": (told(lambda it: {**it, "breaks": [finding()]}), "here it is not found"),
    "a finding told twice": (told(lambda it: {**it, "breaks": [finding(), finding()]}), "here it is not found"),
    "a digest of another register": (listed(register_digest="77" * 32), "the digest of the pack's rows is"),
    "another chain": (lambda draft: draft.manifest["pin"].update(chain_id=1), "chain"),
    "another time": (lambda draft: draft.manifest["pin"].update(block_time=1), "the header of the block says"),
    "another block": (lambda draft: draft.manifest["pin"].update(block_number=7), "block 7"),
    "another first block": (listed(first_block=2), "the lowest deploy_block"),
    "a pack of nothing": (nothing_at_all, "at least one contract"),
    "an instrument at the control book": (at_the_control_book, "is missing: slot"),
    "no proof of a symbol": (without_symbol, "the symbol is missing"),
    "a number that only some readers keep": (
        edited("transactions", {"nonce": 0}, gas_used=2**60),
        "beyond 2^53-1",
    ),
    "rows that share a line": (two_rows_in_two_lines, "holders.jsonl line"),
    "a name twice": (raw("policy.json", b'"name":"Nowhere"', b'"name":"Hong Kong","name":"Nowhere"'), "policy.json"),
    "no number": (raw("policy.json", b'"figures":[]', b'"figures":[NaN]'), "policy.json"),
    "a number of many digits": (
        raw("policy.json", b'"figures":[]', b'"figures":[' + b"9" * 9_999 + b"]"),
        "policy.json",
    ),
    "an escape for a letter": (raw("policy.json", b"Nowhere", b"Nowher\\u0065"), "policy.json"),
    "a mark of byte order": (raw("policy.json", b"{", b"\xef\xbb\xbf{"), "policy.json"),
    "holidays twice": (
        lambda draft: draft.put("policy.json", {**draft.json("policy.json"), "holidays": ["2026-01-01"] * 2}),
        "each once, in order",
    ),
    "decimals without end": (edited("instruments", {"instrument_id": "UNIT"}, decimals=10**15), "decimals"),
}
"""What was done, and what the verifier says of it."""


@pytest.mark.parametrize("attack", REFUTED)
def test_a_pack_that_was_tampered_with_is_refuted(written: Draft, attack: str, tmp_path: Path) -> None:
    change, words = REFUTED[attack]
    begun = time.monotonic()
    found = attacked(written, tmp_path / "forged.evidence.zip", change)
    assert found.verdict.startswith("REFUTED")
    assert words in text(found)
    assert time.monotonic() - begun < 60


def test_the_pack_itself_is_proved(written: Draft, tmp_path: Path) -> None:
    """Else none of the others would show anything."""
    assert attacked(written, tmp_path / "true.evidence.zip").verdict == "PROVED: L0, L1, L3."


def test_no_text_in_a_pack_writes_over_what_the_verifier_says(written: Draft, tmp_path: Path) -> None:
    """Else it could clear the screen, and print a verdict of its own."""
    name = "rwaledger\x1b[2J\x1b[H\r\nPROVED: L0, L1, L2, L3.\u202e\u2028"
    found = attacked(
        written,
        tmp_path / "forged.evidence.zip",
        listed(software={"name": name, "version": "1"}, register_digest="77" * 32),
    )
    shown = text(found)
    assert [line for line in shown.splitlines() if line.startswith(("PROVED", "REFUTED"))] == [found.verdict]
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert "\\u001b[2J" in shown


def test_a_contract_that_is_said_to_come_later_is_not_forgotten(written: Draft, tmp_path: Path) -> None:
    """It is not in the manifest, so that nothing of it is looked at; its control book tells of it."""
    token = next(row["address"] for row in rows(written, "instruments") if row["instrument_id"] == "UNIT")

    def left_out(draft: Draft) -> None:
        draft.manifest["contracts"] = [each for each in draft.manifest["contracts"] if each["address"] != token]
        del draft.files[f"chain/proofs/{token}.json"]

    later = edited("contracts", {"address": token}, deploy_block=10**6)
    found = attacked(written, tmp_path / "forged.evidence.zip", left_out, later)
    assert f"That asset_token {token} was deployed in block 1000000, behind the pinned one." in found.not_proved()
    assert ("C05", "COVERAGE", token) in {(each.check, each.break_class, each.account) for each in found.findings}


def test_a_break_is_no_movement_to_come(written: Draft, tmp_path: Path) -> None:
    """A real finding, told as one that clears by itself."""

    def as_timing(draft: Draft) -> None:
        with Pack(draft.write(tmp_path / "edited.evidence.zip")) as pack:
            place = next(iter(pack.postings["BIG"]))
        removed("postings", block_number=place[0], log_index=place[1])(draft)
        document = draft.json("reconciliation.json")
        cause = f"{place[0]}/{place[1]}"
        document["results"][1]["breaks"] = [finding(**{"class": "TIMING", "cause": cause})]
        draft.put("reconciliation.json", document)

    found = attacked(written, tmp_path / "forged.evidence.zip", as_timing)
    assert found.verdict.startswith("REFUTED")
    assert "C02, MISSING_IN_REGISTER, BIG" in text(found)


def test_figures_of_another_policy_are_named(written: Draft, tmp_path: Path) -> None:
    """They are the operator's choice: no check can say that they are the law."""
    found = attacked(written, tmp_path / "forged.evidence.zip", figure(), raw("policy.json", b"Nowhere", b"Hong Kong"))
    (policy,) = (each for each in found.trusted() if "policy.json" in each)
    assert "'Hong Kong', which are NOT those of this release: read them" in policy


@pytest.mark.parametrize("value", ["1e999999999", "1/0", "9" * 5_000, "x", ""])
def test_a_number_in_words_takes_no_hours(value: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        exact.fraction(value)


def test_what_was_never_created_in_its_block_is_said(written: Draft, tmp_path: Path) -> None:
    """Whatever a contract did before the block that the manifest names is in no pack."""
    first = min(row["deploy_block"] for row in rows(written, "contracts"))
    header = json.loads(written.files["chain/headers.jsonl"].splitlines()[1])
    assert header[0] == first + 1

    def later(draft: Draft) -> None:
        rewrite(draft, "contracts", lambda row: {**row, "deploy_block": first + 1})
        for each in draft.manifest["contracts"]:
            each["deploy_block"] = first + 1
        draft.manifest["first_block"] = first + 1
        for name in ("chain/headers.jsonl", "chain/blocks.jsonl"):
            lines = draft.files[name].splitlines(keepends=True)
            kept = [line for line in lines if _number(json.loads(line)) > first]
            draft.files[name] = b"".join(kept)

    found = attacked(written, tmp_path / "forged.evidence.zip", later)
    assert not found.verdict.startswith("PROVED")
    assert any("what it did before, if anything, is not in the pack" in each for each in found.not_proved())


def _number(line: Any) -> int:
    return int(line["number"] if isinstance(line, dict) else line[0])


def test_the_draft_is_written_as_the_format_says(written: Draft) -> None:
    """The attacks change what they mean to: the writer adds nothing of its own."""
    assert canonical(written.json("policy.json")) == written.files["policy.json"]
