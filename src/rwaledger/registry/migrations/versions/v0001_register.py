"""The first tables: instruments, holders, what was authorised and sent, and what the chain said of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNITS = sa.Text().with_variant(sa.Numeric(78, 0), "postgresql")
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates everything."""
    _instruments()
    _chain_record()
    _register()
    _holders()
    _authorised()
    _audit_log()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, autoincrement=False)


def _units(name: str) -> sa.Column[str]:
    return sa.Column(name, _UNITS, nullable=False)


def _instruments() -> None:
    op.create_table(
        "chains",
        _big("chain_id"),
        _text("genesis_hash"),
        sa.PrimaryKeyConstraint("chain_id", name="pk_chains"),
    )
    op.create_table(
        "contracts",
        _big("chain_id"),
        _text("address"),
        _text("kind"),
        _big("deploy_block"),
        _text("deploy_block_hash"),
        _text("code_hash"),
        sa.PrimaryKeyConstraint("chain_id", "address", name="pk_contracts"),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.chain_id"], name="fk_contracts_chain_id"),
    )
    op.create_table(
        "instruments",
        _text("instrument_id"),
        _big("chain_id"),
        _text("address"),
        _text("control_book"),
        _text("name"),
        _text("symbol"),
        _integer("decimals"),
        _text("kind"),
        _text("record_of_truth"),
        sa.PrimaryKeyConstraint("instrument_id", name="pk_instruments"),
        _contract_key("instruments"),
        sa.UniqueConstraint("chain_id", "address", name="uq_instruments_chain_id_address"),
    )


def _contract_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["chain_id", "address"],
        ["contracts.chain_id", "contracts.address"],
        name=f"fk_{table}_chain_id_address",
    )


def _chain_record() -> None:
    op.create_table(
        "blocks",
        _big("chain_id"),
        _big("number"),
        _text("hash"),
        _text("parent_hash"),
        _big("timestamp"),
        sa.PrimaryKeyConstraint("chain_id", "number", name="pk_blocks"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoints",
        _big("chain_id"),
        _text("address"),
        _big("block_number"),
        _text("block_hash"),
        _big("generation"),
        sa.PrimaryKeyConstraint("chain_id", "address", name="pk_checkpoints"),
        _contract_key("checkpoints"),
    )
    op.create_table(
        "events",
        *_event_columns(),
        sa.PrimaryKeyConstraint("chain_id", "block_number", "log_index", name="pk_events"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "orphaned_events",
        sa.Column("id", _ROW_ID, sa.Identity(), nullable=False),
        *_event_columns(),
        sa.Column("rewound_at", _TIME, nullable=False),
        _text("replaced_by_block_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_orphaned_events"),
    )


def _event_columns() -> list[sa.Column[str] | sa.Column[int]]:
    return [
        _big("chain_id"),
        _big("block_number"),
        _integer("log_index"),
        _text("block_hash"),
        _text("tx_hash"),
        _integer("tx_index"),
        _text("address"),
        _text("name"),
        _text("topics"),
        _text("data"),
    ]


def _register() -> None:
    op.create_table(
        "postings",
        _text("instrument_id"),
        _big("block_number"),
        _integer("log_index"),
        _integer("leg"),
        _text("account"),
        _units("amount_units"),
        _units("balance_after_units"),
        _text("tx_hash"),
        sa.PrimaryKeyConstraint("instrument_id", "block_number", "log_index", "leg", name="pk_postings"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_postings_account",
        "postings",
        ["instrument_id", "account", "block_number", "log_index", "leg", "balance_after_units"],
    )
    op.create_table(
        "positions",
        _text("instrument_id"),
        _text("account"),
        _units("balance_units"),
        _big("block_number"),
        _integer("log_index"),
        sa.PrimaryKeyConstraint("instrument_id", "account", name="pk_positions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "standings",
        _text("instrument_id"),
        _text("account"),
        _big("block_number"),
        _integer("log_index"),
        _integer("investor_class"),
        _integer("country"),
        _integer("valid_until_day"),
        _units("frozen_units"),
        sa.Column("address_frozen", sa.Boolean(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", "account", "block_number", "log_index", name="pk_standings"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_standings_block", "standings", ["instrument_id", "block_number"])


def _holders() -> None:
    op.create_table(
        "holders",
        _text("holder_id"),
        _text("name"),
        _integer("country"),
        _integer("investor_class"),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("holder_id", name="pk_holders"),
    )
    op.create_table(
        "accounts",
        _big("chain_id"),
        _text("address"),
        _text("holder_id"),
        _text("kind"),
        sa.PrimaryKeyConstraint("chain_id", "address", name="pk_accounts"),
        sa.ForeignKeyConstraint(["chain_id"], ["chains.chain_id"], name="fk_accounts_chain_id"),
        sa.ForeignKeyConstraint(["holder_id"], ["holders.holder_id"], name="fk_accounts_holder_id"),
    )
    op.create_index("ix_accounts_holder_id", "accounts", ["holder_id"])


def _authorised() -> None:
    op.create_table(
        "instructions",
        _text("ref"),
        _text("idempotency_key"),
        _integer("chunk"),
        _text("content_hash"),
        _big("chain_id"),
        _text("control_book"),
        _text("instrument_id"),
        _text("instrument"),
        _text("operation"),
        _text("maker"),
        _text("checker"),
        _big("not_after"),
        _text("order_hash"),
        _text("lines"),
        _text("digest"),
        _text("signature", nullable=True),
        _text("status"),
        _text("source"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("ref", name="pk_instructions"),
        sa.UniqueConstraint("chain_id", "control_book", "idempotency_key", "chunk", name="uq_instructions_key"),
    )
    op.create_index("ix_instructions_instrument_id_status", "instructions", ["instrument_id", "status"])
    op.create_table(
        "transactions",
        _text("tx_hash"),
        _big("chain_id"),
        _text("sender"),
        _big("nonce"),
        _text("instruction_ref", nullable=True),
        _text("purpose"),
        _text("raw"),
        _text("status"),
        _big("block_number", nullable=True),
        _text("block_hash", nullable=True),
        _big("gas_used", nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tx_hash", name="pk_transactions"),
        sa.ForeignKeyConstraint(["instruction_ref"], ["instructions.ref"], name="fk_transactions_instruction_ref"),
    )
    op.create_index("ix_transactions_chain_id_sender_nonce", "transactions", ["chain_id", "sender", "nonce"])
    op.create_index("ix_transactions_instruction_ref", "transactions", ["instruction_ref"])


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", _ROW_ID, sa.Identity(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        _text("actor"),
        _text("action"),
        _text("subject"),
        _text("detail"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )
    for statement in _APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)


# A constraint violation on both, so that callers meet the same error.
_APPEND_ONLY = {
    "sqlite": [
        "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END",
        "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'restrict_violation'; END$$",
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()",
    ],
}
