"""What the chain says was carried out: instructions by their references, and the units that each of them moved."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from rwaledger.domain.block import Log
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection
from rwaledger.registry.movements import Signed, credits_in

EXECUTED = "InstructionExecuted"


@dataclass(frozen=True, slots=True)
class Execution:
    """Where an instruction was carried out: its effects stand behind this place, in the same transaction."""

    ref: str
    block_number: int
    log_index: int
    tx_hash: str


def events_named(c: Connection, chain_id: int, names: Collection[str], upto: int) -> Iterator[Log]:
    """The events of these names, of whatever contract, up to a block and in its order. They stream."""
    t = tables.events
    query = select(t).where(t.c.chain_id == chain_id, t.c.name.in_(sorted(names)), t.c.block_number <= upto)
    for row in stream_rows(c, query.order_by(t.c.block_number, t.c.log_index)):
        place = (row.block_number, row.block_hash, row.tx_hash, row.tx_index, row.log_index)
        yield Log(row.address, tuple(json.loads(row.topics)), row.data, *place)


def executions(c: Connection, chain_id: int, upto: int) -> dict[str, Execution]:
    """Every instruction that was carried out up to a block, by its reference."""
    found = (
        Execution(log.topics[1], log.block_number, log.log_index, log.tx_hash)
        for log in events_named(c, chain_id, [EXECUTED], upto)
    )
    return {each.ref: each for each in found}


def references(c: Connection, chain_id: int, prefix: str) -> dict[str, list[str]]:
    """The references of instructions whose idempotency key begins so, by their keys and in their order."""
    t = tables.instructions.c
    query = select(t.idempotency_key, t.ref).where(
        t.chain_id == chain_id, t.idempotency_key.startswith(prefix, autoescape=True)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for key, ref in c.execute(query.order_by(t.idempotency_key, t.chunk)):
        found[key].append(ref)
    return dict(found)


def received(
    c: Connection, instrument_id: str, carried_out: Sequence[Execution], signed: Signed = ()
) -> dict[str, dict[str, int]]:
    """Units of an instrument that came to each account by each of these instructions, by reference and account.

    `signed` are the rows of corrections that count.
    """
    of_transaction: dict[str, list[Execution]] = defaultdict(list)
    for each in carried_out:
        of_transaction[each.tx_hash].append(each)
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    blocks = {each.block_number for each in carried_out}
    for tx_hash, log_index, account, amount in credits_in(c, instrument_id, blocks, signed):
        before = [each for each in of_transaction.get(tx_hash, ()) if each.log_index < log_index]
        if before:
            found[max(before, key=lambda each: each.log_index).ref][account] += amount
    return {ref: dict(accounts) for ref, accounts in found.items()}


def senders(c: Connection, chain_id: int, upto: int) -> dict[str, str]:
    """Who sent each transaction that was made here and mined up to a block, by its hash."""
    t = tables.transactions.c
    query = select(t.tx_hash, t.sender).where(t.chain_id == chain_id, t.block_number <= upto)
    return {tx_hash: sender for tx_hash, sender in c.execute(query)}  # noqa: C416 - rows are no pairs to dict()
