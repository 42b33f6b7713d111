"""What reports ask of postings over time: who moved what, when, to whom, and by which instruction or trade."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection

_ACCOUNTS_AT_A_TIME = 400
_AUTHORITIES = ("InstructionExecuted", "TradeSettled")
"""Events that stand before the moves that they cause, in the same transaction."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One posting, reduced to what a running total needs; `timestamp` is its block's, in seconds since 1970."""

    block_number: int
    timestamp: int
    account: str
    amount_units: int


@dataclass(frozen=True, slots=True)
class Move:
    """Units that went from one account to another; the issuance account gives what is issued and takes it back."""

    block_number: int
    sender: str
    recipient: str
    amount_units: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A posting on an account that a statement is of, with its other side.

    `authority` names the event that caused it and `ref` its one-time reference; both are empty where a holder moved
    its units by itself.
    """

    block_number: int
    timestamp: int
    log_index: int
    leg: int
    account: str
    amount_units: int
    counterparty: str
    tx_hash: str
    authority: str
    ref: str


def legs(c: Connection, instrument_id: str, upto: int, account: str | None = None) -> Iterator[Leg]:
    """The postings of an instrument up to a block, or of one account in it, in their order. They stream.

    Raises:
        RegisterConflict: a block that has postings is not in the register.
    """
    p, b = tables.postings.c, tables.blocks.c
    query = select(p.block_number, b.timestamp, p.account, p.amount_units).select_from(_with_time())
    query = query.where(p.instrument_id == instrument_id, p.block_number <= upto)
    if account is not None:
        query = query.where(p.account == account)
    for row in stream_rows(c, query.order_by(p.block_number, p.log_index, p.leg)):
        yield Leg(row[0], _known(instrument_id, row[0], row[1]), row[2], row[3])


def moves(c: Connection, instrument_id: str, upto: int) -> Iterator[Move]:
    """What went from whom to whom up to a block, in its order. They stream; a posting without its other leg is none."""
    p, other = tables.postings, tables.postings.alias("other")
    query = (
        select(p.c.block_number, p.c.account, other.c.account, other.c.amount_units)
        .select_from(p.join(other, _same_log(p.c, other.c)))
        .where(p.c.instrument_id == instrument_id, p.c.block_number <= upto, p.c.leg == 0, other.c.leg == 1)
    )
    for row in stream_rows(c, query.order_by(p.c.block_number, p.c.log_index)):
        yield Move(*row)


def movements(c: Connection, instrument_id: str, accounts: Collection[str], upto: int) -> list[Movement]:
    """The postings on these accounts up to a block, in their order, each with its other side and what caused it.

    Raises:
        RegisterConflict: a block that has postings is not in the register.
    """
    wanted = sorted(accounts)
    found = [
        each
        for at in range(0, len(wanted), _ACCOUNTS_AT_A_TIME)
        for each in _movements(c, instrument_id, wanted[at : at + _ACCOUNTS_AT_A_TIME], upto)
    ]
    return sorted(found, key=lambda each: (each.block_number, each.log_index, each.leg))


def _movements(c: Connection, instrument_id: str, accounts: Sequence[str], upto: int) -> Iterator[Movement]:
    p, b, other = tables.postings.c, tables.blocks.c, tables.postings.alias("other")
    joined = _with_time().outerjoin(other, and_(_same_log(p, other.c), other.c.leg == 1 - p.leg))
    columns = [p.block_number, b.timestamp, p.log_index, p.leg, p.account, p.amount_units, other.c.account, p.tx_hash]
    cause = [_cause(tables.events.c.name), _cause(tables.events.c.topics)]
    query = select(*columns, *cause).select_from(joined)
    query = query.where(p.instrument_id == instrument_id, p.account.in_(accounts), p.block_number <= upto)
    for row in stream_rows(c, query):
        block, timestamp, log_index, leg, account, amount, counterparty, tx_hash, authority, topics = row
        at = _known(instrument_id, block, timestamp)
        ref = json.loads(topics)[1] if topics else ""
        yield Movement(block, at, log_index, leg, account, amount, counterparty or "", tx_hash, authority or "", ref)


def _cause(column: ColumnElement[str]) -> ColumnElement[str]:
    """Of the event that caused a posting: the last of its kind before it, in the same transaction."""
    e, p, i = tables.events.c, tables.postings.c, tables.instruments.c
    return (
        select(column)
        .where(e.chain_id == i.chain_id, e.block_number == p.block_number, e.log_index < p.log_index)
        .where(e.tx_hash == p.tx_hash, e.name.in_(_AUTHORITIES))
        .order_by(e.log_index.desc())
        .limit(1)
        .correlate(tables.postings, tables.instruments)
        .scalar_subquery()
    )


def _with_time() -> Any:
    p, i, b = tables.postings, tables.instruments, tables.blocks
    return p.join(i, p.c.instrument_id == i.c.instrument_id).outerjoin(
        b, (b.c.chain_id == i.c.chain_id) & (b.c.number == p.c.block_number)
    )


def _same_log(left: Any, right: Any) -> ColumnElement[bool]:
    return and_(
        left.instrument_id == right.instrument_id,
        left.block_number == right.block_number,
        left.log_index == right.log_index,
    )


def _known(instrument_id: str, block: int, timestamp: int | None) -> int:
    if timestamp is None:
        raise RegisterConflict(
            f"the register has postings of {instrument_id} in block {block}, but no such block",
            "A row was changed from outside. Restore the database, or start a register anew from the chain.",
        )
    return timestamp


def supply_at(c: Connection, instrument_id: str, block: int) -> int:
    """Units in issue at the end of a block, by the postings."""
    p = tables.postings.c
    query = select(p.balance_after_units).where(
        p.instrument_id == instrument_id, p.account == ISSUANCE_ACCOUNT, p.block_number <= block
    )
    newest = query.order_by(p.block_number.desc(), p.log_index.desc(), p.leg.desc()).limit(1)
    return -(c.execute(newest).scalar() or 0)


def causes(c: Connection, chain_id: int) -> dict[str, str]:
    """What stands behind each one-time reference, in words: what an instruction does and came from, or a trade."""
    i, t = tables.instructions.c, tables.trades.c
    book = c.execute(select(i.ref, i.operation, i.source).where(i.chain_id == chain_id))
    settled = c.execute(select(t.ref, t.trade_id).where(t.chain_id == chain_id))
    return {ref: f"{operation}: {source}" for ref, operation, source in book} | {
        ref: f"trade: {trade_id}" for ref, trade_id in settled
    }
