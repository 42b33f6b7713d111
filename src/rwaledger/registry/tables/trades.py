"""Trades that settle all their legs or none, who signed them, and who paid whom by the travel rule."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, PrimaryKeyConstraint, Table, UniqueConstraint

from rwaledger.registry.tables.base import Text, metadata
from rwaledger.registry.types import Units, UtcTime

trades = Table(
    "trades",
    metadata,
    Column("trade_id", Text, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("settlement", Text, nullable=False),
    Column("initiator", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("venue", Text, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("legs", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("chain_id", "settlement", "initiator", "ref"),
)

trade_signatures = Table(
    "trade_signatures",
    metadata,
    Column("trade_id", Text, ForeignKey("trades.trade_id"), nullable=False),
    Column("party", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("trade_id", "party"),
)

travel_records = Table(
    "travel_records",
    metadata,
    Column("subject", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("subject", "line"),
)
