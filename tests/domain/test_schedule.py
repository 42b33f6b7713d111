"""Coupon schedules: periods, pay days off holidays, record days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rwaledger.domain.calendar import BusinessCalendar
from rwaledger.domain.schedule import CouponPeriod, coupon_periods, pay_day, record_day, record_time

HONG_KONG = BusinessCalendar.hong_kong()


def test_the_bond_of_the_scenario() -> None:
    periods = coupon_periods(date(2026, 1, 20), date(2028, 1, 20), 2)
    assert [(each.starts_on.isoformat(), each.ends_on.isoformat(), each.days) for each in periods] == [
        ("2026-01-20", "2026-07-20", 181),
        ("2026-07-20", "2027-01-20", 184),
        ("2027-01-20", "2027-07-20", 181),
        ("2027-07-20", "2028-01-20", 184),
    ]


def test_what_is_left_over_is_a_short_first_period() -> None:
    first, second, *_ = coupon_periods(date(2026, 3, 1), date(2028, 1, 20), 2)
    assert first == CouponPeriod(1, date(2026, 3, 1), date(2026, 7, 20), date(2026, 1, 20))
    assert (second.starts_on, second.regular_from) == (date(2026, 7, 20), date(2026, 7, 20))


def test_months_without_the_day_end_on_their_last() -> None:
    ends = [each.ends_on.isoformat() for each in coupon_periods(date(2027, 8, 31), date(2029, 8, 31), 2)]
    assert ends == ["2028-02-29", "2028-08-31", "2029-02-28", "2029-08-31"]


@pytest.mark.parametrize(
    ("rule", "pays_on"),
    [
        # 1 July is a holiday; in 2028 it is a Saturday as well, and 31 December 2028 a Sunday
        ("following", ["2028-07-03", "2029-01-02"]),
        ("modified-following", ["2028-07-03", "2028-12-29"]),
        ("preceding", ["2028-06-30", "2028-12-29"]),
        ("none", ["2028-07-01", "2028-12-31"]),
    ],
)
def test_holidays_move_the_payment_and_not_the_accrual(rule: str, pays_on: list[str]) -> None:
    periods = [
        CouponPeriod(1, date(2028, 1, 1), date(2028, 7, 1), date(2028, 1, 1)),
        CouponPeriod(2, date(2028, 7, 1), date(2028, 12, 31), date(2028, 7, 1)),
    ]
    assert [pay_day(each, HONG_KONG, rule).isoformat() for each in periods] == pays_on
    assert [each.days for each in periods] == [182, 183]


def test_the_record_day_counts_business_days_and_ends_in_its_own_zone() -> None:
    assert record_day(date(2026, 7, 20), 1, HONG_KONG) == date(2026, 7, 17)
    assert record_day(date(2026, 7, 2), 1, HONG_KONG) == date(2026, 6, 30)
    assert record_day(date(2026, 7, 20), 15, HONG_KONG) == date(2026, 6, 26)
    ends = datetime.fromtimestamp(record_time(date(2026, 7, 17), "Asia/Hong_Kong"), UTC)
    assert ends.isoformat() == "2026-07-17T15:59:59+00:00"


def test_what_is_no_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="is not after the issue"):
        coupon_periods(date(2026, 1, 20), date(2026, 1, 20), 2)
    with pytest.raises(ValueError, match="pays 1, 2, 4, 12 times a year, not 3"):
        coupon_periods(date(2026, 1, 20), date(2027, 1, 20), 3)
