"""By what authority units moved: the event of an instruction or a trade that stands before each move, and its words."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection

_AUTHORITIES = ("InstructionExecuted", "TradeSettled")
"""Events that stand before the moves that they cause, in the same transaction."""

_AT_A_TIME = 400


class Authority(NamedTuple):
    """An event that caused moves, and the one-time reference in it."""

    log_index: int
    name: str
    ref: str


Authorities = Mapping[str, Sequence[Authority]]
"""By the hash of the transaction, in the order of their logs."""


def authorities(c: Connection, chain_id: int, blocks: Collection[int]) -> Authorities:
    """What caused moves in these blocks."""
    e, numbers = tables.events.c, sorted(blocks)
    query = select(e.tx_hash, e.log_index, e.name, e.topics).where(e.chain_id == chain_id, e.name.in_(_AUTHORITIES))
    query = query.order_by(e.block_number, e.log_index)
    found: dict[str, list[Authority]] = {}
    for at in range(0, len(numbers), _AT_A_TIME):
        for tx_hash, log_index, name, topics in stream_rows(
            c, query.where(e.block_number.in_(numbers[at : at + _AT_A_TIME]))
        ):
            found.setdefault(tx_hash, []).append(Authority(log_index, name, json.loads(topics)[1]))
    return found


def cause_of(found: Authorities, tx_hash: str, log_index: int) -> tuple[str, str]:
    """Name and reference of the last authority before a log of its transaction; both empty where there is none."""
    before = found.get(tx_hash, ())
    at = bisect_left(before, (log_index,))
    return before[at - 1][1:] if at else ("", "")


def causes(c: Connection, chain_id: int) -> dict[str, str]:
    """What stands behind each one-time reference, in words: what an instruction does and came from, or a trade."""
    i, t = tables.instructions.c, tables.trades.c
    book = c.execute(select(i.ref, i.operation, i.source).where(i.chain_id == chain_id))
    settled = c.execute(select(t.ref, t.trade_id).where(t.chain_id == chain_id))
    return {ref: f"{operation}: {source}" for ref, operation, source in book} | {
        ref: f"trade: {trade_id}" for ref, trade_id in settled
    }
