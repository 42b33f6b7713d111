"""Funds: prices with their history, orders with their cut-off, and the figures of the scenario at both."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rwaledger.cli.main import run
from rwaledger.domain.errors import RegisterConflict
from rwaledger.operate.fund_orders_deal import deal_of, enter_priced
from rwaledger.operate.nav import load_fund
from tests.office import Office
from tests.operate.paying import approve, at, json_of, policy, reconcile

LAUNCH = "2026-02-02"
SUBSCRIPTIONS = """order,instrument,account,amount,received_at
S1,HKMM,kowloon,20000000,2026-02-02T09:30:00+08:00
S2,HKMM,peak,30000000,2026-02-02T10:00:00+08:00
S3,HKMM,chan,5000000,2026-01-30T17:00:01+08:00
S4,HKMM,retail-a,200000,2026-02-02T17:00:00+08:00
"""


def state(office: Office, day: str, price: str, *more: str) -> int:
    """States a price, with a source of its own."""
    office.write("valuation.txt", f"{day} {price}")
    words = ["--day", day, "--price", price, "--valued-at", f"{day}T18:00:00+08:00", "--source", "valuation.txt"]
    return run(["fund", "nav", "set", "HKMM", *words, *more, "--yes"])


@pytest.fixture
def subscribed(paying: Office) -> Office:
    """The subscriptions of the launch day are taken, and it is after the cut-off."""
    at(paying, "2026-02-02T17:30:00+08:00")
    assert run(["fund", "subscribe", str(paying.write("s.csv", SUBSCRIPTIONS)), "--yes"]) == 0
    reconcile(paying)
    return paying


@pytest.fixture
def launched(subscribed: Office) -> Office:
    """They are dealt at 10.0000."""
    assert state(subscribed, LAUNCH, "10.0000") == 0
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 0
    return subscribed


def test_the_subscriptions_of_the_scenario(launched: Office, capsys: pytest.CaptureFixture[str]) -> None:
    held = {who: launched.balance(who, "HKMM") for who in ("kowloon", "peak", "chan", "retail-a")}
    assert held == {"kowloon": 2 * 10**10, "peak": 3 * 10**10, "chan": 5 * 10**9, "retail-a": 2 * 10**8}
    assert launched.balance("fund-manager") == (55_200_000 + 1_000) * 10**6
    sent = launched.sent_by_maker()
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 0
    assert run(["fund", "subscribe", "s.csv", "--yes"]) == 0
    shown = capsys.readouterr()
    assert "nothing to do: no order of HKMM for 2026-02-02 is open" in shown.err
    assert "nothing to do: 4 orders taken before" in shown.out
    assert launched.sent_by_maker() == sent
    orders = json_of(capsys, "fund", "orders", "HKMM")
    assert {each["status"] for each in orders} == {"dealt"}
    reconcile(launched)


def test_the_redemption_of_the_scenario(launched: Office, capsys: pytest.CaptureFixture[str]) -> None:
    at(launched, "2026-06-30T17:30:00+08:00")
    reconcile(launched)
    before = launched.balance("kowloon")
    order = ["--order", "R1", "--instrument", "HKMM", "--account", "kowloon", "--amount", "500000"]
    assert run(["fund", "redeem", *order, "--received-at", "2026-06-30T11:00:00+08:00", "--yes"]) == 0
    assert run(["fund", "deal", "HKMM", "--day", "2026-06-30", "--yes"]) == 1
    assert "HKMM has no price for 2026-06-30 yet" in capsys.readouterr().err
    assert state(launched, "2026-06-30", "10.1042", "--accept-deviation") == 0
    dry = json_of(capsys, "fund", "deal", "HKMM", "--day", "2026-06-30", "--dry-run")
    assert (dry["lines_done"], dry["transactions"]) == (2, [])
    assert [each["status"] for each in json_of(capsys, "fund", "orders", "HKMM", "--day", "2026-06-30")] == ["received"]
    assert run(["fund", "deal", "HKMM", "--day", "2026-06-30", "--yes"]) == 0
    assert launched.balance("kowloon") - before == 5_052_100 * 10**6
    assert launched.balance("kowloon", "HKMM") == 1_500_000 * 10**4


def test_rounding_leaves_the_rest_with_the_investor(subscribed: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert state(subscribed, LAUNCH, "10.0003") == 0
    before = subscribed.balance("retail-a")
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 0
    (order,) = [each for each in json_of(capsys, "fund", "orders", "HKMM") if each["order"] == "S4"]
    # 200,000 / 10.0003 = 19,999.40001...; 19,999.4000 units cost 199,999.999820 and so 200,000.00 to the cent
    assert (order["units"], order["money"]) == ("19999.4000", "200000.000000")
    (order,) = [each for each in json_of(capsys, "fund", "orders", "HKMM") if each["order"] == "S1"]
    assert (order["units"], order["money"]) == ("1999940.0017", "20000000.000000")
    assert before - subscribed.balance("retail-a") == 200_000 * 10**6


def test_an_order_too_small_for_a_unit_moves_nothing(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    at(paying, "2026-02-02T17:30:00+08:00")
    order = ["--order", "S9", "--instrument", "HKMM", "--account", "chan", "--amount", "0.01"]
    assert run(["fund", "subscribe", *order, "--received-at", "2026-02-02T11:00:00+08:00", "--yes"]) == 0
    reconcile(paying)
    assert state(paying, LAUNCH, "1000.0000") == 0
    before = paying.balance("chan")
    for _ in range(2):
        assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 0
        (shown,) = json_of(capsys, "fund", "orders", "HKMM")
        assert (shown["status"], shown["units"]) == ("void", "0.0000")
    assert paying.balance("chan") == before


def test_the_cut_off_gives_the_dealing_day(subscribed: Office, capsys: pytest.CaptureFixture[str]) -> None:
    rows = """order,instrument,account,amount,received_at
D1,HKMM,chan,1,2026-01-30T17:00:00+08:00
D2,HKMM,chan,1,2026-01-30T17:00:01+08:00
D3,HKMM,chan,1,2026-01-31T09:00:00+08:00
D4,HKMM,chan,1,2026-02-02T16:59:00+09:00
"""
    done = json_of(capsys, "fund", "subscribe", str(subscribed.write("d.csv", rows)), "--dry-run")
    days = [each["dealing_day"] for each in done["taken"]]
    assert days == ["2026-01-30", "2026-02-02", "2026-02-02", "2026-02-02"]
    assert len(json_of(capsys, "fund", "orders", "HKMM")) == 4


BAD = {
    "S1,HKMM,kowloon,20000001,2026-02-02T09:30:00+08:00": "order S1 is on record with other values",
    "X,HKDS,kowloon,1,2026-02-02T09:30:00+08:00": "bad.csv:2: instrument: no fund 'HKDS' with terms",
    "X,HKMM,kowloon,0.001,2026-02-02T09:30:00+08:00": "bad.csv:2: amount: 0.001 is no multiple of 0.010000",
    "X,HKMM,nobody,1,2026-02-02T09:30:00+08:00": "bad.csv:2: account: no holder 'nobody'",
    "X,HKMM,kowloon,1,2026-02-02T09:30:00": "bad.csv:2: received_at: '2026-02-02T09:30:00' is no time with its zone",
    "X,HKMM,kowloon,1,2999-02-02T09:30:00+08:00": "bad.csv:2: received_at: 2999-02-02T01:30:00+00:00 has not come",
}


def test_bad_orders_are_named_and_none_is_taken(subscribed: Office, capsys: pytest.CaptureFixture[str]) -> None:
    for row, reason in BAD.items():
        good = "G,HKMM,peak,1,2026-02-02T09:30:00+08:00"
        path = subscribed.write("bad.csv", f"order,instrument,account,amount,received_at\n{row}\n{good}\n")
        assert run(["fund", "subscribe", str(path), "--yes"]) in (2, 6)
        assert reason in capsys.readouterr().err
    assert len(json_of(capsys, "fund", "orders", "HKMM")) == 4


def test_a_late_order_is_refused_once_the_day_is_dealt(launched: Office, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["--order", "L", "--instrument", "HKMM", "--account", "chan", "--amount", "1"]
    assert run(["fund", "subscribe", *order, "--received-at", "2026-02-02T16:00:00+08:00", "--yes"]) == 2
    assert "order L: 2026-02-02 is dealt; it came too late" in capsys.readouterr().err


def test_a_redemption_that_the_rules_refuse_is_not_taken(launched: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["holder", "suspend", "retail-a", "--instrument", "HKMM", "--key", "s", "--yes"]) == 0
    order = ["--order", "R", "--instrument", "HKMM", "--account", "retail-a", "--amount", "1"]
    assert run(["fund", "redeem", *order, "--received-at", "2026-02-02T17:01:00+08:00", "--yes"]) == 2
    assert "would be refused, code" in capsys.readouterr().err


def test_one_order_that_cannot_be_dealt_stops_all_until_it_is_cancelled(
    subscribed: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    approve(subscribed, "peak", 0)
    assert state(subscribed, LAUNCH, "10.0000") == 0
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 2
    assert "order S2: the sender has approved 0.000000" in capsys.readouterr().err
    assert subscribed.supply("HKMM") == 0
    assert run(["fund", "cancel", "S2", "--reason", "no money came", "--yes"]) == 0
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 0
    assert subscribed.supply("HKMM") == 2_520_000 * 10**4
    assert run(["fund", "cancel", "S1", "--reason", "too late", "--yes"]) == 2


def test_dealing_waits_for_the_cut_off(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    at(paying, "2026-02-02T16:59:00+08:00")
    order = ["--order", "E", "--instrument", "HKMM", "--account", "chan", "--amount", "1"]
    assert run(["fund", "subscribe", *order, "--received-at", "2026-02-02T11:00:00+08:00", "--yes"]) == 0
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 1
    assert "can come in until 2026-02-02 09:00:00 UTC" in capsys.readouterr().err


def test_prices_have_a_history_and_a_deviation_alert(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    at(paying, "2026-02-02T17:30:00+08:00")
    assert state(paying, LAUNCH, "10.0000") == 1
    assert "HKMM is not reconciled" in capsys.readouterr().err
    reconcile(paying)
    assert state(paying, LAUNCH, "10.0000") == 0
    assert state(paying, LAUNCH, "10.0000") == 0
    assert "nothing to do: 10.0000 for HKMM on 2026-02-02 is stated" in capsys.readouterr().out
    assert state(paying, "2026-02-03", "10.0500") == 2
    assert "nobody knows a price of a later day" in capsys.readouterr().err
    at(paying, "2026-02-04T17:30:00+08:00")
    reconcile(paying)
    assert state(paying, "2026-02-03", "10.0500") == 0  # 50 basis points, just what the terms allow
    assert state(paying, "2026-02-04", "9.9997") == 1  # 50.05 below
    assert "9.9997 for HKMM is 0.50 % from the last price, 10.0500 of 2026-02-03" in capsys.readouterr().err
    assert state(paying, "2026-02-04", "9.9997", "--accept-deviation") == 0
    assert state(paying, "2026-02-03", "10.0400") == 0
    assert "10.0400 for HKMM on 2026-02-03, which corrects 10.0500" in capsys.readouterr().out
    assert state(paying, "2026-02-07", "10.0000") == 2
    assert state(paying, "2026-02-04", "10.00001") == 2
    assert [each["price"] for each in json_of(capsys, "fund", "nav", "list", "HKMM")] == [
        "10.0000",
        "10.0500",
        "10.0400",
        "9.9997",
    ]


def test_the_price_in_force_when_dealt_stays(launched: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert state(launched, LAUNCH, "10.0100") == 0
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--yes"]) == 0
    assert {each["price"] for each in json_of(capsys, "fund", "orders", "HKMM")} == {"10.0000"}


def test_a_deal_that_the_checker_rejects_leaves_its_orders_to_be_cancelled(
    subscribed: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert state(subscribed, LAUNCH, "10.0000") == 0
    assert run(["fund", "deal", "HKMM", "--day", LAUNCH, "--draft", "--yes"]) == 0
    keys = [f"deal:HKMM:{LAUNCH}:{step}" for step in ("money-in", "issue")]
    cancel = ["fund", "cancel", "S1", "--reason", "the deal was rejected", "--yes"]
    assert run(["instruction", "reject", keys[0], "--reason", "wrong price", "--yes"]) == 0
    assert run(cancel) == 2
    assert run(["instruction", "reject", keys[1], "--reason", "wrong price", "--yes"]) == 0
    assert run(cancel) == 0
    orders = {each["order"]: each["status"] for each in json_of(capsys, "fund", "orders", "HKMM")}
    assert orders == {"S1": "cancelled", "S2": "priced", "S3": "priced", "S4": "priced"}


def test_two_that_deal_at_once_deal_at_one_price(subscribed: Office) -> None:
    """The price was corrected between the two; the second one would carry out what the register does not say."""
    fund, day = load_fund(subscribed.database, "HKMM"), date.fromisoformat(LAUNCH)
    assert state(subscribed, LAUNCH, "10.0000") == 0
    first = deal_of(subscribed.desk, fund, day, policy())
    assert state(subscribed, LAUNCH, "10.0100") == 0
    second = deal_of(subscribed.desk, fund, day, policy())
    enter_priced(subscribed.desk, first)
    enter_priced(subscribed.desk, first)
    with pytest.raises(RegisterConflict, match="were priced meanwhile"):
        enter_priced(subscribed.desk, second)
    assert deal_of(subscribed.desk, fund, day, policy()).orders == first.orders


def test_terms_never_change(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["terms", "set", "terms.toml", "--yes"]) == 0
    assert "nothing to do: these are the terms of GRN28, HKMM" in capsys.readouterr().out
    text = Path("terms.toml").read_text()
    paying.write("other.toml", text.replace('cut_off = "17:00"', 'cut_off = "18:00"'))
    assert run(["terms", "set", "other.toml", "--yes"]) == 6
    assert "cut_off is 17:00:00, not 18:00:00" in capsys.readouterr().err
    paying.write("bad.toml", text.replace('"2.5 %"', '"2.5"').replace('payer = "green-issuer"', 'payer = "nobody"'))
    assert run(["terms", "set", "bad.toml", "--dry-run"]) == 2
    shown = capsys.readouterr().err
    assert "GRN28: rate: '2.5' is no yearly rate" in shown
    assert "GRN28: payer: no holder 'nobody'" in shown
    paying.write("coin.toml", text.replace('instrument = "HKMM"', 'instrument = "HKDS"'))
    assert run(["terms", "set", "coin.toml", "--yes"]) == 1
    assert "may be paid no interest" in capsys.readouterr().err
