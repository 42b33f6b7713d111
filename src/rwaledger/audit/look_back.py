"""Look back: every move of an instrument, judged by the rules that were in force at its block.

The rules are those of domain/rules.py, written apart from the contract. One pass over the events, in the order of the
chain; nothing is asked of the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import Any, cast

from rwaledger.audit.acts import Place, adjacent, place_of_event
from rwaledger.audit.in_force import InForce, Terms
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.replay import RECOVERY, TRANSFER
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel


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
    """What was judged, each move by its kind, and what breached."""

    judged: list[Operation] = field(default_factory=list)
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
    events, times = each.token.events, records.past.times
    judgement = records.judgements[each.instrument.address]
    acts, ordered = {act.place: act for act in judgement.acts}, _ordered(events)
    attestations, in_force = _at_deployment(records, each, terms)
    found, earlier, model = LookBack(), LookBack(), in_force.model
    start, is_earlier = each.opening.start.replay(), True
    model.supply_units, model.balances, model.standings = start.supply_units, start.balances, start.standings
    for event in merge(events, attestations, key=place_of_event) if attestations else events:
        block = event.log.block_number
        model.now = times[block]
        if is_earlier and block >= each.first_block:
            is_earlier, model.holder_count = False, each.opening.holder_count
        if event.name == TRANSFER:
            by_order = ordered.get(place_of_event(event)) if ordered else None
            _judge(earlier if is_earlier else found, in_force, by_order, event)
        elif act := acts.get(place_of_event(event)):
            in_force.take(act, authorised=act.place not in judgement.objections)
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


def _judge(found: LookBack, in_force: InForce, by_order: Operation | None, event: ChainEvent) -> None:
    args: Mapping[str, Any] = event.args
    move, model = Move(args["from"], args["to"], args["value"]), in_force.model
    operation = by_order or _operation(move)
    found.judged.append(operation)
    restriction = _by_order(model, by_order, move) if by_order else model.judge(move)
    if restriction is not Restriction.NONE:
        lifted_by = tuple(in_force.lifted_by(restriction, move))
        found.breaches.append(Breach(operation, move, event, restriction, lifted_by))
    if operation is Operation.FORCE_TRANSFER:
        in_force.force(move)
    model.carry_out(move)


def _by_order(model: RegisterModel, operation: Operation, move: Move) -> Restriction:
    """The first rule broken of those that bind a forced move (docs/contracts.md says which bind which)."""
    if operation is Operation.RECOVER:
        return Restriction.NONE
    restriction = model.judge_recipient(move.recipient)
    if restriction is Restriction.NONE and move.amount_units > model.balance(move.sender):
        return Restriction.INSUFFICIENT_BALANCE
    return restriction


def _operation(move: Move) -> Operation:
    if move.is_issue:
        return Operation.ISSUE
    return Operation.REDEEM if move.is_redemption else Operation.TRANSFER


def _ordered(events: Sequence[ChainEvent]) -> dict[Place, Operation]:
    """Transfers that were by order: the event right behind them says so."""
    found: dict[Place, Operation] = {}
    for at, event in enumerate(events):
        operation = _ORDERED.get(event.name)
        if operation and at and events[at - 1].name == "Transfer" and adjacent(events[at - 1], event):
            found[place_of_event(events[at - 1])] = operation
    return found


_ORDERED = {"ForcedTransfer": Operation.FORCE_TRANSFER, RECOVERY: Operation.RECOVER}
