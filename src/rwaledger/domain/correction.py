"""Corrections of the register: what is wrong is taken back by a new entry, and what is right is entered behind it.

No posting is ever changed. A *reversing* leg stands at the place of the leg that it takes back, with the opposite
amount; a *right* leg behind it says what the chain says. Legs that are taken back, and those that take back, count for
nothing. `balance_after_units` of every leg of a correction is right, so that the last leg of an account at a place is
its balance there, corrected or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rwaledger.domain.block import Block, Log
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import Position, Posting

POSTINGS = "postings"
LegKey = tuple[int, int, int]
"""Block, log and leg of a posting."""


class Statement(StrEnum):
    """Kinds of statements, by what they are called on the command line."""

    RESERVE = "reserve"
    ATTESTATION = "attestation"
    REDEMPTION = "redemption"
    CLIENTS = "clients"
    HOLDER = "holder"
    LICENCE = "licence"
    TRAVEL = "travel"


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A row that was entered to put a break right; `reverses` is the key of the row that it takes back, or empty.

    Keys are the primary key's values with a slash between them, as in `GRN28/412/3/0`.
    """

    break_id: str
    table_name: str
    row_key: str
    reverses: str
    instrument_id: str
    block_number: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Reversal:
    """A leg, and the one that takes it back."""

    original: Posting
    by: Posting
    break_id: str


@dataclass(frozen=True, slots=True)
class Effective:
    """What counts of an instrument's postings. `corrected` are the legs among them that a correction has entered."""

    postings: tuple[Posting, ...]
    reversals: tuple[Reversal, ...] = ()
    corrected: frozenset[LegKey] = frozenset()


@dataclass(frozen=True, slots=True)
class RegisterEntries:
    """What a correction of the mirror's rows enters, all of it derived from the chain.

    `reversals` pair each new leg with the one it takes back; `postings` are the right legs. `positions` are the
    balances behind them; `emptied` are accounts whose position goes, since nothing ever moved on them.
    """

    instrument_id: str
    reversals: tuple[Reversal, ...] = ()
    postings: tuple[Posting, ...] = ()
    positions: tuple[Position, ...] = ()
    emptied: tuple[str, ...] = ()
    events: tuple[tuple[Log, str], ...] = ()
    blocks: tuple[Block, ...] = ()
    standings: tuple[tuple[str, int, int, Standing], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to put right."""
        return not (self.reversals or self.postings or self.positions or self.emptied or self.events or self.standings)


def leg_key(posting: Posting) -> LegKey:
    """Block, log and leg."""
    return posting.block_number, posting.log_index, posting.leg


def row_key(*values: object) -> str:
    """The values of a primary key as one text."""
    return "/".join(str(value) for value in values)


def posting_key(posting: Posting) -> str:
    """The key of a posting's row."""
    return row_key(posting.instrument_id, *leg_key(posting))


def side_of(leg: int, *, is_corrected: bool) -> int:
    """0 for a debit's leg, 1 for a credit's: right legs of a correction are even or odd like those they stand for."""
    return leg % 2 if is_corrected else leg


def effective(postings: Sequence[Posting], rows: Iterable[CorrectionRow]) -> Effective:
    """The postings that count, in their order.

    A reversal counts where it is one: of the same account, at the same place, of the opposite amount, and once. Any
    other row that claims to reverse something is an ordinary posting, which no event stands behind.
    """
    listed = {row.row_key: row for row in rows if row.table_name == POSTINGS}
    if not listed:
        return Effective(tuple(postings))
    places = {key.rpartition("/")[0] for key in listed}
    near = [posting for posting in postings if row_key(*_place(posting)) in places]
    by_key = {posting_key(posting): posting for posting in near}
    reversals: dict[str, Reversal] = {}
    for key, row in sorted(listed.items()):
        by, original = by_key.get(key), by_key.get(row.reverses)
        if by and original and row.reverses not in reversals and _takes_back(original, by):
            reversals[row.reverses] = Reversal(original, by, row.break_id)
    out = {*reversals, *(posting_key(each.by) for each in reversals.values())}
    taken = {leg_key(by_key[key]) for key in out}
    left = tuple(posting for posting in postings if leg_key(posting) not in taken)
    right = {leg_key(by_key[key]) for key, row in listed.items() if not row.reverses and key in by_key}
    corrected = frozenset(right - taken)
    in_order = sorted(reversals.values(), key=lambda each: leg_key(each.by))
    return Effective(left, tuple(in_order), corrected)


def _place(posting: Posting) -> tuple[str, int, int]:
    return posting.instrument_id, posting.block_number, posting.log_index


def _takes_back(original: Posting, by: Posting) -> bool:
    same_place = (original.block_number, original.log_index) == (by.block_number, by.log_index)
    opposite = original.amount_units == -by.amount_units
    return same_place and original.account == by.account and opposite and by.leg > original.leg
