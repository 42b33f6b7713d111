"""The whole scenario, exported by the shipped writer and verified by the one file that needs nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rwaledger.verifier import zipapp
from rwaledger.verifier.pack import Pack
from tests.audit import seeding
from tests.played import Played
from tests.verifier.writer import Draft


def exported(played: Played, capsys: pytest.CaptureFixture[str], code: int, *args: str) -> Path:
    path = played.folder / "played.evidence.zip"
    assert played.run("evidence", "export", "--out", str(path), *args) == code
    capsys.readouterr()
    return path


def verified(path: Path, code: int, *args: str) -> dict[str, Any]:
    """What the one file says, run by a Python that has nothing installed."""
    program = path.with_name("rwaledger-verify.pyz")
    zipapp.write(program)
    with Pack(path) as pack:
        pinned = pack.manifest.pin.block_hash
    python = [sys.executable, "-I", "-S", str(program), str(path), "--json", "--block-hash", pinned]
    done = subprocess.run([*python, *args], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(path: Path) -> list[tuple[str, str]]:
    with Pack(path) as pack:
        return [(each.check, each.outcome) for each in pack.reconciliation]


def test_the_scenario_is_proved_on_all_levels(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    path = exported(played, capsys, 0, "--sign-as", "dev:9")
    found = verified(path, 0, "--rpc", played.node.url)
    assert found["verdict"] == "PROVED: L0, L1, L2, L3."
    assert [(each["check"], each["outcome"]) for each in found["checks"]] == told(path)
    statements = {each["statement"] for level in found["levels"] for each in level["proved"]}
    assert "accounts of HKDS: 9 hold all 103,899,315.060000 of the supply, and nobody else holds any" in statements, (
        statements
    )
    assert any("signed periods are anchored with the head" in each for each in statements)
    assert any("signature by" in each and "as operator" in each for each in statements)


def test_an_exemption_that_nobody_signed_hides_nothing(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    """The operator's reconciliation calls a check exempt; no exemption is in the register."""
    seeding.unmapped_wallet(played)
    path = exported(played, capsys, 3)
    assert verified(path, 3)["verdict"].startswith("BREAKS")
    with zipfile.ZipFile(path) as archive:
        forged = Draft({name: archive.read(name) for name in archive.namelist()[2:]}, manifest_of(path))
    results = forged.json("reconciliation.json")
    for each in results["results"]:
        if each["outcome"] == "FAIL":
            each["outcome"] = "EXEMPT"
    forged.put("reconciliation.json", {**results, "passed": True})
    forged.manifest["passed"] = True
    found = verified(forged.write(path), 3)
    assert found["verdict"].startswith("REFUTED")
    assert "the operator has EXEMPT, here it is FAIL" in json.dumps(found)


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return found
