"""Coupons from declaration to payment: the figures of the scenario, and all that must stop one."""

from __future__ import annotations

from datetime import date

import pytest

from rwaledger.chain import state
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.cli.main import run
from rwaledger.domain.errors import TravelRuleRequired
from rwaledger.operate import coupon
from rwaledger.operate.coupon import load_bond
from rwaledger.operate.coupon_entitlements import entitle
from rwaledger.operate.done import chain_time
from rwaledger.operate.privacy import seal_of
from rwaledger.operate.travel import payments_of_plans, record_travel, required_records
from rwaledger.registry import audit_log
from tests.office import MAKER, Office
from tests.operate.paying import BONDS, at, entitled_coupon, json_of, policy, reconcile

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


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["declare", "GRN28", "--pays-on", "2026-07-21"], 2, "GRN28 pays no coupon on 2026-07-21"),
        (["declare", "HKDS", "--pays-on", "2026-07-20"], 1, "may be paid no interest"),
        (["declare", "HKMM", "--pays-on", "2026-07-20"], 2, "no bond with terms called 'HKMM'"),
        (["declare", *JULY], 1, "GRN28 is not reconciled: no reconciliation is on record"),
        (["entitle", *JULY], 2, "no declared action called 'coupon:GRN28:2026-07-20'"),
        (["pay", *JULY], 2, "no declared action called 'coupon:GRN28:2026-07-20'"),
    ],
)
def test_refused_before_it_begins(
    paying: Office, capsys: pytest.CaptureFixture[str], words: list[str], code: int, reason: str
) -> None:
    sent = paying.sent_by_maker()
    assert run(["bond", "coupon", *words, "--yes"]) == code
    assert reason in capsys.readouterr().err
    assert paying.sent_by_maker() == sent


def test_no_step_comes_too_early(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    paying.issue(BONDS, "bonds")
    at(paying, "2026-07-15T09:00:00+08:00")
    reconcile(paying)
    assert run(["bond", "coupon", "declare", *JULY, "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 1
    assert "nobody is entitled to coupon:GRN28:2026-07-20 yet" in capsys.readouterr().err
    assert run(["bond", "coupon", "entitle", *JULY, "--yes"]) == 1
    assert "has not passed on the chain" in capsys.readouterr().err
    at(paying, "2026-07-19T09:00:00+08:00")
    assert run(["bond", "coupon", "entitle", *JULY, "--yes"]) == 1
    assert "the register has not come to the record date" in capsys.readouterr().err
    reconcile(paying)
    assert run(["bond", "coupon", "entitle", *JULY, "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 1
    assert "is paid on 2026-07-20; on the chain it is 2026-07-19" in capsys.readouterr().err


def test_a_register_that_disagrees_with_the_chain_entitles_nobody(
    paying: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    from sqlalchemy import text

    paying.issue(BONDS, "bonds")
    at(paying, "2026-07-15T09:00:00+08:00")
    reconcile(paying)
    assert run(["bond", "coupon", "declare", *JULY, "--yes"]) == 0
    at(paying, "2026-07-20T09:00:00+08:00")
    reconcile(paying)
    with paying.database.begin() as connection:
        change = "UPDATE postings SET balance_after_units = '4001' WHERE balance_after_units = '4000'"
        connection.execute(text(change))
    assert run(["bond", "coupon", "entitle", *JULY, "--yes"]) == 1
    assert "chain 4000 GRN28, register 4001 GRN28" in capsys.readouterr().err
    (shown,) = json_of(capsys, "bond", "coupon", "show", *JULY)
    assert (shown["status"], shown["entitlements"]) == ("declared", [])


def test_a_payer_without_money_or_allowance_is_foretold(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    entitled_coupon(paying)
    sent = paying.sent_by_maker()
    book = paying.instrument().control_book
    paying.send_as("dev:3", "HKDS", "approve", book, 3_099_315_049_999)
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 2
    assert "less than the amount; the sender's own key approves" in capsys.readouterr().err
    paying.send_as("dev:3", "HKDS", "approve", book, 10**15)
    paying.send_as("dev:3", "HKDS", "transfer", paying.address("peak"), paying.balance("green-issuer") - 10**6)
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 2
    assert "coupon:GRN28:2026-07-20 to 0x" in capsys.readouterr().err
    assert paying.sent_by_maker() == sent


def test_one_holder_who_cannot_be_paid_does_not_stop_the_others(
    paying: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    entitled_coupon(paying)
    assert run(["holder", "suspend", "chan", "--instrument", "HKDS", "--key", "s", "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 2
    assert "would be refused" in capsys.readouterr().err
    before = paying.balance("chan"), paying.balance("lantau")
    held = [*JULY, "--hold-back", "chan", "--yes"]
    assert run(["bond", "coupon", "pay", *held]) == 0
    assert (paying.balance("chan"), paying.balance("lantau")) == (before[0], before[1] + 570_273_970_000)
    assert run(["holder", "reinstate", "chan", "--instrument", "HKDS", "--key", "r", "--yes"]) == 0
    assert run(["bond", "release", "coupon:GRN28:2026-07-20", "--account", "lantau", "--yes"]) == 2
    for _ in range(2):
        assert run(["bond", "release", "coupon:GRN28:2026-07-20", "--account", "chan", "--yes"]) == 0
        assert paying.balance("chan") == before[0] + 49_589_040_000
    reconcile(paying)


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
    terms = json_of(capsys, "bond", "terms", "show", "GRN28")
    assert (terms["rate"], terms["nominal"], terms["payer"]) == ("2.5 %", "1000.000000", "green-issuer")
