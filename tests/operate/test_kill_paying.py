"""`kill -9` at each step of a coupon's payment and of a fund's deal: the same command again, and each is paid once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rwaledger.cli.main import run
from rwaledger.registry.database import Database
from tests.office import Office
from tests.operate.paying import approve, at, enter, entitled_coupon, json_of, killed, reconcile

PAY = ["bond", "coupon", "pay", "GRN28", "--pays-on", "2026-07-20", "--yes"]
DEAL = ["fund", "deal", "HKMM", "--day", "2026-07-20", "--yes"]

STEPS = {
    "after the instruction is stored": (PAY, "rwaledger.operate.execute:store"),
    "after the checker has signed": (PAY, "rwaledger.operate.execute:approve"),
    "after the transaction is signed and stored": (PAY, "rwaledger.operate.send:sign_and_store"),
    "after it is sent": (PAY, "rwaledger.chain.rpc:Node.request"),
    "after it is mined": (PAY, "rwaledger.operate.dispatch:await_receipts"),
    "after all is done but the coupon's own row": (PAY, "rwaledger.operate.execute:run"),
    "after the orders are priced": (DEAL, "rwaledger.operate.fund_orders_deal:enter_priced"),
    "after the money has come in": (DEAL, "rwaledger.operate.execute:run"),
    "after the first transaction of the deal is sent": (DEAL, "rwaledger.chain.rpc:Node.request"),
}


@pytest.fixture(scope="module")
def entitled(opened_paying_office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A coupon before its payment, and a fund's day before its deal."""
    folder = tmp_path_factory.mktemp("entitled")
    shutil.copytree(opened_paying_office.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node"))
    node = opened_paying_office.node
    snapshot = node.request("evm_snapshot")
    office = Office(
        replace(opened_paying_office.desk, database=Database(f"sqlite:///{folder / 'register.db'}")), folder
    )
    with pytest.MonkeyPatch.context() as patch:
        enter(office, patch)
        approve(office, "lantau")
        entitled_coupon(office)
        office.issue("HKMM,chan,100", "units")
        at(office, "2026-07-20T17:30:00+08:00")
        reconcile(office)
        _take(office, "subscribe", "S", "kowloon", "1000")
        _take(office, "redeem", "R", "chan", "100")
        valued = ["--valued-at", "2026-07-20T18:00:00+08:00", "--source", "terms.toml"]
        assert run(["fund", "nav", "set", "HKMM", "--day", "2026-07-20", "--price", "10.1042", *valued, "--yes"]) == 0
    office.database.close()
    yield office
    assert node.request("evm_revert", [snapshot])


def _take(office: Office, side: str, order: str, account: str, amount: str) -> None:
    words = ["--order", order, "--instrument", "HKMM", "--account", account, "--amount", amount]
    assert run(["fund", side, *words, "--received-at", "2026-07-20T10:00:00+08:00", "--yes"]) == 0


@pytest.fixture
def office(entitled: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    shutil.copytree(entitled.folder, tmp_path, dirs_exist_ok=True)
    snapshot = entitled.node.request("evm_snapshot")
    office = Office(replace(entitled.desk, database=Database(f"sqlite:///{tmp_path / 'register.db'}")), tmp_path)
    enter(office, monkeypatch)
    yield office
    office.database.close()
    assert entitled.node.request("evm_revert", [snapshot])


@pytest.mark.parametrize("step", STEPS)
def test_each_is_paid_once(office: Office, step: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, place = STEPS[step]
    parties = ("green-issuer", "fund-manager", "kowloon", "victoria", "lantau", "chan")
    before = {who: office.balance(who) for who in parties}
    killed(place, command)

    assert run(command) == 0
    assert run(command) == 0

    gained = {who: office.balance(who) - before[who] for who in parties}
    if command is PAY:
        assert gained == {
            "green-issuer": -3_099_315_050_000,
            "fund-manager": 0,
            "kowloon": 1_239_726_020_000,
            "victoria": 1_239_726_020_000,
            "lantau": 570_273_970_000,
            "chan": 49_589_040_000,
        }
        (shown,) = json_of(capsys, "bond", "coupon", "show", "GRN28", "--pays-on", "2026-07-20")
        assert shown["status"] == "paid"
    else:
        # 98.9687 units for 1,000 cost 999.999... = 1,000.00; 100 units are worth 1,010.42
        assert gained == dict.fromkeys(parties, 0) | {
            "fund-manager": -10_420_000,
            "kowloon": -1_000_000_000,
            "chan": 1_010_420_000,
        }
        assert (office.balance("kowloon", "HKMM"), office.balance("chan", "HKMM")) == (989_687, 0)
        assert {each["status"] for each in json_of(capsys, "fund", "orders", "HKMM")} == {"dealt"}
    reconcile(office)
