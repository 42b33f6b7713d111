"""The scenario's pack, exported once, for tests that change what is in it and look at what the checks find then."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rwaledger.audit.evidence.export import export
from rwaledger.audit.sources import Terms
from rwaledger.chain.rpc import Node
from rwaledger.policies.loading import load_policy
from rwaledger.verifier import secp256k1
from rwaledger.verifier.checks import run_all
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import CheckResult
from tests.played import played_in
from tests.verifier.writer import Draft

Root = tuple[str, str, str, str]
"""Check, class, instrument and account of a root finding."""

Row = dict[str, Any]


@pytest.fixture(autouse=True, scope="session")
def recovered_once() -> Iterator[None]:
    """The packs of these tests have the same signatures, and recovering a signer takes 5 ms in Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secp256k1, "recover", cache(secp256k1.recover))
        yield


@pytest.fixture(scope="session")
def story_pack(scenario_folder: Path, scenario_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of the scenario at its end."""
    folder = tmp_path_factory.mktemp("story-pack")
    path = folder / "story.evidence.zip"
    with played_in(scenario_folder, folder / "story", scenario_node) as played:
        export(played.database, played.node, path, Terms(load_policy(None)))
    return path


@pytest.fixture(scope="session")
def story(story_pack: Path) -> Draft:
    """The same as a draft; tests change copies of it."""
    with zipfile.ZipFile(story_pack) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    del files["signatures.json"], manifest["files"], manifest["root"]
    return Draft(files, manifest)


@pytest.fixture
def found(story: Draft, tmp_path: Path) -> Callable[[Callable[[Draft], None]], list[CheckResult]]:
    """What the checks find in the scenario's pack after a change."""

    def run(change: Callable[[Draft], None]) -> list[CheckResult]:
        other = story.copy()
        change(other)
        with Pack(other.write(tmp_path / "changed.evidence.zip")) as pack:
            return run_all(pack)

    return run


def roots(results: list[CheckResult]) -> list[Root]:
    """The root findings."""
    return [
        (each.check, each.break_class, each.instrument_id, each.account)
        for result in results
        for each in result.findings
        if not each.follows_from
    ]


def rows(draft: Draft, table: str) -> list[Row]:
    """The rows of a table by the names of its columns."""
    columns, *lines = draft.lines(f"register/{table}.jsonl")
    return [dict(zip(columns, line, strict=True)) for line in lines]


def rewrite(draft: Draft, table: str, change: Callable[[Row], Row | None]) -> None:
    """Each row of a table as `change` gives it; without those for which it gives None."""
    columns, *_ = draft.lines(f"register/{table}.jsonl")
    kept = [row for each in rows(draft, table) if (row := change(dict(each))) is not None]
    draft.put(f"register/{table}.jsonl", [columns, *([row[name] for name in columns] for row in kept)])


def edited(table: str, key: Row, **values: Any) -> Callable[[Draft], None]:
    """Other values in the rows in which the columns of `key` are so; there has to be such a row."""

    def change(draft: Draft) -> None:
        hit = [row for row in rows(draft, table) if key.items() <= row.items()]
        assert hit, f"no such row of {table}: {key}"
        rewrite(draft, table, lambda row: row | values if key.items() <= row.items() else row)

    return change


def removed(table: str, **key: Any) -> Callable[[Draft], None]:
    """Without the rows in which these columns are so."""

    def change(draft: Draft) -> None:
        before = len(rows(draft, table))
        rewrite(draft, table, lambda row: None if key.items() <= row.items() else row)
        assert len(rows(draft, table)) < before, f"no such row of {table}: {key}"

    return change


def all_of(*changes: Callable[[Draft], None]) -> Callable[[Draft], None]:
    """One change after another."""

    def change(draft: Draft) -> None:
        for each in changes:
            each(draft)

    return change
