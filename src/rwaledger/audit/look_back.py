"""Look back: every move of an instrument, judged by the rules that were in force at its block.

The rules are those of domain/rules.py, written apart from the contract. One pass over the events, in the order of the
chain; nothing is asked of the contract.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import cast

from rwaledger.audit.acts import Place, adjacent, place_of_event
from rwaledger.audit.in_force import InForce, Terms
from rwaledger.audit.judgement import judge_acts
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.replay import RECOVERY
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Operation
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move


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
    """What was judged, by what kind of move it was, and what breached."""

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
    """Judges every Transfer of an instrument; `terms` are those that its deployment settled."""
    events, times = each.token.events, records.past.times
    judgement = judge_acts(events, each.book.executions, records.past.answered)
    acts, ordered = {act.place: act for act in judgement.acts}, _ordered(events)
    attestations, in_force = _at_deployment(records, each, terms)
    found, model = LookBack(), in_force.model
    for event in merge(events, attestations, key=place_of_event):
        place = place_of_event(event)
        model.now = times[place[0]]
        if event.name == "Transfer":
            _judge(found, in_force, ordered.get(place) or _operation(event), event)
        elif place in acts:
            in_force.take(acts[place], authorised=place not in judgement.objections)
        elif event.name == RECOVERY:
            in_force.recover(str(event.args["lostWallet"]), str(event.args["newWallet"]))
        elif event.name == _ATTESTED:
            model.reserve = Reserve(cast(int, event.args["amount"]), cast(int, event.args["expiresAt"]))
    return found


def knows_reserve(records: Records, terms: Terms) -> bool:
    """Whether the reserve of an instrument is attested by a contract whose events are read here."""
    return any(book.contract.address == terms.reserve_attestor for book in records.books)


def _at_deployment(records: Records, each: InstrumentRecords, terms: Terms) -> tuple[Sequence[ChainEvent], InForce]:
    """The attestations of an instrument, and what was in force before its first event."""
    told = [e for b in records.books if b.contract.address == terms.reserve_attestor for e in b.events]
    token = each.instrument.address
    attestations = [e for e in told if e.name == _ATTESTED and e.args["instrument"] == token]
    return attestations, InForce.at_deployment(terms, knows_reserve=knows_reserve(records, terms))


def _judge(found: LookBack, in_force: InForce, operation: Operation, event: ChainEvent) -> None:
    args = event.args
    move = Move(cast(str, args["from"]), cast(str, args["to"]), cast(int, args["value"]))
    found.judged[operation] += 1
    restriction = _restriction(in_force, operation, move)
    if restriction is not Restriction.NONE:
        lifted_by = tuple(in_force.lifted_by(restriction, move))
        found.breaches.append(Breach(operation, move, event, restriction, lifted_by))
    if operation is Operation.FORCE_TRANSFER:
        in_force.force(move)
    in_force.model.carry_out(move)


def _restriction(in_force: InForce, operation: Operation, move: Move) -> Restriction:
    """The first rule broken of those that bind this kind of move (docs/contracts.md says which bind which)."""
    model = in_force.model
    if operation is Operation.RECOVER:
        return Restriction.NONE
    if operation is not Operation.FORCE_TRANSFER:
        return model.judge(move)
    restriction = model.judge_recipient(move.recipient)
    if restriction is Restriction.NONE and move.amount_units > model.balance(move.sender):
        return Restriction.INSUFFICIENT_BALANCE
    return restriction


def _operation(event: ChainEvent) -> Operation:
    if event.args["from"] == ISSUANCE_ACCOUNT:
        return Operation.ISSUE
    return Operation.REDEEM if event.args["to"] == ISSUANCE_ACCOUNT else Operation.TRANSFER


def _ordered(events: Sequence[ChainEvent]) -> dict[Place, Operation]:
    """Transfers that were by order: the event right behind them says so."""
    found: dict[Place, Operation] = {}
    for at, event in enumerate(events):
        operation = _ORDERED.get(event.name)
        if operation and at and events[at - 1].name == "Transfer" and adjacent(events[at - 1], event):
            found[place_of_event(events[at - 1])] = operation
    return found


_ORDERED = {"ForcedTransfer": Operation.FORCE_TRANSFER, RECOVERY: Operation.RECOVER}
