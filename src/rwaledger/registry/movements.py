"""What reports ask of postings over time: who moved what, when, to whom, and by which instruction or trade.

Only what counts is told: legs that a signed correction has taken back, and those that take them back, are no moves.
`signed` are the correction rows that are signed for; a reader that gives none sees every posting as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import merge
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, select

from rwaledger.domain.correction import CorrectionRow, leg_key
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import instruments, tables
from rwaledger.registry.authorities import authorities, cause_of
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.corrected import Change, Corrected, corrected
from rwaledger.registry.database import Connection

_AT_A_TIME = 400

Signed = Sequence[CorrectionRow]

# Tuples, since a report reads a million of them: a frozen dataclass takes more than twice as long to make.


class Leg(NamedTuple):
    """One posting, reduced to what a running total needs; `timestamp` is its block's, in seconds since 1970."""

    block_number: int
    timestamp: int
    account: str
    amount_units: int


class Move(NamedTuple):
    """Units that went from one account to another; the issuance account gives what is issued and takes it back."""

    block_number: int
    sender: str
    recipient: str
    amount_units: int


class Movement(NamedTuple):
    """A posting on an account that a statement is of, with its other side.

    `authority` names the event that caused it and `ref` its one-time reference; both are empty where a holder moved
    its units by itself. `break_id` is that of the correction that entered it, empty where the mirror did.
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
    break_id: str = ""


def legs(
    c: Connection, instrument_id: str, upto: int, account: str | None = None, signed: Signed = ()
) -> Iterator[Leg]:
    """The postings of an instrument up to a block, or of one account in it, in their order. They stream.

    Raises:
        RegisterConflict: a block that has postings is not in the register.
    """
    p, b = tables.postings.c, tables.blocks.c
    columns = (p.block_number, p.log_index, p.leg, b.timestamp, p.account, p.amount_units)
    query = _upto(select(*columns).select_from(_with_time()), instrument_id, upto)
    if account is not None:
        query = query.where(p.account == account)
    found = corrected(c, instrument_id, upto, signed)
    entered = [each for each in found.counted if account in (None, each.account)]
    times = _times(c, instrument_id, (each.block_number for each in entered))
    right = ((*leg_key(each), times[each.block_number], each.account, each.amount_units) for each in entered)
    ordered = query.order_by(p.block_number, p.log_index, p.leg)
    for block, _, _, timestamp, owner, units in _overlaid(stream_rows(c, ordered), right, found):
        yield Leg(block, _known(instrument_id, block, timestamp), owner, units)


def moves(c: Connection, instrument_id: str, upto: int, signed: Signed = ()) -> Iterator[Move]:
    """What went from whom to whom up to a block, in its order. They stream; a posting without its other leg is none."""
    p, other = tables.postings, tables.postings.alias("other")
    columns = (p.c.block_number, p.c.log_index, p.c.leg, p.c.account, other.c.account, other.c.amount_units)
    paired = select(*columns).select_from(p.join(other, _same_log(p.c, other.c))).where(p.c.leg == 0, other.c.leg == 1)
    query = _upto(paired, instrument_id, upto).order_by(p.c.block_number, p.c.log_index)
    found = corrected(c, instrument_id, upto, signed)
    right = ((*leg_key(debit), debit.account, credit.account, credit.amount_units) for debit, credit in found.pairs())
    for row in _overlaid(stream_rows(c, query), right, found):
        yield Move(row[0], row[3], row[4], row[5])


def movements(
    c: Connection, instrument_id: str, accounts: Collection[str], upto: int, signed: Signed = ()
) -> list[Movement]:
    """The postings on these accounts up to a block, in their order, each with its other side and what caused it.

    Raises:
        RegisterConflict: a block that has postings is not in the register.
    """
    found = corrected(c, instrument_id, upto, signed)
    ordinary = (row for row in _rows(c, instrument_id, sorted(accounts), upto) if (row[0], row[1]) not in found.places)
    rows = [*ordinary, *_corrected_rows(found, frozenset(accounts))]
    rows.sort(key=lambda row: row[:3])
    blocks = {row[0] for row in rows}
    times = _times(c, instrument_id, blocks)
    caused = authorities(c, instruments.instrument(c, instrument_id).chain_id, blocks)
    shared: dict[str, str] = {}
    told = []
    for block, log_index, leg, account, units, other, tx_hash in rows:
        tx, counterparty = shared.setdefault(tx_hash, tx_hash), shared.setdefault(other, other)
        place = (block, times[block], log_index, leg, shared.setdefault(account, account), units, counterparty, tx)
        break_id = found.break_ids.get((block, log_index, leg), "") if found.places else ""
        told.append(Movement(*place, *cause_of(caused, tx, log_index), break_id))
    return told


def changes(
    c: Connection, instrument_id: str, accounts: Collection[str], upto: int, signed: Signed
) -> list[tuple[int, Change]]:
    """What corrections have changed on these accounts of movements up to a block, each with the time of its block.

    Raises:
        RegisterConflict: a block that has postings is not in the register.
    """
    found = [each for each in corrected(c, instrument_id, upto, signed).changes if each.account in accounts]
    times = _times(c, instrument_id, (each.block_number for each in found))
    return [(times[each.block_number], each) for each in found]


_Row = tuple[int, int, int, str, int, str, str]
"""Block, log, leg, account, units, the account on the other side, and the transaction."""


def _rows(c: Connection, instrument_id: str, accounts: Sequence[str], upto: int) -> Iterator[_Row]:
    p, other = tables.postings, tables.postings.alias("other")
    joined = p.outerjoin(other, and_(_same_log(p.c, other.c), other.c.leg == 1 - p.c.leg))
    columns = (p.c.block_number, p.c.log_index, p.c.leg, p.c.account, p.c.amount_units, other.c.account, p.c.tx_hash)
    query = _upto(select(*columns).select_from(joined), instrument_id, upto)
    for at in range(0, len(accounts), _AT_A_TIME):
        for row in stream_rows(c, query.where(p.c.account.in_(accounts[at : at + _AT_A_TIME]))):
            block, log_index, leg, account, units, counterparty, tx_hash = row
            yield block, log_index, leg, account, units, counterparty or "", tx_hash


def _corrected_rows(found: Corrected, accounts: frozenset[str]) -> Iterator[_Row]:
    others = found.others()
    for each in found.counted:
        if each.account in accounts:
            other = others.get(leg_key(each), "")
            yield *leg_key(each), each.account, each.amount_units, other, each.tx_hash


def _overlaid(ordinary: Iterable[Any], right: Iterable[Any], found: Corrected) -> Iterable[Any]:
    """Rows that begin with block, log and leg: at places with a correction those that are `right`, else as they are."""
    if not found.places:
        return ordinary
    others = (row for row in ordinary if (row[0], row[1]) not in found.places)
    return merge(others, right, key=lambda row: tuple(row[:3]))


def _upto(query: Select[Any], instrument_id: str, upto: int) -> Select[Any]:
    p = tables.postings.c
    return query.where(p.instrument_id == instrument_id, p.block_number <= upto)


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


def _times(c: Connection, instrument_id: str, blocks: Iterable[int]) -> dict[int, int]:
    """The time of each of these blocks."""
    b, wanted = tables.blocks.c, sorted(set(blocks))
    chain_id = instruments.instrument(c, instrument_id).chain_id
    query = select(b.number, b.timestamp).where(b.chain_id == chain_id)
    found: dict[int, int] = {}
    for at in range(0, len(wanted), _AT_A_TIME):
        rows = c.execute(query.where(b.number.in_(wanted[at : at + _AT_A_TIME])))
        found |= {number: timestamp for number, timestamp in rows}  # noqa: C416 - rows are no pairs to dict()
    return {block: _known(instrument_id, block, found.get(block)) for block in wanted}


def _known(instrument_id: str, block: int, timestamp: int | None) -> int:
    if timestamp is None:
        raise RegisterConflict(
            f"the register has postings of {instrument_id} in block {block}, but no such block",
            "A row was changed from outside. Restore the database, or start a register anew from the chain.",
        )
    return timestamp


def credits_in(
    c: Connection, instrument_id: str, blocks: Collection[int], signed: Signed = ()
) -> Iterator[tuple[str, int, str, int]]:
    """Transaction, log, account and units of what came to accounts in these blocks, in no order."""
    p, numbers = tables.postings.c, sorted(blocks)
    found = corrected(c, instrument_id, max(numbers, default=0), signed)
    query = select(p.block_number, p.log_index, p.tx_hash, p.account, p.amount_units)
    query = query.where(p.instrument_id == instrument_id, p.leg == 1)
    for at in range(0, len(numbers), _AT_A_TIME):
        for block, log_index, *rest in stream_rows(c, query.where(p.block_number.in_(numbers[at : at + _AT_A_TIME]))):
            if (block, log_index) not in found.places:
                yield rest[0], log_index, rest[1], rest[2]
    for _, credit in found.pairs():
        if credit.block_number in blocks:
            yield credit.tx_hash, credit.log_index, credit.account, credit.amount_units


def supply_at(c: Connection, instrument_id: str, block: int) -> int:
    """Units in issue at the end of a block, by the postings."""
    p = tables.postings.c
    query = select(p.balance_after_units).where(
        p.instrument_id == instrument_id, p.account == ISSUANCE_ACCOUNT, p.block_number <= block
    )
    newest = query.order_by(p.block_number.desc(), p.log_index.desc(), p.leg.desc()).limit(1)
    return -(c.execute(newest).scalar() or 0)
