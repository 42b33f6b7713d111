"""The tables of the register, as SQLAlchemy sees them; `migrations` is what creates them.

Rows that the mirror writes by the hundred thousand carry no foreign keys: one writer checks what they refer
to, once a batch, and on PostgreSQL a key costs more than the row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as PlainText

from rwaledger.registry.types import Units, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Compared byte by byte on both databases, so that both give the same order whatever the server's locale.
Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")
RowId = BigInteger().with_variant(Integer(), "sqlite")

chains = Table(
    "chains",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("genesis_hash", Text, nullable=False),
)

contracts = Table(
    "contracts",
    metadata,
    Column("chain_id", BigInteger, ForeignKey("chains.chain_id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("deploy_block", BigInteger, nullable=False),
    Column("deploy_block_hash", Text, nullable=False),
    Column("code_hash", Text, nullable=False),
    PrimaryKeyConstraint("chain_id", "address"),
)

instruments = Table(
    "instruments",
    metadata,
    Column("instrument_id", Text, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("control_book", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_of_truth", Text, nullable=False),
    ForeignKeyConstraint(["chain_id", "address"], ["contracts.chain_id", "contracts.address"]),
    UniqueConstraint("chain_id", "address"),
)

blocks = Table(
    "blocks",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("parent_hash", Text, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    PrimaryKeyConstraint("chain_id", "number"),
    sqlite_with_rowid=False,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("chain_id", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    PrimaryKeyConstraint("chain_id", "address"),
    ForeignKeyConstraint(["chain_id", "address"], ["contracts.chain_id", "contracts.address"]),
)


def _event_columns() -> list[Column[object]]:
    return [
        Column("chain_id", BigInteger, nullable=False),
        Column("block_number", BigInteger, nullable=False),
        Column("log_index", Integer, nullable=False),
        Column("block_hash", Text, nullable=False),
        Column("tx_hash", Text, nullable=False),
        Column("tx_index", Integer, nullable=False),
        Column("address", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("topics", Text, nullable=False),
        Column("data", Text, nullable=False),
    ]


events = Table(
    "events",
    metadata,
    *_event_columns(),
    PrimaryKeyConstraint("chain_id", "block_number", "log_index"),
    sqlite_with_rowid=False,
)

orphaned_events = Table(
    "orphaned_events",
    metadata,
    Column("id", RowId, Identity(), primary_key=True),
    *_event_columns(),
    Column("rewound_at", UtcTime, nullable=False),
    Column("replaced_by_block_hash", Text, nullable=False),
)

postings = Table(
    "postings",
    metadata,
    Column("instrument_id", Text, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("account", Text, nullable=False),
    Column("amount_units", Units, nullable=False),
    Column("balance_after_units", Units, nullable=False),
    Column("tx_hash", Text, nullable=False),
    PrimaryKeyConstraint("instrument_id", "block_number", "log_index", "leg"),
    # All that a balance at a past block needs, so that it is read from the index alone.
    Index(
        "ix_postings_account",
        *("instrument_id", "account", "block_number", "log_index", "leg", "balance_after_units"),
    ),
    sqlite_with_rowid=False,
)

positions = Table(
    "positions",
    metadata,
    Column("instrument_id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("balance_units", Units, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    PrimaryKeyConstraint("instrument_id", "account"),
    sqlite_with_rowid=False,
)

standings = Table(
    "standings",
    metadata,
    Column("instrument_id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("investor_class", Integer, nullable=False),
    Column("country", Integer, nullable=False),
    Column("valid_until_day", Integer, nullable=False),
    Column("frozen_units", Units, nullable=False),
    Column("address_frozen", Boolean, nullable=False),
    Column("suspended", Boolean, nullable=False),
    PrimaryKeyConstraint("instrument_id", "account", "block_number", "log_index"),
    Index("ix_standings_block", "instrument_id", "block_number"),
    sqlite_with_rowid=False,
)

holders = Table(
    "holders",
    metadata,
    Column("holder_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", Integer, nullable=False),
    Column("investor_class", Integer, nullable=False),
    Column("valid_until", Date, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("chain_id", BigInteger, ForeignKey("chains.chain_id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("holder_id", Text, ForeignKey("holders.holder_id"), nullable=False),
    Column("kind", Text, nullable=False),
    PrimaryKeyConstraint("chain_id", "address"),
    Index(None, "holder_id"),
)

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
