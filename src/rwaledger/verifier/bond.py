"""What a bond pays when, worked out from its terms: periods, day counts, pay and record days, amounts.

Sources: ISDA 2006 Definitions, sections 4.12 (business days) and 4.16 (day counts); ICMA Rule 251. Amounts are exact
fractions of base units until they are rounded down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from rwaledger.verifier.calendar import Calendar, months_later
from rwaledger.verifier.exact import fraction, power_of_ten

_A_YEAR = (1, 2, 4, 12)


class Period(NamedTuple):
    """An accrual period; `regular_from` is earlier than its first day in a short first one."""

    first: date
    end: date
    regular_from: date


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a payment is, and what it is for one base unit of the bond."""

    period_from: date
    period_to: date
    pays_on: date
    record_at: int
    per_unit: Fraction


class Distribution(NamedTuple):
    """What is owed in all before and after rounding, and to each account."""

    exact: Fraction
    funded: int
    amounts: dict[str, int]


def periods(terms: Any) -> list[Period]:
    """Counted back from maturity in whole months; what is left over is a short first period."""
    if terms.periods_a_year not in _A_YEAR:
        raise ValueError(f"a bond does not pay {terms.periods_a_year} times a year")
    ends = [terms.matures_on]
    while ends[-1] > terms.issued_on:
        ends.append(months_later(terms.matures_on, -12 * len(ends) // terms.periods_a_year))
    ends.reverse()
    return [Period(max(begin, terms.issued_on), end, begin) for begin, end in pairwise(ends)]


def schedule_of(kind: str, period_to: date, terms: Any, decimals: int, calendar: Calendar) -> Schedule | None:
    """The payment of the period with that end; None where the terms have none such."""
    every = periods(terms)
    period = next((each for each in every if each.end == period_to), None)
    if period is None or (kind == "redemption" and period != every[-1]):
        return None
    pays_on = calendar.roll(period.end, terms.business_day_rule)
    recorded_on = calendar.business_days_later(pays_on, -terms.record_days)
    record_at = int(calendar.end_of_day(recorded_on).timestamp()) - 1
    nominal = Fraction(terms.nominal_units, power_of_ten(decimals))
    if kind == "redemption":
        return Schedule(terms.issued_on, period.end, pays_on, record_at, nominal)
    per_unit = fraction(terms.rate) * years_of(period, terms.day_count, terms.periods_a_year) * nominal
    return Schedule(period.first, period.end, pays_on, record_at, per_unit)


def years_of(period: Period, day_count: str, periods_a_year: int) -> Fraction:
    """The part of a year that a period is, by a convention.

    Raises:
        ValueError: no such convention.
    """
    first, end = period.first, period.end
    days = (end - first).days
    match day_count:
        case "ACT/365F":
            return Fraction(days, 365)
        case "ACT/360":
            return Fraction(days, 360)
        case "30/360" | "30E/360":
            return Fraction(_days_of_30(first, end, european=day_count == "30E/360"), 360)
        case "ACT/ACT ISDA":
            return _actual_by_years(first, end)
        case "ACT/ACT ICMA":
            return Fraction(days, (end - period.regular_from).days * periods_a_year)
    raise ValueError(f"no day count is called {day_count!r}")


def _days_of_30(first: date, end: date, *, european: bool) -> int:
    """4.16(f) and (g): months of 30 days; the last day is cut to 30 where the first one is, or always."""
    from_day = min(first.day, 30)
    to_day = 30 if end.day == 31 and (european or from_day == 30) else end.day
    return 360 * (end.year - first.year) + 30 * (end.month - first.month) + to_day - from_day


def _actual_by_years(first: date, end: date) -> Fraction:
    """4.16(b): each day over the days of its own year."""
    total, day = Fraction(0), first
    while day < end:
        stop = min(end, date(day.year + 1, 1, 1))
        total += Fraction((stop - day).days, (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days)
        day = stop
    return total


def distribute(held: Mapping[str, int], per_unit: Fraction, rounding: int, own: Collection[str]) -> Distribution:
    """Each amount rounded down to a multiple of `rounding`; accounts of the payer's own are owed nothing."""
    amounts = {a: 0 if a in own else _down(units * per_unit, rounding) for a, units in sorted(held.items()) if units}
    exact = sum(units for account, units in held.items() if account not in own) * per_unit
    return Distribution(exact, _down(exact, rounding), amounts)


def _down(amount: Fraction, rounding: int) -> int:
    return amount // rounding * rounding
