"""All that must stop a coupon, and how it goes on once that is put right."""

from __future__ import annotations

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.cli.main import run
from tests.office import Office
from tests.operate.paying import BONDS, HEADER, at, entitled_coupon, json_of, reconcile

JULY = ("GRN28", "--pays-on", "2026-07-20")


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


def test_a_payer_of_which_nobody_can_say_which_account_pays_is_named(
    paying: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    entitled_coupon(paying)
    row = f"green-issuer,green-issuer,HK,issuer,2099-12-31,{dev_address('dev:10')},own,1 green-issuer Road\n"
    paying.write("second.csv", f"{HEADER}\n{row}")
    assert run(["holder", "admit", "second.csv", "--yes"]) == 0
    assert run(["bond", "coupon", "pay", *JULY, "--yes"]) == 2
    assert "the terms name green-issuer, which has 2 accounts of its own" in capsys.readouterr().err


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


def test_what_was_drafted_is_not_sent_while_its_bond_is_not_reconciled(
    paying: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    entitled_coupon(paying)
    assert run(["bond", "coupon", "pay", *JULY, "--draft", "--yes"]) == 0
    assert run(["instruction", "approve", "coupon:GRN28:2026-07-20", "--yes"]) == 0
    at(paying, "2026-07-21T09:00:01+08:00")
    assert run(["instruction", "approve", "coupon:GRN28:2026-07-20", "--yes"]) == 0
    before = paying.balance("chan")
    assert run(["instruction", "send", "coupon:GRN28:2026-07-20", "--yes"]) == 1
    assert "GRN28 is not reconciled: the latest one" in capsys.readouterr().err
    assert paying.balance("chan") == before
    reconcile(paying)
    assert run(["instruction", "send", "coupon:GRN28:2026-07-20", "--yes"]) == 0
    assert paying.balance("chan") == before + 49_589_040_000


def test_coupons_declared_in_the_wrong_order_are_put_right(paying: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """Record dates ascend: the later one is cancelled, and scheduled anew after the earlier one, as number 2."""
    paying.issue(BONDS, "bonds")
    at(paying, "2026-07-15T09:00:00+08:00")
    reconcile(paying)
    later = ("GRN28", "--pays-on", "2027-01-20")
    assert run(["bond", "coupon", "declare", *later, "--yes"]) == 0
    assert run(["bond", "coupon", "declare", *JULY, "--yes"]) == 2
    assert run(["record-date", "cancel", "GRN28", "--number", "1", "--key", "cancel", "--yes"]) == 0
    assert run(["bond", "coupon", "declare", *JULY, "--yes"]) == 0
    at(paying, "2027-01-19T09:00:00+08:00")
    reconcile(paying)
    assert run(["bond", "coupon", "entitle", *later, "--yes"]) == 1
    assert "is not on the chain as it was declared" in capsys.readouterr().err
    again = ["record-date", "schedule", "GRN28", "--at", "2027-01-19T23:59:59+08:00", "--key", "again", "--yes"]
    assert run(again) == 0
    at(paying, "2027-01-20T09:00:00+08:00")
    reconcile(paying)
    for coupon_of in (JULY, later):
        assert run(["bond", "coupon", "entitle", *coupon_of, "--yes"]) == 0
        assert run(["bond", "coupon", "pay", *coupon_of, "--yes"]) == 0
    shown = json_of(capsys, "bond", "coupon", "show", "GRN28")
    assert [(each["record_date"], each["status"]) for each in shown] == [(1, "paid"), (2, "paid")]
