"""Takes back what came from blocks that are no longer in the chain; its cost follows depth, not history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, literal, select, update

from rwaledger.domain.block import Checkpoint
from rwaledger.domain.errors import RegisterConflict
from rwaledger.registry import corrections, tables
from rwaledger.registry.transactions import set_transactions_back
from rwaledger.registry.types import utc_now


def rewind(c: Connection, chain_id: int, to_block: int, replaced_by: str) -> list[Checkpoint]:
    """Leaves the register of a chain as it was at the end of `to_block`; gives the checkpoints it set back.

    Events above go to `orphaned_events`, with `replaced_by`: the hash of the block that now follows
    `to_block`. A checkpoint above gets the number and hash of `to_block` and a new generation, so that a
    writer that still holds the old one is stopped by `advance_checkpoint`. A checkpoint at or below stays.

    Raises:
        RegisterConflict: `to_block` is not in the register, so that there is nothing to go back to.
    """
    hash_there = _block_hash(c, chain_id, to_block)
    moved = _set_checkpoints_back(c, chain_id, to_block, hash_there)
    _orphan_events(c, chain_id, to_block, replaced_by)
    instrument_ids = _instruments_of(c, chain_id)
    corrections.forget_above(c, instrument_ids, to_block)
    for instrument_id in instrument_ids:
        _set_positions_back(c, instrument_id, to_block)
        _delete_above(c, tables.postings, tables.postings.c.instrument_id == instrument_id, to_block)
        _delete_above(c, tables.standings, tables.standings.c.instrument_id == instrument_id, to_block)
        corrections.set_positions_right(c, instrument_id)
    set_transactions_back(c, chain_id, to_block)
    blocks = tables.blocks
    c.execute(delete(blocks).where(blocks.c.chain_id == chain_id, blocks.c.number > to_block))
    return moved


def _block_hash(c: Connection, chain_id: int, number: int) -> str:
    blocks = tables.blocks
    query = select(blocks.c.hash).where(blocks.c.chain_id == chain_id, blocks.c.number == number)
    found = c.execute(query).scalar_one_or_none()
    if found is None:
        raise RegisterConflict(
            f"the register does not know block {number}, and cannot go back to it",
            "The chain differs from its first registered block on: start a register anew from this chain.",
        )
    return str(found)


def _set_checkpoints_back(c: Connection, chain_id: int, to_block: int, block_hash: str) -> list[Checkpoint]:
    """The update takes the rows' locks before anything is deleted, and so keeps out any other writer."""
    t = tables.checkpoints
    rows = c.execute(
        update(t)
        .where(t.c.chain_id == chain_id, t.c.block_number > to_block)
        .values(block_number=to_block, block_hash=block_hash, generation=t.c.generation + 1)
        .returning(*t.c)
    )
    return sorted((Checkpoint(*row) for row in rows), key=lambda moved: moved.address)


def _orphan_events(c: Connection, chain_id: int, to_block: int, replaced_by: str) -> None:
    e = tables.events
    extra = [literal(utc_now(), tables.orphaned_events.c.rewound_at.type), literal(replaced_by)]
    above = select(*e.c, *extra).where(e.c.chain_id == chain_id, e.c.block_number > to_block)
    names = [*e.c.keys(), "rewound_at", "replaced_by_block_hash"]
    ordered = above.order_by(e.c.block_number, e.c.log_index)
    c.execute(insert(tables.orphaned_events).from_select(names, ordered))
    _delete_above(c, e, e.c.chain_id == chain_id, to_block)


def _instruments_of(c: Connection, chain_id: int) -> list[str]:
    t = tables.instruments.c
    return list(c.execute(select(t.instrument_id).where(t.chain_id == chain_id)).scalars())


def _set_positions_back(c: Connection, instrument_id: str, to_block: int) -> None:
    """Positions of the accounts that were moved above follow from their last remaining posting, if any."""
    p = tables.postings
    above = select(p.c.account).where(
        p.c.instrument_id == instrument_id,
        p.c.block_number > to_block,
        p.c.amount_units.is_not(None),  # not in the index of accounts, which SQLite would read to its end
    )
    moved = above.distinct().subquery("moved")
    positions = tables.positions
    c.execute(
        delete(positions).where(
            positions.c.instrument_id == instrument_id, positions.c.account.in_(select(moved.c.account))
        )
    )
    last = [_last_remaining(name, instrument_id, moved.c.account, to_block) for name in _POSITION_OF_POSTING]
    remaining = select(moved.c.account, *last).subquery("remaining")
    balance, block, log_index = (remaining.c[name] for name in _POSITION_OF_POSTING)
    kept = select(literal(instrument_id), remaining.c.account, balance, block, log_index).where(block.is_not(None))
    c.execute(insert(positions).from_select(positions.c.keys(), kept))


_POSITION_OF_POSTING = ("balance_after_units", "block_number", "log_index")


def _last_remaining(name: str, instrument_id: str, account: ColumnElement[str], to_block: int) -> Any:
    """One column of an account's last posting at or below `to_block`: one step in the index of accounts."""
    last = tables.postings.alias()
    return (
        select(last.c[name])
        .where(
            last.c.instrument_id == instrument_id,
            last.c.account == account,
            last.c.block_number <= to_block,
        )
        .order_by(last.c.block_number.desc(), last.c.log_index.desc(), last.c.leg.desc())
        .limit(1)
        .scalar_subquery()
        .label(name)
    )


def _delete_above(c: Connection, table: Table, owned: ColumnElement[bool], to_block: int) -> None:
    c.execute(delete(table).where(owned, table.c.block_number > to_block))
