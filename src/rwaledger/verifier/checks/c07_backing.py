"""C07, what backed a stablecoin: the counts of its reserve, and which lines of one the policy lets count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from rwaledger.verifier.calendar import Calendar, moment_of, months_later
from rwaledger.verifier.case import Case

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """A reserve as it was counted at a time; of several statements of the same time the newest."""

    as_of: int
    lines: tuple[Any, ...]

    @property
    def total(self) -> int:
        """What the lines count for together."""
        return sum(map(worth, self.lines))


def worth(line: Any) -> int:
    """The amount of a line less its haircut, rounded down."""
    return int(line.amount_units * (BASIS_POINTS - line.haircut_bp) // BASIS_POINTS)


def counts_of(case: Case, instrument_id: str) -> list[Count]:
    """All counts of an instrument's reserve, oldest first."""
    by_time: dict[int, list[Any]] = {}
    for line in case.pack.table("reserve_lines"):
        if line.instrument_id == instrument_id:
            by_time.setdefault(line.as_of, []).append(line)
    found = []
    for as_of, lines in sorted(by_time.items()):
        newest = max(line.recorded_at for line in lines)
        newer = sorted((line for line in lines if line.recorded_at == newest), key=lambda line: line.line)
        found.append(Count(as_of, tuple(newer)))
    return found


def ineligible(count: Count, calendar: Calendar) -> list[tuple[Any, str, str]]:
    """Lines that do not count by the policy of the local day of the count: the rule, and what there is instead."""
    day = calendar.local_day(moment_of(count.as_of))
    found = []
    for line in count.lines:
        objection = next(_objections(line, count.lines[0].currency, calendar, day), None)
        if objection:
            found.append((line, *objection))
    return found


def _objections(line: Any, currency: str, calendar: Calendar, day: date) -> Iterator[tuple[str, str]]:
    kind = calendar.reserve_kind(line.kind, day)
    if kind is None or not kind["currencies"]:
        yield "a kind that counts", line.kind
        return
    if line.currency not in kind["currencies"]:
        yield f"{line.kind} in {', '.join(sorted(kind['currencies']))}", line.currency
    if line.currency != currency:
        # Nothing here knows a rate of exchange.
        yield f"{currency}, as the first line", line.currency
    if line.amount_units < 0 or not 0 <= line.haircut_bp <= BASIS_POINTS:
        shown = f"{line.amount_units} units, haircut {line.haircut_bp} basis points"
        yield f"an amount and a haircut of 0 to {BASIS_POINTS} basis points", shown
    last = _latest(kind, day, calendar)
    if line.matures_on is None:
        if not kind["on_demand"]:
            yield f"a maturity from {day} to {last}", "none"
    elif not day <= line.matures_on <= last:
        yield f"a maturity from {day} to {last}", line.matures_on.isoformat()


def _latest(kind: Any, day: date, calendar: Calendar) -> date:
    """The last maturity that counts; the day itself where there can be none."""
    if kind["max_tenor_months"] is not None:
        return months_later(day, kind["max_tenor_months"])
    return calendar.business_days_later(day, kind["max_tenor_business_days"] or 0)
