"""Corrections that people have signed: postings that count no more, and instructions that took back undue deeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rwaledger.verifier.book import Deed, Execution, effects
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.lives import Life
from rwaledger.verifier.replay import Leg, Place

LegKey = tuple[Place, int]


class Effective(NamedTuple):
    """Postings that count; the legs that took others back, by break; and the right ones that were entered for those."""

    groups: dict[Place, list[Leg]]
    reversals: list[tuple[str, Place, Leg]]
    corrected: frozenset[LegKey]


def effective(ledger: Ledger, rows: Sequence[Any]) -> Effective:
    """A row takes another back where it is of the same account and place, of the opposite amount, and the first to.

    Anything else that claims to is an ordinary posting, which no event stands behind.
    """
    name = ledger.instrument_id
    legs = {
        f"{name}/{place[0]}/{place[1]}/{leg.number}": (place, leg)
        for place, group in ledger.groups.items()
        for leg in group
    }
    listed = {row.row_key: row for row in rows if row.table_name == "postings"}
    taken: dict[str, tuple[str, str]] = {}
    for key, row in sorted(listed.items()):
        is_open = key in legs and row.reverses in legs and row.reverses not in taken
        if is_open and _takes_back(legs[row.reverses], legs[key]):
            taken[row.reverses] = key, row.break_id
    out = {legs[key] for pair in taken.items() for key in (pair[0], pair[1][0])}
    groups: dict[Place, list[Leg]] = {}
    for place, group in ledger.groups.items():
        left = [leg for leg in group if (place, leg) not in out]
        if left:
            groups[place] = left
    right = {legs[key] for key, row in listed.items() if not row.reverses and key in legs} - out
    reversals = sorted(((id_, *legs[key]) for key, id_ in taken.values()), key=lambda each: (each[1], each[2].number))
    return Effective(groups, reversals, frozenset((place, leg.number) for place, leg in right))


def _takes_back(original: tuple[Place, Leg], by: tuple[Place, Leg]) -> bool:
    same = (original[0], original[1].account, original[1].units) == (by[0], by[1].account, -by[1].units)
    return same and by[1].number > original[1].number


# ---------------------------------------------------------------- instructions that take deeds back


def opposite(deed: Deed) -> Deed | None:
    """The same units of the same accounts the other way; None where nothing can take it back."""
    operation = {"issue": "redeem", "redeem": "issue", "force-transfer": "force-transfer"}.get(deed.operation)
    move = deed.move
    return Deed(operation, move._replace(sender=move.recipient, recipient=move.sender)) if operation else None


def undue_deeds(ledger: Ledger, cause: str) -> list[Deed]:
    """What a break under C05 is about: the deed at its place, or all that an unauthorised instruction there did."""
    authorised = {place_of(event) for each in ledger.executions if each.authority for event in each.effects}
    unclaimed = [event for event in ledger.events if place_of(event) not in authorised]
    at_place = [effect.deed for effect in effects(unclaimed) if _cause(place_of(effect.event)) == cause]
    if at_place:
        return at_place
    behind = (each for each in ledger.executions if not each.authority and _cause(place_of(each.event)) == cause)
    return [effect.deed for each in behind for effect in effects(each.effects)]


def takes_back(deeds: Sequence[Deed], execution: Execution) -> bool:
    """Whether an authorised instruction reverses every one of the deeds, line by line, and did."""
    wanted = [opposite(deed) for deed in deeds]
    if execution.authority is None or not wanted or None in wanted:
        return False
    needed = Counter(deed for deed in wanted if deed)
    done = Counter(effect.deed for effect in effects(execution.effects))
    return needed <= Counter(execution.authority.deeds) and needed <= done


def is_taken_back(ledger: Ledger, cause: str, refs: Iterable[str]) -> bool:
    """Whether one of the linked instructions takes back what a break is about."""
    deeds, linked = undue_deeds(ledger, cause), frozenset(refs)
    return any(each.ref in linked and takes_back(deeds, each) for each in ledger.executions)


class Reversed(NamedTuple):
    """Net units that reversals issued, and the references of instructions that did nothing else."""

    units: int
    whole: frozenset[str]


def reversed_by(ledger: Ledger, linked: Iterable[Life]) -> Reversed:
    """What instructions that are linked to breaks, and do take them back, have issued; each line counts once."""
    units, used = 0, Counter[tuple[str, Deed]]()
    for life in linked:
        deeds = undue_deeds(ledger, life.record.cause)
        by = next((e for e in ledger.executions if e.ref in life.reversals and takes_back(deeds, e)), None)
        if by is None or by.authority is None:
            continue
        there = Counter(by.authority.deeds)
        for back in filter(None, map(opposite, deeds)):
            if used[by.ref, back] < there[back]:
                used[by.ref, back] += 1
                units += {"issue": 1, "redeem": -1}.get(back.operation, 0) * back.move.units
    per_ref = Counter[str]()
    for (ref, _), number in used.items():
        per_ref[ref] += number
    due = {each.ref: len(each.authority.deeds) for each in ledger.executions if each.authority}
    return Reversed(units, frozenset(ref for ref, number in per_ref.items() if number == due.get(ref)))


def _cause(place: Place) -> str:
    return f"{place[0]}/{place[1]}"
