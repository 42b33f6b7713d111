"""Business days: on which days banks are open, so that a deadline falls on the day that the rules mean."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args
from zoneinfo import ZoneInfo

from rwaledger.domain.errors import SettingsError

if TYPE_CHECKING:
    from holidays import HolidayBase

HONG_KONG = "Asia/Hong_Kong"
_SATURDAY = 5
_DAY = timedelta(days=1)

RollRule = Literal["following", "preceding", "modified-following", "none"]
ROLL_RULES: tuple[str, ...] = get_args(RollRule)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The business days of a country: no Saturday, no Sunday, no general holiday.

    `country` is its ISO 3166-1 alpha-2 code. The holidays come from the `holidays` library. For Hong Kong they are
    the general holidays of the General Holidays Ordinance (Cap. 149), on which banks close: more than the statutory
    holidays of the Employment Ordinance, which leave out Good Friday and others. What counts days raises
    SettingsError where no holidays are known for the country.
    """

    country: str

    @classmethod
    def hong_kong(cls) -> BusinessCalendar:
        """The business days of Hong Kong."""
        return cls("HK")

    def require_known(self) -> None:
        """Raises unless holidays are known for the country.

        Raises:
            SettingsError: none are.
        """
        _holidays(self.country)

    def is_business_day(self, day: date) -> bool:
        """Whether banks are open on that day."""
        return day.weekday() < _SATURDAY and day not in _holidays(self.country)

    def add(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`; before it where `count` is negative; `day` itself for 0."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def count(self, first: date, last: date) -> int:
        """How many business days lie after `first`, up to and with `last`."""
        return sum(self.is_business_day(first + n * _DAY) for n in range(1, (last - first).days + 1))

    def holidays(self, first: date, last: date) -> list[date]:
        """The days from `first` to `last` on which banks are closed though it is no Saturday and no Sunday."""
        days = (first + n * _DAY for n in range((last - first).days + 1))
        return [day for day in days if day.weekday() < _SATURDAY and not self.is_business_day(day)]

    def roll(self, day: date, rule: str) -> date:
        """A business day for `day`, by one of `ROLL_RULES`; `none` leaves it where it is.

        `modified-following` is the next business day unless that lies in the next month, else the one before
        (ISDA 2006 Definitions, section 4.12).

        Raises:
            ValueError: no such rule.
        """
        match rule:
            case "none":
                return day
            case "following":
                return self.add(day - _DAY, 1)
            case "preceding":
                return self.add(day + _DAY, -1)
            case "modified-following":
                following = self.roll(day, "following")
                return following if following.month == day.month else self.roll(day, "preceding")
        raise ValueError(f"{rule!r} is no business-day rule ({', '.join(ROLL_RULES)})")


def local_date(moment: datetime, zone: str) -> date:
    """The day that a clock on the wall of that zone shows at a moment.

    Raises:
        ValueError: the moment has no zone of its own, so it could be any.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment}")
    return moment.astimezone(ZoneInfo(zone)).date()


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment after a day of that zone, in UTC: what happens before it is in time."""
    return datetime.combine(day + _DAY, time(), ZoneInfo(zone)).astimezone(UTC)


@cache
def _holidays(country: str) -> HolidayBase:
    import holidays  # noqa: PLC0415 - it takes half a second, and few commands count days

    try:
        supported = holidays.country_holidays(country).supported_categories
    except NotImplementedError:  # how the library says that it does not know the country
        raise SettingsError(
            f"no holidays are known for the country {country!r}", "Correct `holidays` in the policy (policy_file)."
        ) from None
    # General holidays that are not statutory ones are "optional" there.
    wanted = tuple(each for each in ("public", "optional") if each in supported)
    return holidays.country_holidays(country, categories=wanted)
