"""C17: coupons, redemptions and fund orders are what terms, holdings and prices give, and were paid once, to the unit.

Source: the terms of each instrument; ISDA 2006 Definitions, 4.12 and 4.16, and ICMA Rule 251; the SFC's Code on Unit
Trusts and Mutual Funds, chapter 6. Holdings are those of the events at the second of the record date; payments are
found by the references that follow from an action's name.
"""

from __future__ import annotations

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c17_bonds import judge_action
from rwaledger.verifier.checks.c17_funds import judge_orders
from rwaledger.verifier.checks.found import Findings

ID, TITLE = "C17", "Corporate actions and orders recompute"


def run(case: Case) -> Findings:
    """Each action of a bond, then each order of a fund."""
    found = Findings(ID, TITLE, case)
    found.count(actions=0, entitlements=0, orders=0, payments=0)
    for action in case.pack.table("actions"):
        judge_action(found, action)
    judge_orders(found)
    return found
