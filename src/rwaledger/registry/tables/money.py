"""What backs a stablecoin, who attested it, and who wants to be paid back by when."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, PrimaryKeyConstraint, Table

from rwaledger.registry.tables.base import Text, metadata
from rwaledger.registry.types import Units, UtcTime

reserve_lines = Table(
    "reserve_lines",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("line", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("haircut_bp", Integer, nullable=False),
    Column("matures_on", Date, nullable=True),
    Column("source_hash", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("instrument_id", "as_of", "line", "recorded_at"),
)

attestations = Table(
    "attestations",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("contract", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("document_hash", Text, nullable=False),
    Column("attestor", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("instrument_id", "as_of"),
)

redemptions = Table(
    "redemptions",
    metadata,
    Column("request", Text, primary_key=True),
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("burn_key", Text, nullable=False),
    Column("fee_units", Units, nullable=False),
    Column("paid_at", UtcTime, nullable=True),
    Column("payment_reference", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
