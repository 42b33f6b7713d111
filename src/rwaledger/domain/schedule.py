"""Coupon schedules: the periods of a bond's life, when each is paid, and who is asked for at which day's end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from rwaledger.domain.calendar import BusinessCalendar, add_months, end_of_day
from rwaledger.domain.day_count import DayCount, icma_fraction, year_fraction

PERIODS_A_YEAR = (1, 2, 4, 12)
"""How often a bond may pay: a number of whole months must lie between two coupons."""


@dataclass(frozen=True, slots=True)
class CouponPeriod:
    """One accrual period: its first day, and the day on which the next one begins. Neither is moved by a holiday.

    `number` counts from 1. `regular_from` is where the regular period that ends with it begins: earlier than
    `starts_on` in a short first period, and the same in all others.
    """

    number: int
    starts_on: date
    ends_on: date
    regular_from: date

    @property
    def days(self) -> int:
        """Calendar days of the period."""
        return (self.ends_on - self.starts_on).days

    def fraction(self, day_count: DayCount, periods_a_year: int) -> Fraction:
        """The part of a year that the period is, by this convention."""
        if day_count is DayCount.ACT_ACT_ICMA:
            return icma_fraction(self.starts_on, self.ends_on, (self.regular_from, self.ends_on), periods_a_year)
        return year_fraction(day_count, self.starts_on, self.ends_on)


def coupon_periods(issued_on: date, matures_on: date, periods_a_year: int) -> tuple[CouponPeriod, ...]:
    """The periods from issue to maturity, without gap or overlap.

    They are counted back from maturity, in whole months, on maturity's day of the month or the last one of a shorter
    month. What is left over at the beginning is a short first period.

    Raises:
        ValueError: maturity is not after the issue, or no whole number of months lies between two coupons.
    """
    if matures_on <= issued_on:
        raise ValueError(f"maturity {matures_on} is not after the issue on {issued_on}")
    if periods_a_year not in PERIODS_A_YEAR:
        raise ValueError(f"a bond pays {', '.join(map(str, PERIODS_A_YEAR))} times a year, not {periods_a_year}")
    ends = [matures_on]
    while ends[-1] > issued_on:
        ends.append(add_months(matures_on, -len(ends) * 12 // periods_a_year))
    ends.reverse()
    return tuple(
        CouponPeriod(number, max(begin, issued_on), end, begin) for number, (begin, end) in enumerate(pairwise(ends), 1)
    )


def pay_day(period: CouponPeriod, business_calendar: BusinessCalendar, rule: str) -> date:
    """When the period is paid: its end, moved off a holiday by the rule. What accrues stays the same."""
    return business_calendar.roll(period.ends_on, rule)


def record_day(pays_on: date, record_days: int, business_calendar: BusinessCalendar) -> date:
    """The business day, `record_days` of them before the pay day, whose holders are paid."""
    return business_calendar.add(pays_on, -record_days)


def record_time(day: date, zone: str) -> int:
    """The last second of a day of that zone, in seconds since 1970; what is held after it counts no more."""
    return int(end_of_day(day, zone).timestamp()) - 1
