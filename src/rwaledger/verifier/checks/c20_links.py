"""C20, roots: which finding on a period stands behind another one, and which check's behind a row's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rwaledger.verifier.values import Finding

_RANKED = ("head", "sequence", "previous", "rows", "list")
"""What of a period is at fault, the root first: a head that does not hash its bytes tells nothing of the rest."""

_CLOSINGS = (*_RANKED[:3], "totals", "block", "anchored")
"""What of a period tells that its supply or its number of holders is another one than was signed."""

_OF_CLOSING = re.compile(r"period (\d+) (?:onwards )?(?:supply|holders)")
_OF_PERIOD = re.compile(r"period (\d+) (\w+)(?: (\w+))?.*")
_OF_ROW = re.compile(r"(\w+) (\[.*)")
_WORD_MIN = 4

_READ_BY: Mapping[str, tuple[str, ...]] = {
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


def linked(found: Sequence[Finding]) -> dict[str, Finding]:
    """The findings by break_id, each with the one on the same instrument's periods that stands behind it."""
    ranked = []
    for each in found:
        match = _OF_PERIOD.fullmatch(each.cause)
        if match and match[2] in _RANKED:
            ranked.append(((_RANKED.index(match[2]), int(match[1])), match[3], each))
    ranked.sort(key=lambda one: one[0])
    made = {}
    for each in found:
        roots = (root for rank, table, root in ranked if root is not each and _is_behind(rank, table, root, each))
        root = next(roots, None)
        made[each.break_id] = replace(each, follows_from=root.break_id) if root else each
    return made


def _is_behind(rank: tuple[int, int], table: str | None, root: Finding, found: Finding) -> bool:
    """Of the same instrument, of this period or an earlier one, and of a higher rank; of a row, its list."""
    row = _OF_ROW.fullmatch(found.cause)
    if row:
        is_list = _RANKED[rank[0]] == "list"
        return is_list and table == row[1] and found.instrument_id in ("", root.instrument_id)
    if found.instrument_id != root.instrument_id:
        return False
    match = _OF_PERIOD.fullmatch(found.cause)
    if match is None:
        return True
    if int(match[1]) < rank[1]:
        return False
    return match[2] not in _RANKED or (_RANKED.index(match[2]), int(match[1])) > rank


def roots_of_rows(signed: Iterable[Finding], others: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Each root finding on a signed row with that of another check about the same row; both by break_id."""
    for each in signed:
        match = _OF_ROW.fullmatch(each.cause)
        root = next((o for o in others if match and _is_about(o, each, match[1], _cells(match[2]))), None)
        if root:
            yield each.break_id, root.break_id


def roots_of_closings(signed: Sequence[Finding], closings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Each finding of C03 on a closing with that of C20 which says that the period is another one; both by break_id."""
    told: dict[tuple[str, int], Finding] = {}
    for each in signed:
        match = _OF_PERIOD.fullmatch(each.cause)
        if match and match[2] in _CLOSINGS:
            told.setdefault((each.instrument_id, int(match[1])), each)
    for each in closings:
        match = _OF_CLOSING.fullmatch(each.cause)
        if match:
            name, number = each.instrument_id, int(match[1])
            # A step begins with the closing of the period before.
            root = told.get((name, number)) or told.get((name, number - 1))
            if root:
                yield each.break_id, root.break_id


def _is_about(other: Finding, found: Finding, table: str, cells: Sequence[str]) -> bool:
    if other.check not in _READ_BY.get(table, ()):
        return False
    if table in _OF_INSTRUMENT and other.instrument_id in cells:
        return True
    if found.account and other.account == found.account:
        return other.instrument_id in ("", found.instrument_id) or not found.instrument_id
    if found.holder_id and other.holder_id == found.holder_id:
        return True
    words = f"{other.cause} {other.summary} {other.left[1]} {other.right[1]}"
    return any(len(cell) >= _WORD_MIN and not cell.isdecimal() and cell in words for cell in cells)


def _cells(key: str) -> list[str]:
    try:
        return [str(cell) for cell in json.loads(key)]
    except (ValueError, TypeError):
        return []
