"""Business days of Hong Kong, against the general holidays that were gazetted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from rwaledger.domain.calendar import BusinessCalendar, add_months, end_of_day, local_date

ZONE = "Asia/Hong_Kong"

GENERAL_HOLIDAYS_2026 = {
    (1, 1), (2, 17), (2, 18), (2, 19), (4, 3), (4, 4), (4, 6), (4, 7), (5, 1), (5, 25), (6, 19), (7, 1), (9, 26),
    (10, 1), (10, 19), (12, 25), (12, 26),
}  # fmt: skip
"""Those that fall on no Sunday, by the notice under the General Holidays Ordinance (Cap. 149)."""


@pytest.fixture
def hong_kong() -> BusinessCalendar:
    return BusinessCalendar.hong_kong()


def test_every_day_of_2026_is_what_the_gazette_says(hong_kong: BusinessCalendar) -> None:
    """Good Friday and others are general holidays, on which banks close, but no statutory ones."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    closed = {day for day in days if day.weekday() >= 5 or (day.month, day.day) in GENERAL_HOLIDAYS_2026}
    assert {day for day in days if not hong_kong.is_business_day(day)} == closed


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 6, 30), 1, date(2026, 7, 2)),  # 1 July is a holiday
        (date(2026, 7, 1), 1, date(2026, 7, 2)),
        (date(2026, 7, 3), 1, date(2026, 7, 6)),  # a Friday
        (date(2026, 4, 2), 1, date(2026, 4, 8)),  # Easter and Ching Ming
        (date(2026, 4, 8), -1, date(2026, 4, 2)),
        (date(2026, 6, 30), 3, date(2026, 7, 6)),
        (date(2026, 7, 1), 0, date(2026, 7, 1)),
    ],
)
def test_business_days_are_counted_from_the_day_itself(
    hong_kong: BusinessCalendar, day: date, count: int, expected: date
) -> None:
    assert hong_kong.add(day, count) == expected
    if count > 0:
        assert hong_kong.count(day, expected) == count


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        ("following", date(2026, 7, 1), date(2026, 7, 2)),
        ("following", date(2026, 7, 2), date(2026, 7, 2)),
        ("preceding", date(2026, 7, 1), date(2026, 6, 30)),
        ("modified-following", date(2026, 7, 1), date(2026, 7, 2)),
        ("modified-following", date(2026, 5, 31), date(2026, 5, 29)),  # the next one is in June
        ("none", date(2026, 7, 1), date(2026, 7, 1)),
    ],
)
def test_a_day_rolls_by_its_rule(hong_kong: BusinessCalendar, rule: str, day: date, expected: date) -> None:
    assert hong_kong.roll(day, rule) == expected


def test_an_unknown_rule_is_refused(hong_kong: BusinessCalendar) -> None:
    with pytest.raises(ValueError, match="no business-day rule"):
        hong_kong.roll(date(2026, 7, 1), "nearest")


def test_the_local_day_begins_eight_hours_before_the_one_of_utc() -> None:
    assert local_date(datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC), ZONE) == date(2026, 6, 30)
    assert local_date(datetime(2026, 6, 30, 16, 0, tzinfo=UTC), ZONE) == date(2026, 7, 1)
    assert end_of_day(date(2026, 6, 30), ZONE) == datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="without a zone"):
        local_date(datetime(2026, 6, 30), ZONE)  # noqa: DTZ001 - that is the point


def test_months_are_added_to_the_last_day_there_is() -> None:
    assert add_months(date(2026, 7, 31), 3) == date(2026, 10, 31)
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert add_months(date(2026, 1, 20), 24) == date(2028, 1, 20)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
