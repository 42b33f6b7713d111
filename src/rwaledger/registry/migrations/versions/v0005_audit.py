"""What auditors leave behind: signed periods, breaks and their life, exemptions, corrections."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNITS = sa.Text().with_variant(sa.Numeric(78, 0), "postgresql")


def upgrade() -> None:
    """Creates what there was not."""
    _audit()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, autoincrement=False)


def _date(name: str, *, nullable: bool = False) -> sa.Column[date]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _units(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _UNITS, nullable=nullable)


def _audit() -> None:
    """Signed periods, breaks and their life, exemptions, corrections."""
    op.create_table(
        "breaks",
        _text("break_id"),
        _big("chain_id"),
        _text("check_id"),
        _text("break_class"),
        _text("instrument_id"),
        _text("account"),
        _text("holder_id"),
        _text("cause"),
        _text("summary"),
        _text("left_record"),
        _text("left_value"),
        _text("right_record"),
        _text("right_value"),
        _text("follows_from"),
        _big("first_block_number"),
        _text("first_block_hash"),
        _big("first_block_time"),
        _time("recorded_at"),
        sa.PrimaryKeyConstraint("break_id", name="pk_breaks"),
    )
    op.create_table(
        "exemptions",
        _text("exemption_id"),
        _big("chain_id"),
        _text("check_id"),
        _text("instrument_id"),
        _text("break_id"),
        _text("reason"),
        _text("evidence_hash"),
        _date("valid_from"),
        _date("expires_on"),
        _text("preimage"),
        _text("first_signer"),
        _text("first_signature"),
        _text("second_signer", nullable=True),
        _text("second_signature", nullable=True),
        _time("recorded_at"),
        sa.CheckConstraint("check_id <> 'C01'", name="ck_exemptions_never_c01"),
        sa.CheckConstraint("(second_signer IS NULL) = (second_signature IS NULL)", name="ck_exemptions_signed"),
        sa.CheckConstraint("second_signer IS NULL OR second_signer <> first_signer", name="ck_exemptions_two_keys"),
        sa.PrimaryKeyConstraint("exemption_id", name="pk_exemptions"),
    )
    op.create_table(
        "break_actors",
        _text("break_id"),
        _text("actor"),
        _text("role"),
        sa.CheckConstraint("role IN ('preparer', 'corrector', 'approver')", name="ck_break_actors_role"),
        sa.ForeignKeyConstraint(["break_id"], ["breaks.break_id"], name="fk_break_actors_break_id"),
        sa.PrimaryKeyConstraint("break_id", "actor", name="pk_break_actors"),
        sa.UniqueConstraint("break_id", "actor", "role", name="uq_break_actors_break_id_actor_role"),
    )
    op.create_table(
        "corrections",
        _text("break_id"),
        _text("table_name"),
        _text("row_key"),
        _text("reverses"),
        _text("instrument_id"),
        _big("block_number"),
        _time("recorded_at"),
        sa.ForeignKeyConstraint(["break_id"], ["breaks.break_id"], name="fk_corrections_break_id"),
        sa.PrimaryKeyConstraint("break_id", "table_name", "row_key", name="pk_corrections"),
    )
    op.create_index(
        "ix_corrections_table_name_instrument_id", "corrections", ["table_name", "instrument_id"], unique=False
    )
    op.create_table(
        "break_events",
        _text("break_id"),
        _integer("sequence"),
        _text("state"),
        _text("break_class"),
        _text("actor", nullable=True),
        _text("role", nullable=True),
        _text("assignee"),
        _text("text"),
        _text("evidence_hash"),
        _text("correction"),
        _big("block_number"),
        _text("block_hash"),
        _big("block_time"),
        _text("preimage"),
        _text("signature"),
        _time("recorded_at"),
        sa.CheckConstraint(
            "actor IS NOT NULL OR (role IS NULL AND signature = '' AND state IN ('OPEN', 'VERIFIED'))",
            name="ck_break_events_by_run",
        ),
        sa.CheckConstraint("actor IS NULL OR (role IS NOT NULL AND signature <> '')", name="ck_break_events_by_hand"),
        sa.CheckConstraint("role <> 'approver' OR state = 'SIGNED_OFF'", name="ck_break_events_approver"),
        sa.CheckConstraint("role <> 'corrector' OR state = 'CORRECTED'", name="ck_break_events_corrector"),
        sa.CheckConstraint("role <> 'preparer' OR state IN ('ASSIGNED', 'EXPLAINED')", name="ck_break_events_preparer"),
        sa.CheckConstraint("state <> 'CORRECTED' OR correction <> ''", name="ck_break_events_correction"),
        sa.CheckConstraint("state <> 'EXPLAINED' OR evidence_hash <> ''", name="ck_break_events_evidence"),
        sa.ForeignKeyConstraint(
            ["break_id", "actor", "role"],
            ["break_actors.break_id", "break_actors.actor", "break_actors.role"],
            name="fk_break_events_actor",
        ),
        sa.ForeignKeyConstraint(["break_id"], ["breaks.break_id"], name="fk_break_events_break_id"),
        sa.PrimaryKeyConstraint("break_id", "sequence", name="pk_break_events"),
    )
    op.create_table(
        "periods",
        _text("instrument_id"),
        _big("sequence"),
        _big("chain_id"),
        _big("block_number"),
        _text("block_hash"),
        _big("block_time"),
        _text("previous_head"),
        _text("head"),
        _text("preimage"),
        _units("supply_units"),
        _big("holder_count"),
        _text("anchor"),
        _text("operator"),
        _text("operator_signature"),
        _text("auditor"),
        _text("auditor_signature"),
        _time("recorded_at"),
        sa.CheckConstraint("operator <> auditor", name="ck_periods_two_keys"),
        sa.ForeignKeyConstraint(["instrument_id"], ["instruments.instrument_id"], name="fk_periods_instrument_id"),
        sa.PrimaryKeyConstraint("instrument_id", "sequence", name="pk_periods"),
    )
    op.create_table(
        "period_rows",
        _text("instrument_id"),
        _big("sequence"),
        _text("table_name"),
        _text("part"),
        _text("row_key"),
        _text("row_hash"),
        sa.ForeignKeyConstraint(
            ["instrument_id", "sequence"],
            ["periods.instrument_id", "periods.sequence"],
            name="fk_period_rows_instrument_id_sequence",
        ),
        sa.PrimaryKeyConstraint("instrument_id", "sequence", "table_name", "part", "row_key", name="pk_period_rows"),
        sqlite_with_rowid=False,
    )
