"""How old a break is, in business days, and when it is old enough that a pause is proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from rwaledger.domain.calendar import end_of_day, local_date
from rwaledger.domain.policy import Policy
from rwaledger.domain.reconciliation import BreakClass

_UNDUE = (BreakClass.UNDUE_CREATION, BreakClass.UNDUE_DELETION)


class AgeBucket(StrEnum):
    """How breaks are grouped by age: the youngest by business days, the others by days."""

    SAME_DAY = "same day"
    ONE_DAY = "1 business day"
    FIVE_DAYS = "2-5 business days"
    THIRTY_DAYS = "6-30 days"
    AGED = "over 30 days"


_BY_BUSINESS_DAYS = ((0, AgeBucket.SAME_DAY), (1, AgeBucket.ONE_DAY), (5, AgeBucket.FIVE_DAYS))
_THIRTY_DAYS = 30


@dataclass(frozen=True, slots=True)
class Age:
    """From the local day on which a break was seen first to that of another block."""

    since: date
    upto: date
    business_days: int

    @property
    def bucket(self) -> AgeBucket:
        """The group that it belongs to; more than five business days are counted in days from there on."""
        for most, bucket in _BY_BUSINESS_DAYS:
            if self.business_days <= most:
                return bucket
        return AgeBucket.THIRTY_DAYS if (self.upto - self.since).days <= _THIRTY_DAYS else AgeBucket.AGED


def age(first_time: int, block_time: int, policy: Policy) -> Age:
    """The age at a block's time of what was seen first at another's; both in seconds since 1970.

    Raises:
        SettingsError: no holidays are known for the policy's country.
    """
    since, upto = (local_date(datetime.fromtimestamp(each, UTC), policy.zone) for each in (first_time, block_time))
    return Age(since, upto, policy.calendar.count(since, upto))


def pause_is_due(break_class: BreakClass, first_time: int, block_time: int, policy: Policy) -> bool:
    """Whether units that nobody authorised have been known for so long that a pause is proposed.

    They are, from the end of the next business day on: the policy says how many business days that is, by the version
    in force on the day on which they were seen first.

    Raises:
        SettingsError: the policy says nothing of that day.
    """
    if break_class not in _UNDUE:
        return False
    first = local_date(datetime.fromtimestamp(first_time, UTC), policy.zone)
    last = policy.calendar.add(first, policy.on(first).pause_business_days)
    return block_time >= end_of_day(last, policy.zone).timestamp()
