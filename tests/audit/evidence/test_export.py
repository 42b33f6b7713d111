"""A pack is one file, the same for the same register and chain, on both databases, and says what the run said."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select

from rwaledger.audit.evidence.course import Course
from rwaledger.audit.evidence.export import export as write_pack
from rwaledger.audit.evidence.parts import canonical_lines
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.sources import Terms
from rwaledger.chain.executors import processes
from rwaledger.policies.loading import load_policy
from rwaledger.registry import tables
from rwaledger.registry.database import Database
from tests.played import Played, json_of
from tests.postgres import create_database, drop_database


def export(played: Played, name: str, *options: str) -> Path:
    assert played.run("evidence", "export", "--out", str(played.folder / name), *options) == 0
    return played.folder / name


def documents(pack: Path, name: str) -> list[object]:
    with zipfile.ZipFile(pack) as archive:
        return [json.loads(line) for line in archive.read(name).splitlines()]


def test_it_says_what_the_reconciliation_said(played: Played) -> None:
    pack = export(played, "a.zip")
    found = reconcile(played.database, played.node)
    with zipfile.ZipFile(pack) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        told = json.loads(archive.read("reconciliation.json"))
        assert archive.namelist() == ["manifest.json", "signatures.json", *sorted(archive.namelist()[2:])]
        for entry in manifest["files"]:
            content = archive.read(entry["name"])
            assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest["pin"]["block_hash"] == found.pin.block_hash
    assert manifest["register_digest"] == found.register_digest
    assert [(each["check"], each["outcome"]) for each in told["results"]] == [
        (each.check, each.outcome.value) for each in found.results
    ]


def test_every_row_of_the_register_is_in_it(played: Played) -> None:
    pack = export(played, "a.zip")
    engine = create_engine(played.database.url)
    with engine.connect() as c:
        for table in tables.metadata.sorted_tables:
            if table.name == "audit_log":
                continue
            columns, *rows = documents(pack, f"register/{table.name}.jsonl")
            assert columns == [column.name for column in table.c]
            assert len(rows) == len(c.execute(select(table)).all()), table.name
    engine.dispose()


def test_two_exports_are_the_same_bytes(played: Played) -> None:
    first = export(played, "a.zip", "--sign-as", "operator")
    assert first.read_bytes() == export(played, "b.zip", "--sign-as", "operator").read_bytes()


def test_done_by_two_processes_it_is_the_same_bytes(played: Played) -> None:
    paths = [played.folder / "alone.zip", played.folder / "spread.zip"]
    terms = Terms(load_policy(None))
    write_pack(played.database, played.node, paths[0], terms)
    with processes(2) as pool:
        assert pool is not None
        write_pack(played.database, played.node, paths[1], terms, course=Course(spread=replace(pool, least=0)))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_register_on_postgresql_gives_the_same_bytes(played: Played, postgres_admin_url: str) -> None:
    first = export(played, "a.zip")
    url = create_database(postgres_admin_url)
    try:
        copied = Database(url)
        copied.migrate()
        copied.close()
        copy_rows(played.database.url, url)
        assert played.run("--database-url", url, "evidence", "export", "--out", str(played.folder / "b.zip")) == 0
    finally:
        drop_database(postgres_admin_url, url)
    assert first.read_bytes() == (played.folder / "b.zip").read_bytes()


def copy_rows(source: str, target: str) -> None:
    """Every row of every table, as it is."""
    engines = create_engine(source), create_engine(target)
    with engines[0].connect() as old, engines[1].begin() as new:
        for table in tables.metadata.sorted_tables:
            rows = [dict(row) for row in old.execute(select(table)).mappings()]
            if rows:
                new.execute(insert(table), rows)
    for engine in engines:
        engine.dispose()


def test_a_file_that_is_there_is_not_overwritten(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    pack = export(played, "a.zip")
    before = pack.read_bytes()
    assert played.run("evidence", "export", "--out", str(pack), "--sign-as", "operator") == 2
    assert "exists, and is another pack" in capsys.readouterr().err
    assert pack.read_bytes() == before
    assert sorted(each.name for each in pack.parent.glob("a.zip*")) == ["a.zip"]


def test_the_same_again_is_no_error(played: Played) -> None:
    pack = export(played, "a.zip")
    before = pack.read_bytes()
    assert export(played, "a.zip").read_bytes() == before


def test_the_auditor_adds_a_signature_and_nothing_else_changes(played: Played) -> None:
    pack = export(played, "a.zip", "--sign-as", "operator")
    with zipfile.ZipFile(pack) as archive:
        before = {name: archive.read(name) for name in archive.namelist()}
    signers = json_of(played, "evidence", "countersign", str(pack), "--as", "auditor")
    assert [each["role"] for each in signers] == ["auditor", "operator"]
    with zipfile.ZipFile(pack) as archive:
        after = {name: archive.read(name) for name in archive.namelist()}
    assert [name for name in before if before[name] != after[name]] == ["signatures.json"]


def test_who_exported_cannot_countersign(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    pack = export(played, "a.zip", "--sign-as", "operator")
    assert played.run("evidence", "countersign", str(pack), "--as", "operator") == 4
    assert "different keys" in capsys.readouterr().err


_SIMPLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(_SIMPLE)
def test_the_quick_encoder_writes_what_the_library_writes(value: object) -> None:
    assert canonical_lines([value]) == rfc8785.dumps(value) + b"\n"  # type: ignore[arg-type]


def test_a_pack_is_named_by_chain_and_block(played: Played) -> None:
    told = json_of(played, "evidence", "export")
    assert (played.folder / f"31337-{told['block_number']}.evidence.zip").stat().st_size == told["bytes"]
