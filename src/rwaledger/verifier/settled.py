"""Trades: what the register has of them, what was sent to settle them, and what moved behind each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from rwaledger.verifier.calldata import NoSuchCall, arguments
from rwaledger.verifier.case import Case
from rwaledger.verifier.ledger import place_of
from rwaledger.verifier.replay import Place
from rwaledger.verifier.signed import TRADE, leg_hashes
from rwaledger.verifier.values import Event

CLOSINGS = {"TradeSettled": "settled", "TradeCancelled": "cancelled"}

Reference = tuple[str, str, str]
"""Settlement contract, initiator and reference."""


class Leg(NamedTuple):
    """Units of a token from one address to another."""

    token: str
    sender: str
    recipient: str
    units: int


@dataclass(frozen=True)
class Trade:
    """What the parties sign, on a settlement contract of a chain."""

    chain_id: int
    settlement: str
    ref: str
    venue: str
    not_after: int
    legs: tuple[Leg, ...]

    @cached_property
    def digest(self) -> str:
        """The hash that is signed; of what nobody can sign, none."""
        try:
            legs = leg_hashes(self.legs)
            return TRADE.digest(self.chain_id, self.settlement, (self.ref, self.venue, self.not_after, legs))
        except (ValueError, OverflowError):
            return "impossible"

    @property
    def initiator(self) -> str:
        """Whose reference it is: who gives in the first leg."""
        return self.legs[0].sender if self.legs else ""

    @property
    def givers(self) -> list[str]:
        """Who has to sign."""
        return list(dict.fromkeys(leg.sender for leg in self.legs))


class Sent(NamedTuple):
    """A trade as it was sent to be settled or cancelled, and the signatures in it by giver."""

    trade: Trade
    signatures: Mapping[str, str]


def trade_of_row(row: Any) -> Trade:
    """The trade of a row of the register; without legs where the row holds what are none."""
    try:
        legs = tuple(Leg(token, sender, to, int(units)) for token, sender, to, units in json.loads(row.legs))
    except (ValueError, TypeError):
        legs = ()
    return Trade(row.chain_id, row.settlement, row.ref, row.venue, row.not_after, legs)


def reference_of(event: Event) -> Reference:
    """The reference that an event closes."""
    return event.log.address, event.args["initiator"], event.args["ref"]


def trade_reference(chain_id: int, settlement: str, trade_id: str) -> str:
    """The one-time reference of a trade: version 1 of SHA-256 over length-prefixed parts."""
    parts = [part.encode() for part in (str(chain_id), settlement, trade_id)]
    preimage = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return "0x" + sha256(b"rwaledger-trade-1" + preimage).hexdigest()


def closings(case: Case) -> list[Event]:
    """Every end of a trade on the chain, in its order."""
    return [event for event in case.pack.events if event.name in CLOSINGS]


def sent_trade(case: Case, event: Event) -> Sent | None:
    """The trade in the transaction behind an end; None where it went to another contract first, or is another."""
    transaction = case.pack.transactions.get(event.log.tx_hash)
    if transaction is None or transaction.to != event.log.address:
        return None
    function = "settle" if event.name == "TradeSettled" else "cancel"
    try:
        args = arguments(function, transaction.data)
    except NoSuchCall:
        return None
    head = args["trade"]
    legs = tuple(Leg(each["token"], each["from"], each["to"], each["amount"]) for each in head["legs"])
    trade = Trade(case.pin.chain_id, event.log.address, head["ref"], head["venue"], head["notAfter"], legs)
    if trade.digest != event.args["digest"]:
        return None
    signatures: dict[str, str] = {}
    for leg, signature in zip(legs, args.get("signatures", ()), strict=False):
        signatures.setdefault(leg.sender, signature)
    return Sent(trade, signatures)


def moved_behind(case: Case, ends: Sequence[Event]) -> Iterator[tuple[Event, list[tuple[Place, Leg]]]]:
    """Each end, with what the instruments say moved behind it in its transaction, up to the next end."""
    of_transaction: dict[str, list[Event]] = {}
    for event in ends:
        of_transaction.setdefault(event.log.tx_hash, []).append(event)
    moved: dict[str, list[Event]] = {}
    for event in case.pack.events:
        if event.name == "Transfer" and event.log.tx_hash in of_transaction and event.log.address in case.ledger_at:
            moved.setdefault(event.log.tx_hash, []).append(event)
    for event in ends:
        later = [place_of(other) for other in of_transaction[event.log.tx_hash] if place_of(other) > place_of(event)]
        stop = min(later, default=(1 << 62, 0))
        behind = (m for m in moved.get(event.log.tx_hash, ()) if place_of(event) < place_of(m) < stop)
        yield event, [(place_of(m), _leg(m)) for m in behind]


def _leg(event: Event) -> Leg:
    return Leg(event.log.address, event.args["from"], event.args["to"], event.args["value"])
