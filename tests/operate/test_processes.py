"""Operators' processes at the same time: nothing is sent twice, and no nonce is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rwaledger.chain.sender import mined_nonce
from rwaledger.operate.follow import follow
from rwaledger.registry import audit_log, instructions, transactions
from rwaledger.registry.database import Database
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus
from tests.office import CHECKER, MAKER, Office, open_office

TOGETHER = Path(__file__).with_name("together.py")
TRANSACTIONS = 2


@pytest.fixture
def shared(
    office: Office, database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """One chain with a block a second, and one register that two processes share, on each kind of database."""
    opened = open_office(database, office.node, tmp_path)
    monkeypatch.chdir(tmp_path)
    settings = {"RPC_URL": office.node.url, "DATABASE_URL": database_url, "MAKER": MAKER, "CHECKER": CHECKER}
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    with slow_blocks(office):
        yield opened


@contextmanager
def slow_blocks(office: Office) -> Iterator[None]:
    """A block a second, so that transactions wait for one another as on a real chain."""
    office.node.request("evm_setAutomine", [False])
    office.node.request("evm_setIntervalMining", [1])
    yield
    office.node.request("evm_setIntervalMining", [0])
    office.node.request("evm_setAutomine", [True])


def allocations(office: Office, name: str, holder: str) -> Path:
    """Two instructions: ten of each instrument for the holder."""
    return office.write(name, f"instrument,account,amount\nHKDS,{holder},10\nGRN28,{holder},10\n")


def held(office: Office, holder: str) -> tuple[int, int]:
    """Whole units of both instruments."""
    return office.balance(holder, "HKDS") // 10**6, office.balance(holder, "GRN28")


def at_once(*commands: list[str]) -> list[tuple[int, str]]:
    """Runs commands at the same time, and gives how each of them ended, and what it said."""
    processes = [
        subprocess.Popen(
            [sys.executable, str(TOGETHER), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    try:
        said = [each.communicate(timeout=60)[0] for each in processes]
    finally:
        for each in processes:
            each.kill()
            each.wait()
    return [(each.returncode, text) for each, text in zip(processes, said, strict=True)]


def require_without_gap(office: Office, nonce: int, count: int) -> None:
    """`count` transactions, one for each nonce, all mined and none reverted."""
    sent = _sent_since(office.database, office, nonce)
    assert [(each.nonce, each.status.value) for each in sent] == [(nonce + n, "mined") for n in range(count)]
    assert mined_nonce(office.node, office.desk.maker) == office.sent_by_maker() == nonce + count


def test_the_same_command_twice_at_once_is_carried_out_once(shared: Office) -> None:
    command = ["units", "issue", str(allocations(shared, "jan.csv", "kowloon")), "--yes"]
    nonce = shared.sent_by_maker()

    ended = at_once(command, command)

    assert [code for code, _ in ended] == [0, 0], ended
    assert held(shared, "kowloon") == (10, 10)
    require_without_gap(shared, nonce, TRANSACTIONS)
    with shared.database.read() as connection:
        stored = [s for s in instructions.instructions(connection) if s.idempotency_key == "issue:jan.csv"]
        actions = [(entry.action, entry.subject) for entry in audit_log.entries(connection)]
    assert [each.status.value for each in stored] == ["mined"] * TRANSACTIONS
    for each in stored:
        for action in ("stored", "approved", "mined"):
            assert actions.count((f"instruction {action}", each.instruction.ref)) == 1


def test_of_two_files_with_the_same_key_one_is_carried_out_and_the_other_refused(shared: Office) -> None:
    files = [allocations(shared, f"{holder}.csv", holder) for holder in ("kowloon", "lantau")]
    nonce = shared.sent_by_maker()

    ended = at_once(*(["units", "issue", str(path), "--key", "jan", "--yes"] for path in files))

    assert sorted(code for code, _ in ended) == [0, 6], ended
    holdings = [held(shared, holder) for holder in ("kowloon", "lantau")]
    assert sorted(holdings) == [(0, 0), (10, 10)]
    assert [code == 0 for code, _ in ended] == [both == (10, 10) for both in holdings]
    require_without_gap(shared, nonce, TRANSACTIONS)


def test_two_keys_at_once_share_the_nonces_without_a_gap(shared: Office) -> None:
    files = [allocations(shared, f"{holder}.csv", holder) for holder in ("kowloon", "lantau")]
    nonce = shared.sent_by_maker()

    ended = at_once(*(["units", "issue", str(path), "--yes"] for path in files))

    assert [code for code, _ in ended] == [0, 0], ended
    assert [held(shared, holder) for holder in ("kowloon", "lantau")] == [(10, 10)] * 2
    require_without_gap(shared, nonce, 2 * TRANSACTIONS)


def test_two_registers_with_one_makers_key_do_not_take_each_others_transactions_for_their_own(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They know nothing of one another: who loses a nonce signs anew by itself, and each line is issued once."""
    work = {"here": "kowloon", "there": "lantau"}
    registers = {name: Database(f"sqlite:///{tmp_path / name}.db") for name in work}
    for register in registers.values():
        register.migrate()
        opened = open_office(register, office.node, tmp_path)
    for name, value in {"RPC_URL": office.node.url, "MAKER": MAKER, "CHECKER": CHECKER}.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    nonce = opened.sent_by_maker()

    with slow_blocks(office):
        ended = at_once(
            *(
                ["--database-url", registers[name].url, "units", "issue", *_file(opened, holder), "--yes"]
                for name, holder in work.items()
            )
        )

    assert [code for code, _ in ended] == [0, 0], ended
    assert [held(opened, holder) for holder in work.values()] == [(10, 10), (10, 10)]
    sent = [each for register in registers.values() for each in _sent_since(register, opened, nonce)]
    mined = sorted(each.nonce for each in sent if each.status is TransactionStatus.MINED)
    assert mined == list(range(nonce, nonce + 2 * TRANSACTIONS))
    assert {each.status.value for each in sent} <= {"mined", "replaced"}


def _file(office: Office, holder: str) -> list[str]:
    return [str(allocations(office, f"{holder}.csv", holder))]


def _sent_since(register: Database, office: Office, nonce: int) -> list[StoredTransaction]:
    """The maker's transactions of a register from a nonce on, as the chain has them."""
    follow(register, office.node, final_block=0)
    with register.read() as connection:
        known = transactions.transactions(connection, sender=office.desk.maker)
    return [each for each in known if each.nonce >= nonce]
