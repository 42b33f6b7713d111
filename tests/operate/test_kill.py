"""`kill -9` at each step of issuing: the same command again ends with every line issued exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rwaledger.cli.main import run
from rwaledger.registry import instructions
from tests.office import CHECKER, MAKER, Office

KILLED = Path(__file__).with_name("killed.py")
LINES = 250

STEPS = {
    "after the instructions are stored": "rwaledger.operate.execute:store",
    "after the checker has signed": "rwaledger.operate.execute:approve",
    "after the transactions are signed and stored": "rwaledger.operate.send:sign_and_store",
    "after the first of three is sent": "rwaledger.chain.rpc:Node.request",
    "after all are sent": "rwaledger.operate.dispatch:broadcast",
    "after all are mined": "rwaledger.operate.dispatch:await_receipts",
    "after all is written down, before the mirror": "rwaledger.operate.execute:run",
}


@pytest.fixture
def command(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """`units issue` of a file with 250 lines, for three transactions, to accounts made for it."""
    rows = "".join(f"h{n},Holder {n},HK,retail,2099-12-31,0x{n + 0xABC000:040x},own\n" for n in range(LINES))
    people = office.write("people.csv", f"holder,name,country,class,valid_until,address,account\n{rows}")
    lines = "".join(f"HKDS,h{n},{n + 1}\n" for n in range(LINES))
    path = office.write("allocations.csv", f"instrument,account,amount\n{lines}")
    monkeypatch.chdir(office.folder)
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    assert run(["holder", "admit", str(people), "--instrument", "HKDS", "--yes"]) == 0
    return ["units", "issue", str(path), "--yes"]


@pytest.mark.parametrize("step", STEPS)
def test_every_line_is_issued_exactly_once(office: Office, command: list[str], step: str) -> None:
    killed = subprocess.run(
        [sys.executable, str(KILLED), STEPS[step], *command], env=os.environ.copy(), capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    assert run(command) == 0
    assert run(command) == 0

    assert office.supply() == sum(range(1, LINES + 1)) * 10**6
    assert office.balance(f"h{LINES - 1}") == LINES * 10**6
    with office.database.read() as connection:
        stored = [s for s in instructions.instructions(connection) if s.idempotency_key == "issue:allocations.csv"]
    assert [s.status.value for s in stored] == ["mined"] * 3
    assert run(["node", "mine", "2"]) == 0
    assert run(["register", "sync"]) == 0
    assert run(["reconcile", "run", "--check", "C01", "--check", "C05"]) == 0
