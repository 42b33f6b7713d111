"""Fold decoded events into what the register keeps: postings with running balances, positions, standings.

Pure: it knows no node and no database. Given the same opening and the same events, in one piece or in
several, it gives the same entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from rwaledger.domain.block import ChainEvent
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Move, Position, Posting
from rwaledger.domain.units import MAX_UNITS
from rwaledger.registry.ledger import StandingChange

Event = ChainEvent | Move
"""What the mirror reads: moves for themselves, since nine of ten events are one, and all others by their names."""

_Args = Mapping[str, Any]
_STANDING_CHANGES: dict[str, Callable[[Standing, _Args], Standing]] = {
    "AccountAdmitted": lambda standing, args: replace(
        standing,
        investor_class=args["investorClass"],
        country=args["country"],
        valid_until_day=args["validUntilDay"],
    ),
    "AccountSuspended": lambda standing, args: replace(standing, suspended=args["suspended"]),
    "AddressFrozen": lambda standing, args: replace(standing, address_frozen=args["isFrozen"]),
    "Frozen": lambda standing, args: replace(standing, frozen_units=args["amount"]),
    # What the lost wallet was is the new one's, as events before this one have said.
    "RecoverySuccess": lambda standing, args: Standing(),
}
_ACCOUNT_ARGUMENTS = {"RecoverySuccess": "lostWallet"}
"""Where an event names the account otherwise than `account`."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the register holds of the touched accounts before the events; who is missing has nothing."""

    balances: Mapping[str, int]
    standings: Mapping[str, Standing]


@dataclass(slots=True)
class Entries:
    """What the events of one instrument add to the register, and how they leave the touched accounts.

    `places` has the block and log behind which an account that moved has its balance.
    """

    instrument_id: str
    balances: dict[str, int]
    postings: list[Posting] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    standings: list[StandingChange] = field(default_factory=list)

    @property
    def positions(self) -> dict[str, Position]:
        """What each account that moved holds behind its last event."""
        found = positions_of(self.instrument_id, self.balances, self.places)
        return {position.account: position for position in found}


def positions_of(
    instrument_id: str, balances: Mapping[str, int], places: Mapping[str, tuple[int, int]]
) -> list[Position]:
    """What the accounts of `places` hold behind their last events."""
    return [Position(instrument_id, account, balances[account], *place) for account, place in places.items()]


def moved_accounts(events: Iterable[Event]) -> set[str]:
    """The accounts whose opening balance `fold` needs."""
    return {account for event in events if type(event) is Move for account in (event.sender, event.recipient)}


def judged_accounts(events: Iterable[Event]) -> set[str]:
    """The accounts whose opening standing `fold` needs."""
    return {_account_of(event) for event in events if type(event) is ChainEvent and event.name in _STANDING_CHANGES}


def fold(instrument_id: str, events: Iterable[Event], opening: Opening) -> Entries:
    """The entries of one instrument's events, which come in the order of the chain.

    Raises:
        RegisterConflict: a running balance that cannot be; the message names the account, block and log.
    """
    entries = Entries(instrument_id, dict(opening.balances))
    standings = dict(opening.standings)
    for event in events:
        if isinstance(event, Move):
            _post(event, entries)
        elif event.name in _STANDING_CHANGES:
            _change_standing(instrument_id, event, standings, entries)
    return entries


def _post(move: Move, entries: Entries) -> None:
    """Two postings: the debit comes first, so that a move to oneself ends where it began."""
    block_number, log_index, tx_hash, sender, recipient, units = move
    balances, place = entries.balances, (block_number, log_index)
    for leg, account, amount in ((0, sender, -units), (1, recipient, units)):
        balance = balances.get(account, 0) + amount
        # Nobody owes units, and the issuance account owes exactly the supply.
        if not 0 <= (-balance if account == ISSUANCE_ACCOUNT else balance) <= MAX_UNITS:
            raise _impossible(entries.instrument_id, move, account, balance)
        balances[account] = balance
        entries.places[account] = place
        entries.postings.append(
            Posting(entries.instrument_id, block_number, log_index, leg, account, amount, balance, tx_hash)
        )


def _change_standing(instrument_id: str, event: ChainEvent, standings: dict[str, Standing], entries: Entries) -> None:
    account = _account_of(event)
    change = _STANDING_CHANGES[event.name]
    standings[account] = change(standings.get(account, Standing()), event.args)
    log = event.log
    entries.standings.append(
        StandingChange(instrument_id, account, log.block_number, log.log_index, standings[account])
    )


def _account_of(event: ChainEvent) -> str:
    return cast(str, event.args[_ACCOUNT_ARGUMENTS.get(event.name, "account")])


def _impossible(instrument_id: str, move: Move, account: str, balance_units: int) -> RegisterConflict:
    return RegisterConflict(
        f"{instrument_id}: the transfer in block {move.block_number}, log {move.log_index} would leave "
        f"{account} with {balance_units} units, which cannot be",
        "Nothing was changed. The register or the node has lost an event before that block: sync a new "
        "database, from another node if there is one, and compare the two.",
    )
