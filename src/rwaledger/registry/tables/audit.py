"""What auditors leave behind: signed periods, breaks and their life, exemptions, corrections."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from rwaledger.registry.tables.base import Text, metadata
from rwaledger.registry.types import Units, UtcTime

periods = Table(
    "periods",
    metadata,
    Column("instrument_id", Text, ForeignKey("instruments.instrument_id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", Text, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("previous_head", Text, nullable=False),
    Column("head", Text, nullable=False),
    # The very bytes that the head hashes, kept for ever: a later version may no longer write them alike.
    Column("preimage", Text, nullable=False),
    Column("supply_units", Units, nullable=False),
    Column("holder_count", BigInteger, nullable=False),
    Column("anchor", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("operator_signature", Text, nullable=False),
    Column("auditor", Text, nullable=False),
    Column("auditor_signature", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("instrument_id", "sequence"),
    CheckConstraint("operator <> auditor", name="ck_periods_two_keys"),
)

period_rows = Table(
    "period_rows",
    metadata,
    Column("instrument_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    PrimaryKeyConstraint("instrument_id", "sequence", "table_name", "part", "row_key"),
    ForeignKeyConstraint(["instrument_id", "sequence"], ["periods.instrument_id", "periods.sequence"]),
    sqlite_with_rowid=False,
)

breaks = Table(
    "breaks",
    metadata,
    Column("break_id", Text, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("check_id", Text, nullable=False),
    Column("break_class", Text, nullable=False),
    Column("instrument_id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("holder_id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("left_record", Text, nullable=False),
    Column("left_value", Text, nullable=False),
    Column("right_record", Text, nullable=False),
    Column("right_value", Text, nullable=False),
    Column("follows_from", Text, nullable=False),
    Column("first_block_number", BigInteger, nullable=False),
    Column("first_block_hash", Text, nullable=False),
    Column("first_block_time", BigInteger, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
)

break_actors = Table(
    "break_actors",
    metadata,
    Column("break_id", Text, ForeignKey("breaks.break_id"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    # One key has one role on a break: preparer, corrector and approver are three keys.
    PrimaryKeyConstraint("break_id", "actor"),
    UniqueConstraint("break_id", "actor", "role"),
    CheckConstraint("role IN ('preparer', 'corrector', 'approver')", name="ck_break_actors_role"),
)

break_events = Table(
    "break_events",
    metadata,
    Column("break_id", Text, ForeignKey("breaks.break_id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("break_class", Text, nullable=False),
    # Empty where a reconciliation, and nobody by hand, moved it.
    Column("actor", Text, nullable=True),
    Column("role", Text, nullable=True),
    Column("assignee", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("evidence_hash", Text, nullable=False),
    Column("correction", Text, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("block_hash", Text, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("preimage", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("break_id", "sequence"),
    ForeignKeyConstraint(
        ["break_id", "actor", "role"],
        ["break_actors.break_id", "break_actors.actor", "break_actors.role"],
        name="fk_break_events_actor",
    ),
    CheckConstraint("state <> 'EXPLAINED' OR evidence_hash <> ''", name="ck_break_events_evidence"),
    CheckConstraint("state <> 'CORRECTED' OR correction <> ''", name="ck_break_events_correction"),
    # A reconciliation opens and verifies, and nobody else does; whoever does the rest has a role, and signs.
    CheckConstraint(
        "actor IS NOT NULL OR (role IS NULL AND signature = '' AND state IN ('OPEN', 'VERIFIED'))",
        name="ck_break_events_by_run",
    ),
    CheckConstraint("actor IS NULL OR (role IS NOT NULL AND signature <> '')", name="ck_break_events_by_hand"),
    CheckConstraint("role <> 'preparer' OR state IN ('ASSIGNED', 'EXPLAINED')", name="ck_break_events_preparer"),
    CheckConstraint("role <> 'corrector' OR state = 'CORRECTED'", name="ck_break_events_corrector"),
    CheckConstraint("role <> 'approver' OR state = 'SIGNED_OFF'", name="ck_break_events_approver"),
)

exemptions = Table(
    "exemptions",
    metadata,
    Column("exemption_id", Text, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("check_id", Text, nullable=False),
    Column("instrument_id", Text, nullable=False),
    Column("break_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence_hash", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("preimage", Text, nullable=False),
    Column("first_signer", Text, nullable=False),
    Column("first_signature", Text, nullable=False),
    Column("second_signer", Text, nullable=True),
    Column("second_signature", Text, nullable=True),
    Column("recorded_at", UtcTime, nullable=False),
    CheckConstraint("check_id <> 'C01'", name="ck_exemptions_never_c01"),
    CheckConstraint("second_signer IS NULL OR second_signer <> first_signer", name="ck_exemptions_two_keys"),
    CheckConstraint("(second_signer IS NULL) = (second_signature IS NULL)", name="ck_exemptions_signed"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("break_id", Text, ForeignKey("breaks.break_id"), nullable=False),
    Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    # The key of the row that it takes back; empty for a row that says what is right.
    Column("reverses", Text, nullable=False),
    Column("instrument_id", Text, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    PrimaryKeyConstraint("break_id", "table_name", "row_key"),
    Index(None, "table_name", "instrument_id"),
)
