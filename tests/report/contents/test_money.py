"""Supply, reserve, redemptions and corporate actions: the figures of the story, to the cent, and at past moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from rwaledger.domain.errors import UsageError
from rwaledger.registry import reserves
from rwaledger.report.contents import actions, redemptions, reserve, supply
from rwaledger.report.contents.moment import At
from rwaledger.report.document import Document
from tests.report.contents.reading import ISSUANCE, POLICY, Register, column, records, table, total, whole

CENT = 10**4
COUPON = "coupon:GRN28:2026-07-20"
ISSUED = "SELECT amount_units FROM postings WHERE instrument_id = ? AND account = ?"


def supply_of(register: Register, instrument: str | None, at: At | None = None) -> Document:
    return register.report(lambda c, moment: supply.build(c, instrument, moment), at)


def reserve_of(register: Register, at: At | None = None) -> Document:
    return register.report(lambda c, moment: reserve.build(c, "HKDS", moment, POLICY), at)


def redemptions_of(register: Register, at: At | None = None) -> Document:
    return register.report(lambda c, moment: redemptions.build(c, "HKDS", moment), at)


def actions_of(register: Register, instrument: str, at: At | None = None) -> Document:
    return register.report(lambda c, moment: actions.build(c, instrument, moment), at)


def test_the_supply_rolls_forward_to_the_closing_figures(register: Register) -> None:
    found = table(supply_of(register, "HKDS"), "supply-HKDS")
    assert total(found, "issued") == 41_389_931_506 * CENT
    assert total(found, "redeemed") == 310_000_000 * 10**6
    assert column(found, "month") == [f"2026-0{month}" for month in range(1, 8)]
    assert column(found, "closing")[-1] == 10_389_931_506 * CENT


@pytest.mark.parametrize("instrument", ["HKDS", "GRN28", "HKMM"])
def test_every_month_opens_where_the_last_one_closed(register: Register, instrument: str) -> None:
    found = table(supply_of(register, instrument), f"supply-{instrument}")
    opening = 0
    for row in records(found):
        assert row["opening"] == opening
        opening += whole(row["issued"]) - whole(row["redeemed"])
        assert row["closing"] == opening
    assert total(found, "issued") - total(found, "redeemed") == -register.sum(ISSUED, instrument, ISSUANCE)


def test_the_picture_of_the_supply_ends_with_it(register: Register) -> None:
    found = supply_of(register, None)
    assert [chart.name for chart in found.charts] == ["supply-GRN28", "supply-HKDS", "supply-HKMM"]
    ends = {chart.unit: chart.series[0].points[-1][1] for chart in found.charts}
    assert ends == {"GRN28": 250_000, "HKDS": 10_389_931_506 * CENT, "HKMM": 5_030_000 * 10**4}


def test_a_supply_as_at_a_day_ends_in_its_month(register: Register) -> None:
    found = table(supply_of(register, "HKDS", date(2026, 2, 10)), "supply-HKDS")
    assert column(found, "month") == ["2026-01", "2026-02"]
    assert column(found, "closing") == [160_800_000 * 10**6, 110_800_000 * 10**6]


def test_the_reserve_covers_what_is_outstanding(register: Register) -> None:
    found = reserve_of(register)
    whole, without_frozen = records(table(found, "now"))
    assert (whole["reserve"], whole["outstanding"]) == (104_450_000 * 10**6, 10_389_931_506 * CENT)
    assert without_frozen["outstanding"] == 10_384_931_506 * CENT
    assert round(Fraction(str(whole["coverage"])) * 10_000) == 10_053
    newest = records(table(found, "coverage"))[-1]
    kinds = {each.title: each.name for each in table(found, "coverage").columns}
    assert newest[kinds["deposits"]] == 62_000_000 * 10**6
    assert newest[kinds["bills"]] == 36_450_000 * 10**6
    assert newest[kinds["reverse-repo"]] == 6_000_000 * 10**6
    assert len(found.charts[0].series) == 2
    assert "SHORTFALL" not in found.verdict


def test_each_statement_stands_against_what_was_outstanding_then(register: Register) -> None:
    rows = records(table(reserve_of(register), "coverage"))
    assert [row["supply"] for row in rows] == [
        0,
        150_000_000 * 10**6,
        100_800_000 * 10**6,
        10_389_931_506 * CENT,
    ]
    assert rows[0]["coverage"] is None
    assert [row["frozen"] for row in rows] == [0, 0, 50_000 * 10**6, 50_000 * 10**6]


def marked_down(register: Register, haircut_bp: int = 0, **changes: object) -> None:
    """The newest statement once more, with the bills at 1.8 % less or otherwise changed."""
    with register.database.read() as c:
        statement = reserves.statement(c, "HKDS")
    assert statement is not None
    lines = tuple(
        replace(line, haircut_bp=haircut_bp, **changes) if line.kind == "bills" else line  # type: ignore[arg-type]
        for line in statement.lines
    )
    with register.own().begin() as c:
        reserves.add_statement(c, replace(statement, lines=lines))


def test_a_markdown_of_the_bills_is_a_shortfall_by_one_definition_or_both(register: Register) -> None:
    marked_down(register, haircut_bp=180)
    found = reserve_of(register)
    whole, without_frozen = records(table(found, "now"))
    assert round(Fraction(str(whole["coverage"])) * 10_000) == 9_990
    assert int(str(without_frozen["excess"])) < 0
    assert found.verdict == "SHORTFALL by all outstanding and without frozen units"


def test_a_line_that_is_not_eligible_counts_for_nothing(register: Register) -> None:
    marked_down(register, matures_on=date(2028, 7, 31))
    found = reserve_of(register)
    assert records(table(found, "now"))[0]["reserve"] == (104_450_000 - 36_450_000) * 10**6
    assert column(table(found, "lines"), "eligible").count("NO") == 1


def test_only_a_stablecoin_has_a_reserve(register: Register) -> None:
    with pytest.raises(UsageError, match="GRN28 is a bond"):
        register.report(lambda c, moment: reserve.build(c, "GRN28", moment, POLICY))


def test_a_reserve_before_its_first_statement_is_none(register: Register) -> None:
    found = reserve_of(register, date(2026, 1, 14))
    assert found.verdict.startswith("NO RESERVE")


def test_redemptions_are_due_and_paid(register: Register) -> None:
    found = redemptions_of(register)
    rows = {row["request"]: row for row in records(table(found, "redemptions"))}
    assert rows["R-2026-004"]["due"] == date(2026, 7, 2)
    assert rows["R-2026-004"]["timing"] == "yes"
    assert total(table(found, "redemptions"), "paid") == register.sum("SELECT amount_units FROM redemptions")
    burnt = "SELECT amount_units FROM postings WHERE instrument_id = 'HKDS' AND account = ? AND leg = 1"
    assert total(table(found, "redemptions"), "par") == register.sum(burnt, ISSUANCE)
    assert total(table(found, "totals"), "requests") == 3
    assert found.verdict == "every request was paid on time; 0 open"


def test_a_redemption_is_open_until_it_is_paid(register: Register) -> None:
    open_ = {row["request"]: row for row in records(table(redemptions_of(register, date(2026, 7, 1)), "redemptions"))}
    assert (open_["R-2026-004"]["status"], open_["R-2026-004"]["paid"]) == ("open", 0)
    assert str(open_["R-2026-004"]["timing"]).endswith("left")
    assert "R-2026-004" not in column(table(redemptions_of(register, date(2026, 6, 29)), "redemptions"), "request")


def test_a_redemption_paid_a_day_late_is_late(register: Register) -> None:
    register.change("UPDATE redemptions SET paid_at = '2026-07-03 03:00:00.000000' WHERE request = 'R-2026-004'")
    found = redemptions_of(register)
    assert found.verdict == "LATE: R-2026-004"
    timing = {row["request"]: row["timing"] for row in records(table(found, "redemptions"))}
    assert timing["R-2026-004"] == "LATE by 11 h 0 min"
    assert redemptions_of(register, date(2026, 7, 2)).verdict.startswith("every request")


def test_the_coupon_is_paid_to_the_cent_and_the_dust_stays(register: Register) -> None:
    found = actions_of(register, "GRN28")
    (coupon,) = records(table(found, "actions"))
    assert (coupon["funded"], coupon["entitled"], coupon["paid"]) == (
        309_931_506 * CENT,
        309_931_505 * CENT,
        309_931_505 * CENT,
    )
    assert (coupon["dust"], coupon["held_back"], coupon["status"]) == (CENT, 0, "paid")
    assert str(coupon["exact"]).startswith("3,099,315.068")
    owed = table(found, "coupon:GRN28:2026-07-20")
    assert {row["holder"]: row["paid"] for row in records(owed)} == {
        "kowloon": 123_972_602 * CENT,
        "victoria": 123_972_602 * CENT,
        "lantau": 57_027_397 * CENT,
        "chan": 4_958_904 * CENT,
    }
    assert total(owed, "entitled") == register.sum("SELECT amount_units FROM entitlements")
    assert total(owed, "holding") == 250_000


def lose_payment(register: Register, account: str) -> None:
    """Takes what the coupon brought an account out of the register."""
    sql = "DELETE FROM postings WHERE instrument_id = 'HKDS' AND block_number = ? AND account = ?"
    register.change(sql, register.block_of(COUPON), account)


def test_what_is_paid_is_what_the_chain_moved(register: Register) -> None:
    """A register that calls a coupon paid, and lacks one of its transfers, does not make it paid."""
    account = register.account("chan")
    lose_payment(register, account)
    (coupon,) = records(table(actions_of(register, "GRN28"), "actions"))
    assert coupon["status"] == "paid in part"
    assert coupon["paid"] == (309_931_505 - 4_958_904) * CENT


@pytest.mark.parametrize(
    ("at", "statuses"), [(date(2026, 7, 9), []), (date(2026, 7, 10), ["declared"]), (None, ["entitled"])]
)
def test_a_coupon_at_a_past_moment_is_as_far_as_it_was(register: Register, at: At | None, statuses: list[str]) -> None:
    before_payment = register.block_of(COUPON) - 1
    found = actions_of(register, "GRN28", at or before_payment)
    assert column(table(found, "actions"), "status") == statuses


def test_what_is_held_back_is_neither_paid_nor_dust(register: Register) -> None:
    account = register.account("chan")
    register.change("UPDATE entitlements SET held_back = 1, paid_to = NULL WHERE account = ?", account)
    lose_payment(register, account)
    (coupon,) = records(table(actions_of(register, "GRN28"), "actions"))
    assert (coupon["status"], coupon["held_back"], coupon["dust"]) == ("paid, some held back", 4_958_904 * CENT, CENT)


def test_a_fund_shows_its_prices_and_what_each_order_got(register: Register) -> None:
    found = actions_of(register, "HKMM")
    assert column(table(found, "prices"), "price") == [100_000, 100_205, 100_413, 100_620, 100_833, 101_042]
    subscribed = table(found, "orders-subscribe")
    assert total(subscribed, "cash") == 55_300_000 * 10**6
    assert total(subscribed, "units") == register.sum(f"{ISSUED} AND leg = 0", "HKMM", ISSUANCE) * -1
    (redeemed,) = records(table(found, "orders-redeem"))
    assert (redeemed["price"], redeemed["units"], redeemed["cash"]) == (101_042, 5_000_000_000, 505_210_000 * CENT)


def test_an_order_that_is_not_dealt_yet_got_nothing(register: Register) -> None:
    before = register.block_of("deal:HKMM:2026-06-30:money-out") - 1
    (waiting,) = records(table(actions_of(register, "HKMM", before), "orders-redeem"))
    assert (waiting["status"], waiting["units"], waiting["price"]) == ("received", 0, None)


def test_a_stablecoin_pays_nobody(register: Register) -> None:
    assert actions_of(register, "HKDS").tables == ()
