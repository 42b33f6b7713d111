"""C03: per account, opening + in - out = closing, and each running balance is the one before plus its posting.

Source: the roll-forward that ISA 330 and 510 ask of balances between two dates, and of opening balances. An account
opens with nothing, and behind a signed period with what that attests: C20 holds what was signed against the rows.
"""

from __future__ import annotations

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c03_openings import Ended, Step, closings, steps
from rwaledger.verifier.checks.c20_heads import SIGNED
from rwaledger.verifier.checks.found import REGISTER, Findings, cause_of
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.replay import Leg, Place

ID, TITLE = "C03", "Balances roll forward"
BY_ROLL_FORWARD = "opening + in - out = closing"


def run(case: Case) -> Findings:
    """Rolls each account forward over its whole history."""
    found = Findings(ID, TITLE, case)
    found.count(accounts=0, postings=0, signed_closings=0, openings=0)
    for ledger in case.ledgers:
        rows: dict[str, list[tuple[Place, Leg]]] = {}
        for place, legs in ledger.groups.items():
            for leg in legs:
                rows.setdefault(leg.account, []).append((place, leg))
        found.count(accounts=len(rows), postings=sum(map(len, rows.values())))
        for account in sorted(rows):
            _roll(found, ledger, account, rows[account])
        _roll_periods(found, ledger)
    return found


def _roll_periods(found: Findings, ledger: Ledger) -> None:
    """Supply from each signed closing to the next and to the pinned block, and the holders of each."""
    closed = closings(ledger)
    opening = straight = 0
    root = ""
    for step in steps(ledger, closed):
        rolled, straight = opening + step.issued, straight + step.issued
        opening = step.closing
        if opening != rolled:
            returns = opening == straight
            id_ = _broken_closing(found, ledger, step, rolled, root if returns else "")
            straight, root = (opening, "") if returns else (rolled, id_)
    for each in closed:
        _compare_holders(found, ledger, each)


def _broken_closing(found: Findings, ledger: Ledger, step: Step, rolled: int, follows_from: str) -> str:
    name = ledger.instrument_id
    record = SIGNED if step.is_signed else REGISTER
    left, right = (
        (f"{SIGNED}: opening + in - out", ledger.amount(rolled)),
        (f"{record}: closing supply", ledger.amount(step.closing)),
    )
    summary = f"the supply of {name} does not roll forward from one signed closing to the next: {step.name}"
    return found.add("AMOUNT", name, "", summary, left, right, f"{step.name} supply", follows_from).break_id


def _compare_holders(found: Findings, ledger: Ledger, each: Ended) -> None:
    row, name = each.row, ledger.instrument_id
    found.count(signed_closings=1, openings=each.accounts if each.is_as_signed else 0)
    if not each.is_as_signed:
        found.note(
            f"What each account had when period {row.sequence} of {name} was signed is not known: its postings are not "
            "those that were signed. Accounts open there with what they have now."
        )
    if each.holders != row.holder_count:
        left, right = (REGISTER, f"{each.holders} holders"), (SIGNED, f"{row.holder_count} holders")
        summary = f"as many as period {row.sequence} of {name} counts do not hold units at its end"
        found.add("AMOUNT", name, "", summary, left, right, f"period {row.sequence} holders")


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
