"""Times as people write them: ISO 8601 with a zone, and days of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime


def parse_moment(text: str) -> datetime:
    """A moment in UTC, to the second.

    Raises:
        ValueError: no time, or one without a zone, which could be any.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):  # the latter where UTC is beyond the calendar
        pass
    raise ValueError(f"{text!r} is no time with its zone, written like 2026-07-31T17:00+08:00")


def parse_day(text: str) -> date:
    """A day.

    Raises:
        ValueError: not one.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{text!r} is no date, written like 2026-12-31") from None


def moment_of(timestamp: int) -> datetime:
    """The moment of a block's time, or of another number of seconds since 1970."""
    return datetime.fromtimestamp(timestamp, UTC)


def moment_words(moment: datetime) -> str:
    """A moment in UTC, for people."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
