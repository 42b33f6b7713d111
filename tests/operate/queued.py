"""The redemption queue at the command line of the office: holders with units, and what the commands print."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from rwaledger.cli.main import run
from rwaledger.domain.redemption import Redemption
from rwaledger.registry import redemptions
from tests.office import CHECKER, MAKER, Office

UNIT = 10**6


def open_queue(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Kowloon has 150 and lantau 80 HKDS; commands are run in the office's folder from then on."""
    office.issue("HKDS,kowloon,150\nHKDS,lantau,80")
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    monkeypatch.chdir(office.folder)
    return office


def ask(request: str, account: str, amount: str, *options: str) -> list[str]:
    single = ["--request", request, "--account", account, "--amount", amount]
    return ["redemption", "request", "HKDS", *single, "--yes", *options]


def pay(*requests: str, reference: str = "BANK-1", options: tuple[str, ...] = ()) -> list[str]:
    return ["redemption", "pay", *requests, "--reference", reference, "--yes", *options]


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["redemption", "list", "--json", *options]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


def stored(office: Office, request: str) -> Redemption:
    with office.database.read() as connection:
        return redemptions.redemption(connection, request)


def chain_now(office: Office) -> datetime:
    latest = office.node.block("latest")
    assert latest is not None
    return latest.time


def ago(office: Office, **span: int) -> str:
    """A time before the chain's, as an option takes it."""
    return (chain_now(office) - timedelta(**span)).isoformat()
