"""Copies of an instrument in which the cause of a finding is put right, to see what else is gone then."""

from __future__ import annotations

from copy import copy
from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.ledger import Ledger, Position
from rwaledger.verifier.replay import STRANGER, Leg, Place, Standing

_Row = list[tuple[Place, Leg]]


class Cure:
    """A copy of a ledger that can be put right; `result` gives it with all that follows from it worked out anew."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._rows: dict[str, _Row] = {}
        for place, legs in ledger.groups.items():
            for leg in legs:
                self._rows.setdefault(leg.account, []).append((place, leg))
        self._positions = None if ledger.positions is None else dict(ledger.positions)
        self._standings = dict(ledger.standings)
        self._now = dict(ledger.standing_now)
        self._logs: set[Place] = set()
        self._replaced: set[tuple[Place, int]] = set()

    def enter(self, place: Place) -> None:
        """The register says of a place what the chain says of it, be it nothing."""
        ledger = self._ledger
        move = ledger.played.moves.get(place)
        due: dict[str, list[tuple[int, int]]] = {leg.account: [] for leg in ledger.groups.get(place, ())}
        for number, (account, units) in enumerate(move.legs if move else ()):
            due.setdefault(account, []).append((number, units))
        self._enter_standing(place)
        event = ledger.event_at.get(place)
        tx_hash = event.log.tx_hash if event else ""
        if event:
            self._logs.add(place)
        for account, legs in due.items():
            self._replace(account, place, legs, tx_hash)
        for account, _ in move.legs if move else ():
            self._name_last_move(account, place)

    def balance_again(self, account: str, place: Place) -> None:
        """The running balances of an account at a place are worked out anew; its amounts stay."""
        there = [leg for where, leg in self._rows.get(account, ()) if where == place]
        if there:
            self._replace(account, place, [(leg.number, leg.units) for leg in there], there[0].tx_hash)

    def carry_position(self, account: str) -> None:
        """The position of an account is the balance behind its last posting."""
        if self._positions is not None:
            known = self._positions.get(account)
            self._positions[account] = Position(_closing(self._rows.get(account, [])), known.place if known else None)

    def result(self) -> Ledger:
        """The ledger put right."""
        groups: dict[Place, list[Leg]] = {}
        for place, leg in sorted((each for row in self._rows.values() for each in row), key=_key):
            groups.setdefault(place, []).append(leg)
        standings = dict(sorted(self._standings.items()))
        changed: dict[str, Any] = {
            "groups": groups,
            "positions": self._positions,
            "standings": standings,
            "standing_now": self._now,
        }
        changed |= {"entered": self._ledger.entered | self._logs, "worked_out": {}}
        found: Ledger = with_changes(self._ledger, changed, ("closing",))
        return found

    def _enter_standing(self, place: Place) -> None:
        """Standings that no event stands behind go; one that the register lacks comes, and tells what holds since."""
        ledger = self._ledger
        stored = [key for key in self._standings if key[0] == place]
        for key in stored:
            if key not in ledger.played.standings_at:
                del self._standings[key]
                left = [each for each in self._standings if each[1] == key[1]]
                self._now[key[1]] = self._standings[max(left)] if left else STRANGER
        for key in [key for key in ledger.played.standings_at if key[0] == place]:
            known = self._standings.get(key)
            due = ledger.played.standings_at[key]
            self._standings[key] = due
            if known is None or place not in ledger.case.register_logs.get(ledger.address, {}):
                self._now[key[1]] = _with_change(ledger, key, self._now.get(key[1], STRANGER))

    def _name_last_move(self, account: str, place: Place) -> None:
        known = self._positions.get(account) if self._positions is not None else None
        if self._positions is not None and known and known.place and known.place < place:
            self._positions[account] = known._replace(place=self._ledger.played.last_move[account])

    def _replace(self, account: str, place: Place, legs: list[tuple[int, int]], tx_hash: str) -> None:
        """Puts legs in the place of those that are there. What was built upon the old balance moves with it."""
        row = self._rows.get(account, [])
        before = [each for each in row if each[0] < place]
        old = [each for each in row if each[0] == place]
        after = [each for each in row if each[0] > place]
        self._replaced.update((place, leg.number) for _, leg in old)
        balance, new = _closing(before), []
        for number, units in legs:
            balance += units
            new.append((place, Leg(number, account, units, balance, tx_hash)))
        stood = _closing([*before, *old])
        if after and after[0][1].balance_after == stood + after[0][1].units:
            shift = balance - stood
            after = [(where, leg._replace(balance_after=leg.balance_after + shift)) for where, leg in after]
        self._rows[account] = [*before, *new, *after]
        self._carry(account, row)

    def _carry(self, account: str, row: _Row) -> None:
        """A position that stood for the old postings stands for the new ones; any other is a fault of its own."""
        known = self._positions.get(account) if self._positions is not None else None
        stood = known.units if known else 0
        if self._positions is not None and stood in (_closing(row), sum(leg.units for _, leg in row)):
            self._positions[account] = Position(_closing(self._rows[account]), known.place if known else None)


def _with_change(ledger: Ledger, key: tuple[Place, str], stored: Standing) -> Standing:
    """The register's last standing with what the event at a place sets, as it is by now."""
    place, account = key
    now = ledger.played.standings.get(account, STRANGER)
    name = ledger.event_at[place].name
    if name == "RecoverySuccess":
        return now
    fields = {
        "AccountAdmitted": ("investor_class", "country", "valid_until_day"),
        "AccountSuspended": ("suspended",),
        "AddressFrozen": ("address_frozen",),
        "Frozen": ("frozen_units",),
    }[name]
    return stored._replace(**{field: getattr(now, field) for field in fields})


def with_changes(of: Any, changed: dict[str, Any], worked_out_anew: tuple[str, ...] = ()) -> Any:
    """A copy of a ledger or a case with some of its parts replaced, and others to be worked out anew."""
    found = copy(of)
    for name in worked_out_anew:
        found.__dict__.pop(name, None)
    found.__dict__.update(changed)
    return found


def with_ledgers(case: Case, ledgers: list[Ledger]) -> Case:
    """A case with other instruments."""
    found: Case = with_changes(case, {"ledgers": tuple(ledgers)}, ("ledger_at", "ledger_of"))
    for ledger in ledgers:
        ledger.case = found
    return found


def _closing(row: _Row) -> int:
    return row[-1][1].balance_after if row else 0


def _key(each: tuple[Place, Leg]) -> tuple[Place, int]:
    return each[0], each[1].number
