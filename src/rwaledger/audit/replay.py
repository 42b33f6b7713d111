"""Replay an instrument's events into balances and standings, written from their meaning alone.

The mirror has code of its own for this. The two share nothing, so that a fault in one of them shows as a break.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from rwaledger.domain.block import ChainEvent
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import ISSUANCE_ACCOUNT

STANDING_FIELDS: dict[str, dict[str, str]] = {
    "AccountAdmitted": {
        "investor_class": "investorClass",
        "country": "country",
        "valid_until_day": "validUntilDay",
    },
    "AccountSuspended": {"suspended": "suspended"},
    "AddressFrozen": {"address_frozen": "isFrozen"},
    "Frozen": {"frozen_units": "amount"},
}
"""What an event sets of a standing: field of `Standing` by argument of the event."""

RECOVERY = "RecoverySuccess"
"""Empties the standing of the wallet that was lost; the new one's is told by events of their own before it."""

TRANSFER = "Transfer"
"""Moves units, and sets no standing."""

_STRANGER = Standing()

Place = tuple[int, int]
"""Where an event stands on the chain: block number and log index."""


class Move(NamedTuple):
    """A Transfer: units that went from one account to another; the issuance account is the zero address.

    A tuple, as events are: a history has millions of them.
    """

    sender: str
    recipient: str
    amount_units: int

    @property
    def legs(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Debit and credit: account and signed units."""
        return (self.sender, -self.amount_units), (self.recipient, self.amount_units)


@dataclass(slots=True)
class Replay:
    """Balances and standings behind the events so far. The issuance account holds minus the supply."""

    balances: dict[str, int] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)

    def balance(self, account: str) -> int:
        """Units on an account, 0 where no event named it."""
        return self.balances.get(account, 0)

    def standing(self, account: str) -> Standing:
        """Standing of an account, that of a stranger where no event named it."""
        return self.standings.get(account, _STRANGER)

    @property
    def supply_units(self) -> int:
        """Units in issue."""
        return -self.balance(ISSUANCE_ACCOUNT)

    def apply(self, event: ChainEvent) -> None:
        """Takes in the next event; those that touch no account change nothing."""
        if event.name == TRANSFER:
            args: Mapping[str, Any] = event.args
            sender, recipient, units = args["from"], args["to"], args["value"]
            self.balances[sender] = self.balances.get(sender, 0) - units
            self.balances[recipient] = self.balances.get(recipient, 0) + units
        elif account := standing_account(event):
            self.standings[account] = with_event(self.standing(account), event)


@dataclass(frozen=True, slots=True)
class Start:
    """What events that are left out have made of balances and standings, and where units moved last in these."""

    balances: Mapping[str, int] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def replay(self) -> Replay:
        """A replay that has only these."""
        return Replay(dict(self.balances), dict(self.standings))


DEPLOYMENT = Start()
"""Before the first event: nobody has anything."""


def replay(events: Iterable[ChainEvent], start: Start = DEPLOYMENT) -> Replay:
    """The register of an instrument as its events tell it, from deployment on, in the order of the chain.

    Where events are left out, `start` is what they came to.
    """
    replayed = start.replay()
    for event in events:
        replayed.apply(event)
    return replayed


@dataclass(frozen=True, slots=True)
class Trail:
    """What the events of an instrument leave behind, event by event.

    `touching` are those that touch a balance or a standing, by place; `standings` is the standing behind each event
    that sets one, by place and account; `last_moves` is where units of each account moved last. `overdrawn` are the
    places where a holder was left with less than is frozen, or moved units at all while frozen, with its standing.
    """

    touching: dict[Place, ChainEvent] = field(default_factory=dict)
    standings: dict[tuple[Place, str], Standing] = field(default_factory=dict)
    last_moves: dict[str, Place] = field(default_factory=dict)
    overdrawn: dict[Place, Standing] = field(default_factory=dict)


def trail(events: Iterable[ChainEvent], start: Start = DEPLOYMENT) -> Trail:
    """The trail of the events of an instrument, in one walk in the order of the chain."""
    found, replayed = Trail(), start.replay()
    touching, last_moves = found.touching, found.last_moves
    for event in events:
        replayed.apply(event)
        place = event.log.block_number, event.log.log_index
        if event.name == TRANSFER:
            args: Mapping[str, Any] = event.args
            sender = args["from"]
            touching[place] = event
            last_moves[sender] = last_moves[args["to"]] = place
            if sender != ISSUANCE_ACCOUNT:
                standing = replayed.standing(sender)
                if standing.address_frozen or replayed.balances[sender] < standing.frozen_units:
                    found.overdrawn[place] = standing
        elif account := standing_account(event):
            touching[place] = event
            found.standings[place, account] = replayed.standings[account]
    last_moves.update((a, place) for a, place in start.places.items() if last_moves.get(a, place) <= place)
    return found


def move_of(event: ChainEvent) -> Move | None:
    """The move that an event reports, or None where it reports something else."""
    if event.name != TRANSFER:
        return None
    args: Mapping[str, Any] = event.args
    return Move(args["from"], args["to"], args["value"])


def with_event(standing: Standing, event: ChainEvent) -> Standing:
    """The standing with what the event sets of it."""
    if event.name == RECOVERY:
        return _STRANGER
    args: Mapping[str, Any] = event.args
    return replace(standing, **{name: args[argument] for name, argument in STANDING_FIELDS[event.name].items()})


def fields_set(event: ChainEvent) -> tuple[str, ...]:
    """The fields of `Standing` that the event sets."""
    if event.name == RECOVERY:
        return tuple(each.name for each in fields(Standing))
    return tuple(STANDING_FIELDS[event.name])


def standing_account(event: ChainEvent) -> str:
    """The account whose standing the event sets; empty where it sets none."""
    args: Mapping[str, Any] = event.args
    if event.name in STANDING_FIELDS:
        return str(args["account"])
    return str(args["lostWallet"]) if event.name == RECOVERY else ""


def accounts_of(event: ChainEvent) -> tuple[str, ...]:
    """The accounts whose balance or standing the event touches; none for events of the instrument itself."""
    move = move_of(event)
    if move is not None:
        return (move.sender, move.recipient)
    account = standing_account(event)
    return (account,) if account else ()
