"""What the reconciliation found, and the figures it judged by, as documents of a pack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rwaledger.domain.policy import Figure, Policy, ReserveKind, Threshold
from rwaledger.domain.reconciliation import Break, CheckResult, Reconciliation

_STEP = timedelta(minutes=15)


def results(found: Reconciliation) -> dict[str, Any]:
    """The outcome of every check, with all its breaks."""
    return {"passed": found.passed, "results": [_result(each) for each in found.results]}


def _result(each: CheckResult) -> dict[str, Any]:
    return {
        "check": each.check,
        "title": each.title,
        "outcome": each.outcome.value,
        "coverage": dict(each.coverage),
        "note": each.note,
        "breaks": [_break(found) for found in each.breaks],
    }


def _break(found: Break) -> dict[str, Any]:
    return {
        "break_id": found.break_id,
        "class": found.break_class.value,
        "instrument_id": found.instrument_id,
        "account": found.account,
        "holder_id": found.holder_id,
        "cause": found.cause,
        "follows_from": found.follows_from,
        "summary": found.summary,
        "left": [found.left.record, found.left.value],
        "right": [found.right.record, found.right.value],
    }


def policy(of: Policy, first: int, last: int) -> dict[str, Any]:
    """The policy, with holidays and clock of the years of two block times and the one behind them."""
    begin = date(datetime.fromtimestamp(first, UTC).year, 1, 1)
    end = date(datetime.fromtimestamp(last, UTC).year + 1, 12, 31)
    return {
        "name": of.name,
        "zone": of.zone,
        "utc_offsets": list(_offsets(ZoneInfo(of.zone), begin, end)),
        "holidays": [day.isoformat() for day in of.calendar.holidays(begin, end)],
        "figures": [_figure(each) for each in of.figures],
    }


def _figure(each: Figure[Any]) -> dict[str, Any]:
    return {
        "name": each.name,
        "value": _value(each.value),
        "valid_from": each.valid_from.isoformat(),
        "source": each.source,
    }


def _value(value: object) -> Any:
    if isinstance(value, Threshold):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, ReserveKind):
        return {
            "kind": value.kind,
            "currencies": sorted(value.currencies),
            "on_demand": value.on_demand,
            "max_tenor_months": value.max_tenor_months,
            "max_tenor_business_days": value.max_tenor_business_days,
        }
    return value


def _offsets(zone: ZoneInfo, begin: date, end: date) -> Iterator[list[Any]]:
    """Offsets in seconds, each from the quarter of an hour at which it begins; the first from a day before `begin`."""
    moment = datetime.combine(begin, datetime.min.time(), UTC) - timedelta(days=1)
    last = datetime.combine(end, datetime.min.time(), UTC) + timedelta(days=2)
    known: int | None = None
    while moment < last:
        offset = int(moment.astimezone(zone).utcoffset().total_seconds())  # type: ignore[union-attr] # it has a zone
        if offset != known:
            yield [moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), offset]
            known = offset
        moment += _STEP
