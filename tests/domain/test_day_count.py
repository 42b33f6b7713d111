"""Day counts against published examples, and against QuantLib on random dates."""

from __future__ import annotations

import warnings
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.domain.day_count import DayCount, icma_fraction, year_fraction
from rwaledger.domain.schedule import PERIODS_A_YEAR, coupon_periods

with warnings.catch_warnings():
    # Its wrapper types have no module; newer versions of Python say so.
    warnings.simplefilter("ignore", DeprecationWarning)
    import QuantLib as ql  # noqa: N813 - as its own documentation does

ISDA, ICMA = DayCount.ACT_ACT_ISDA, DayCount.ACT_ACT_ICMA


def day(text: str) -> date:
    return date.fromisoformat(text)


# The examples of ISDA's paper "The Actual/Actual Day Count Fraction" (1999, isda.org), which follows its memorandum
# "EMU and Market Conventions" (1998); with the digits that QuantLib's own tests give. Each is a calculation period,
# ACT/ACT ISDA, ACT/ACT ISMA (now ICMA), the regular periods in which the latter counts, and how many make a year.
PAPER = [
    # a regular semi-annual period
    ("2003-11-01", "2004-05-01", "0.497724380567", "0.500000000000", ("2003-11-01", "2004-05-01"), 2),
    # short first period, annual
    ("1999-02-01", "1999-07-01", "0.410958904110", "0.410958904110", ("1998-07-01", "1999-07-01"), 1),
    ("1999-07-01", "2000-07-01", "1.001377348600", "1.000000000000", ("1999-07-01", "2000-07-01"), 1),
    # long first period, semi-annual
    ("2002-08-15", "2003-07-15", "0.915068493151", "0.915760869565", ("2002-07-15", "2003-01-15", "2003-07-15"), 2),
    ("2003-07-15", "2004-01-15", "0.504004790778", "0.500000000000", ("2003-07-15", "2004-01-15"), 2),
    # short final period, semi-annual
    ("1999-07-30", "2000-01-30", "0.503892506924", "0.500000000000", ("1999-07-30", "2000-01-30"), 2),
    ("2000-01-30", "2000-06-30", "0.415300546448", "0.417582417582", ("2000-01-30", "2000-07-30"), 2),
    # long final period, quarterly, at the ends of months
    ("1999-11-30", "2000-04-30", "0.415540084434", "0.415760869565", ("1999-11-30", "2000-02-29", "2000-05-31"), 4),
]


@pytest.mark.parametrize(("start", "end", "isda", "icma", "regular", "periods_a_year"), PAPER)
def test_isda_paper_on_act_act(
    start: str, end: str, isda: str, icma: str, regular: tuple[str, ...], periods_a_year: int
) -> None:
    assert abs(year_fraction(ISDA, day(start), day(end)) - Fraction(isda)) < Fraction(1, 10**9)
    counted = sum(
        icma_fraction(max(day(start), first), min(day(end), last), (first, last), periods_a_year)
        for first, last in pairwise(map(day, regular))
    )
    assert abs(counted - Fraction(icma)) < Fraction(1, 10**9)


def test_icma_rule_251_gives_every_regular_period_the_same() -> None:
    """ICMA Rule 251.1: a regular period is exactly 1/frequency of a year, whatever its number of days."""
    for frequency in PERIODS_A_YEAR:
        for period in coupon_periods(day("2023-08-31"), day("2028-08-31"), frequency):
            assert period.fraction(ICMA, frequency) == Fraction(1, frequency)


# ISDA, "30/360 Day Count Conventions" (22 December 2008), the worksheet to 2006 ISDA Definitions, section 4.16(f) bond
# basis and (g) Eurobond basis: start, end, days by (f), days by (g).
WORKSHEET = [
    ("2006-08-20", "2007-02-20", 180, 180),
    ("2007-02-20", "2007-08-20", 180, 180),
    ("2006-08-31", "2007-02-28", 178, 178),
    ("2007-02-28", "2007-08-31", 183, 182),
    ("2007-08-31", "2008-02-29", 179, 179),
    ("2008-02-29", "2008-08-31", 182, 181),
    ("2006-01-31", "2006-02-28", 28, 28),
    ("2006-01-30", "2006-02-28", 28, 28),
    ("2006-02-28", "2006-03-03", 5, 5),
    ("2006-02-14", "2006-02-28", 14, 14),
    ("2006-09-30", "2006-10-31", 30, 30),
    ("2006-10-31", "2006-11-28", 28, 28),
    ("2007-08-31", "2008-02-28", 178, 178),
    ("2008-02-28", "2008-08-28", 180, 180),
    ("2008-02-28", "2008-08-30", 182, 182),
    ("2008-02-28", "2008-08-31", 183, 182),
    ("2007-02-26", "2008-02-28", 362, 362),
    ("2007-02-26", "2008-02-29", 363, 363),
    ("2008-02-29", "2009-02-28", 359, 359),
    ("2008-02-28", "2008-03-30", 32, 32),
    ("2008-02-28", "2008-03-31", 33, 32),
]


@pytest.mark.parametrize(("start", "end", "bond_basis", "eurobond_basis"), WORKSHEET)
def test_isda_worksheet_on_30_360(start: str, end: str, bond_basis: int, eurobond_basis: int) -> None:
    assert year_fraction(DayCount.THIRTY_360, day(start), day(end)) == Fraction(bond_basis, 360)
    assert year_fraction(DayCount.THIRTY_E_360, day(start), day(end)) == Fraction(eurobond_basis, 360)


def test_the_coupon_of_the_scenario_is_exact() -> None:
    fraction = year_fraction(DayCount.ACT_365F, day("2026-01-20"), day("2026-07-20"))
    assert fraction == Fraction(181, 365)
    assert 250_000_000 * Fraction(1, 40) * fraction == Fraction(226250000, 73)  # 3,099,315.068493...


ORACLES: dict[DayCount, Any] = {
    DayCount.ACT_365F: ql.Actual365Fixed(),
    DayCount.ACT_360: ql.Actual360(),
    DayCount.THIRTY_360: ql.Thirty360(ql.Thirty360.BondBasis),
    DayCount.THIRTY_E_360: ql.Thirty360(ql.Thirty360.EurobondBasis),
    DayCount.ACT_ACT_ISDA: ql.ActualActual(ql.ActualActual.ISDA),
}
DATES = st.dates(date(1950, 1, 1), date(2150, 1, 1))


def ql_date(of: date) -> Any:
    return ql.Date(of.day, of.month, of.year)


@given(st.sampled_from(sorted(ORACLES)), DATES, DATES)
@settings(max_examples=400)
def test_quantlib_counts_alike(day_count: DayCount, one: date, other: date) -> None:
    start, end = sorted((one, other))
    expected = ORACLES[day_count].yearFraction(ql_date(start), ql_date(end))
    found = year_fraction(day_count, start, end)
    if day_count is DayCount.THIRTY_360 and found < 0:
        pytest.fail("a later date never lies before an earlier one")
    assert float(found) == pytest.approx(expected, abs=1e-12)


@given(DATES, st.integers(1, 400), st.sampled_from(PERIODS_A_YEAR))
@settings(max_examples=200)
def test_quantlib_counts_icma_alike_within_a_period(first: date, length: int, periods_a_year: int) -> None:
    last = date.fromordinal(first.toordinal() + length)
    start, end = date.fromordinal(first.toordinal() + length // 3), last
    found = icma_fraction(start, end, (first, last), periods_a_year)
    assert found == Fraction((end - start).days, length * periods_a_year)
    if length == round(365 / periods_a_year):  # QuantLib guesses the frequency from the length of the period
        oracle = ql.ActualActual(ql.ActualActual.ISMA)
        expected = oracle.yearFraction(*(ql_date(each) for each in (start, end, first, last)))
        assert float(found) == pytest.approx(expected, abs=1e-12)


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-01-01 is before 2026-01-02"):
        year_fraction(DayCount.ACT_360, day("2026-01-02"), day("2026-01-01"))
    with pytest.raises(ValueError, match="within a coupon period"):
        year_fraction(ICMA, day("2026-01-01"), day("2026-01-02"))
    with pytest.raises(ValueError, match="not within the regular period"):
        icma_fraction(day("2026-01-01"), day("2026-07-02"), (day("2026-01-01"), day("2026-07-01")), 2)
