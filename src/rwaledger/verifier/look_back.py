"""Every move of an instrument judged by the rules in force at its block, in one pass over the events."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple

from rwaledger.verifier import rules
from rwaledger.verifier.acts import judge
from rwaledger.verifier.in_force import InForce
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.replay import Move, Place
from rwaledger.verifier.values import ZERO_ADDRESS, Event, Terms

_OF_INSTRUMENT = frozenset({rules.PAUSED, rules.NOT_YET_OPEN, rules.CLOSED})
_OF_SENDER = frozenset(
    {
        rules.SENDER_NOT_ADMITTED,
        rules.SENDER_SUSPENDED,
        rules.SENDER_LAPSED,
        rules.SENDER_FROZEN,
        rules.BALANCE_TOO_SMALL,
        rules.UNFROZEN_TOO_SMALL,
        rules.LOCKED_UP,
    }
)


class Breach(NamedTuple):
    """A move against the rules in force: its code, and acts without authority that may have let it pass."""

    operation: str
    move: Move
    event: Event
    code: int
    lifted_by: list[list[Place]]

    @property
    def account(self) -> str:
        """Whom the rule binds; where it binds the instrument, who moved the units."""
        of_sender = self.code in _OF_SENDER | _OF_INSTRUMENT and self.move.sender != ZERO_ADDRESS
        return self.move.sender if of_sender else self.move.recipient


@dataclass(slots=True)
class LookBack:
    """How many moves of each kind were judged, and what breached."""

    judged: Counter[str] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)


def look_back(ledger: Ledger, terms: Terms) -> LookBack:
    """Judges each Transfer; the terms are those that deployment settled."""
    case, found = ledger.case, LookBack()
    acts = judge(ledger.events, ledger.executions, case.answered.refs, case.answered.places)
    act_at = {act.place: act for act in acts.acts}
    operations = {place_of(effect.event): effect.deed for effect in ledger.effects}
    in_force = InForce(terms.guarded_country, needs_reserve=terms.reserve_attestor in case.contracts)
    for event in merge(ledger.events, _attested(ledger, terms), key=place_of):
        place = place_of(event)
        if event.name == "Transfer":
            operation, move = operations[place]
            found.judged[operation] += 1
            code = _judge(in_force, operation, move, case.time_of(place[0]))
            if code:
                found.breaches.append(Breach(operation, move, event, code, in_force.lifted_by(code, move)))
            if operation == "force-transfer":
                in_force.take_frozen(move)
            in_force.model.move(*move)
        elif place in act_at:
            in_force.take(act_at[place], authorised=place not in acts.objections)
        elif event.name == "RecoverySuccess":
            in_force.recover(event.args["lostWallet"], event.args["newWallet"])
        elif event.name == "ReserveAttested":
            in_force.model.reserve = event.args["amount"], event.args["expiresAt"]
    return found


def _judge(in_force: InForce, operation: str, move: Move, now: int) -> int:
    """Which rules bind which kind of move is in docs/contracts.md; recovery is bound by none."""
    if operation == "recover":
        return rules.NONE
    if operation == "force-transfer":
        return in_force.model.judge_forced(*move, now)
    return in_force.model.judge(*move, now)


def _attested(ledger: Ledger, terms: Terms) -> list[Event]:
    told = ledger.case.events_named("ReserveAttested", terms.reserve_attestor)
    return [event for event in told if event.args["instrument"] == ledger.address]
