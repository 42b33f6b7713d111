"""Ages of breaks in Hong Kong: by business days at first, and when a pause is proposed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rwaledger.domain.ageing import AgeBucket, age, pause_is_due
from rwaledger.domain.reconciliation import BreakClass
from rwaledger.policies.loading import load_policy

POLICY = load_policy(None)


def at(text: str) -> int:
    """Seconds since 1970 of a moment in Hong Kong."""
    return int(datetime.fromisoformat(f"{text}+08:00").astimezone(UTC).timestamp())


@pytest.mark.parametrize(
    ("upto", "bucket", "days"),
    [
        ("2026-04-01T23:59", AgeBucket.SAME_DAY, 0),
        ("2026-04-02T00:00", AgeBucket.ONE_DAY, 1),
        # Good Friday, the day after, Ching Ming's day in lieu and Easter Monday: no business day before the 8th.
        ("2026-04-07T23:59", AgeBucket.ONE_DAY, 1),
        ("2026-04-08T00:00", AgeBucket.FIVE_DAYS, 2),
        ("2026-04-13T12:00", AgeBucket.FIVE_DAYS, 5),
        ("2026-04-14T00:00", AgeBucket.THIRTY_DAYS, 6),
        ("2026-05-01T12:00", AgeBucket.THIRTY_DAYS, 18),
        ("2026-05-02T00:00", AgeBucket.AGED, 18),
    ],
)
def test_business_days_count_from_the_local_day_of_the_finding(upto: str, bucket: AgeBucket, days: int) -> None:
    found = age(at("2026-04-01T00:30"), at(upto), POLICY)
    assert (found.bucket, found.business_days) == (bucket, days)


@pytest.mark.parametrize(
    ("upto", "is_due"), [("2026-04-02T23:59:59", False), ("2026-04-03T00:00:00", True), ("2026-05-01T00:00:00", True)]
)
def test_a_pause_is_proposed_from_the_end_of_the_next_business_day_on(upto: str, is_due: bool) -> None:
    first = at("2026-04-01T00:30")
    assert pause_is_due(BreakClass.UNDUE_CREATION, first, at(upto), POLICY) is is_due
    assert pause_is_due(BreakClass.UNDUE_DELETION, first, at(upto), POLICY) is is_due
    assert not pause_is_due(BreakClass.RULE_BREACH, first, at(upto), POLICY)


def test_what_was_found_before_a_long_weekend_waits_for_the_next_business_day() -> None:
    first = at("2026-04-02T18:00")
    assert not pause_is_due(BreakClass.UNDUE_CREATION, first, at("2026-04-08T23:00"), POLICY)
    assert pause_is_due(BreakClass.UNDUE_CREATION, first, at("2026-04-09T00:00"), POLICY)
