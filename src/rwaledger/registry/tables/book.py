"""What was authorised and what was sent for it, the orders behind it, and who did what when."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from rwaledger.registry.tables.base import RowId, Text, metadata
from rwaledger.registry.types import UtcTime

instructions = Table(
    "instructions",
    metadata,
    Column("ref", Text, primary_key=True),
    Column("idempotency_key", Text, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("control_book", Text, nullable=False),
    Column("instrument_id", Text, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("checker", Text, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("order_hash", Text, nullable=False),
    Column("lines", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("signature", Text, nullable=True),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("chain_id", "control_book", "idempotency_key", "chunk", name="uq_instructions_key"),
    Index(None, "instrument_id", "status"),
)

transactions = Table(
    "transactions",
    metadata,
    Column("tx_hash", Text, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("sender", Text, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("instruction_ref", Text, ForeignKey("instructions.ref"), nullable=True),
    Column("purpose", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("block_number", BigInteger, nullable=True),
    Column("block_hash", Text, nullable=True),
    Column("gas_used", BigInteger, nullable=True),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index(None, "chain_id", "sender", "nonce"),
    Index(None, "instruction_ref"),
)

orders = Table(
    "orders",
    metadata,
    Column("order_hash", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", Text, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("failed_checks", Text, nullable=False),
    Column("register_digest", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("instrument_id", "recorded_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", RowId, Identity(), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)
