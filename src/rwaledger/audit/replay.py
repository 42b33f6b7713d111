"""Replay an instrument's events into balances and standings, written from their meaning alone.

The mirror has code of its own for this. The two share nothing, so that a fault in one of them shows as a break.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import cast

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


@dataclass(frozen=True, slots=True)
class Move:
    """A Transfer: units that went from one account to another; the issuance account is the zero address."""

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
        return self.standings.get(account, Standing())

    @property
    def supply_units(self) -> int:
        """Units in issue."""
        return -self.balance(ISSUANCE_ACCOUNT)

    def apply(self, event: ChainEvent) -> None:
        """Takes in the next event; those that touch no account change nothing."""
        move = move_of(event)
        if move is not None:
            for account, units in move.legs:
                self.balances[account] = self.balance(account) + units
        else:
            account = standing_account(event)
            if account:
                self.standings[account] = with_event(self.standing(account), event)


def replay(events: Iterable[ChainEvent]) -> Replay:
    """The register of an instrument as its events tell it, from deployment on, in the order of the chain."""
    replayed = Replay()
    for event in events:
        replayed.apply(event)
    return replayed


def history(events: Iterable[ChainEvent]) -> dict[tuple[tuple[int, int], str], Standing]:
    """The standing behind each event that sets one, by place and account."""
    replayed = Replay()
    found: dict[tuple[tuple[int, int], str], Standing] = {}
    for event in events:
        account = standing_account(event)
        if account:
            replayed.apply(event)
            found[(event.log.block_number, event.log.log_index), account] = replayed.standing(account)
    return found


def last_moves(events: Iterable[ChainEvent]) -> dict[str, tuple[int, int]]:
    """Block and log of the last move of each account."""
    moves = ((event.log, move) for event in events if (move := move_of(event)))
    return {account: (log.block_number, log.log_index) for log, move in moves for account, _ in move.legs}


def move_of(event: ChainEvent) -> Move | None:
    """The move that an event reports, or None where it reports something else."""
    if event.name != "Transfer":
        return None
    args = event.args
    return Move(cast(str, args["from"]), cast(str, args["to"]), cast(int, args["value"]))


def with_event(standing: Standing, event: ChainEvent) -> Standing:
    """The standing with what the event sets of it."""
    if event.name == RECOVERY:
        return Standing()
    changes = {name: event.args[argument] for name, argument in STANDING_FIELDS[event.name].items()}
    return replace(standing, **changes)  # type: ignore[arg-type]


def fields_set(event: ChainEvent) -> tuple[str, ...]:
    """The fields of `Standing` that the event sets."""
    if event.name == RECOVERY:
        return tuple(each.name for each in fields(Standing))
    return tuple(STANDING_FIELDS[event.name])


def standing_account(event: ChainEvent) -> str:
    """The account whose standing the event sets; empty where it sets none."""
    if event.name == RECOVERY:
        return cast(str, event.args["lostWallet"])
    return cast(str, event.args["account"]) if event.name in STANDING_FIELDS else ""


def accounts_of(event: ChainEvent) -> tuple[str, ...]:
    """The accounts whose balance or standing the event touches; none for events of the instrument itself."""
    move = move_of(event)
    if move is not None:
        return (move.sender, move.recipient)
    account = standing_account(event)
    return (account,) if account else ()
