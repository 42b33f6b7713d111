"""Documents, record dates, lock-ups, orders and planned moves, by the commands that people type."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from rwaledger.chain import state
from rwaledger.chain.local import let_pass
from rwaledger.cli.main import run
from rwaledger.registry import orders
from tests.office import CHECKER, MAKER, Office


@pytest.fixture
def command(office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command on the office with --json, and gives its document."""
    settings = {"RPC_URL": office.node.url, "MAKER": MAKER, "CHECKER": CHECKER}
    settings["DATABASE_URL"] = f"sqlite:///{office.folder / 'register.db'}"
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    monkeypatch.chdir(office.folder)

    def run_command(line: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert run([*line.split(), "--json"]) == code, capsys.readouterr().err
        out = capsys.readouterr().out
        return json.loads(out) if out else None

    return run_command


def test_a_document_is_published_replaced_and_taken_back(office: Office, command: Any) -> None:
    paper = office.write("prospectus.txt", "the first\n")
    command("document set GRN28 prospectus prospectus.txt --uri https://a.example/1 --key d1 --yes")
    (shown,) = command("document list GRN28")
    assert (shown["name"], shown["uri"]) == ("prospectus", "https://a.example/1")
    assert shown["sha256"] == "0x" + hashlib.sha256(paper.read_bytes()).hexdigest()

    office.write("prospectus.txt", "the second\n")
    command("document set GRN28 prospectus prospectus.txt --uri https://a.example/2 --key d2 --yes")
    assert [each["uri"] for each in command("document list GRN28")] == ["https://a.example/2"]
    command("document remove GRN28 prospectus --key d3 --yes")
    assert command("document list GRN28") == []
    command("document remove GRN28 prospectus --key d4 --yes", code=2)


def test_a_record_date_is_scheduled_and_cancelled(office: Office, command: Any) -> None:
    command("record-date schedule GRN28 --at 2097-07-17T23:59:59+08:00 --key r1 --yes")
    assert command("record-date list GRN28") == [{"number": "1", "at": "2097-07-17 15:59:59 UTC", "state": "to come"}]
    command("record-date schedule GRN28 --at 2001-01-01T00:00:00Z --key r2 --yes", code=2)
    command("record-date cancel GRN28 --number 1 --key r3 --yes")
    assert command("record-date list GRN28") == []


def test_a_lock_up_holds_until_its_time(office: Office, command: Any) -> None:
    office.issue("HKDS,kowloon,100")
    now = office.node.block("latest")
    assert now is not None
    until = now.time.replace(year=now.time.year + 1).isoformat()
    office.write("locked.csv", f"instrument,account,amount,until\nHKDS,kowloon,60,{until}\n")
    command("units set-lock-up locked.csv --yes")

    planned = "units precheck --instrument HKDS --from kowloon --to lantau --amount"
    assert command(f"{planned} 41", code=1)["code"] == 17
    assert command(f"{planned} 40")["code"] == 0
    let_pass(office.node, 366 * 86_400)
    assert command(f"{planned} 41")["code"] == 0


def test_a_lock_up_is_ended_by_zeros(office: Office, command: Any) -> None:
    command("units set-lock-up --instrument HKDS --account kowloon --amount 60 --until 2097-01-01T00:00Z --key a --yes")
    command("units set-lock-up --instrument HKDS --account kowloon --amount 0 --until none --key b --yes")
    address = office.address("kowloon")
    found = state.lock_ups(office.node, office.instrument().address, [address], "latest")[address]
    assert (found.amount_units, found.until) == (0, 0)


def test_an_order_is_known_by_its_reference(office: Office, command: Any) -> None:
    office.issue("HKDS,kowloon,100")
    office.write("order.txt", "hold it\n")
    freeze = "units freeze --instrument HKDS --account kowloon --amount 5 --key f"
    command(f"{freeze} --order order.txt --order-ref HCMP-412/2026 --yes")
    command("instrument pause HKDS --order order.txt --order-ref HCMP-412/2026 --key p --yes")
    with office.database.read() as connection:
        (known,) = orders.orders(connection).values()
    assert (known.reference, known.document) == ("HCMP-412/2026", "order.txt")

    release = "units release --instrument HKDS --account kowloon --amount 5 --key g"
    command(f"{release} --order order.txt --order-ref HCMP-413/2026 --yes", code=1)
    command(f"{release} --order-ref HCMP-412/2026 --yes", code=2)
    assert state.paused(office.node, office.instrument().address, "latest")


def test_a_file_of_planned_moves_is_judged_line_by_line(office: Office, command: Any) -> None:
    office.issue("HKDS,kowloon,100")
    office.write(
        "moves.csv",
        "instrument,from,to,amount\n"
        "HKDS,kowloon,lantau,10\n"
        "HKDS,kowloon,mainland,10\n"
        "HKDS,,lantau,10\n"
        "HKDS,kowloon,,1000\n",
    )
    found = command("units precheck moves.csv", code=1)
    assert [(each["row"], each["code"]) for each in found] == [(2, 0), (3, 13), (4, 0), (5, 15)]
    assert all(each["code"] == each["independent_code"] for each in found)
