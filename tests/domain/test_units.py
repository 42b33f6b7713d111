"""Amounts: exact both ways, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.domain.units import MAX_UNITS, AmountError, format_amount, parse_amount


@given(st.integers(1, MAX_UNITS), st.integers(0, 18))
def test_what_is_written_is_read_back(units: int, decimals: int) -> None:
    assert parse_amount(format_amount(units, decimals), decimals) == units


@given(st.integers(-(2**256), 2**256), st.integers(0, 18))
def test_grouping_only_adds_commas(units: int, decimals: int) -> None:
    assert format_amount(units, decimals, grouped=True).replace(",", "") == format_amount(units, decimals)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1.", ".5", "01", "1e3", "1,000", "1 000", "0x10", "\u0663", "NaN", "1.0.0", "1_000", "\u0661"],
)
def test_nothing_but_plain_decimals_is_an_amount(text: str) -> None:
    with pytest.raises(AmountError, match="not a positive decimal amount"):
        parse_amount(text, 6)


def test_an_amount_is_never_rounded() -> None:
    with pytest.raises(AmountError, match="7 digits after the point; the instrument has 6"):
        parse_amount("1.0000000", 6)


def test_the_largest_amount_is_2_to_the_96_less_one() -> None:
    assert parse_amount(str(MAX_UNITS), 0) == MAX_UNITS
    with pytest.raises(AmountError, match="above the largest"):
        parse_amount(str(MAX_UNITS + 1), 0)
