"""Trades: what the register has of them, what was sent to settle or cancel them, and whose signatures hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rwaledger.audit.signatures import Sent, transactions_sent
from rwaledger.chain import settlement as chain
from rwaledger.chain.abi import MalformedData
from rwaledger.chain.contracts import SETTLEMENT
from rwaledger.chain.rpc import Node
from rwaledger.chain.signatures import contract_accepts, is_contract, recovered
from rwaledger.domain.block import ChainEvent, Pin
from rwaledger.domain.settlement import Leg, Trade
from rwaledger.registry import trades
from rwaledger.registry.database import Connection
from rwaledger.registry.trades import StoredTrade

CLOSINGS = ("TradeSettled", "TradeCancelled")

Reference = tuple[str, str, str]
"""Settlement contract, initiator and reference, by which the chain knows a trade."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A trade as it was sent to be settled, and the signatures under it by the address of the giver."""

    trade: Trade
    digest: str
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DealsExtract:
    """The register's trades; `initiators` are as their own column has them, `stray` signatures of no trade."""

    stored: tuple[StoredTrade, ...]
    signatures: Mapping[str, Mapping[str, str]]
    initiators: Mapping[str, str]
    stray: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Deals:
    """Trades on both sides.

    `carried` are those sent to a settlement contract itself, by the hash of the transaction, `later` those closed
    beyond the pinned block, `verified` the signatures that hold, by trade and party.
    """

    extract: DealsExtract
    carried: Mapping[str, Carried]
    later: frozenset[Reference]
    verified: frozenset[tuple[str, str]]


def extract_deals(c: Connection, pin: Pin) -> DealsExtract:
    """The register's trades and signatures."""
    return DealsExtract(
        tuple(trades.trades(c, pin.chain_id)),
        trades.all_signatures(c, pin.chain_id),
        trades.initiators(c, pin.chain_id),
        tuple(trades.stray_signatures(c)),
    )


def read_deals(
    node: Node, extract: DealsExtract, events: Iterable[ChainEvent], later: Iterable[ChainEvent], pin: Pin
) -> Deals:
    """The extract with what was sent; `later` are events beyond the pinned block."""
    closings = [event for event in events if event.name in CLOSINGS]
    sent = transactions_sent(node, {event.log.tx_hash for event in closings})
    carried: dict[str, Carried] = {}
    for event in closings:
        found = _carried(pin.chain_id, event, sent.get(event.log.tx_hash))
        if found is not None:
            carried[event.log.tx_hash] = found
    by_digest = {each.digest: each for each in carried.values()}
    verified = {
        (stored.trade_id, party)
        for stored in extract.stored
        for party, signature in extract.signatures.get(stored.trade_id, {}).items()
        if _holds(node, stored, party, signature, by_digest.get(stored.digest))
    }
    beyond = {reference_of(event) for event in later if event.name in CLOSINGS}
    return Deals(extract, carried, frozenset(beyond), frozenset(verified))


def reference_of(event: ChainEvent) -> Reference:
    """The reference that an event of a settlement contract closes."""
    return event.log.address, str(event.args["initiator"]), str(event.args["ref"])


def reference_of_stored(stored: StoredTrade) -> Reference:
    """The reference of a trade of the register."""
    return stored.settlement, stored.trade.initiator, stored.trade.ref


def digest_of(stored: StoredTrade) -> str:
    """The digest that a row of the register ought to have; of what nobody can sign, none."""
    try:
        return chain.digest(stored.chain_id, stored.settlement, stored.trade)
    except (OverflowError, ValueError, TypeError):
        return "impossible"


def _holds(node: Node, stored: StoredTrade, party: str, signature: str, sent: Carried | None) -> bool:
    """What the settlement contract has accepted under the same digest needs no second look."""
    if sent is not None and sent.signatures.get(party) == signature:
        return True
    try:
        hashes = chain.hashes(stored.chain_id, stored.settlement, stored.trade)
        if recovered(hashes, signature) == party:
            return True
    except (OverflowError, ValueError, TypeError):
        return False
    return is_contract(node, party) and contract_accepts(node, party, digest_of(stored), signature)


def _carried(chain_id: int, event: ChainEvent, sent: Sent | None) -> Carried | None:
    """The trade in a transaction that went to the settlement contract itself, by the digest of its event."""
    if sent is None or sent.recipient != event.log.address:
        return None
    try:
        name, args = SETTLEMENT.decode_input(sent.calldata)
    except MalformedData:
        return None
    head: Any = args.get("trade")
    if head is None:
        return None
    legs = tuple(Leg(leg["token"], leg["from"], leg["to"], leg["amount"]) for leg in head["legs"])
    trade = Trade(head["ref"], head["venue"], head["notAfter"], legs)
    digest = chain.digest(chain_id, event.log.address, trade)
    if digest != event.args["digest"]:
        return None
    return Carried(trade, digest, _signatures(legs, args["signatures"]) if name == "settle" else {})


def _signatures(legs: Sequence[Leg], signatures: Sequence[str]) -> dict[str, str]:
    """One a leg; that of a giver stands with its first one."""
    found: dict[str, str] = {}
    for leg, signature in zip(legs, signatures, strict=True):
        found.setdefault(leg.sender, signature)
    return found
