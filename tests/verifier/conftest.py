"""Fixtures of the verifier's tests: one world on a live node, and its pack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.local import local_node
from rwaledger.domain.instruction import Line, Operation
from rwaledger.registry.database import Database
from rwaledger.verifier import keccak
from rwaledger.verifier.checks import run_all
from rwaledger.verifier.digest import register_digest
from rwaledger.verifier.main import main
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import CheckResult
from tests.audit.world import World, build_world
from tests.verifier.writer import Draft, draft

OPERATOR, AUDITOR = "0x" + "01" * 32, "0x" + "02" * 32


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with every kind of move, and a lock-up; no test changes it."""
    folder = tmp_path_factory.mktemp("verified")
    with local_node(folder / "node") as node:
        database = Database(f"sqlite:///{folder / 'register.db'}")
        database.migrate()
        world = build_world(node, database)
        world.operate(
            Operation.SET_LOCK_UP, "BIG", Line(sender=world.holders[0], amount_units=77, detail=4_000_000_000)
        )
        world.sync()
        yield world
        database.close()


@pytest.fixture(scope="session")
def written(ledger: World, tmp_path_factory: pytest.TempPathFactory) -> Draft:
    """The pack of the world; tests change copies of it.

    Its instruments are bonds, since a stablecoin would need reserves, and what the operator found is what L1 finds:
    the checks themselves have tests of their own.
    """
    found = draft(ledger.node, ledger.database)
    found.files["register/instruments.jsonl"] = found.files["register/instruments.jsonl"].replace(
        b"stablecoin", b"bond"
    )
    found.keys = {"auditor": AUDITOR, "operator": OPERATOR}
    with Pack(found.write(tmp_path_factory.mktemp("first") / "first.evidence.zip")) as pack:
        results = [as_json(each) for each in run_all(pack)]
        found.manifest["register_digest"] = register_digest(pack)
    found.put("reconciliation.json", {"passed": True, "results": results})
    found.manifest["passed"] = True
    return found


def as_json(result: CheckResult) -> dict[str, Any]:
    """A result without breaks, as `reconciliation.json` has it."""
    assert not result.findings, result.findings
    found = {name: getattr(result, name) for name in ("check", "title", "outcome", "note")}
    return found | {"coverage": dict(result.coverage), "breaks": []}


@pytest.fixture
def pack_file(written: Draft, tmp_path: Path) -> Path:
    """The pack as a file."""
    return written.write(tmp_path / "world.evidence.zip")


@pytest.fixture(autouse=True)
def accelerated() -> None:
    """Hashes by a library, as on most machines; what needs the pure ones says so."""
    keccak.use(pure=False)


Said = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(written: Draft, capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs the verifier on a pack, by default with its world's block hash: exit code, and what it prints."""

    def run(path: Path, *args: str, block_hash: str = written.block_hash) -> tuple[int, str]:
        code = main([str(path), "--block-hash", block_hash, *args])
        return code, capsys.readouterr().out

    return run
