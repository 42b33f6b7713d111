"""Trades as the register keeps them: what was proposed, who has signed it, how far it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.settlement import Leg, Trade, TradeState
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import json_text, stored_member, units_of_stored, units_text, utc_now
from rwaledger.registry.upsert import insert_if_new, insert_or_replace


@dataclass(frozen=True, slots=True)
class StoredTrade:
    """A trade under the name that its parties call it by. `digest` is what they sign, `source` where it came from.

    `status` is what was last written down; whether a trade has expired, and what the chain says of it, is asked anew.
    """

    trade_id: str
    chain_id: int
    settlement: str
    trade: Trade
    digest: str
    status: TradeState
    source: str
    recorded_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)


def add_trade(c: Connection, stored: StoredTrade) -> bool:
    """Whether the trade went in; False where its name or its reference is on the register."""
    return insert_if_new(c, tables.trades, _row(stored))


def trade(c: Connection, trade_id: str) -> StoredTrade:
    """The trade of that name.

    Raises:
        UnknownName: there is none.
    """
    found = find_trade(c, trade_id)
    if found is None:
        raise UnknownName("trade", trade_id, "`rwaledger settlement list` shows those there are.")
    return found


def find_trade(c: Connection, trade_id: str) -> StoredTrade | None:
    """The trade of that name, or None."""
    row = c.execute(select(tables.trades).where(tables.trades.c.trade_id == trade_id)).one_or_none()
    return None if row is None else _stored(row)


def trades(c: Connection, chain_id: int) -> list[StoredTrade]:
    """The trades on a chain, oldest first."""
    t = tables.trades.c
    query = select(tables.trades).where(t.chain_id == chain_id).order_by(t.recorded_at, t.trade_id)
    return [_stored(row) for row in c.execute(query)]


def set_trade_status(c: Connection, trade_id: str, status: TradeState) -> None:
    """Writes down how far a trade has come.

    Raises:
        UnknownName: there is none of that name.
    """
    t = tables.trades
    change = update(t).where(t.c.trade_id == trade_id).values(status=str(status), updated_at=utc_now())
    if c.execute(change).rowcount != 1:
        raise UnknownName("trade", trade_id, "`rwaledger settlement list` shows those there are.")


def put_signature(c: Connection, trade_id: str, party: str, signature: str) -> None:
    """Keeps a party's signature, in place of an earlier one over the same trade."""
    row = {"trade_id": trade_id, "party": party, "signature": signature, "recorded_at": utc_now()}
    insert_or_replace(c, tables.trade_signatures, row)


def signatures(c: Connection, trade_id: str) -> dict[str, str]:
    """The signatures of a trade, by the address of the party."""
    t = tables.trade_signatures.c
    query = select(t.party, t.signature).where(t.trade_id == trade_id).order_by(t.party)
    return {row.party: row.signature for row in c.execute(query)}


def all_signatures(c: Connection, chain_id: int) -> dict[str, dict[str, str]]:
    """The signatures of every trade on a chain: by the trade's name, then by the address of the party."""
    t, s = tables.trades.c, tables.trade_signatures.c
    of_chain = select(t.trade_id).where(t.chain_id == chain_id)
    query = select(s.trade_id, s.party, s.signature).where(s.trade_id.in_(of_chain)).order_by(s.trade_id, s.party)
    found: dict[str, dict[str, str]] = {}
    for row in c.execute(query):
        found.setdefault(row.trade_id, {})[row.party] = row.signature
    return found


def stray_signatures(c: Connection) -> list[tuple[str, str]]:
    """Trade and party of each signature for which there is no trade."""
    t, s = tables.trades.c, tables.trade_signatures.c
    query = select(s.trade_id, s.party).where(s.trade_id.not_in(select(t.trade_id)))
    return [(row.trade_id, row.party) for row in c.execute(query.order_by(s.trade_id, s.party))]


def initiators(c: Connection, chain_id: int) -> dict[str, str]:
    """The initiator of each trade on a chain as its own column has it, which its legs have to confirm."""
    t = tables.trades.c
    query = select(t.trade_id, t.initiator).where(t.chain_id == chain_id).order_by(t.trade_id)
    return {row.trade_id: row.initiator for row in c.execute(query)}


def _row(stored: StoredTrade) -> dict[str, Any]:
    legs = [[leg.token, leg.sender, leg.recipient, units_text(leg.amount_units)] for leg in stored.trade.legs]
    return {
        "trade_id": stored.trade_id,
        "chain_id": stored.chain_id,
        "settlement": stored.settlement,
        "initiator": stored.trade.initiator,
        "ref": stored.trade.ref,
        "venue": stored.trade.venue,
        "not_after": stored.trade.not_after,
        "legs": json_text(legs),
        "digest": stored.digest,
        "status": str(stored.status),
        "source": stored.source,
        "recorded_at": stored.recorded_at,
        "updated_at": stored.updated_at,
    }


def _stored(row: Row[Any]) -> StoredTrade:
    return StoredTrade(
        trade_id=row.trade_id,
        chain_id=row.chain_id,
        settlement=row.settlement,
        trade=Trade(row.ref, row.venue, row.not_after, _legs(row.trade_id, row.legs)),
        digest=row.digest,
        status=stored_member(TradeState, row.status),
        source=row.source,
        recorded_at=row.recorded_at,
        updated_at=row.updated_at,
    )


def _legs(trade_id: str, text: str) -> tuple[Leg, ...]:
    try:
        legs = tuple(Leg(token, sender, to, units_of_stored(amount)) for token, sender, to, amount in json.loads(text))
    except (ValueError, TypeError):
        legs = ()
    if not legs:
        raise RegisterConflict(
            f"the register's trade {trade_id!r} holds legs that are none",
            "A row was changed from outside. Restore the database.",
        )
    return legs
