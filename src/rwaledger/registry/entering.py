"""Writes a correction of the rows that the mirror keeps: all of it is new rows, none is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete

from rwaledger.domain.correction import POSTINGS, CorrectionRow, RegisterEntries, posting_key, row_key
from rwaledger.registry import ledger, tables
from rwaledger.registry.corrections import add_correction_rows
from rwaledger.registry.database import Connection
from rwaledger.registry.ledger import StandingChange


def enter(c: Connection, entries: RegisterEntries, chain_id: int, break_id: str, now: datetime) -> list[CorrectionRow]:
    """Writes a correction of the mirror's rows, and returns its rows: only inserts, but for positions, which follow.

    Raises:
        RegisterConflict: a row is there already; `Database.begin` raises it.
    """
    ledger.insert_blocks(c, entries.blocks, chain_id)
    ledger.insert_events(c, entries.events, chain_id)
    ledger.insert_postings(c, [*(each.by for each in entries.reversals), *entries.postings])
    instrument_id = entries.instrument_id
    ledger.insert_standings(c, [StandingChange(instrument_id, *place) for place in entries.standings])
    ledger.upsert_positions(c, entries.positions)
    p = tables.positions
    for account in entries.emptied:
        c.execute(delete(p).where(p.c.instrument_id == instrument_id, p.c.account == account))
    rows = list(_rows(entries, chain_id, break_id, now))
    add_correction_rows(c, rows)
    return rows


def _rows(entries: RegisterEntries, chain_id: int, break_id: str, now: datetime) -> Iterator[CorrectionRow]:
    def row(table: str, key: str, block: int, reverses: str = "") -> CorrectionRow:
        return CorrectionRow(break_id, table, key, reverses, entries.instrument_id, block, now)

    for each in entries.reversals:
        yield row(POSTINGS, posting_key(each.by), each.by.block_number, posting_key(each.original))
    for posting in entries.postings:
        yield row(POSTINGS, posting_key(posting), posting.block_number)
    for log, _ in entries.events:
        yield row("events", row_key(chain_id, log.block_number, log.log_index), log.block_number)
    for account, block, log_index, _ in entries.standings:
        yield row("standings", row_key(entries.instrument_id, account, block, log_index), block)
