"""Coverage of a reserve: exact, by each definition, and never rounded into safety."""

from __future__ import annotations

import pytest

from rwaledger.domain.reserve import Coverage, Definition, ReserveLine

UNIT = 10**6


def line(amount: str, haircut_bp: int = 0) -> ReserveLine:
    return ReserveLine(1, "bills", "", "HKD", int(amount.replace("_", "")) * UNIT, haircut_bp, None)


def test_the_closing_figures_of_the_half_year() -> None:
    """62.00m, 36.45m and 6.00m against 103,899,315.06 are 100.53 %; bills marked down by 1.8 % leave 99.90 %."""
    outstanding = 103_899_315_060_000
    others = line("62_000_000").value_units + line("6_000_000").value_units
    full = Coverage(Definition.ALL, others + line("36_450_000").value_units, outstanding)
    marked_down = Coverage(Definition.ALL, others + line("36_450_000", 180).value_units, outstanding)
    without_frozen = Coverage(Definition.WITHOUT_FROZEN, full.reserve_units, outstanding - 50_000 * UNIT)

    assert (full.reserve_units, full.percent, full.is_covered) == (104_450_000 * UNIT, "100.53", True)
    assert (marked_down.reserve_units, marked_down.percent) == (103_793_900 * UNIT, "99.90")
    assert (marked_down.is_covered, marked_down.excess_units) == (False, -105_415_060_000)
    assert without_frozen.percent == "100.58"


@pytest.mark.parametrize(
    ("reserve", "outstanding", "percent", "covered"),
    [
        (1, 1, "100.00", True),
        (10**30 - 1, 10**30, "99.99", False),  # never rounded up to all of it
        (10**30 + 1, 10**30, "100.00", True),
        (99_985, 100_000, "99.99", False),
        (99_984, 100_000, "99.98", False),
        (2, 3, "66.67", False),
        (0, 3, "0.00", False),
        (5, 0, "", True),
    ],
)
def test_a_percentage_never_hides_a_shortfall(reserve: int, outstanding: int, percent: str, covered: bool) -> None:
    coverage = Coverage(Definition.ALL, reserve, outstanding)
    assert (coverage.percent, coverage.is_covered) == (percent, covered)


def test_a_haircut_is_rounded_down() -> None:
    assert ReserveLine(1, "bills", "", "HKD", 9_999, 1, None).value_units == 9_998
    assert ReserveLine(1, "bills", "", "HKD", 9_999, 0, None).value_units == 9_999
    assert ReserveLine(1, "bills", "", "HKD", 9_999, 10_000, None).value_units == 0
