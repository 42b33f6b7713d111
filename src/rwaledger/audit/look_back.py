"""Look back: every move of an instrument, judged by the rules that were in force at its block.

The rules are those of domain/rules.py, written apart from the contract. One pass over the events, in the order of the
chain, or stretches of it that are judged elsewhere (audit/stretches.py); nothing is asked of the contract.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, cast

from rwaledger.audit.acts import Act, Place, adjacent, place_of_event
from rwaledger.audit.in_force import InForce, Terms
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.replay import RECOVERY, TRANSFER
from rwaledger.audit.stretches import Acted, Attested, Judged, Recovered, Step, carry, judge, judge_stretch, stretches
from rwaledger.chain.in_order import InOrder
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move

EVENTS_IN_STRETCH = 10_000
"""Some 40 ms of work, and half a megabyte to a megabyte and a half on the way there."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A move that the rules in force forbid, and the acts without authority that may have let it pass."""

    operation: Operation
    move: Move
    event: ChainEvent
    restriction: Restriction
    lifted_by: tuple[list[Place], ...]

    @property
    def account(self) -> str:
        """The account whose side of the move the rule binds; of a rule for the instrument, who moved the units."""
        binds_sender = self.restriction in _BIND_SENDER or self.restriction in _BIND_INSTRUMENT
        return self.move.sender if binds_sender and not self.move.is_issue else self.move.recipient


@dataclass(slots=True)
class LookBack:
    """How many moves of each kind were judged, and what breached."""

    judged: Counter[Operation] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)


_ATTESTED = "ReserveAttested"
_BIND_INSTRUMENT = {Restriction.PAUSED, Restriction.NOT_YET_OPEN, Restriction.CLOSED}
_BIND_SENDER = {
    Restriction.SENDER_NOT_ADMITTED,
    Restriction.SENDER_SUSPENDED,
    Restriction.SENDER_LAPSED,
    Restriction.SENDER_FROZEN,
    Restriction.INSUFFICIENT_BALANCE,
    Restriction.INSUFFICIENT_UNFROZEN_BALANCE,
    Restriction.LOCKED_UP,
}


def look_back(records: Records, each: InstrumentRecords, terms: Terms) -> LookBack:
    """Judges every Transfer of an instrument; `terms` are those that its deployment settled.

    Of a part, earlier events only lead to what was in force, held and attested when its first block began.
    """
    course, in_force = _Course.of(records, each, terms), _at_deployment(records, each, terms)
    first, end = bisect_left(course.events, each.first_block, key=_block), len(course.events)
    carry(in_force, course.steps(0, first))
    in_force.model.holder_count = each.opening.holder_count
    found = LookBack()
    for begin, judged in _judged(records, course, in_force, range(first, end)):
        found.judged.update(judged.moves)
        for at, operation, restriction, lifted_by in judged.broken:
            event = course.events[begin + at]
            args: Mapping[str, Any] = event.args
            move = Move(args["from"], args["to"], args["value"])
            episodes = tuple(in_force.began[place] for place in lifted_by)
            found.breaches.append(Breach(operation, move, event, restriction, episodes))
    return found


def knows_reserve(records: Records, terms: Terms) -> bool:
    """Whether the reserve of an instrument is attested by a contract whose events are read here."""
    return any(book.contract.address == terms.reserve_attestor for book in records.books)


def _judged(records: Records, course: _Course, in_force: InForce, span: range) -> Iterator[tuple[int, Judged]]:
    """What the events of a span come to, with where each result begins: one, or elsewhere one of each stretch."""
    spread = records.spread.if_worth(len(span)) if records.spread else None
    if spread is None:
        yield span.start, judge(in_force, course.steps(span.start, span.stop))
        return
    begins = range(span.start, span.stop, EVENTS_IN_STRETCH)
    rows = (list(course.steps(begin, min(begin + EVENTS_IN_STRETCH, span.stop))) for begin in begins)
    yield from zip(begins, InOrder(judge_stretch, stretches(in_force, rows), spread), strict=True)


def _at_deployment(records: Records, each: InstrumentRecords, terms: Terms) -> InForce:
    """What was in force before the first event; of a part, with what the events that are left out came to."""
    in_force = InForce.at_deployment(terms, knows_reserve=knows_reserve(records, terms))
    start, model = each.opening.start.replay(), in_force.model
    model.supply_units, model.balances, model.standings = start.supply_units, start.balances, start.standings
    return in_force


@dataclass(frozen=True, slots=True)
class _Course:
    """The events of an instrument and of its reserve in their order, and what it takes to read steps off them."""

    events: Sequence[ChainEvent]
    times: Mapping[int, int]
    acts: Mapping[Place, Act]
    objections: Mapping[Place, str]

    @classmethod
    def of(cls, records: Records, each: InstrumentRecords, terms: Terms) -> _Course:
        """As the records have them."""
        token, judgement = each.instrument.address, records.judgements[each.instrument.address]
        told = [e for b in records.books if b.contract.address == terms.reserve_attestor for e in b.events]
        attestations = [e for e in told if e.name == _ATTESTED and e.args["instrument"] == token]
        events: Sequence[ChainEvent] = each.token.events
        if attestations:
            events = sorted([*events, *attestations], key=place_of_event)
        acts = {act.place: act for act in judgement.acts}
        return cls(events, records.past.times, acts, judgement.objections)

    def steps(self, first: int, end: int) -> Iterator[Step]:
        """What each of the events comes to, from one of them up to another, without it."""
        times, row = self.times, self.events[first : end + 1]
        for event, behind in zip_longest(row[: end - first], row[1:]):
            if event.name == TRANSFER:
                args: Mapping[str, Any] = event.args
                by_order = _ORDERED.get(behind.name) if behind else None
                if by_order and not adjacent(event, behind):
                    by_order = None
                yield args["from"], args["to"], args["value"], times[event.log.block_number], by_order
            else:
                yield self._other(event)

    def _other(self, event: ChainEvent) -> Step:
        if act := self.acts.get(place_of_event(event)):
            return Acted(act, act.place not in self.objections)
        if event.name == RECOVERY:
            return Recovered(str(event.args["lostWallet"]), str(event.args["newWallet"]))
        if event.name == _ATTESTED:
            return Attested(Reserve(cast(int, event.args["amount"]), cast(int, event.args["expiresAt"])))
        return None


def _block(event: ChainEvent) -> int:
    return event.log.block_number


_ORDERED = {"ForcedTransfer": Operation.FORCE_TRANSFER, RECOVERY: Operation.RECOVER}
"""What a transfer was by, where the event right behind it has such a name."""
