"""Statements from outside the chain that a newer one corrects: which of a kind was recorded since a break was."""

from __future__ import annotations

from sqlalchemy import Table, select

from rwaledger.domain.break_events import BreakRecord
from rwaledger.domain.correction import Statement, row_key
from rwaledger.registry import tables
from rwaledger.registry.database import Connection

_TABLES: dict[Statement, tuple[Table, str]] = {
    Statement.RESERVE: (tables.reserve_lines, "recorded_at"),
    Statement.ATTESTATION: (tables.attestations, "recorded_at"),
    Statement.REDEMPTION: (tables.redemptions, "updated_at"),
    Statement.CLIENTS: (tables.client_postings, "recorded_at"),
    Statement.HOLDER: (tables.evidence, "recorded_at"),
    Statement.LICENCE: (tables.licences, "recorded_at"),
    Statement.TRAVEL: (tables.travel_records, "recorded_at"),
}


def newest_since(c: Connection, kind: Statement, record: BreakRecord) -> tuple[str, str] | None:
    """Table and key of the newest row of a kind since a break was recorded, on the same instrument, account, holder."""
    table, when = _TABLES[kind]
    found, of_break = record.found, []
    if "instrument_id" in table.c and found.instrument_id:
        of_break.append(table.c.instrument_id == found.instrument_id)
    if "account" in table.c and found.account:
        of_break.append(table.c.account == found.account)
    if "holder_id" in table.c and found.holder_id:
        of_break.append(table.c.holder_id == found.holder_id)
    key = list(table.primary_key.columns)
    query = select(*key).where(table.c[when] > record.recorded_at, *of_break)
    row = c.execute(query.order_by(table.c[when].desc(), *key).limit(1)).one_or_none()
    return None if row is None else (table.name, row_key(*row))
