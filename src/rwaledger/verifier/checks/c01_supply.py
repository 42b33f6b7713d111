"""C01: the totals of all four records are one number (four-way reconciliation of what is in issue)."""

from __future__ import annotations

from itertools import combinations

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import CONTROL_BOOK, EVENTS, REGISTER, STATE, Findings
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.values import ZERO_ADDRESS

ID, TITLE = "C01", "Totals agree"


def run(case: Case) -> Findings:
    """Every pair of totals of each instrument."""
    found = Findings(ID, TITLE, case)
    for ledger in case.ledgers:
        totals = _totals(found, ledger)
        found.count(instruments=1, totals=len(totals))
        for left, right in combinations(totals, 2):
            found.count(pairs=1)
            found.differ(ledger, "", "totals differ", left, right, f"{left[0]} = {right[0]}")
    return found


def _totals(found: Findings, ledger: Ledger) -> list[tuple[str, int]]:
    totals = []
    if found.can_read_state(ledger) and ledger.state:
        held = sum(ledger.state.balance(each) for each in ledger.accounts if each != ZERO_ADDRESS)
        totals += [(f"{STATE}: sum of balances", held), (f"{STATE}: total supply", ledger.state.supply)]
    totals.append((f"{EVENTS}: replayed supply", ledger.played.supply))
    if ledger.positions is None:
        found.note("Positions are kept for the checkpoint only, and were left out of this earlier block.")
    else:
        positions = sum(each.units for account, each in ledger.positions.items() if account != ZERO_ADDRESS)
        totals.append((f"{REGISTER}: sum of positions", positions))
    legs = (leg for group in ledger.groups.values() for leg in group)
    totals.append((f"{REGISTER}: sum of postings", sum(leg.units for leg in legs if leg.account != ZERO_ADDRESS)))
    totals.append((f"{CONTROL_BOOK}: net authorised issuance", ledger.authorised_units))
    if ledger.reversed_units:
        verb = "issued" if ledger.reversed_units > 0 else "redeemed"
        back = ledger.amount(abs(ledger.reversed_units))
        found.note(f"{back} {ledger.row.symbol} {verb} to take back what nobody authorised count on no side.")
    return totals
