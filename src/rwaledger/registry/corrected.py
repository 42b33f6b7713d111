"""What signed corrections make of an instrument's postings: what counts where they stand, and what they have changed.

Corrections are few and postings many: only the places at which a correction stands are looked at here, and whoever
reads postings takes what counts there from here and all others as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from rwaledger.domain.correction import POSTINGS, CorrectionRow, LegKey, effective, leg_key, posting_key, side_of
from rwaledger.domain.posting import Posting
from rwaledger.registry import tables
from rwaledger.registry.bulk import stream_rows
from rwaledger.registry.database import Connection

Place = tuple[int, int]
"""Block and log of a move."""

_AT_A_TIME = 400


@dataclass(frozen=True, slots=True)
class Change:
    """What a correction has changed of one account's entries for one move, in base units, signed as on the account.

    `before_units` is what stood there, `back_units` what takes it back, `entered_units` what was entered as right.
    `entries` names the legs: those before, those that take them back, those entered.
    """

    break_id: str
    recorded_at: datetime
    block_number: int
    log_index: int
    account: str
    tx_hash: str
    before_units: int
    back_units: int
    entered_units: int
    entries: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Corrected:
    """The `places` at which a correction stands, and the postings that count there, in their order.

    `break_ids` say by which correction a posting among them was entered.
    """

    places: frozenset[Place] = frozenset()
    counted: tuple[Posting, ...] = ()
    break_ids: Mapping[LegKey, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    def pairs(self) -> Iterator[tuple[Posting, Posting]]:
        """Debit and credit of each move that counts at these places."""
        sides: dict[Place, tuple[list[Posting], list[Posting]]] = {}
        for each in self.counted:
            side = side_of(each.leg, is_corrected=leg_key(each) in self.break_ids)
            if side in (0, 1):
                sides.setdefault((each.block_number, each.log_index), ([], []))[side].append(each)
        for debits, credits in sides.values():
            yield from zip(debits, credits, strict=False)

    def others(self) -> dict[LegKey, str]:
        """The account on the other side of each posting that counts at these places."""
        found = {}
        for debit, credit in self.pairs():
            found[leg_key(debit)], found[leg_key(credit)] = credit.account, debit.account
        return found


def corrected(c: Connection, instrument_id: str, upto: int, signed: Iterable[CorrectionRow]) -> Corrected:
    """What these rows make of an instrument's postings up to a block; the caller says which rows are signed for."""
    rows = [row for row in signed if row.instrument_id == instrument_id and row.table_name == POSTINGS]
    entries = {row.row_key: row for row in rows if row.block_number <= upto}
    if not entries:
        return Corrected()
    places = frozenset(_place(key) for key in entries)
    near = _postings_at(c, instrument_id, places)
    found = effective(near, entries.values())
    legs = {posting_key(each): each for each in near}
    break_ids = {leg_key(legs[key]): row.break_id for key, row in entries.items() if key in legs}
    counted = {leg_key(each) for each in found.postings}
    back = {posting_key(each.by): posting_key(each.original) for each in found.reversals}
    return Corrected(
        places,
        found.postings,
        {key: break_id for key, break_id in break_ids.items() if key in found.corrected and key in counted},
        tuple(_changes(entries, legs, back)),
    )


def _place(key: str) -> Place:
    _, block, log_index, _ = key.rsplit("/", 3)
    return int(block), int(log_index)


def _postings_at(c: Connection, instrument_id: str, places: Collection[Place]) -> list[Posting]:
    p, blocks = tables.postings, sorted({block for block, _ in places})
    found = []
    for at in range(0, len(blocks), _AT_A_TIME):
        query = select(p).where(p.c.instrument_id == instrument_id, p.c.block_number.in_(blocks[at : at + _AT_A_TIME]))
        ordered = query.order_by(p.c.block_number, p.c.log_index, p.c.leg)
        found += [Posting(*row) for row in stream_rows(c, ordered) if (row.block_number, row.log_index) in places]
    return found


def _changes(
    entries: Mapping[str, CorrectionRow], legs: Mapping[str, Posting], back: Mapping[str, str]
) -> Iterator[Change]:
    """Account by account and place by place, what each correction has taken back and entered."""
    grouped: dict[tuple[int, int, str, str], list[str]] = {}
    for key, row in entries.items():
        posting = legs.get(key)
        if posting is not None and (key in back or not row.reverses):
            place = (posting.block_number, posting.log_index, posting.account, row.break_id)
            grouped.setdefault(place, []).append(key)
    for (block, log_index, account, break_id), keys in sorted(grouped.items()):
        reversing = [legs[key] for key in keys if key in back]
        before = [legs[back[key]] for key in keys if key in back]
        right = [legs[key] for key in keys if key not in back]
        recorded_at = max(entries[key].recorded_at for key in keys)
        tx_hash = (right or before)[0].tx_hash
        place = (block, log_index, account, tx_hash)
        units = (_units(before), _units(reversing), _units(right))
        yield Change(break_id, recorded_at, *place, *units, (_legs(before), _legs(reversing), _legs(right)))


def _units(postings: Sequence[Posting]) -> int:
    return sum(each.amount_units for each in postings)


def _legs(postings: Sequence[Posting]) -> tuple[int, ...]:
    return tuple(sorted(each.leg for each in postings))
