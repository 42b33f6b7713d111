"""What the mirror writes: blocks, events, postings, positions, standings, and the checkpoint over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import select, update

from rwaledger.domain.block import Block, Checkpoint, Log
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import Position, Posting
from rwaledger.registry import tables
from rwaledger.registry.bulk import Write, insert_new_rows, insert_rows, ready_columns, upsert_rows
from rwaledger.registry.database import Connection
from rwaledger.registry.rewind import rewind
from rwaledger.registry.types import units_text, units_texts
from rwaledger.registry.upsert import insert_if_new

__all__ = [
    "StandingChange",
    "advance_checkpoint",
    "block_at",
    "block_hashes",
    "checkpoint",
    "checkpoints",
    "insert_blocks",
    "insert_events",
    "insert_postings",
    "insert_standings",
    "ready_events",
    "ready_postings",
    "rewind",
    "upsert_positions",
]


@dataclass(frozen=True, slots=True)
class StandingChange:
    """What an account's standing on an instrument is from the log at (`block_number`, `log_index`) on."""

    instrument_id: str
    account: str
    block_number: int
    log_index: int
    standing: Standing


def checkpoint(c: Connection, chain_id: int, address: str) -> Checkpoint | None:
    """How far a contract's events are in the register; None where none were ever read."""
    table = tables.checkpoints
    query = select(table).where(table.c.chain_id == chain_id, table.c.address == address)
    row = c.execute(query).one_or_none()
    return None if row is None else Checkpoint(*row)


def checkpoints(c: Connection, chain_id: int) -> list[Checkpoint]:
    """The checkpoints of a chain's contracts, in order of address."""
    table = tables.checkpoints
    query = select(table).where(table.c.chain_id == chain_id).order_by(table.c.address)
    return [Checkpoint(*row) for row in c.execute(query)]


def advance_checkpoint(c: Connection, old: Checkpoint | None, new: Checkpoint) -> None:
    """Puts `new` where `old` is; None is for a contract that has no checkpoint yet.

    Call it before the other writes of a batch: a writer that lost is then stopped before it has done any.

    Raises:
        RegisterConflict: something else is there by now, so another process writes to this register.
        ValueError: `new` is of another contract than `old`, or not of a later generation.
    """
    if old is not None and not (
        (new.chain_id, new.address) == (old.chain_id, old.address) and new.generation > old.generation
    ):
        raise ValueError(f"{new} does not follow {old}")
    won = insert_if_new(c, tables.checkpoints, asdict(new)) if old is None else _swap_checkpoint(c, old, new)
    if not won:
        raise RegisterConflict(
            f"another process has moved the checkpoint of {new.address}; nothing of this batch was kept",
            "Let one mirror write to a register at a time, and run the command again.",
        )


def _swap_checkpoint(c: Connection, old: Checkpoint, new: Checkpoint) -> bool:
    t = tables.checkpoints.c
    swap = (
        update(tables.checkpoints)
        .where(t.chain_id == old.chain_id, t.address == old.address)
        .where(t.block_number == old.block_number, t.block_hash == old.block_hash)
        .where(t.generation == old.generation)
        .values(block_number=new.block_number, block_hash=new.block_hash, generation=new.generation)
    )
    return c.execute(swap).rowcount == 1


def insert_blocks(c: Connection, blocks: Sequence[Block], chain_id: int) -> None:
    """Stores headers; those that are there already, for another contract, are left.

    Raises:
        RegisterConflict: a block of the same number and another hash is there.
    """
    rows = [(chain_id, b.number, b.hash, b.parent_hash, b.timestamp) for b in blocks]
    if insert_new_rows(c, tables.blocks, rows) == len(rows):
        return
    numbers = [block.number for block in blocks]
    known = block_hashes(c, chain_id, min(numbers), max(numbers))
    for block in blocks:
        if known[block.number] != block.hash:
            raise RegisterConflict(
                f"block {block.number} is in the register as {known[block.number]}, not as {block.hash}",
                "The chain was reorganised: the register has to be rewound first.",
            )


def insert_events(c: Connection, events: Sequence[tuple[Log, str]], chain_id: int) -> None:
    """Stores logs, each with the name of its event (empty where the topic is unknown)."""
    ready_events(c.dialect.name, events, chain_id)(c)


def ready_events(dialect: str, events: Sequence[tuple[Log, str]], chain_id: int) -> Write:
    """What stores them on a connection, with all done that needs none."""
    if not events:
        return _nothing
    logs, names = zip(*events, strict=True)
    address, topics, data, block_number, block_hash, tx_hash, tx_index, log_index = zip(*logs, strict=True)
    columns = {
        "chain_id": [chain_id] * len(logs),
        "block_number": block_number,
        "log_index": log_index,
        "block_hash": block_hash,
        "tx_hash": tx_hash,
        "tx_index": tx_index,
        "address": address,
        "name": names,
        "topics": list(map(_texts_as_json, topics)),
        "data": data,
    }
    return ready_columns(dialect, tables.events, columns)


def _texts_as_json(texts: Sequence[str]) -> str:
    """As `json_text` has it, in a tenth of the time."""
    return msgspec.json.encode(texts).decode()


def insert_postings(c: Connection, postings: Sequence[Posting]) -> None:
    """Stores postings. Raises TypeError or ValueError for an amount that is not exact."""
    ready_postings(c.dialect.name, postings)(c)


def ready_postings(dialect: str, postings: Sequence[Posting]) -> Write:
    """What stores them on a connection, with all done that needs none. Raises as `insert_postings` does."""
    if not postings:
        return _nothing
    columns: dict[str, Sequence[Any]] = dict(zip(Posting._fields, zip(*postings, strict=True), strict=True))
    for name in ("amount_units", "balance_after_units"):
        columns[name] = units_texts(columns[name])
    return ready_columns(dialect, tables.postings, columns)


def _nothing(_: Connection) -> None:
    """There are no rows."""


def upsert_positions(c: Connection, positions: Sequence[Position]) -> None:
    """Stores what accounts hold now, in place of what they held before."""
    rows = {
        (p.instrument_id, p.account): (
            p.instrument_id,
            p.account,
            units_text(p.balance_units),
            p.block_number,
            p.log_index,
        )
        for p in positions
    }
    upsert_rows(c, tables.positions, list(rows.values()))


def insert_standings(c: Connection, changes: Sequence[StandingChange]) -> None:
    """Stores what standings became; the ones before stay, as history."""
    rows = [
        (
            change.instrument_id,
            change.account,
            change.block_number,
            change.log_index,
            change.standing.investor_class,
            change.standing.country,
            change.standing.valid_until_day,
            units_text(change.standing.frozen_units),
            int(change.standing.address_frozen),
            int(change.standing.suspended),
        )
        for change in changes
    ]
    insert_rows(c, tables.standings, tables.standings.c.keys(), rows)


def block_at(c: Connection, chain_id: int, number: int) -> Block | None:
    """The stored header of that number; None where it is not stored."""
    t = tables.blocks.c
    query = select(t.number, t.hash, t.parent_hash, t.timestamp)
    row = c.execute(query.where(t.chain_id == chain_id, t.number == number)).one_or_none()
    return None if row is None else Block(*row)


def block_hashes(c: Connection, chain_id: int, first: int, last: int) -> dict[int, str]:
    """Hash by number of the stored blocks from `first` to `last`, both included, in order."""
    t = tables.blocks.c
    query = select(t.number, t.hash).where(t.chain_id == chain_id, t.number.between(first, last))
    return {number: found for number, found in c.execute(query.order_by(t.number))}  # noqa: C416
