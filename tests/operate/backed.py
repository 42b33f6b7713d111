"""An issuer of a stablecoin that is issued within its attested reserve, at the command line of the office."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.cli.main import run
from rwaledger.domain.holder import InvestorClass, day_number
from rwaledger.domain.instruction import Line, Operation, admission_detail
from rwaledger.operate import execute
from rwaledger.operate.activate import activation_plan
from rwaledger.operate.deploy import Offices, deploy
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.entries import Entry
from rwaledger.operate.plan import make_plan
from tests.office import ADMIN, CHECKER, MAKER, Office

ATTESTOR = "dev:9"
HEADER = "kind,description,currency,amount,haircut_bp,matures_on"
UNIT = 10**6

BACKED = """
[[instrument]]
id = "HKDB"
name = "Backed Dollar"
symbol = "HKDB"
decimals = 6
kind = "stablecoin"
record_of_truth = "chain"
domicile = "HK"
reserve_attestor = "own"
"""


def open_issuer(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Deploys the stablecoin, and admits two holders to it; commands are run in the office's folder from then on."""
    path = office.write("backed.toml", BACKED)
    descriptions = read_descriptions(path)
    people = {"makers": (dev_address(MAKER),), "checkers": (dev_address(CHECKER),)}
    offices = Offices(dev_address(ADMIN), **people, admin_delay_s=60, attestors=(dev_address(ATTESTOR),))
    deploy(office.database, office.node, dev_signer(office.node, ADMIN), descriptions, offices)
    execute.run(office.desk, activation_plan(path, descriptions, office.names(), "activate backed"))
    execute.run(office.desk, make_plan(Operation.ADMIT, admissions(office), "admit backed", "test"))
    use_commands(office, monkeypatch)
    return office


def admissions(office: Office) -> list[Entry]:
    """The holders of the office, on the new stablecoin as well."""
    detail = admission_detail(344, InvestorClass.PROFESSIONAL, day_number(date(2099, 12, 31)))
    backed = office.instrument("HKDB")
    return [
        Entry(Path("test"), 0, backed, Line(recipient=office.address(holder), detail=detail))
        for holder in ("kowloon", "lantau")
    ]


def use_commands(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
        "ATTESTOR": ATTESTOR,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    monkeypatch.chdir(office.folder)


def chain_now(office: Office) -> datetime:
    latest = office.node.block("latest")
    assert latest is not None
    return latest.time


def count(office: Office, *lines: str, as_of: datetime | None = None, name: str = "reserve.csv") -> list[str]:
    """The command that imports these lines, counted now."""
    path = office.write(name, "\n".join((HEADER, *lines, "")))
    moment = as_of or chain_now(office)
    return ["reserve", "import", "HKDB", str(path), "--as-of", moment.isoformat(), "--yes"]


def deposits(amount: str) -> str:
    return f"deposits,Harbour Bank current account,HKD,{amount},0,"


def attest(office: Office, *options: str, report: str = "counted and found") -> list[str]:
    path = office.write("report.txt", report)
    return ["reserve", "attest", "HKDB", "--document", str(path), "--yes", *options]


def issue(office: Office, amount: str, key: str) -> list[str]:
    return ["units", "issue", "--instrument", "HKDB", "--account", "kowloon", "--amount", amount, "--key", key, "--yes"]


def json_of(capsys: pytest.CaptureFixture[str], *args: str) -> Any:
    capsys.readouterr()
    assert run([*args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)
