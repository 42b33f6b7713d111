"""Clients behind an omnibus account: a sub-ledger in double entry, kept by whoever holds the account for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

HOUSE = ""
"""The other side of what clients bring and take: the account as a whole. Its balance is minus that of all clients."""


@dataclass(frozen=True, slots=True)
class ClientTrade:
    """Units that one client of an account hands to another; nothing moves on the chain."""

    instrument_id: str
    seller: str
    buyer: str
    amount_units: int


@dataclass(frozen=True, slots=True)
class ClientPosting:
    """One leg of an entry of a sub-ledger. The legs of an entry net to zero; `dated` is the day it is of."""

    chain_id: int
    account: str
    instrument_id: str
    entry: int
    leg: int
    client: str
    amount_units: int
    balance_after_units: int
    dated: date
    key: str
    content_hash: str


class Overdrawn(ValueError):
    """A client would owe units."""


def statement_legs(held: Mapping[str, int], stated: Mapping[str, int]) -> list[tuple[str, int]]:
    """The legs that bring balances to those of a statement; who is not in it has nothing. Empty where all agree."""
    clients = sorted((held.keys() | stated.keys()) - {HOUSE})
    changes = [(client, stated.get(client, 0) - held.get(client, 0)) for client in clients]
    legs = [(client, amount) for client, amount in changes if amount]
    net = sum(amount for _, amount in legs)
    return [*legs, (HOUSE, -net)] if net else legs


def trade_legs(held: Mapping[str, int], trade: ClientTrade) -> list[tuple[str, int]]:
    """The two legs of a trade between clients.

    Raises:
        Overdrawn: the seller has less.
    """
    available = held.get(trade.seller, 0)
    if available < trade.amount_units:
        raise Overdrawn(f"{trade.seller} has {available} units, fewer than {trade.amount_units}")
    return [(trade.seller, -trade.amount_units), (trade.buyer, trade.amount_units)]
