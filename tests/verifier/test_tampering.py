"""Packs that were tampered with: each is refused, by the name of what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account

from rwaledger.verifier.hashes import Expected
from rwaledger.verifier.verification import verify as verify_pack
from tests.audit.world import World
from tests.verifier.conftest import OPERATOR, Said
from tests.verifier.forging import changes, forged
from tests.verifier.writer import Draft, canonical, draft, zip_of

# Without covering it up: the manifest shows it


def test_every_file_that_is_changed_is_named(verify: Said, written: Draft, tmp_path: Path) -> None:
    entries = written.sealed()
    for name in written.files:
        content = bytearray(entries[name])
        content[len(content) // 2] ^= 1
        path = tmp_path / "changed.zip"
        path.write_bytes(zip_of({**entries, name: bytes(content)}))
        found = verify_pack(path, Expected(written.block_hash))
        assert [each.place for each in found.levels[0].faults] == [name]
        assert [level.name for level in found.levels] == ["L0"]


def test_every_file_that_is_dropped_is_named(written: Draft, tmp_path: Path) -> None:
    entries = written.sealed()
    for name in written.files:
        path = tmp_path / "dropped.zip"
        path.write_bytes(zip_of({each: raw for each, raw in entries.items() if each != name}))
        found = verify_pack(path, Expected(written.block_hash))
        assert {each.place for each in found.levels[0].faults} == {name}


def test_a_manifest_without_a_file_is_no_manifest(written: Draft, tmp_path: Path) -> None:
    for name in (each for each in written.files if each.endswith(".json")):
        less = written.copy()
        del less.files[name]
        found = verify_pack(less.write(tmp_path / "less.zip"), Expected(written.block_hash))
        assert [str(each) for each in found.levels[0].faults] == [f"{name}: missing: a pack has to have it"]


def test_a_file_that_is_added_is_named(verify: Said, written: Draft, tmp_path: Path) -> None:
    more = written.copy()
    more.files["register/secrets.jsonl"] = b"[1]\n"
    code, said = verify(more.write(tmp_path / "more.zip"))
    assert code == 3
    assert "register/secrets.jsonl: no file of a pack of this format" in said


def test_a_pack_that_was_cut_off(verify: Said, written: Draft, tmp_path: Path) -> None:
    raw = written.packed()
    for length in (0, 10, len(raw) // 2, len(raw) - 1):
        (tmp_path / "cut.zip").write_bytes(raw[:length])
        code, said = verify(tmp_path / "cut.zip")
        assert code == 3
        assert "container: " in said


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("pin", ("manifest.json, pin", "manifest.json, contracts", "chain/headers.jsonl")),
        ("first_block", ("manifest.json, first_block",)),
        ("contracts", ("manifest.json, contracts", "chain/proofs/", "first_block")),
        ("heads", ("manifest.json, heads",)),
        ("files", ("manifest.json, files", "register/wallet_proofs.jsonl", "chain/blocks.jsonl")),
        ("root", ("manifest.json, root",)),
        ("format", ("manifest.json, format",)),
        ("passed", ("reconciliation.json, passed",)),
    ],
)
def test_every_part_of_the_manifest(field: str, named: tuple[str, ...], written: Draft, tmp_path: Path) -> None:
    """All files as they were, the manifest alone changed, and signed anew by somebody else."""
    entries = written.sealed()
    manifest = json.loads(entries["manifest.json"])
    for change in changes(manifest[field]):
        entries["manifest.json"] = canonical({**manifest, field: change})
        entries["signatures.json"] = b"[]"
        (tmp_path / "other.zip").write_bytes(zip_of(entries))
        found = verify_pack(tmp_path / "other.zip", Expected(written.block_hash))
        assert found.refuted, change
        places = [fault.place for level in found.levels for fault in level.faults]
        assert any(name in place for place in places for name in named), places


# Covered up: all hashes made anew. Only the chain, a signature or the caller's own knowledge can show it


def test_a_rewritten_pack_is_not_signed_by_whom_the_caller_expects(
    verify: Said, written: Draft, tmp_path: Path
) -> None:
    """Two holders swap their accounts: the chain knows no names, so that the signature alone tells."""

    def swap(other: Draft) -> None:
        columns, *rows = other.lines("register/accounts.jsonl")
        at = columns.index("holder_id")
        rows[0][at], rows[1][at] = rows[1][at], rows[0][at]
        other.put("register/accounts.jsonl", [columns, *rows])

    operator = Account.from_key(OPERATOR).address.lower()
    path = tmp_path / "forged.zip"
    code, said = verify(forged(written, path, swap), "--expected-signer", operator)
    assert code == 3
    assert f"{operator}, whom you expect, has not signed" in said
    other = written.copy()
    swap(other)
    path.write_bytes(zip_of({**other.sealed(), "signatures.json": written.sealed()["signatures.json"]}))
    code, said = verify(path, "--expected-signer", operator)
    assert code == 3
    assert f"signatures.json[0], signature: not by {Account.from_key('0x' + '02' * 32).address.lower()}" in said


def test_signatures_are_for_one_role_one_block_and_one_key(verify: Said, written: Draft, tmp_path: Path) -> None:
    entries = written.sealed()
    auditor, operator = json.loads(entries["signatures.json"])
    both = [{**auditor, "signature": operator["signature"]}, {**operator, "signature": auditor["signature"]}]
    twice = [auditor, {**auditor, "role": "operator"}]
    unordered = [operator, auditor]
    unknown = [{**auditor, "role": "witness"}]
    for wrong, said in ((both, "not by"), (twice, "twice"), (unordered, "in order"), (unknown, "'operator' or")):
        path = tmp_path / "signed.zip"
        path.write_bytes(zip_of({**entries, "signatures.json": canonical(wrong)}))
        code, text = verify(path)
        assert code == 3
        assert "WRONG  signatures.json" in text
        assert said in text


def test_another_moments_pack_is_refused(verify: Said, ledger: World, written: Draft, tmp_path: Path) -> None:
    """A later pack of the same register, and the older one under the newer pin."""
    snapshot = ledger.node.request("evm_snapshot")
    ledger.node.request("evm_mine", [])
    ledger.node.request("evm_mine", [])
    later = draft(ledger.node, ledger.database)
    ledger.node.request("evm_revert", [snapshot])
    code, said = verify(later.write(tmp_path / "later.zip"))
    assert code == 3
    assert "manifest.json, pin, block_hash" in said
    assert "this is the pack of another moment, or of another chain" in said
    replayed = written.copy()
    replayed.manifest["pin"] = later.manifest["pin"]
    code, said = verify(replayed.write(tmp_path / "replayed.zip"), block_hash=later.block_hash)
    assert code == 3
    assert "chain/headers.jsonl: ends at block" in said
    replayed.manifest["pin"] = {**written.manifest["pin"], "block_hash": later.block_hash}
    code, said = verify(replayed.write(tmp_path / "replayed.zip"), block_hash=later.block_hash)
    assert code == 3
    assert f"you gave {later.block_hash}" in said
