"""A bond, a fund and the money they pay in, on a chain whose clock stands in January 2026."""

from __future__ import annotations

import json
import os
import signal
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.local import mine, set_clock, start_node
from rwaledger.chain.rpc import Node
from rwaledger.cli.main import run
from rwaledger.domain.policy import Policy
from rwaledger.operate import allowances
from rwaledger.policies.loading import load_policy
from rwaledger.registry.database import Database
from tests.office import CHECKER, MAKER, Office, desk_of
from tests.operate.killed import kill_after

HEADER = "holder,name,country,class,valid_until,address,account,postal_address"
OPENS = "2026-01-15T09:00:00+08:00"

DEV = {"green-issuer": "dev:3", "fund-manager": "dev:4", "kowloon": "dev:5", "victoria": "dev:6", "lantau": "dev:7"}
DEV |= {"chan": "dev:8", "peak": "dev:9", "retail-a": "dev:0"}

_CLASSES = dict.fromkeys(DEV, "professional") | {
    "green-issuer": "issuer",
    "kowloon": "institution",
    "retail-a": "retail",
}

INSTRUMENTS = """
[[instrument]]
id = "HKDS"
name = "Harbour Dollar"
symbol = "HKDS"
decimals = 6
kind = "stablecoin"
record_of_truth = "chain"
domicile = "HK"

[[instrument]]
id = "GRN28"
name = "Green Bond"
symbol = "GRN28"
decimals = 0
kind = "bond"
record_of_truth = "hybrid"
domicile = "HK"
[instrument.rules]
classes = ["professional", "institution", "issuer"]

[[instrument]]
id = "HKMM"
name = "Money Market Fund"
symbol = "HKMM"
decimals = 4
kind = "fund"
record_of_truth = "hybrid"
domicile = "HK"
"""

TERMS = """
[[bond]]
instrument = "GRN28"
currency = "HKDS"
payer = "green-issuer"
nominal = "1000"
rate = "2.5 %"
day_count = "ACT/365F"
frequency = 2
issued = 2026-01-20
matures = 2028-01-20
business_days = "following"
record_days = 1
pays_to = "0.01"

[[fund]]
instrument = "HKMM"
currency = "HKDS"
manager = "fund-manager"
price_decimals = 4
cut_off = "17:00"
pays_to = "0.01"
deviation_bp = 50
"""

MONEY = """
HKDS,green-issuer,500000000
HKDS,kowloon,60000000
HKDS,victoria,20000000
HKDS,peak,40000000
HKDS,chan,10000000
HKDS,retail-a,500000
HKDS,fund-manager,1000
"""

RESERVE = """kind,description,currency,amount,haircut_bp,matures_on
deposits,Demand deposits,HKD,1000000000,0,
"""

BONDS = "GRN28,kowloon,100000\nGRN28,victoria,100000\nGRN28,lantau,46000\nGRN28,chan,4000"


def open_paying_office(folder: Path) -> Office:
    """Starts a chain, and has the office do what comes before the first coupon and the first order."""
    node = Node(start_node(folder / "node", begins=seconds("2026-01-01T00:00:00+08:00")).url)
    set_clock(node, seconds(OPENS))
    office = Office(desk_of(Database(f"sqlite:///{folder / 'register.db'}"), node), folder)
    office.write("instruments.toml", INSTRUMENTS)
    rows = (
        f"{who},{who},HK,{_CLASSES[who]},2099-12-31,{dev_address(dev)},own,1 {who} Road\n" for who, dev in DEV.items()
    )
    office.write("holders.csv", f"{HEADER}\n{''.join(rows)}")
    office.write("terms.toml", TERMS)
    with pytest.MonkeyPatch.context() as patch:
        enter(office, patch)
        for words in (
            ["instrument", "deploy", "instruments.toml"],
            ["instrument", "activate", "instruments.toml"],
            ["holder", "admit", "holders.csv"],
            ["terms", "set", "terms.toml"],
        ):
            assert run([*words, "--yes"]) == 0
        office.write("reserve.csv", RESERVE)
        assert run(["reserve", "import", "HKDS", "reserve.csv", "--as-of", OPENS, "--yes"]) == 0
    office.issue(MONEY, "money")
    for who in DEV:
        if who != "lantau":
            approve(office, who)
    return office


def enter(office: Office, patch: pytest.MonkeyPatch) -> None:
    """Makes the command line work in this office."""
    patch.chdir(office.folder)
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
        "ADMIN": "dev:0",
        "PRIVACY": "dev:2",
    }
    for name, value in settings.items():
        patch.setenv(f"RWALEDGER_{name}", value)


def approve(office: Office, who: str, units: int = 10**15) -> None:
    """Lets the control book move somebody's money; on record, since one of these keys is the admin's as well."""
    signer, money = dev_signer(office.node, DEV[who]), office.instrument()
    allowances.approve(office.database, office.node, signer, money, money.control_book, units)


def seconds(moment: str) -> int:
    """Seconds since 1970 of a time with its zone."""
    return int(datetime.fromisoformat(moment).timestamp())


def at(office: Office, moment: str) -> None:
    """Lets it be a later time on the chain."""
    set_clock(office.node, seconds(moment))


def reconcile(office: Office) -> None:
    """Has the register follow, and puts a reconciliation on record."""
    mine(office.node, 2)
    assert run(["register", "sync"]) == 0
    assert run(["reconcile", "run", "--record"]) == 0


def policy() -> Policy:
    return load_policy(None)


def json_of(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    """The one document that a command prints."""
    capsys.readouterr()
    assert run([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def entitled_coupon(office: Office) -> None:
    """The first coupon of the bond, up to its pay day: declared, recorded, entitled, reconciled."""
    office.issue(BONDS, "bonds")
    at(office, "2026-07-15T09:00:00+08:00")
    reconcile(office)
    assert run(["bond", "coupon", "declare", "GRN28", "--pays-on", "2026-07-20", "--yes"]) == 0
    at(office, "2026-07-20T09:00:00+08:00")
    reconcile(office)
    assert run(["bond", "coupon", "entitle", "GRN28", "--pays-on", "2026-07-20", "--yes"]) == 0


def killed(step: str, command: list[str]) -> None:
    """Runs a command in a process of its own that is killed (SIGKILL) right after a step has returned.

    The process is a fork of this one, which has imported everything already: the kill is as real, and quick.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks where there are threads; here there are none
        child = os.fork()
    if not child:
        try:
            kill_after(step)
            run(command)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{step} was not reached"
    assert os.WTERMSIG(status) == signal.SIGKILL
