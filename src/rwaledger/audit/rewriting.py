"""A copy of an instrument's register in which postings can be put right, with what follows from them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from rwaledger.audit.records import InstrumentRecords, Place, Register, place_of
from rwaledger.audit.replay import fields_set, move_of, standing_account
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.correction import LegKey, leg_key
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import Posting

_Leg = tuple[int, int]
"""Number of a leg, and its signed units."""


class Rewriting:
    """The register of one instrument while it is put right. The original stays as it is."""

    def __init__(self, each: InstrumentRecords) -> None:
        self._each = each
        self._logs = {place_of(log): (name, log) for name, log in each.token.register_logs}
        self._positions = None if each.register.positions is None else dict(each.register.positions)
        self._standings = dict(each.register.standings)
        self._history = {place: dict(rows) for place, rows in each.register.history.items()}
        self._moved = dict(each.register.moved)
        self._replaced: set[LegKey] = set()
        self._postings: dict[str, list[Posting]] = {}
        for posting in each.register.postings:
            self._postings.setdefault(posting.account, []).append(posting)

    def result(self) -> InstrumentRecords:
        """The instrument with its register as it is now."""
        postings = sorted((p for row in self._postings.values() for p in row), key=_key)
        logs = tuple(self._logs[place] for place in sorted(self._logs))
        register = Register(
            tuple(postings),
            self._positions,
            self._standings,
            self._history,
            self._moved,
            self._each.register.reversals,
            self._each.register.corrected - self._replaced,
        )
        return replace(self._each, token=replace(self._each.token, register_logs=logs), register=register)

    def enter(self, place: Place) -> None:
        """Makes the register say of a place what the chain says of it, be it nothing."""
        event = self._each.account_events.get(place)
        move = move_of(event) if event else None
        self._take_back_standings(place)
        if event:
            is_new = place not in self._logs
            self._logs.setdefault(place, (event.name, event.log))
            if move is None:
                self._enter_standing(event, place, is_new=is_new)
            else:
                self._enter_last_move(place, (move.sender, move.recipient))
        due: dict[str, list[_Leg]] = {p.account: [] for p in self._each.groups.get(place, ())}
        for number, (account, units) in enumerate(move.legs if move else ()):
            due.setdefault(account, []).append((number, units))
        tx_hash = event.log.tx_hash if event else ""
        for account, legs in due.items():
            self._replace(account, place, legs, tx_hash)

    def balance_again(self, account: str, place: Place) -> None:
        """Works out the running balances of an account's postings at a place anew; their amounts stay."""
        there = [p for p in self._postings.get(account, ()) if (p.block_number, p.log_index) == place]
        if there:
            self._replace(account, place, [(p.leg, p.amount_units) for p in there], there[0].tx_hash)

    def carry_position(self, account: str) -> None:
        """Makes the position of an account that behind its last posting."""
        if self._positions is not None:
            self._positions[account] = _closing(self._postings.get(account, ()))

    def _enter_standing(self, event: ChainEvent, place: Place, *, is_new: bool) -> None:
        """What the event sets, as it is by now; the rest of the standing stays as the register has it."""
        account = standing_account(event)
        rows = self._history.setdefault(place, {})
        if is_new or account not in rows:
            now, stored = self._each.replayed.standing(account), self._standings.get(account, Standing())
            set_by_event = {name: getattr(now, name) for name in fields_set(event)}
            self._standings[account] = replace(stored, **set_by_event)
        rows[account] = self._each.standing_rows[place, account]

    def _take_back_standings(self, place: Place) -> None:
        """Takes out standings that no event stands behind; the ones before them hold again."""
        rows = self._history.get(place, {})
        for account in [a for a in rows if (place, a) not in self._each.standing_rows]:
            del rows[account]
            left = [at for at in self._history if account in self._history[at]]
            self._standings[account] = self._history[max(left)][account] if left else Standing()

    def _enter_last_move(self, place: Place, accounts: tuple[str, str]) -> None:
        """A position that had not seen this move names the last one on the chain."""
        for account in accounts:
            if self._moved.get(account, place) < place:
                self._moved[account] = self._each.last_moves[account]

    def _replace(self, account: str, place: Place, legs: Sequence[_Leg], tx_hash: str) -> None:
        """Puts legs in the place of those that are there, and carries the difference on to what built upon them."""
        row = self._postings.get(account, [])
        first = bisect_left(row, (*place, 0), key=_key)
        last = bisect_right(row, place, key=lambda p: (p.block_number, p.log_index))
        before, old, after = row[:first], row[first:last], row[last:]
        self._replaced.update(map(leg_key, old))
        new: list[Posting] = []
        balance = _closing(before)
        for number, units in legs:
            balance += units
            new.append(Posting(self._each.instrument.instrument_id, *place, number, account, units, balance, tx_hash))
        carried = _carried(after, _closing([*before, *old]), balance)
        self._postings[account] = [*before, *new, *carried]
        self._carry_position(account, row, _closing([*before, *new, *carried]))

    def _carry_position(self, account: str, old: Sequence[Posting], closing: int) -> None:
        """A position that stood for the old postings now stands for the new ones; any other is a fault of its own."""
        if self._positions is None:
            return
        if self._positions.get(account, 0) in (_closing(old), sum(p.amount_units for p in old)):
            self._positions[account] = closing


def _carried(after: list[Posting], old_balance: int, new_balance: int) -> list[Posting]:
    """Later postings, moved by the difference where they built upon the old balance and not upon the new one."""
    if not after or after[0].balance_after_units != old_balance + after[0].amount_units:
        return after
    difference = new_balance - old_balance
    return [p._replace(balance_after_units=p.balance_after_units + difference) for p in after]


def _closing(row: Sequence[Posting]) -> int:
    return row[-1].balance_after_units if row else 0


def _key(posting: Posting) -> tuple[int, int, int]:
    return posting.block_number, posting.log_index, posting.leg
