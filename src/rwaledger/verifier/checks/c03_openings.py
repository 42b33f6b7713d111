"""C03, openings: the ledger at the end of each signed period, and the supply from one closing to the next.

A head has supply and number of holders; the balance of each account is attested by the hash of all postings up to the
period's block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from rwaledger.verifier.case import Case
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.periods import Period, encoded
from rwaledger.verifier.replay import Leg, Place
from rwaledger.verifier.values import ZERO_ADDRESS


class Ended(NamedTuple):
    """The ledger at the end of a period: what was issued in it, holders and accounts, its postings with their hash."""

    row: Any
    issued: int
    holders: int
    accounts: int
    postings: int
    digest: str
    is_as_signed: bool


class Step(NamedTuple):
    """From one closing of the supply to the next: its name, what was issued, and what a record has then."""

    name: str
    issued: int
    closing: int
    is_signed: bool


def periods_due(case: Case, name: str) -> list[Period]:
    """An instrument's periods that end by the pinned block, in their order."""
    pin = case.pin
    rows = (row for row in case.pack.table("periods") if row.instrument_id == name and row.chain_id == pin.chain_id)
    return [Period.of(row) for row in rows if row.block_number <= pin.block_number]


def closings(ledger: Ledger) -> list[Ended]:
    """The ledger at the end of each period that is due; worked out once for both checks that ask."""
    found: list[Ended] = ledger.worked_out.setdefault("closings", [])
    if not found:
        found += _ended(ledger, periods_due(ledger.case, ledger.instrument_id))
    return found


def _ended(ledger: Ledger, due: Sequence[Period]) -> list[Ended]:
    balances: dict[str, int] = {}
    digest, count, found = sha256(), 0, list[Ended]()
    legs = iter([*_legs(ledger), None])
    at = next(legs)
    for period in due:
        issued = 0
        while at is not None and at[0][0] <= period.row.block_number:
            place, leg = at
            balances[leg.account] = leg.balance_after
            issued -= leg.units if leg.account == ZERO_ADDRESS else 0
            digest.update(encoded((*place, leg.account, leg.units, leg.balance_after, leg.tx_hash)))
            count, at = count + 1, next(legs)
        holders = sum(1 for account, units in balances.items() if units > 0 and account != ZERO_ADDRESS)
        told = (count, digest.hexdigest())
        is_as_signed = any(
            (each.rows, each.digest) == told for each in period.sections if each.part.table == "postings"
        )
        found.append(Ended(period.row, issued, holders, len(balances), *told, is_as_signed))
    return found


def steps(ledger: Ledger, closed: Sequence[Ended]) -> Iterator[Step]:
    """The steps to the end of each period and on to the pinned block; none where nothing is signed."""
    for each in closed:
        yield Step(f"period {each.row.sequence}", each.issued, each.row.supply_units, is_signed=True)
    if closed:
        last = closed[-1].row
        issued = -sum(leg.units for place, leg in _issues(_legs(ledger)) if place[0] > last.block_number)
        yield Step(f"period {last.sequence} onwards", issued, -ledger.closing.get(ZERO_ADDRESS, 0), is_signed=False)


def _legs(ledger: Ledger) -> Iterator[tuple[Place, Leg]]:
    return ((place, leg) for place, legs in ledger.groups.items() for leg in legs)


def _issues(legs: Iterable[tuple[Place, Leg]]) -> Iterator[tuple[Place, Leg]]:
    return (each for each in legs if each[1].account == ZERO_ADDRESS)
