"""What a reorganisation takes back after it was written down as paid: the same command pays it, once."""

from __future__ import annotations

import pytest

from rwaledger.cli.main import run
from tests.office import Office
from tests.operate.paying import at, entitled_coupon, reconcile
from tests.operate.queued import UNIT, ago, ask, open_queue, pay

COUPON = ["bond", "coupon", "pay", "GRN28", "--pays-on", "2026-07-20", "--yes"]


def take_back(office: Office, blocks: int = 1) -> None:
    """The chain loses its last blocks, and the node forgets what was in them."""
    office.node.request("anvil_reorg", [blocks, []])
    office.node.request("anvil_dropAllTransactions", [])


def test_a_coupon_is_paid_again_by_the_same_command(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    entitled_coupon(paying)
    before = paying.balance("chan")
    assert run(COUPON) == 0
    take_back(paying)
    assert paying.balance("chan") == before
    assert run(COUPON) == 0
    assert run(COUPON) == 0
    assert "nothing to do: coupon:GRN28:2026-07-20 is paid" in capsys.readouterr().out
    assert paying.balance("chan") == before + 49_589_040_000


def test_a_bond_is_redeemed_again_by_the_same_command(paying: Office) -> None:
    paying.issue("GRN28,kowloon,100", "bonds")
    at(paying, "2028-01-10T09:00:00+08:00")
    reconcile(paying)
    assert run(["bond", "coupon", "declare", "GRN28", "--pays-on", "2028-01-20", "--yes"]) == 0
    at(paying, "2028-01-20T09:00:00+08:00")
    reconcile(paying)
    before = paying.balance("kowloon")
    assert run(["bond", "mature", "GRN28", "--yes"]) == 0
    paid = paying.balance("kowloon")
    for blocks in (1, 4):  # the chain keeps its height: an empty block stands where the last one was
        take_back(paying, blocks)
        assert (paying.supply("GRN28"), paying.balance("kowloon")) == (100, paid if blocks == 1 else before)
        assert run(["bond", "mature", "GRN28", "--yes"]) == 0
        assert (paying.supply("GRN28"), paying.balance("kowloon")) == (0, paid)


def test_orders_are_dealt_again_by_the_same_command(paying: Office) -> None:
    at(paying, "2026-02-02T17:30:00+08:00")
    order = ["--order", "S1", "--instrument", "HKMM", "--account", "chan", "--amount", "1000"]
    assert run(["fund", "subscribe", *order, "--received-at", "2026-02-02T11:00:00+08:00", "--yes"]) == 0
    reconcile(paying)
    price = ["--price", "10.0000", "--valued-at", "2026-02-02T18:00:00+08:00", "--source", "terms.toml"]
    assert run(["fund", "nav", "set", "HKMM", "--day", "2026-02-02", *price, "--yes"]) == 0
    deal = ["fund", "deal", "HKMM", "--day", "2026-02-02", "--yes"]
    before = paying.balance("chan")
    assert run(deal) == 0
    take_back(paying)
    assert (paying.balance("chan"), paying.supply("HKMM")) == (before - 1000 * UNIT, 0)
    assert run(deal) == 0
    assert run(deal) == 0
    assert (paying.balance("chan"), paying.supply("HKMM")) == (before - 1000 * UNIT, 100 * 10**4)


def test_units_that_are_in_issue_again_are_redeemed_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    open_queue(office, monkeypatch)
    assert run(ask("R-1", "lantau", "10", "--at", ago(office, days=1))) == 0
    assert run(pay("R-1")) == 0
    supply = office.supply()
    take_back(office)
    assert office.supply() == supply + 10 * UNIT
    assert run(pay("R-1")) == 0
    assert run(pay("R-1")) == 0
    assert office.supply() == supply
