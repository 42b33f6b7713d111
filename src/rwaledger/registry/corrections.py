"""Corrections on record: which rows were entered to put a break right, and what counts of the postings then."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from rwaledger.domain.correction import POSTINGS, CorrectionRow, Effective, effective
from rwaledger.domain.posting import Posting
from rwaledger.registry import positions, tables
from rwaledger.registry.database import Connection


def correction_rows(c: Connection, break_id: str | None = None) -> list[CorrectionRow]:
    """The rows that corrections have entered, of one break or of all."""
    t = tables.corrections
    query = select(t).order_by(t.c.break_id, t.c.table_name, t.c.row_key)
    if break_id is not None:
        query = query.where(t.c.break_id == break_id)
    return [CorrectionRow(*row) for row in c.execute(query)]


def add_correction_rows(c: Connection, rows: Sequence[CorrectionRow]) -> None:
    """Puts rows on record as those of a correction.

    Raises:
        RegisterConflict: one of them is there; `Database.begin` raises it.
    """
    if rows:
        c.execute(insert(tables.corrections), [asdict(row) for row in rows])


def effective_postings(c: Connection, instrument_id: str, upto_block: int | None = None) -> Effective:
    """The postings of an instrument without those that were taken back, and those that took them back."""
    rows = [row for row in correction_rows(c) if row.instrument_id == instrument_id]
    return effective(tuple(positions.postings(c, instrument_id, upto_block)), rows)


def forget_above(c: Connection, instrument_ids: Collection[str], to_block: int) -> None:
    """Takes out the corrections of rows that a reorganisation takes out; the breaks and their events stay."""
    t = tables.corrections.c
    mirrored = t.table_name.in_((POSTINGS, "events", "standings"))
    gone = mirrored & t.instrument_id.in_(instrument_ids) & (t.block_number > to_block)
    c.execute(delete(tables.corrections).where(gone))


def set_positions_right(c: Connection, instrument_id: str) -> None:
    """Makes positions name the last move that counts, where a correction stands behind it.

    The balance of a position is right already, since every leg of a correction carries the right one.
    """
    places = {_place(row.row_key) for row in correction_rows(c) if _is_reversal(row, instrument_id)}
    named = [each for each in positions.positions(c, instrument_id) if (each.block_number, each.log_index) in places]
    if not named:
        return
    last: dict[str, Posting] = {each.account: each for each in effective_postings(c, instrument_id).postings}
    p = tables.positions
    for each in named:
        move = last.get(each.account)
        where = (p.c.instrument_id == instrument_id) & (p.c.account == each.account)
        if move is None:
            c.execute(delete(p).where(where))
        else:
            values = {"block_number": move.block_number, "log_index": move.log_index}
            c.execute(p.update().where(where).values(values))


def _is_reversal(row: CorrectionRow, instrument_id: str) -> bool:
    return row.table_name == POSTINGS and row.instrument_id == instrument_id and bool(row.reverses)


def _place(key: str) -> tuple[int, int]:
    """Block and log out of the key of a posting."""
    _, block, log_index, _ = key.rsplit("/", 3)
    return int(block), int(log_index)
