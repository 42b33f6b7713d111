"""What backed a stablecoin and what was outstanding at the time of each count: lines by policy, units by events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rwaledger.audit.records import InstrumentRecords, Records, place_of
from rwaledger.audit.replay import Replay, move_of
from rwaledger.domain.calendar import local_date
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import BASIS_POINTS, ReserveLine, ReserveStatement


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Units in issue at a time, and how many of them their holders could not move by order."""

    units: int
    frozen_units: int


def outstanding_at(records: Records, each: InstrumentRecords, moments: Sequence[int]) -> list[Outstanding]:
    """What was outstanding at the end of each of these seconds, which are in their order."""
    found: list[Outstanding] = []
    replayed, upcoming = each.opening.start.replay(), list(reversed(moments))
    name, excused = each.instrument.instrument_id, records.office.excused.places
    for event in each.token.events:
        while upcoming and records.office.times[event.log.block_number] > upcoming[-1]:
            upcoming.pop()
            found.append(_outstanding(replayed))
        if (name, place_of(event.log)) not in excused or move_of(event) is None:
            replayed.apply(event)
    return found + [_outstanding(replayed)] * len(upcoming)


def _outstanding(replayed: Replay) -> Outstanding:
    """A frozen amount may be above the balance; a frozen account is frozen with all that it has."""
    frozen = 0
    for account, standing in replayed.standings.items():
        if account != ISSUANCE_ACCOUNT:
            balance = replayed.balance(account)
            frozen += balance if standing.address_frozen else min(standing.frozen_units, balance)
    return Outstanding(replayed.supply_units, frozen)


@dataclass(frozen=True, slots=True)
class Ineligible:
    """A line of a reserve that does not count: by which rule, and what it says instead."""

    line: ReserveLine
    rule: str
    found: str


def ineligible_lines(statement: ReserveStatement, policy: Policy) -> list[Ineligible]:
    """The lines that the policy in force on the local day of the count does not let count."""
    counted_on = local_date(datetime.fromtimestamp(statement.as_of, UTC), policy.zone)
    of_day = policy.on(counted_on)
    found = []
    for line in statement.lines:
        objection = next(_objections(line, statement, of_day, counted_on), None)
        found += [objection] if objection else []
    return found


def _objections(line: ReserveLine, statement: ReserveStatement, policy: Policy, day: date) -> Iterator[Ineligible]:
    kind = policy.reserve_kinds.get(line.kind)
    currency = statement.lines[0].currency
    if kind is None or not kind.currencies:
        eligible = ", ".join(sorted(name for name, each in policy.reserve_kinds.items() if each.currencies))
        yield Ineligible(line, f"one of {eligible or 'no kind, since none was in force then'}", line.kind)
        return
    if line.currency not in kind.currencies:
        yield Ineligible(line, f"{line.kind} in {', '.join(sorted(kind.currencies))}", line.currency)
    if line.currency != currency:
        # Nothing here knows a rate of exchange.
        yield Ineligible(line, f"{currency}, as the first line", line.currency)
    if line.amount_units < 0 or not 0 <= line.haircut_bp <= BASIS_POINTS:
        words = f"{line.amount_units} units, haircut {line.haircut_bp} basis points"
        yield Ineligible(line, f"an amount and a haircut of 0 to {BASIS_POINTS} basis points", words)
    last = kind.latest_maturity(day, policy.calendar)
    if line.matures_on is None:
        if not kind.on_demand:
            yield Ineligible(line, f"a maturity from {day} to {last}", "none")
    elif not day <= line.matures_on <= last:
        yield Ineligible(line, f"a maturity from {day} to {last}", line.matures_on.isoformat())
