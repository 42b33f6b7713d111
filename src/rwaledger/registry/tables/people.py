"""Legal persons: who they are, what is proved of them and until when, which accounts and which clients are theirs.

Rows about a person are statements: valid time says when what they state holds, `recorded_at` when it was stated. A
correction is a newer statement; none is changed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
)

from rwaledger.registry.tables.base import Text, metadata
from rwaledger.registry.types import Units, UtcTime

holders = Table(
    "holders",
    metadata,
    Column("holder_id", Text, primary_key=True),
    Column("country", Integer, nullable=False),
    Column("investor_class", Integer, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("sealed", Text, nullable=False, server_default=""),
)

accounts = Table(
    "accounts",
    metadata,
    Column("chain_id", BigInteger, ForeignKey("chains.chain_id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("holder_id", Text, ForeignKey("holders.holder_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("replaced_by", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("chain_id", "address"),
    Index(None, "holder_id"),
)

residences = Table(
    "residences",
    metadata,
    Column("holder_id", Text, ForeignKey("holders.holder_id"), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("country", Integer, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("holder_id", "valid_from", "recorded_at"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("holder_id", Text, ForeignKey("holders.holder_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("document_hash", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("holder_id", "kind", "document_hash", "recorded_at"),
)

licences = Table(
    "licences",
    metadata,
    Column("holder_id", Text, ForeignKey("holders.holder_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=True),
    Column("suspended_from", Date, nullable=True),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("holder_id", "kind", "number", "recorded_at"),
)

wallet_proofs = Table(
    "wallet_proofs",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("holder_id", Text, ForeignKey("holders.holder_id"), nullable=False),
    Column("message", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("chain_id", "address", "recorded_at"),
)

client_postings = Table(
    "client_postings",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("entry", Integer, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("client", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("balance_after_units", Units, nullable=False),
    Column("dated", Date, nullable=False),
    Column("key", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("chain_id", "account", "instrument_id", "entry", "leg"),
)
