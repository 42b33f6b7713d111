"""Which finding on signed periods is the root of another one, and which follows from another check's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rwaledger.domain.reconciliation import Break

_ROOTS = ("head", "sequence", "previous", "rows", "list")
"""What of a period is at fault, the root first: a head that does not hash its bytes tells nothing of the rest."""

_CLOSINGS = (*_ROOTS[:3], "totals", "block", "anchored")
"""What of a period tells that its supply or its number of holders is another one than was signed."""

_OF_CLOSING = re.compile(r"period (\d+) (?:onwards )?(?:supply|holders)")
_OF_PERIOD = re.compile(r"period (\d+) (\w+)(?: (\w+))?.*")
_OF_ROW = re.compile(r"(\w+) (\[.*)")
_WORD_MIN = 4

_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("C02",),
    "holders": ("C02", "C10"),
    "residences": ("C02", "C10"),
    "evidence": ("C10",),
    "licences": ("C10",),
    "wallet_proofs": ("C10",),
    "client_postings": ("C06",),
    "reserve_lines": ("C07",),
    "attestations": ("C07",),
    "redemptions": ("C08",),
    "bond_terms": ("C17",),
    "fund_terms": ("C17",),
    "actions": ("C17",),
    "entitlements": ("C17",),
    "navs": ("C17",),
    "fund_orders": ("C17",),
    "trades": ("C18", "C19"),
    "trade_signatures": ("C18",),
    "travel_records": ("C19",),
    "orders": ("C11", "C05"),
    "instructions": ("C05", "C11", "C15", "C14"),
    "transactions": ("C14", "C05"),
    "contracts": ("C16", "C05"),
    "instruments": ("C16", "C12", "C05"),
}
"""The checks that read a table: what they find of a row is the root; that it was signed otherwise follows."""

_OF_INSTRUMENT = frozenset({"reserve_lines", "attestations", "bond_terms", "fund_terms", "navs", "actions"})
"""Tables whose findings name the instrument, and no account."""


def linked(breaks: Sequence[Break]) -> list[Break]:
    """The findings of C20, with those that follow from another one of the same instrument's periods."""
    found = []
    for each in breaks:
        root = next((root for root in _candidates(breaks) if _stands_behind(root, each)), None)
        found.append(replace(each, follows_from=root.break_id) if root else each)
    return found


def roots_of_rows(signed: Iterable[Break], others: Sequence[Break]) -> Iterator[tuple[str, str]]:
    """Each finding of C20 on a row, with that of another check which is about the same row; both by their break_id."""
    for each in signed:
        match = None if each.follows_from else _OF_ROW.fullmatch(each.cause)
        if match:
            root = next((other for other in others if _is_about(other, each, match[1], _cells(match[2]))), None)
            if root:
                yield each.break_id, root.break_id


def roots_of_closings(signed: Sequence[Break], closings: Iterable[Break]) -> Iterator[tuple[str, str]]:
    """Each finding of C03 on a closing, with that of C20 which says that the period is not as it was signed."""
    for each in closings:
        match = _OF_CLOSING.fullmatch(each.cause)
        if match:
            own = [other for other in signed if other.instrument_id == each.instrument_id]
            # A step begins with the closing of the period before.
            numbers = (int(match[1]), int(match[1]) - 1)
            roots = (root for number in numbers for root in own if _is_of_closing(root, number))
            root = next(roots, None)
            if root:
                yield each.break_id, root.break_id


def _is_of_closing(found: Break, number: int) -> bool:
    match = _OF_PERIOD.fullmatch(found.cause)
    return match is not None and int(match[1]) == number and match[2] in _CLOSINGS


def _candidates(breaks: Sequence[Break]) -> list[Break]:
    ranked = [(_rank(match), each) for each in breaks if (match := _root_match(each))]
    return [each for _, each in sorted(ranked, key=lambda one: one[0])]


def _root_match(each: Break) -> re.Match[str] | None:
    match = _OF_PERIOD.fullmatch(each.cause)
    return match if match and match[2] in _ROOTS else None


def _stands_behind(root: Break, found: Break) -> bool:
    """Of the same instrument and first in the order of roots; of a row, the list that it is in."""
    behind = _root_match(root)
    assert behind is not None, "a candidate is a root"
    row = _OF_ROW.fullmatch(found.cause)
    if row:
        return behind[2] == "list" and behind[3] == row[1] and found.instrument_id in ("", root.instrument_id)
    match = _root_match(found)
    return found.instrument_id == root.instrument_id and (match is None or _rank(match) > _rank(behind))


def _rank(match: re.Match[str]) -> tuple[int, int]:
    return _ROOTS.index(match[2]), int(match[1])


def _is_about(other: Break, found: Break, table: str, cells: Sequence[str]) -> bool:
    if other.check not in _ANSWERS.get(table, ()):
        return False
    if table in _OF_INSTRUMENT and other.instrument_id in cells:
        return True
    if found.account and other.account == found.account:
        return other.instrument_id in ("", found.instrument_id) or not found.instrument_id
    if found.holder_id and other.holder_id == found.holder_id:
        return True
    words = f"{other.cause} {other.summary} {other.left.value} {other.right.value}"
    return any(len(cell) >= _WORD_MIN and not cell.isdecimal() and cell in words for cell in cells)


def _cells(key: str) -> list[str]:
    try:
        return [str(cell) for cell in json.loads(key)]
    except (ValueError, TypeError):
        return []
