"""`kill -9` at each step of settling, and two at once: the trade settles exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.chain.sender import mined_nonce
from rwaledger.cli.main import run
from rwaledger.domain.settlement import TradeState
from rwaledger.registry import trades, transactions, travel
from tests.market import Market
from tests.office import CHECKER, DEV_OF, MAKER, PRIVACY, Office

KILLED = Path(__file__).with_name("killed.py")
SETTLED = [(90, 60_015_500_000), (110, 39_984_500_000)]

STEPS = {
    "after the travel-rule records are made": "rwaledger.operate.travel:record_travel",
    "after the transaction is signed and stored": "rwaledger.operate.dispatch:sign_and_store",
    "after it is sent": "rwaledger.chain.rpc:Node.request",
    "after it is mined": "rwaledger.operate.dispatch:await_receipts",
    "after its receipt is written down": "rwaledger.operate.settlement_close:send_recorded",
    "after all is written down": "rwaledger.operate.settlement_close:settle",
}


@pytest.fixture
def market(office: Office, monkeypatch: pytest.MonkeyPatch) -> Market:
    """A trade that is signed and approved; its travel-rule record is still to be made."""
    market = Market.open(office)
    market.propose("T-1")
    market.approve("kowloon", "GRN28", 10)
    market.approve("lantau", "HKDS", 10_015_500_000)
    market.sign("T-1", "kowloon", "lantau")
    monkeypatch.chdir(office.folder)
    settings = {
        "RPC_URL": office.node.url,
        "DATABASE_URL": f"sqlite:///{office.folder / 'register.db'}",
        "MAKER": MAKER,
        "CHECKER": CHECKER,
        "PRIVACY": PRIVACY,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"RWALEDGER_{name}", value)
    return market


def command(holder: str) -> list[str]:
    return ["settlement", "settle", "T-1", "--as", DEV_OF[holder], "--yes"]


def require_settled_once(market: Market, senders: set[str]) -> None:
    office = market.office
    assert market.held("kowloon", "lantau") == SETTLED
    with office.database.read() as connection:
        stored = trades.trade(connection, "T-1")
        records = travel.travel_records(connection, [stored.digest])
        sent = transactions.transactions(connection, purpose="settle T-1")
    assert stored.status is TradeState.SETTLED
    assert len(records) == 1
    assert sum(each.status.value == "mined" for each in sent) == 1
    for sender in senders:
        of_sender = [each for each in sent if each.sender == sender]
        assert all(each.nonce < mined_nonce(office.node, sender) for each in of_sender), "no nonce gap remains"


@pytest.mark.parametrize("step", STEPS)
def test_a_trade_settles_exactly_once(market: Market, step: str) -> None:
    killed = subprocess.run(
        [sys.executable, str(KILLED), STEPS[step], *command("kowloon")],
        env=os.environ.copy(), capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    assert run(command("kowloon")) == 0
    assert run(command("kowloon")) == 0

    require_settled_once(market, {dev_address(DEV_OF["kowloon"])})


@pytest.mark.parametrize("other", ["kowloon", "lantau"])
def test_two_processes_settle_a_trade_once(market: Market, other: str) -> None:
    """With the same key, and with the keys of both parties: one settles, the other finds it settled or refused."""
    program = [sys.executable, "-m", "rwaledger.cli.main"]
    racing = [
        subprocess.Popen([*program, *command(holder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for holder in ("kowloon", other)
    ]
    ended = [process.communicate(timeout=60) for process in racing]

    assert [process.returncode for process in racing] == [0, 0], ended
    require_settled_once(market, {dev_address(DEV_OF["kowloon"]), dev_address(DEV_OF[other])})
