"""Day counts: which part of a year lies between two dates, as an exact fraction."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from fractions import Fraction


class DayCount(StrEnum):
    """A day count convention, by its usual name.

    Numbers are those of section 4.16 of the 2006 ISDA Definitions; ICMA is Rule 251 of the ICMA Rule Book.
    """

    ACT_365F = "ACT/365F"
    ACT_360 = "ACT/360"
    THIRTY_360 = "30/360"
    THIRTY_E_360 = "30E/360"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    ACT_ACT_ICMA = "ACT/ACT ICMA"


def year_fraction(day_count: DayCount, start: date, end: date) -> Fraction:
    """Years from `start` to `end`, in every convention but ACT/ACT ICMA, which needs a coupon period.

    Raises:
        ValueError: `end` is before `start`, or the convention needs a period.
    """
    _require_order(start, end)
    match day_count:
        case DayCount.ACT_365F:  # 4.16(d)
            return Fraction((end - start).days, 365)
        case DayCount.ACT_360:  # 4.16(e)
            return Fraction((end - start).days, 360)
        case DayCount.THIRTY_360 | DayCount.THIRTY_E_360:
            return Fraction(_days_of_30(start, end, day_count), 360)
        case DayCount.ACT_ACT_ISDA:
            return _act_act_isda(start, end)
    raise ValueError(f"{day_count} is counted within a coupon period; use `icma_fraction`")


def icma_fraction(start: date, end: date, reference: tuple[date, date], periods_a_year: int) -> Fraction:
    """Years from `start` to `end` by ACT/ACT ICMA (Rule 251.1): days, over days of the regular period times periods.

    `reference` is the regular coupon period in which both lie. A longer stretch is the sum over its regular periods.

    Raises:
        ValueError: the dates are not in this order, or not within the regular period.
    """
    _require_order(start, end)
    first, last = reference
    if not first <= start or not end <= last or first == last:
        raise ValueError(f"{start} to {end} is not within the regular period {first} to {last}")
    return Fraction((end - start).days, (last - first).days * periods_a_year)


def _act_act_isda(start: date, end: date) -> Fraction:
    """4.16(b): days in leap years over 366, all others over 365; the first day counts and the last does not."""
    if start.year == end.year:
        return Fraction((end - start).days, _days_of_year(start.year))
    head = Fraction((date(start.year + 1, 1, 1) - start).days, _days_of_year(start.year))
    tail = Fraction((end - date(end.year, 1, 1)).days, _days_of_year(end.year))
    return head + (end.year - start.year - 1) + tail


def _days_of_30(start: date, end: date, day_count: DayCount) -> int:
    """Days where every month has 30: 4.16(f), bond basis, and 4.16(g), Eurobond basis."""
    first = min(start.day, 30)
    shortened = day_count is DayCount.THIRTY_E_360 or first == 30
    last = min(end.day, 30) if shortened else end.day
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _days_of_year(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _require_order(start: date, end: date) -> None:
    if end < start:
        raise ValueError(f"{end} is before {start}")
