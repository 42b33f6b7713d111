"""The events of an instrument played from its deployment on: who holds what, and what is attested of whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from rwaledger.verifier.values import ZERO_ADDRESS, Event

Place = tuple[int, int]
"""Where an event stands on the chain: block number, and log index in the block."""


class Standing(NamedTuple):
    """What is attested of an account, besides its balance; class 0 is not admitted."""

    investor_class: int = 0
    country: int = 0
    valid_until_day: int = 0
    frozen_units: int = 0
    address_frozen: bool = False
    suspended: bool = False


STRANGER = Standing()


class Move(NamedTuple):
    """Units that went from one account to another."""

    sender: str
    recipient: str
    units: int

    @property
    def legs(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Debit, then credit."""
        return (self.sender, -self.units), (self.recipient, self.units)


class Leg(NamedTuple):
    """One posting of a place."""

    number: int
    account: str
    units: int
    balance_after: int
    tx_hash: str


@dataclass(slots=True)
class Replay:
    """What the events make of an instrument. The issuance account's balance is minus the supply.

    `moves` and `standings_at` keep each step by its place, `last_move` where each account moved last.
    """

    balances: dict[str, int] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    moves: dict[Place, Move] = field(default_factory=dict)
    standings_at: dict[tuple[Place, str], Standing] = field(default_factory=dict)
    last_move: dict[str, Place] = field(default_factory=dict)
    last_standing: dict[str, Place] = field(default_factory=dict)

    @property
    def supply(self) -> int:
        """Units in issue."""
        return -self.balances.get(ZERO_ADDRESS, 0)

    def take(self, event: Event) -> None:
        """The next event; one that touches no account changes nothing."""
        place = event.log.place
        if event.name == "Transfer":
            move = Move(event.args["from"], event.args["to"], event.args["value"])
            self.moves[place] = move
            for account, units in move.legs:
                self.balances[account] = self.balances.get(account, 0) + units
                self.last_move[account] = place
            return
        account = whose_standing(event)
        if account:
            standing = changed(self.standings.get(account, STRANGER), event)
            self.standings[account] = self.standings_at[place, account] = standing
            self.last_standing[account] = place


def replay(events: Iterable[Event]) -> Replay:
    """All events of one instrument, in the order of the chain."""
    played = Replay()
    for event in events:
        played.take(event)
    return played


def whose_standing(event: Event) -> str:
    """The account whose standing an event sets; empty where it sets none."""
    if event.name == "RecoverySuccess":
        return str(event.args["lostWallet"])
    return str(event.args["account"]) if event.name in _SETTING else ""


def accounts_in(event: Event) -> tuple[str, ...]:
    """The accounts whose balance or standing an event touches."""
    if event.name == "Transfer":
        return event.args["from"], event.args["to"]
    account = whose_standing(event)
    return (account,) if account else ()


_SETTING = frozenset({"AccountAdmitted", "AccountSuspended", "AddressFrozen", "Frozen"})


def changed(standing: Standing, event: Event) -> Standing:
    """A standing behind an event that sets it. A recovered wallet's is a stranger's."""
    args = event.args
    match event.name:
        case "AccountAdmitted":
            return standing._replace(
                investor_class=args["investorClass"], country=args["country"], valid_until_day=args["validUntilDay"]
            )
        case "AccountSuspended":
            return standing._replace(suspended=args["suspended"])
        case "AddressFrozen":
            return standing._replace(address_frozen=args["isFrozen"])
        case "Frozen":
            return standing._replace(frozen_units=args["amount"])
    return STRANGER
