"""Which block of the register was the last one at a time: what reports as at a past day are built on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select

from rwaledger.domain.block import Block
from rwaledger.domain.errors import RegisterConflict
from rwaledger.registry import tables
from rwaledger.registry.database import Connection

_AT_A_TIME = 400


def first_block(c: Connection, chain_id: int) -> Block | None:
    """The earliest header of a chain in the register; None where there is none."""
    t = tables.blocks.c
    return _block(c, _blocks(chain_id).order_by(t.number).limit(1))


def last_block_at(c: Connection, chain_id: int, timestamp: int, highest: int) -> Block | None:
    """The last header up to `highest` whose time is not after `timestamp`; None where all are later.

    Found by halving, since no block is older than the one before it: a chain may have a million headers.
    """
    first = first_block(c, chain_id)
    if first is None or first.timestamp > timestamp:
        return None
    low, high, found = first.number, highest, first
    while low <= high:
        block = _last_upto(c, chain_id, (low + high) // 2)
        if block is not None and block.timestamp <= timestamp:
            found, low = block, (low + high) // 2 + 1
        else:
            high = (low + high) // 2 - 1
    return found


def _last_upto(c: Connection, chain_id: int, number: int) -> Block | None:
    t = tables.blocks.c
    return _block(c, _blocks(chain_id).where(t.number <= number).order_by(t.number.desc()).limit(1))


def _blocks(chain_id: int) -> Select[Any]:
    t = tables.blocks.c
    return select(t.number, t.hash, t.parent_hash, t.timestamp).where(t.chain_id == chain_id)


def _block(c: Connection, query: Select[Any]) -> Block | None:
    row = c.execute(query).one_or_none()
    return None if row is None else Block(*row)


def block_from(c: Connection, chain_id: int, number: int) -> Block | None:
    """The first header of that number or a higher one; None where there is none."""
    t = tables.blocks.c
    return _block(c, _blocks(chain_id).where(t.number >= number).order_by(t.number).limit(1))


def timestamps(c: Connection, chain_id: int, numbers: Collection[int]) -> dict[int, int]:
    """The times of these blocks, in seconds since 1970.

    Raises:
        RegisterConflict: one of them is not in the register.
    """
    t, wanted = tables.blocks.c, sorted(set(numbers))
    query = select(t.number, t.timestamp).where(t.chain_id == chain_id)
    found = {
        row[0]: row[1]
        for at in range(0, len(wanted), _AT_A_TIME)
        for row in c.execute(query.where(t.number.in_(wanted[at : at + _AT_A_TIME])))
    }
    missing = sorted(set(numbers) - found.keys())
    if missing:
        raise RegisterConflict(
            f"the register has events in block {missing[0]}, but no such block",
            "A row was changed from outside. Restore the database, or start a register anew from the chain.",
        )
    return found
