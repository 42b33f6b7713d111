"""Chains, contracts and instruments, and what the mirror writes of them.

Rows that the mirror writes by the hundred thousand carry no foreign keys: one writer checks what they refer
to, once a batch, and on PostgreSQL a key costs more than the row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from rwaledger.registry.tables.base import RowId, Text, metadata
from rwaledger.registry.types import Units, UtcTime

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
