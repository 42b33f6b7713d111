"""The runbooks run, one after the other, and hand on the exit code of what they run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rwaledger.chain.local import free_port, mine, stop_node
from rwaledger.chain.rpc import Node

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with settings, a password, and the `rwaledger` of this environment on the PATH."""
    port = free_port()
    (tmp_path / "password").write_text("of the test\n")
    (tmp_path / "bin").mkdir()
    command = f'#!/bin/sh\nexec "{sys.executable}" -m rwaledger.cli.main "$@"\n'
    (tmp_path / "bin" / "rwaledger").write_text(command)
    (tmp_path / "bin" / "rwaledger").chmod(0o755)
    (tmp_path / "rwaledger.toml").write_text(
        f'rpc_url = "http://127.0.0.1:{port}"\nnode_port = {port}\n'
        'keystore_folder = "keystores"\npassword_file = "password"\nnode_folder = "node"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    yield tmp_path
    stop_node(tmp_path / "node")


def script(name: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(ROOT / "scripts" / name), *args], capture_output=True, text=True, check=False)


@pytest.mark.timeout(300)  # some fifteen processes, three of them with a keystore's full password derivation
def test_the_runbooks_lead_from_nothing_to_a_report(folder: Path) -> None:
    examples = ROOT / "examples"
    files = (str(examples / "parties.csv"), str(examples / "allocations.csv"))

    deployed = script("deploy", str(examples / "instruments.toml"), "--yes")
    assert deployed.returncode == 0, deployed.stderr
    issued = script("issue", *files, "--yes")
    assert issued.returncode == 0, issued.stderr
    assert "48 lines carried out in 6 transactions" in issued.stdout
    reserve = str(examples / "stablecoin" / "reserve-opening.csv")
    entering = ["reserve", "import", "HKDS", reserve, "--as-of", "2025-12-31T17:00+08:00", "--yes"]
    subprocess.run(["rwaledger", *entering], check=True, capture_output=True)
    mine(Node((folder / "rwaledger.toml").read_text().split('"')[1]), 2)
    reconciled = script("reconcile", "report")
    assert reconciled.returncode == 0, reconciled.stderr
    assert "PASS: all 20 checks agree" in (folder / "report" / "report.json").read_text()


@pytest.mark.parametrize("name", ["deploy", "issue", "coupon", "reconcile"])
def test_a_runbook_without_its_files_says_its_usage(name: str) -> None:
    done = script(name)
    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: scripts/{name}")
