"""Coupons from declaration to payment: the figures of the scenario, and whose they are."""

from __future__ import annotations

from datetime import date

import pytest

from rwaledger.chain import state
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.cli.main import run
from rwaledger.domain.errors import TravelRuleRequired
from rwaledger.domain.holder import Account, AccountKind
from rwaledger.operate import coupon
from rwaledger.operate.coupon import load_bond
from rwaledger.operate.coupon_entitlements import entitle
from rwaledger.operate.done import chain_time
from rwaledger.operate.names import Names, party_account
from rwaledger.operate.privacy import seal_of
from rwaledger.operate.travel import payments_of_plans, record_travel, required_records
from rwaledger.registry import audit_log
from tests.office import MAKER, Office
from tests.operate.paying import BONDS, HEADER, at, entitled_coupon, json_of, policy, reconcile

JULY = ("GRN28", "--pays-on", "2026-07-20")


def test_the_first_coupon_to_the_cent(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = {who: paying.balance(who) for who in ("kowloon", "victoria", "lantau", "chan", "green-issuer")}
    entitled_coupon(paying)

    (shown,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    assert (shown["status"], shown["exact"]) == ("entitled", "3099315.068493...")
    assert (shown["funded"], shown["paid"], shown["dust"]) == ("3099315.060000", "3099315.050000", "0.010000")
    assert shown["record_at"] == "2026-07-17T15:59:59+00:00"
    owed = {each["holder"]: each["amount"] for each in shown["entitlements"]}
    assert owed == {
        "kowloon": "1239726.020000",
        "victoria": "1239726.020000",
        "lantau": "570273.970000",
        "chan": "49589.040000",
    }

    dry = json_of(capsys, "bond", "coupon", "pay", *JULY, "--dry-run")
    assert (dry["lines_done"], dry["transactions"]) == (4, [])
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0
    assert paying.balance("green-issuer") == before["green-issuer"] - 3_099_315_050_000
    assert {who: paying.balance(who) - before[who] for who in ("kowloon", "victoria", "lantau", "chan")} == {
        "kowloon": 1_239_726_020_000,
        "victoria": 1_239_726_020_000,
        "lantau": 570_273_970_000,
        "chan": 49_589_040_000,
    }
    (paid,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    assert (paid["status"], {each["paid_to"] for each in paid["entitlements"]}) == (
        "paid",
        {each["account"] for each in paid["entitlements"]},
    )
    reconcile(paying)


def test_each_step_again_does_nothing_and_says_so(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    entitled_coupon(paying)
    for step in ("declare", "entitle", "pay", "pay"):
        assert run(["bond", "coupon", step, *JULY, "--yes"]) == 0
    sent, balance = paying.sent_by_maker(), paying.balance("chan")
    for step in ("declare", "entitle", "pay"):
        capsys.readouterr()
        assert run(["bond", "coupon", step, *JULY, "--yes"]) == 0
        shown = capsys.readouterr()
        assert "nothing to do: coupon:GRN28:2026-07-20 is paid" in shown.out + shown.err
    assert (paying.sent_by_maker(), paying.balance("chan")) == (sent, balance)
    with paying.database.read() as connection:
        done = [each.action for each in audit_log.entries(connection, subject="coupon:GRN28:2026-07-20")]
    assert done == ["coupon declared", "entitled", "paid"]


def test_who_bought_after_the_record_date_is_not_paid(paying: Office) -> None:
    paying.issue(BONDS, "bonds")
    at(paying, "2026-07-15T09:00:00+08:00")
    reconcile(paying)
    assert run(["bond", "coupon", "declare", *JULY, "--yes"]) == 0
    at(paying, "2026-07-17T23:59:58+08:00")
    paying.send_as("dev:8", "GRN28", "transfer", paying.address("lantau"), 1000)
    at(paying, "2026-07-18T09:00:00+08:00")
    paying.send_as("dev:8", "GRN28", "transfer", paying.address("kowloon"), 3000)
    at(paying, "2026-07-20T09:00:00+08:00")
    reconcile(paying)
    before = paying.balance("chan")
    assert run(["bond", "coupon", "entitle", *JULY, "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0
    assert paying.balance("chan") - before == 37_191_780_000  # 3,000 units


def test_the_payer_pays_nothing_to_itself(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    paying.issue("GRN28,green-issuer,1000", "own")
    entitled_coupon(paying)
    (shown,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    own = {each["holder"]: (each["holding"], each["amount"]) for each in shown["entitlements"]}
    assert own["green-issuer"] == ("1000", "0.000000")
    assert (shown["supply"], shown["funded"], shown["dust"]) == ("251000", "3099315.060000", "0.010000")
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0


def test_terms_that_name_a_lost_wallet_mean_what_took_its_place() -> None:
    lost, new, omnibus = (f"0x{digit * 40}" for digit in "123")
    accounts = {
        lost: Account(1, lost, "issuer", AccountKind.OWN, new),
        new: Account(1, new, "issuer", AccountKind.OWN),
        omnibus: Account(1, omnibus, "issuer", AccountKind.OMNIBUS),
    }
    names = Names(1, {}, accounts, {"issuer": [new, omnibus]})
    assert [party_account(names, text) for text in (lost, new, omnibus, "issuer")] == [new, new, omnibus, new]


def test_the_payers_clients_are_paid_and_its_own_account_pays(
    paying: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """The payer has an omnibus account besides: what is there is its clients', and the terms do not mean it."""
    omnibus, second = dev_address("dev:10"), dev_address("dev:11")
    row = "green-issuer,green-issuer,HK,issuer,2099-12-31,{},{},1 green-issuer Road\n"
    for name, address, kind in (("omnibus", omnibus, "omnibus"), ("second", second, "own")):
        paying.write(f"{name}.csv", HEADER + "\n" + row.format(address, kind))
    assert run(["holder", "admit", "omnibus.csv", "--yes"]) == 0
    paying.issue(f"GRN28,{omnibus},1000", "clients")
    paying.write("clients.csv", "instrument,client,balance\nGRN28,C-1,1000\n")
    assert run(["omnibus", "import", omnibus, "clients.csv", "--yes"]) == 0
    entitled_coupon(paying)
    (shown,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    owed = {each["account"].lower(): each["amount"] for each in shown["entitlements"]}
    assert owed[omnibus] == "12397.260000"
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0
    assert paying.balance(dev_address("dev:3")) == 500_000_000_000_000 - 3_099_315_050_000 - 12_397_260_000
    assert run(["holder", "admit", "second.csv", "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0


def test_a_wallet_lost_after_the_record_date_is_paid_into_its_successor(
    paying: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    entitled_coupon(paying)
    lost, new = paying.address("chan"), dev_address("dev:10")
    before = paying.balance("chan")
    order = ["--order", str(paying.write("order.txt", "SD 88/2026")), "--order-ref", "SD 88/2026", "--key", "recover"]
    assert run(["holder", "prove-wallet", "chan", "--address", new, "--as", "dev:10"]) == 0
    assert run(["holder", "recover", "chan", "--lost", lost, "--new", new, *order, "--yes"]) == 0
    reconcile(paying)
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 2
    assert run(["bond", "coupon", "pay", *JULY, "--hold-back", lost, "--yes"]) == 0
    release = ["bond", "release", "coupon:GRN28:2026-07-20", "--account", lost, "--yes", "--to"]
    assert run([*release, paying.address("peak")]) == 2
    assert "is not the same holder's" in capsys.readouterr().err
    assert run([*release, new]) == 0
    assert run([*release, new]) == 0
    words = state.account_states(paying.node, paying.instrument().address, [new], "latest")
    assert words[new][0] == before + 49_589_040_000


def test_the_checker_can_sit_elsewhere(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    entitled_coupon(paying)
    assert run(["bond", "coupon", "pay", *JULY, "--draft", "--yes"]) == 0
    (shown,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    assert shown["status"] == "entitled"
    assert run(["instruction", "approve", "coupon:GRN28:2026-07-20", "--yes"]) == 0
    assert run(["instruction", "send", "coupon:GRN28:2026-07-20", "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0
    (shown,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    assert (shown["status"], paying.balance("green-issuer")) == ("paid", 500_000_000_000_000 - 3_099_315_050_000)


def test_a_rejected_payment_can_be_made_once_the_checker_takes_that_back(paying: Office) -> None:
    entitled_coupon(paying)
    key = "coupon:GRN28:2026-07-20"
    assert run(["bond", "coupon", "pay", *JULY, "--draft", "--yes"]) == 0
    assert run(["instruction", "approve", key, "--yes"]) == 0
    assert run(["instruction", "reject", key, "--reason", "tomorrow", "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 4

    assert run(["instruction", "reopen", key, "--reason", "it is tomorrow", "--yes"]) == 0
    assert run(["instruction", "send", key, "--yes"]) == 4  # what was signed before counts no more
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 0
    assert paying.balance("green-issuer") == 500_000_000_000_000 - 3_099_315_050_000


def test_the_functions_do_what_the_commands_do(paying: Office) -> None:
    paying.issue(BONDS, "bonds")
    at(paying, "2026-07-15T09:00:00+08:00")
    reconcile(paying)
    bond, day, before = load_bond(paying.database, "GRN28"), date(2026, 7, 20), paying.balance("chan")
    declared = coupon.declare(paying.desk, bond, day, policy())
    assert coupon.declare(paying.desk, bond, day, policy()) == declared
    at(paying, "2026-07-20T09:00:00+08:00")
    reconcile(paying)
    entitled = entitle(paying.desk, bond, declared)
    assert entitle(paying.desk, bond, entitled) == entitled
    with pytest.raises(TravelRuleRequired):
        coupon.pay(paying.desk, bond, day, policy())
    assert paying.balance("chan") == before
    _, plan = coupon.payment_of_coupon(paying.desk, bond, day, policy())
    assert plan is not None
    with paying.database.read() as c:
        required = required_records(c, policy(), chain_time(paying.node), payments_of_plans([plan]))
    assert record_travel(paying.database, seal_of(dev_signer(paying.node, "dev:2")), MAKER, required) == 4
    assert coupon.pay(paying.desk, bond, day, policy()) is not None
    assert coupon.pay(paying.desk, bond, day, policy()) is None
    assert paying.balance("chan") == before + 49_589_040_000


def test_the_schedule_names_every_day(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json_of(capsys, "bond", "schedule", "GRN28")
    assert [(row["pays_on"], row["record_day"], row["days"]) for row in rows] == [
        ("2026-07-20", "2026-07-17", "181"),
        ("2027-01-20", "2027-01-19", "184"),
        ("2027-07-20", "2027-07-19", "181"),
        ("2028-01-20", "2028-01-19", "184"),
    ]
    assert date.fromisoformat(rows[0]["from"]) == date(2026, 1, 20)
    terms = json_of(capsys, "terms", "show", "GRN28")
    assert (terms["rate"], terms["nominal"], terms["payer"]) == ("2.5 %", "1000.000000", "green-issuer")
