"""C04: every move was entered once, as a debit and a credit of the same units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import REGISTER, Findings, cause_of
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.replay import Leg, Place

ID, TITLE = "C04", "Double entry"

Legs = Counter[tuple[str, int]]


def run(case: Case) -> Findings:
    """Looks at the postings of each place together."""
    found = Findings(ID, TITLE, case)
    for ledger in case.ledgers:
        groups = ledger.groups
        found.count(groups=len(groups), postings=sum(map(len, groups.values())))
        _tell_corrections(found, ledger)
        repeats = _Repeats(ledger) if any(place not in ledger.played.moves for place in groups) else None
        for place, legs in groups.items():
            fault = _fault(place, legs, repeats)
            if fault:
                units = ", ".join(ledger.amount(leg.units) for leg in legs)
                shown = f"{len(legs)} legs ({units}), net {ledger.amount(sum(leg.units for leg in legs))}"
                values = ("required", "2 legs, net 0, entered once"), (REGISTER, shown)
                found.add(fault[0], ledger.instrument_id, legs[-1].account, fault[1], *values, cause_of(place))
    return found


def _tell_corrections(found: Findings, ledger: Ledger) -> None:
    """What was taken back counts for nothing, and is told."""
    by_break = Counter(id_ for id_, _, _ in ledger.reversals)
    if by_break:
        found.count(corrections=by_break.total())
    for id_, legs in sorted(by_break.items()):
        found.note(f"{legs} postings of {ledger.instrument_id} were taken back by as many, to correct break {id_}.")


class _Repeats:
    """The groups that a transfer stands behind, to tell what a group without one repeats."""

    def __init__(self, ledger: Ledger) -> None:
        self._moves = ledger.played.moves
        self._by_tx: dict[str, list[tuple[Place, Legs]]] = {}
        self._by_legs: dict[frozenset[tuple[tuple[str, int], int]], Place] = {}
        for place in self._moves:
            legs = ledger.groups.get(place)
            if legs:
                counted = _counted(legs)
                self._by_tx.setdefault(legs[0].tx_hash, []).append((place, counted))
                self._by_legs.setdefault(frozenset(counted.items()), place)

    def repeated_by(self, place: Place, legs: Sequence[Leg]) -> Place | None:
        """What it repeats of its own transaction, in whole or part; else the same legs anywhere."""
        if place in self._moves:
            return None
        counted = _counted(legs)
        near = (other for other, theirs in self._by_tx.get(legs[0].tx_hash, ()) if counted <= theirs)
        return next(near, self._by_legs.get(frozenset(counted.items())))


def _fault(place: Place, legs: Sequence[Leg], repeats: _Repeats | None) -> tuple[str, str] | None:
    where = f"block {place[0]}, log {place[1]}"
    original = repeats.repeated_by(place, legs) if repeats else None
    if original:
        return "DUPLICATE", f"posting entered twice: {where} repeats block {original[0]}, log {original[1]}"
    if len(legs) > 2 and max(_counted(legs).values()) > 1:
        return "DUPLICATE", f"posting entered twice: {where}"
    if len(legs) != 2:
        return "AMOUNT", f"{len(legs)} legs instead of 2: {where}"
    return ("AMOUNT", f"debit and credit differ: {where}") if legs[0].units + legs[1].units else None


def _counted(legs: Sequence[Leg]) -> Legs:
    return Counter((leg.account, leg.units) for leg in legs)
