"""C03: per account, opening + in - out = closing, and each running balance is the one before plus its posting.

Source: the roll-forward that ISA 505 and 500 practice asks of a ledger. The opening of a signed period is the last
signed closing; C20 holds what was signed against the rows, so that here every account opens with nothing.
"""

from __future__ import annotations

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import REGISTER, Findings, cause_of
from rwaledger.verifier.ledger import Ledger, Leg
from rwaledger.verifier.replay import Place

ID, TITLE = "C03", "Balances roll forward"
BY_ROLL_FORWARD = "opening + in - out = closing"


def run(case: Case) -> Findings:
    """Rolls each account forward over its whole history."""
    found = Findings(ID, TITLE, case)
    for ledger in case.ledgers:
        rows: dict[str, list[tuple[Place, Leg]]] = {}
        for place, legs in ledger.groups.items():
            for leg in legs:
                rows.setdefault(leg.account, []).append((place, leg))
        found.count(accounts=len(rows), postings=sum(map(len, rows.values())))
        for account in sorted(rows):
            _roll(found, ledger, account, rows[account])
    return found


def _roll(found: Findings, ledger: Ledger, account: str, row: list[tuple[Place, Leg]]) -> None:
    rolled = f"{REGISTER}: opening + in - out", sum(leg.units for _, leg in row)
    closing = f"{REGISTER}: closing balance", row[-1][1].balance_after
    found.differ(ledger, account, "the account does not roll forward", rolled, closing, BY_ROLL_FORWARD)
    before = straight = 0
    root = ""
    for place, leg, moved in _with_reversals(ledger, account, row):
        straight += moved
        if leg.balance_after != before + moved:
            # One wrong balance breaks the row twice: away from the straight line, and back to it.
            returns = leg.balance_after == straight
            id_ = _broken(found, ledger, place, leg, before + moved, root if returns else "")
            straight, root = (leg.balance_after, "") if returns else (before + moved, id_)
        before = leg.balance_after


def _with_reversals(ledger: Ledger, account: str, row: list[tuple[Place, Leg]]) -> list[tuple[Place, Leg, int]]:
    """Legs with what they move, and in their order those that took others back, which move nothing."""
    moves = [(place, leg, leg.units) for place, leg in row]
    back = [(place, leg, 0) for _, place, leg in ledger.reversals if leg.account == account]
    return sorted([*moves, *back], key=lambda each: (each[0], each[1].number)) if back else moves


def _broken(found: Findings, ledger: Ledger, place: Place, leg: Leg, due: int, follows_from: str) -> str:
    finding = found.add(
        "AMOUNT",
        ledger.instrument_id,
        leg.account,
        f"running balance breaks in block {place[0]}, log {place[1]}",
        (f"{REGISTER}: balance before + amount", ledger.amount(due)),
        (f"{REGISTER}: balance after", ledger.amount(leg.balance_after)),
        f"{cause_of(place)} leg {leg.number}",
        follows_from,
    )
    return finding.break_id
