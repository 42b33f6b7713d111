"""The command: what it proves of a true pack, what it asks for, and that it runs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from rwaledger.cli.main import run as program
from rwaledger.verifier import zipapp
from rwaledger.verifier.main import main
from tests.verifier.conftest import AUDITOR, OPERATOR, Said
from tests.verifier.writer import Draft

HEAD = "0x" + "ab" * 32


def test_a_true_pack_is_proved(verify: Said, written: Draft, pack_file: Path) -> None:
    code, said = verify(pack_file)
    assert code == 0, said
    assert said.splitlines()[-1] == "PROVED: L0, L1, L3."
    blocks = len(written.lines("chain/headers.jsonl"))
    assert f"{blocks} headers, each by the hash in the next, the last by the hash that you gave" in said
    assert "accounts of UNIT: 2 hold all 160 of the supply, and nobody else holds any" in said
    assert "4 contracts were created in the block that the manifest names" in said
    assert "L2: what another node says of the same block; not done." in said
    assert "This is a local chain: whoever runs its node can write it anew" in said


def test_pure_python_says_the_same(verify: Said, pack_file: Path) -> None:
    assert verify(pack_file, "--pure") == verify(pack_file)


def test_one_document(verify: Said, written: Draft, pack_file: Path) -> None:
    code, said = verify(pack_file, "--json")
    found: dict[str, Any] = json.loads(said)
    assert code == 0
    assert found["pin"] == written.manifest["pin"]
    assert [each["level"] for each in found["levels"]] == ["L0", "L1", "L3"]
    assert {each["outcome"] for each in found["levels"]} == {"PROVED"}
    assert {each["outcome"] for each in found["checks"]} == {"PASS"}
    assert found["keccak"] == "pysha3"


def test_without_a_hash_nothing_is_done(pack_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(pack_file)]) == 2
    assert "without one nothing is proved" in capsys.readouterr().err
    assert main([str(pack_file), "--block-hash", HEAD, "--block-hash-from-pack"]) == 2


def test_the_packs_own_hash_proves_consistency_only(pack_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(pack_file), "--block-hash-from-pack"]) == 0
    said = capsys.readouterr().out
    assert "!!! The block hash was taken from the pack itself" in said
    assert "NOTHING about any chain" in said
    assert said.splitlines()[-1].startswith("CONSISTENT ONLY")


@pytest.mark.parametrize(
    "args",
    [
        ["--block-hash", "0x12"],
        ["--block-hash", HEAD, "--expected-head", f"BIG={HEAD}", "--expected-head", f"BIG={HEAD}"],
        ["--block-hash", HEAD, "--expected-head", "BIG"],
        ["--block-hash", HEAD, "--expected-signer", HEAD],
        ["--block-hash", HEAD, "--expected-manifest", "12"],
        ["--no-such-option"],
    ],
)
def test_mistakes_of_the_caller(args: list[str], pack_file: Path) -> None:
    assert main([str(pack_file), *args]) == 2
    assert main(["no-such.zip", *args]) == 2


def test_a_pack_that_is_not_there(tmp_path: Path, verify: Said) -> None:
    assert verify(tmp_path / "none.zip")[0] == 2


def test_signers_whom_the_caller_expects(verify: Said, pack_file: Path) -> None:
    operator, auditor = (Account.from_key(key).address for key in (OPERATOR, AUDITOR))
    code, said = verify(pack_file, "--expected-signer", operator, "--expected-signer", auditor.lower())
    assert code == 0
    assert f"signature by {operator.lower()} as operator, whom you expect" in said
    assert "you named no such signer" not in said
    stranger = Account.from_key("0x" + "03" * 32).address.lower()
    code, said = verify(pack_file, "--expected-signer", stranger)
    assert code == 3
    assert f"signatures.json: {stranger}, whom you expect, has not signed" in said


def test_an_unsigned_pack_says_that_nobody_answers(verify: Said, written: Draft, tmp_path: Path) -> None:
    unsigned = written.copy()
    unsigned.keys = {}
    code, said = verify(unsigned.write(tmp_path / "unsigned.zip"))
    assert code == 0
    assert "Nobody has signed the pack" in said


def test_the_manifest_that_the_caller_was_told(verify: Said, pack_file: Path) -> None:
    _, said = verify(pack_file, "--json")
    told = json.loads(said)["manifest_sha256"]
    assert verify(pack_file, "--expected-manifest", told)[0] == 0
    code, said = verify(pack_file, "--expected-manifest", HEAD)
    assert code == 3
    assert f"manifest.json: its SHA-256 is {told}, you expect {HEAD}" in said


def test_heads_that_the_caller_kept(verify: Said, written: Draft, tmp_path: Path) -> None:
    signed = written.copy()
    columns = signed.lines("register/periods.jsonl")[0]
    row = {"instrument_id": "UNIT", "chain_id": 31337, "block_number": 1, "block_time": 1, "holder_count": 1}
    row |= {"supply_units": "1", "recorded_at": "2026-01-01T00:00:00.000000Z"}
    periods = [row | {"sequence": 1, "head": HEAD}, row | {"sequence": 2, "head": "0x" + "cd" * 32}]
    rows = [[each.get(column, "") for column in columns] for each in periods]
    signed.put("register/periods.jsonl", [columns, *rows])
    signed.manifest["heads"] = [{"instrument_id": "UNIT", "sequence": 2, "head": "0x" + "cd" * 32}]
    path = signed.write(tmp_path / "signed.zip")
    assert "head that you know is period 1 of 2 of UNIT" in verify(path, "--expected-head", f"UNIT={HEAD}")[1]
    code, said = verify(path, "--expected-head", f"UNIT=0x{'ef' * 32}")
    assert code == 3
    assert f"no period of UNIT has the head 0x{'ef' * 32}; its last is 0x{'cd' * 32}, period 2" in said
    code, said = verify(path, "--expected-head", f"BIG={HEAD}")
    assert "no period of BIG has the head" in said
    signed.manifest["heads"] = []
    assert "manifest.json, heads" in verify(signed.write(path))[1]


def test_it_is_a_verb_of_the_program(written: Draft, pack_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program(["verify", str(pack_file), "--block-hash", written.block_hash, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "PROVED: L0, L1, L3."
    assert program(["verify", str(pack_file)]) == 2
    assert program(["verify", "--help"]) == 0
    assert "--block-hash HASH" in capsys.readouterr().out


ALONE = """
import socket, sys

def no_network(*_):
    raise AssertionError("the verifier asked for the network")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = no_network
sys.argv[0] = sys.argv.pop(1)
import runpy
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def alone(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program by a Python with nothing installed, in an empty environment, without a network."""
    python = [sys.executable, "-I", "-S", "-c", ALONE]
    return subprocess.run([*python, *args], cwd=cwd, env={}, capture_output=True, text=True, check=False)


def test_one_file_runs_by_itself(written: Draft, pack_file: Path, tmp_path: Path) -> None:
    """An empty folder with pack and verifier, nothing installed, no network: as the program says it, word for word."""
    folder = tmp_path / "empty"
    folder.mkdir()
    pack_file.rename(folder / "pack.zip")
    assert main(["--write-zipapp", str(folder / "verify.pyz")]) == 0
    done = alone("verify.pyz", "pack.zip", "--block-hash", written.block_hash, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["verdict"], found["keccak"]) == ("PROVED: L0, L1, L3.", "pure Python")


def test_the_one_file_is_the_same_everywhere(tmp_path: Path) -> None:
    """Also where it writes itself."""
    assert main(["--write-zipapp", str(tmp_path / "first.pyz")]) == 0
    done = alone("first.pyz", "--write-zipapp", "second.pyz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "first.pyz").read_bytes() == (tmp_path / "second.pyz").read_bytes() == zipapp.program()
    assert os.access(tmp_path / "second.pyz", os.X_OK)
