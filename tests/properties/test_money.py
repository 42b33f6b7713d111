"""What must hold of money whatever the figures: nothing is created, nothing is lost, nobody is favoured by rounding."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rwaledger.domain.calendar import BusinessCalendar
from rwaledger.domain.day_count import DayCount
from rwaledger.domain.entitlement import distribute, round_down, round_up
from rwaledger.domain.fund import OrderSide, Price, dealing_day
from rwaledger.domain.schedule import PERIODS_A_YEAR, coupon_periods
from rwaledger.domain.units import MAX_UNITS

ACCOUNTS = st.sampled_from([f"0x{n:040x}" for n in range(1, 12)])
HOLDINGS = st.dictionaries(ACCOUNTS, st.one_of(st.just(0), st.integers(1, MAX_UNITS)))
RATES = st.fractions(min_value=0, max_value=10**9)
ROUNDINGS = st.sampled_from([1, 10, 10_000, 10**18])
PRICES = st.builds(
    Price,
    price_units=st.integers(1, 10**12),
    price_decimals=st.integers(0, 8),
    fund_decimals=st.integers(0, 18),
    cash_decimals=st.integers(0, 18),
    rounding_units=ROUNDINGS,
)
AMOUNTS = st.integers(1, MAX_UNITS)


@given(HOLDINGS, RATES, ROUNDINGS, st.sets(ACCOUNTS))
def test_entitlements_and_dust_are_the_funding(
    holdings: dict[str, int], rate: Fraction, rounding_units: int, unpaid: set[str]
) -> None:
    found = distribute(holdings, rate, rounding_units, unpaid)
    paid = sum(each.amount_units for each in found.entitlements)
    assert paid + found.dust_units == found.funded_units
    assert 0 <= found.dust_units <= found.funded_units <= found.exact
    assert found.exact - found.funded_units < rounding_units
    # each account loses less than one step of rounding, so all together less than one each
    assert found.exact - paid < rounding_units * max(1, len(found.entitlements))
    for each in found.entitlements:
        owed = 0 if each.account in unpaid else each.holding_units * rate
        assert 0 <= owed - each.amount_units < rounding_units
        assert each.amount_units % rounding_units == 0
    assert {each.account: each.holding_units for each in found.entitlements} == {
        account: units for account, units in holdings.items() if units
    }


@given(HOLDINGS, RATES, ROUNDINGS)
def test_who_holds_more_is_never_paid_less(holdings: dict[str, int], rate: Fraction, rounding_units: int) -> None:
    found = sorted(distribute(holdings, rate, rounding_units).entitlements, key=lambda each: each.holding_units)
    assert all(one.amount_units <= other.amount_units for one, other in pairwise(found))


@given(PRICES, AMOUNTS)
def test_a_price_never_creates_units(price: Price, amount_units: int) -> None:
    dealt = price.subscribe(amount_units)
    assert dealt.units * price.cash_per_unit <= dealt.cash_units <= amount_units
    assert dealt.cash_units % price.rounding_units == 0
    # and the investor gets every unit that the money pays for
    spendable = round_down(Fraction(amount_units), price.rounding_units)
    assert (dealt.units + 1) * price.cash_per_unit > spendable


@given(PRICES, AMOUNTS)
def test_in_and_out_again_never_pays_more_than_was_paid(price: Price, amount_units: int) -> None:
    bought = price.deal(OrderSide.SUBSCRIBE, amount_units)
    sold = price.deal(OrderSide.REDEEM, bought.units)
    assert 0 <= sold.cash_units <= bought.cash_units
    assert sold.cash_units <= bought.units * price.cash_per_unit


@given(PRICES, st.lists(AMOUNTS, min_size=2, max_size=5))
def test_many_orders_never_get_more_than_one_over_all(price: Price, amounts: list[int]) -> None:
    assert sum(price.subscribe(each).units for each in amounts) <= price.subscribe(sum(amounts)).units
    assert sum(price.redeem(each).cash_units for each in amounts) <= price.redeem(sum(amounts)).cash_units


@given(st.fractions(min_value=0, max_value=10**30), ROUNDINGS)
def test_rounding_goes_to_the_nearest_step_on_its_side(amount: Fraction, step: int) -> None:
    down, up = round_down(amount, step), round_up(amount, step)
    assert down <= amount <= up
    assert up - down == (0 if amount % step == 0 else step)


DATES = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(DATES, st.integers(1, 4000), st.sampled_from(PERIODS_A_YEAR), st.sampled_from(sorted(DayCount)))
def test_a_schedule_covers_the_life_without_gap_or_overlap(
    issued_on: date, days: int, periods_a_year: int, day_count: DayCount
) -> None:
    matures_on = issued_on + timedelta(days=days)
    periods = coupon_periods(issued_on, matures_on, periods_a_year)
    assert (periods[0].starts_on, periods[-1].ends_on) == (issued_on, matures_on)
    assert all(one.ends_on == other.starts_on for one, other in pairwise(periods))
    assert [each.number for each in periods] == list(range(1, len(periods) + 1))
    assert sum(each.days for each in periods) == days
    assert all(each.days > 0 and each.regular_from <= each.starts_on for each in periods)
    assert all(each.regular_from == each.starts_on for each in periods[1:])
    if day_count is DayCount.ACT_365F:
        assert sum(each.fraction(day_count, periods_a_year) for each in periods) == Fraction(days, 365)
    assert all(each.fraction(day_count, periods_a_year) >= 0 for each in periods)


HONG_KONG = BusinessCalendar.hong_kong()
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.times())
def test_an_order_is_never_dealt_at_a_price_of_the_past(received_at: datetime, cut_off: time) -> None:
    day = dealing_day(received_at, cut_off, HONG_KONG, "Asia/Hong_Kong")
    local = received_at.astimezone(ZoneInfo("Asia/Hong_Kong"))
    assert HONG_KONG.is_business_day(day)
    assert day > local.date() or (day == local.date() and local.time() <= cut_off)
