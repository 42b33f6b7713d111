"""What was in force on an instrument: built from authorised acts alone; what nobody authorised counts for nothing.

An act without an instruction changes nothing here. It is remembered until the chain is again as authorised, so that a
move that was possible only in between can name what made it possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar, cast

from rwaledger.audit.acts import Act, Place, rules_of_event
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.holder import LockUp, Standing
from rwaledger.domain.instruction import Operation, admission_of_detail
from rwaledger.domain.instrument import Rules
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel

Value = TypeVar("Value")

Subject = tuple[str, str]
"""What an act changes: a field, and whose."""

_FREQUENT = 1 << 12

_OF_SENDER = "of the sender"
_OF_RECIPIENT = "of the recipient"
_OF_INSTRUMENT = ""

_SUBJECTS: Mapping[Operation, str] = {
    Operation.ADMIT: "admission",
    Operation.SUSPEND: "suspension",
    Operation.REINSTATE: "suspension",
    Operation.FREEZE: "frozen units",
    Operation.RELEASE: "frozen units",
    Operation.FREEZE_ACCOUNT: "frozen account",
    Operation.RELEASE_ACCOUNT: "frozen account",
    Operation.SET_LOCK_UP: "lock-up",
    Operation.SET_RULES: "rules",
    Operation.SET_COUNTRY: "countries",
    Operation.PAUSE: "pause",
    Operation.UNPAUSE: "pause",
    Operation.ACTIVATE: "activation",
}
"""What can let a move pass; record dates, documents and licences bind no move."""

_COULD_LIFT: Mapping[Restriction, tuple[Subject, ...]] = {
    Restriction.PAUSED: (("pause", _OF_INSTRUMENT),),
    Restriction.NOT_ACTIVE: (("activation", _OF_INSTRUMENT),),
    Restriction.NOT_YET_OPEN: (("rules", _OF_INSTRUMENT),),
    Restriction.CLOSED: (("rules", _OF_INSTRUMENT),),
    Restriction.SENDER_NOT_ADMITTED: (("admission", _OF_SENDER),),
    Restriction.SENDER_SUSPENDED: (("suspension", _OF_SENDER),),
    Restriction.SENDER_LAPSED: (("admission", _OF_SENDER),),
    Restriction.SENDER_FROZEN: (("frozen account", _OF_SENDER),),
    Restriction.RECIPIENT_NOT_ADMITTED: (("admission", _OF_RECIPIENT),),
    Restriction.RECIPIENT_SUSPENDED: (("suspension", _OF_RECIPIENT),),
    Restriction.RECIPIENT_LAPSED: (("admission", _OF_RECIPIENT),),
    Restriction.RECIPIENT_FROZEN: (("frozen account", _OF_RECIPIENT),),
    Restriction.COUNTRY_NOT_ALLOWED: (
        ("countries", _OF_INSTRUMENT),
        ("rules", _OF_INSTRUMENT),
        ("admission", _OF_RECIPIENT),
    ),
    Restriction.CLASS_NOT_ALLOWED: (("rules", _OF_INSTRUMENT), ("admission", _OF_RECIPIENT)),
    Restriction.INSUFFICIENT_UNFROZEN_BALANCE: (("frozen units", _OF_SENDER),),
    Restriction.LOCKED_UP: (("lock-up", _OF_SENDER),),
    Restriction.BALANCE_CAP_EXCEEDED: (("rules", _OF_INSTRUMENT),),
    Restriction.HOLDER_CAP_EXCEEDED: (("rules", _OF_INSTRUMENT),),
}
"""What, changed by nobody's instruction, lets a move pass that the rules in force would refuse."""


_OF_ALL = frozenset(kind for subjects in _COULD_LIFT.values() for kind, whose in subjects if whose == _OF_INSTRUMENT)
"""What an act changes for every account."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What deployment settled for ever, and events do not tell; no attestor where issuing needs no reserve."""

    guarded_country: int
    counts_holders: bool
    reserve_attestor: str


@dataclass(slots=True)
class InForce:
    """An instrument as it would be, had only authorised acts had an effect; balances are those of the chain.

    `episodes` are acts without authority that nobody has undone yet, `began` all that there were, by the first of each.
    """

    model: RegisterModel
    episodes: dict[Subject, list[Place]] = field(default_factory=dict)
    began: dict[Place, list[Place]] = field(default_factory=dict)

    @classmethod
    def at_deployment(cls, terms: Terms, *, knows_reserve: bool) -> InForce:
        """Before the first event. Where its attestor is not known here, the reserve cannot be judged."""
        rules = Rules(guarded_country=terms.guarded_country, counts_holders=terms.counts_holders)
        reserve = Reserve(0, 0) if knows_reserve else None
        return cls(RegisterModel(rules, now=0, active=False, reserve=reserve))

    def take(self, act: Act, *, authorised: bool) -> None:
        """Takes in the next act."""
        kind = _SUBJECTS.get(act.operation)
        if kind is None:
            return
        subject = kind, _name(act)
        if authorised:
            self._apply(act)
            if subject in self.episodes and self._agrees(act):
                del self.episodes[subject]
            return
        if subject not in self.episodes:
            self.episodes[subject] = self.began[act.place] = []
        self.episodes[subject].append(act.place)
        if self._agrees(act):
            del self.episodes[subject]

    def of(self, accounts: AbstractSet[str] | None = None) -> InForce:
        """A copy; where accounts are named, one that stands for these alone. It has no episodes that are over."""
        model = self.model
        copied = replace(
            model,
            balances=_only(model.balances, accounts),
            standings=_only(model.standings, accounts),
            lock_ups=_only(model.lock_ups, accounts),
        )
        episodes = {
            (kind, name): list(places)
            for (kind, name), places in self.episodes.items()
            if accounts is None or kind in _OF_ALL or name in accounts
        }
        return InForce(copied, episodes)

    def lifted_by(self, restriction: Restriction, move: Move) -> tuple[Place, ...]:
        """The acts that may have let a move pass against the rules: where the episode of each began."""
        names = {_OF_SENDER: move.sender, _OF_RECIPIENT: move.recipient}
        found: list[Place] = []
        for kind, whose in _COULD_LIFT.get(restriction, ()):
            name = names.get(whose, whose)
            episode = self.episodes.get((kind, name if kind != "countries" else self._country_of(move.recipient)))
            found += episode[:1] if episode else []
        return tuple(found)

    def _country_of(self, account: str) -> str:
        return str(self.model.standing(account).country)

    def recover(self, lost: str, new: str) -> None:
        """The new wallet has the standing of the lost one, which is a stranger's from now on."""
        model = self.model
        model.standings[new] = model.standings.pop(lost, Standing())
        model.lock_ups[new] = model.lock_ups.pop(lost, LockUp())

    def force(self, move: Move) -> None:
        """What an order takes beyond the free units is frozen no more (contracts/token/Enforcement.sol)."""
        standing, held = self.model.standing(move.sender), self.model.balance(move.sender)
        taken = max(0, move.amount_units - max(0, held - standing.frozen_units))
        if taken:
            self._stand(move.sender, frozen_units=max(0, standing.frozen_units - taken))

    def _stand(self, account: str, **changes: object) -> None:
        standing = replace(self.model.standing(account), **changes)  # type: ignore[arg-type]
        self.model.standings[account] = _one(standing)

    def _apply(self, act: Act) -> None:
        model, account = self.model, act.account
        match act.operation:
            case Operation.ADMIT:
                self._stand(account, **_admission(act))
            case Operation.SUSPEND | Operation.REINSTATE:
                self._stand(account, suspended=act.operation is Operation.SUSPEND)
            case Operation.FREEZE | Operation.RELEASE:
                self._stand(account, frozen_units=max(0, model.standing(account).frozen_units + _difference(act)))
            case Operation.FREEZE_ACCOUNT | Operation.RELEASE_ACCOUNT:
                self._stand(account, address_frozen=act.operation is Operation.FREEZE_ACCOUNT)
            case Operation.SET_LOCK_UP:
                model.lock_ups[account] = _lock_up(act.event)
            case Operation.SET_RULES | Operation.SET_COUNTRY:
                model.rules = _rules_after(model.rules, act.event)
            case Operation.PAUSE | Operation.UNPAUSE:
                model.paused = act.operation is Operation.PAUSE
            case Operation.ACTIVATE:
                model.active = True

    def _agrees(self, act: Act) -> bool:  # noqa: PLR0911 - one for each field
        """Whether the chain is, behind an act, as it was authorised to be."""
        model, standing = self.model, self.model.standing(act.account)
        match act.operation:
            case Operation.ADMIT:
                admission = _admission(act)
                return admission == {name: getattr(standing, name) for name in admission}
            case Operation.SUSPEND | Operation.REINSTATE:
                return standing.suspended is (act.operation is Operation.SUSPEND)
            case Operation.FREEZE | Operation.RELEASE:
                return standing.frozen_units == act.event.args["amount"]
            case Operation.FREEZE_ACCOUNT | Operation.RELEASE_ACCOUNT:
                return standing.address_frozen is (act.operation is Operation.FREEZE_ACCOUNT)
            case Operation.SET_LOCK_UP:
                return model.lock_up(act.account) == _lock_up(act.event)
            case Operation.SET_RULES | Operation.SET_COUNTRY:
                return model.rules == _rules_after(model.rules, act.event)
            case Operation.PAUSE | Operation.UNPAUSE:
                return model.paused is (act.operation is Operation.PAUSE)
            case _:
                return model.active


@lru_cache(_FREQUENT)
def _one(standing: Standing) -> Standing:
    """One object for those that are equal: many accounts have the same, and each object is pickled once."""
    return standing


def _only(found: Mapping[str, Value], accounts: AbstractSet[str] | None) -> dict[str, Value]:
    """What there is of the accounts, or of all where none are named, in a dict of its own."""
    if accounts is None:
        return dict(found)
    return {account: found[account] for account in accounts if account in found}


def _name(act: Act) -> str:
    """Whose field an act changes: an account's, a country's, or the instrument's own."""
    return str(act.event.args["country"]) if act.operation is Operation.SET_COUNTRY else act.account


def _admission(act: Act) -> dict[str, int]:
    (detail,) = act.deed[2]
    country, investor_class, valid_until_day = admission_of_detail(cast(int, detail))
    return {"country": country, "investor_class": investor_class, "valid_until_day": valid_until_day}


def _difference(act: Act) -> int:
    (units,) = act.deed[2]
    return cast(int, units) if act.operation is Operation.FREEZE else -cast(int, units)


def _lock_up(event: ChainEvent) -> LockUp:
    return LockUp(cast(int, event.args["amount"]), cast(int, event.args["until"]))


def _rules_after(rules: Rules, event: ChainEvent) -> Rules:
    """The rule set and the list of countries change apart from each other; the rest was settled at deployment."""
    if event.name == "RulesChanged":
        kept = {name: getattr(rules, name) for name in ("countries", "guarded_country", "counts_holders")}
        return replace(rules_of_event(event), **kept)
    country = frozenset({cast(int, event.args["country"])})
    return replace(rules, countries=rules.countries | country if event.args["allowed"] else rules.countries - country)
