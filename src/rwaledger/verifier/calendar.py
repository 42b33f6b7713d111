"""Days as the office counts them: the local day of a moment, holidays and figures, from a pack's policy.json alone."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.values import Policy

_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1)
_SATURDAY = 5


def moment_of(seconds: int) -> datetime:
    """The moment that is so many seconds after the beginning of 1970, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last where it is shorter; an earlier one for a negative count."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


class Calendar:
    """Clock, holidays and figures of the place, as the pack gives them.

    Offsets and holidays are given for the years of the pack only (docs/evidence-format.md); before its first offset
    that one counts.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._begins = [datetime.fromisoformat(moment) for moment, _ in policy.utc_offsets]
        self._offsets = [timedelta(seconds=seconds) for _, seconds in policy.utc_offsets]
        self._holidays = {date.fromisoformat(day) for day in policy.holidays}

    def local(self, moment: datetime) -> datetime:
        """What a clock on the wall shows at a moment; without a zone of its own."""
        at = max(0, bisect_right(self._begins, moment) - 1)
        return moment.astimezone(UTC).replace(tzinfo=None) + (self._offsets[at] if self._offsets else timedelta())

    def local_day(self, moment: datetime) -> date:
        """The local day of a moment."""
        return self.local(moment).date()

    def end_of_day(self, day: date) -> datetime:
        """The first moment behind a local day: what happens before it is in time."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY
        for at, offset in enumerate(self._offsets):
            if at + 1 == len(self._offsets) or midnight - offset < self._begins[at + 1]:
                return midnight - offset
        return midnight

    def is_business_day(self, day: date) -> bool:
        """Whether banks are open: no Saturday, no Sunday, no general holiday."""
        return day.weekday() < _SATURDAY and day not in self._holidays

    def business_days_later(self, day: date, count: int) -> date:
        """The `count`-th business day after a day, before it where `count` is negative."""
        step = _DAY if count > 0 else -_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_business_day(day)
        return day

    def roll(self, day: date, rule: str) -> date:
        """A business day for one that may be none: following, preceding, modified-following; none leaves it."""
        if rule == "none" or self.is_business_day(day):
            return day
        following = self.business_days_later(day, 1)
        if rule == "following" or (rule == "modified-following" and following.month == day.month):
            return following
        return self.business_days_later(day, -1)

    def figure(self, name: str, day: date) -> Any:
        """The version of a figure that is in force on a local day.

        Raises:
            Refuted: there is none, so that nothing of that day can be judged.
        """
        found = self._newest(day, lambda each_name, _: each_name == name)
        if found is None:
            raise Refuted("policy.json", f"no {name} is in force on {day}")
        return found

    def reserve_kind(self, kind: str, day: date) -> Any:
        """What the policy says on a local day of a kind of reserve asset; None where it is silent."""
        return self._newest(day, lambda name, value: name == "reserve_kinds" and value["kind"] == kind)

    def _newest(self, day: date, is_meant: Any) -> Any:
        text = day.isoformat()
        versions = [f for f in self.policy.figures if f.valid_from <= text and is_meant(f.name, f.value)]
        return max(versions, key=lambda each: each.valid_from).value if versions else None
