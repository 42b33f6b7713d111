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
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Position, Posting
from rwaledger.domain.units import MAX_UNITS
from rwaledger.registry.ledger import StandingChange

TRANSFER = "Transfer"

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
    """What the events of one instrument add to the register; of the positions, each account's last."""

    postings: list[Posting] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)
    standings: list[StandingChange] = field(default_factory=list)


def moved_accounts(events: Iterable[ChainEvent]) -> set[str]:
    """The accounts whose opening balance `fold` needs."""
    moves = (event.args for event in events if event.name == TRANSFER)
    return {cast(str, args[side]) for args in moves for side in ("from", "to")}


def judged_accounts(events: Iterable[ChainEvent]) -> set[str]:
    """The accounts whose opening standing `fold` needs."""
    return {_account_of(event) for event in events if event.name in _STANDING_CHANGES}


def fold(instrument_id: str, events: Iterable[ChainEvent], opening: Opening) -> Entries:
    """The entries of one instrument's events, which come in the order of the chain.

    Raises:
        RegisterConflict: a running balance that cannot be; the message names the account, block and log.
    """
    balances = dict(opening.balances)
    standings = dict(opening.standings)
    entries = Entries()
    for event in events:
        if event.name == TRANSFER:
            _post(instrument_id, event, balances, entries)
        elif event.name in _STANDING_CHANGES:
            _change_standing(instrument_id, event, standings, entries)
    return entries


def _post(instrument_id: str, event: ChainEvent, balances: dict[str, int], entries: Entries) -> None:
    """Two postings: the debit comes first, so that a move to oneself ends where it began."""
    units = cast(int, event.args["value"])
    log = event.log
    for leg, (side, amount) in enumerate((("from", -units), ("to", units))):
        account = cast(str, event.args[side])
        balance = balances.get(account, 0) + amount
        if not _is_possible(account, balance):
            raise _impossible(instrument_id, event, account, balance)
        balances[account] = balance
        entries.postings.append(
            Posting(instrument_id, log.block_number, log.log_index, leg, account, amount, balance, log.tx_hash)
        )
        entries.positions[account] = Position(instrument_id, account, balance, log.block_number, log.log_index)


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


def _is_possible(account: str, balance_units: int) -> bool:
    """Nobody owes units, and the issuance account owes exactly the supply."""
    held = -balance_units if account == ISSUANCE_ACCOUNT else balance_units
    return 0 <= held <= MAX_UNITS


def _impossible(instrument_id: str, event: ChainEvent, account: str, balance_units: int) -> RegisterConflict:
    log = event.log
    return RegisterConflict(
        f"{instrument_id}: the transfer in block {log.block_number}, log {log.log_index} would leave "
        f"{account} with {balance_units} units, which cannot be",
        "Nothing was changed. The register or the node has lost an event before that block: sync a new "
        "database, from another node if there is one, and compare the two.",
    )
