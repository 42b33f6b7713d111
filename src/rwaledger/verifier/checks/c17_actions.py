"""C17: coupons, redemptions and fund orders are what terms, holdings and prices give, and were paid once, to the unit.

Source: the terms of each instrument; ISDA 2006 Definitions, 4.12 and 4.16, and ICMA Rule 251; the SFC's Code on Unit
Trusts and Mutual Funds, chapter 6. Holdings are those of the events at the second of the record date; payments are
found by the references that follow from an action's name.
"""

from __future__ import annotations

import re
from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.c17_bonds import judge_action
from rwaledger.verifier.checks.c17_funds import judge_orders
from rwaledger.verifier.checks.found import CONTROL_BOOK, REGISTER, Findings

_NAME = re.compile(r"(?P<name>(?:coupon|redemption|deal):[^:]+:\d{4}-\d\d-\d\d)(?::(?P<rest>.*))?")

ID, TITLE = "C17", "Corporate actions and orders recompute"


def run(case: Case) -> Findings:
    """Each action of a bond, then each order of a fund."""
    found = Findings(ID, TITLE, case)
    found.count(actions=0, entitlements=0, orders=0, payments=0)
    for action in _actions(case):
        judge_action(found, action)
    judge_orders(found)
    _require_rows(found)
    return found


def _actions(case: Case) -> list[Any]:
    """The actions, each under the name that its kind, instrument and pay day make."""
    rows = case.pack.table("actions")
    return [row._replace(action_id=f"{row.kind}:{row.instrument_id}:{row.pays_on}") for row in rows]


def _require_rows(found: Findings) -> None:
    """What instructions and entitlements name is in the register; one finding for each name."""
    case = found.case
    known = {row.action_id for row in _actions(case)}
    known |= {f"deal:{row.instrument_id}:{row.dealing_day}" for row in case.rows("fund_orders")}
    entitled = {row.action_id for row in case.pack.table("entitlements")} - known
    named = dict.fromkeys(entitled, (REGISTER, "entitlements"))
    for execution in (each for ledger in case.ledgers for each in ledger.executions):
        authority = execution.authority
        match = _NAME.fullmatch(authority.row.idempotency_key) if authority else None
        if match and match["name"] not in known and match["rest"] != "record-date":
            named[match["name"]] = CONTROL_BOOK, f"instruction {execution.ref}"
    for name, left in sorted(named.items()):
        summary = f"{name} is not in the register, and something was done under its name"
        found.add("MISSING_IN_REGISTER", name.split(":")[1], "", summary, left, (REGISTER, "nothing"), name)
