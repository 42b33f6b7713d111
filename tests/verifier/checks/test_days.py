"""Days, periods and amounts of the verifier against those of the domain, which share nothing."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.audit.evidence.results import policy as document
from rwaledger.domain.calendar import ROLL_RULES, end_of_day, local_date
from rwaledger.domain.corporate_action import BondTerms
from rwaledger.domain.day_count import DayCount
from rwaledger.domain.entitlement import distribute
from rwaledger.domain.schedule import pay_day, record_day, record_time
from rwaledger.policies.loading import load_policy
from rwaledger.verifier import bond
from rwaledger.verifier.calendar import Calendar
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.values import Figure, Policy

POLICY = load_policy(None)
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC) for year in (2026, 2028))


def as_in_a_pack(zone: str) -> Policy:
    written = document(POLICY, int(FIRST.timestamp()), int(LAST.timestamp())) | {"zone": zone}
    offsets = tuple((moment, seconds) for moment, seconds in written["utc_offsets"])
    figures = tuple(
        Figure(each["name"], each["value"], each["valid_from"], each["source"]) for each in written["figures"]
    )
    return Policy(written["name"], zone, offsets, frozenset(written["holidays"]), figures)


CALENDAR = Calendar(as_in_a_pack(POLICY.zone))


def row_of(terms: BondTerms) -> SimpleNamespace:
    """The terms as a row of a pack has them, where a rate is text."""
    return SimpleNamespace(
        **{each.name: getattr(terms, each.name) for each in fields(terms)} | {"rate": str(terms.rate)}
    )


days = st.dates(date(2026, 1, 10), date(2028, 12, 1))


@given(days, st.integers(-5, 5), st.sampled_from(ROLL_RULES))
def test_business_days_are_counted_and_rolled_alike(day: date, count: int, rule: str) -> None:
    assert CALENDAR.is_business_day(day) == POLICY.calendar.is_business_day(day)
    assert CALENDAR.business_days_later(day, count) == POLICY.calendar.add(day, count)
    assert CALENDAR.roll(day, rule) == POLICY.calendar.roll(day, rule)


@given(st.integers(0, int((LAST - FIRST).total_seconds())))
def test_local_days_begin_and_end_alike(seconds: int) -> None:
    moment = FIRST + timedelta(seconds=seconds)
    day = local_date(moment, POLICY.zone)
    assert CALENDAR.local_day(moment) == day
    assert CALENDAR.end_of_day(day) == end_of_day(day, POLICY.zone)


def test_a_day_of_a_zone_with_summer_time_ends_when_its_clock_says_so() -> None:
    offsets = (("2026-01-01T00:00:00.000000Z", 0), ("2026-03-29T01:00:00.000000Z", 3600))
    london = Calendar(Policy("London", "Europe/London", offsets, frozenset(), ()))
    for day in (date(2026, 3, 27) + timedelta(days=n) for n in range(4)):
        assert london.end_of_day(day) == end_of_day(day, "Europe/London")


def test_a_figure_that_is_in_force_nowhere_refutes_the_pack() -> None:
    assert CALENDAR.figure("redemption_business_days", date(2026, 1, 1)) == 1
    with pytest.raises(Refuted, match=r"policy.json: no redemption_business_days is in force on 2020-01-01"):
        CALENDAR.figure("redemption_business_days", date(2020, 1, 1))


@given(
    days,
    st.integers(40, 700),
    st.sampled_from([1, 2, 4, 12]),
    st.sampled_from(list(DayCount)),
    st.sampled_from(["following", "preceding", "modified-following", "none"]),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10**9)),
)
def test_schedules_and_amounts_are_those_of_the_terms(
    issued_on: date, life: int, often: int, count: DayCount, rule: str, held: dict[str, int]
) -> None:
    matures_on = min(issued_on + timedelta(days=life), date(2028, 12, 1))
    terms = BondTerms(
        "BOND", "CASH", "payer", 10**9, Fraction(1, 40), count, often, issued_on, matures_on, rule, 1, 10_000, ""
    )
    if matures_on <= issued_on:
        return
    for period in terms.periods():
        found = bond.schedule_of("coupon", period.ends_on, row_of(terms), 2, CALENDAR)
        paid_on = pay_day(period, POLICY.calendar, rule)
        due = record_time(record_day(paid_on, 1, POLICY.calendar), POLICY.zone)
        assert found is not None
        assert (found.period_from, found.pays_on, found.record_at) == (period.starts_on, paid_on, due)
        assert found.per_unit == terms.coupon_per_unit(period, 2)
        paid, mine = distribute(held, found.per_unit, 10_000, ["a"]), bond.distribute(held, found.per_unit, 10_000, "a")
        assert (mine.exact, mine.funded) == (paid.exact, paid.funded_units)
        assert mine.amounts == {each.account: each.amount_units for each in paid.entitlements}
    last = bond.schedule_of("redemption", matures_on, terms, 2, CALENDAR)
    assert last is not None
    assert last.per_unit == terms.nominal_per_unit(2)
