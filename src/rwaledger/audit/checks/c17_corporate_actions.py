"""C17: coupons, redemptions and fund orders are what terms, holdings and prices give, and were paid once, to the unit.

Source: the terms of each instrument; ISDA 2006 Definitions, sections 4.12 and 4.16, and ICMA Rule 251 for days and
their count; the SFC's Code on Unit Trusts and Mutual Funds, chapter 6, for dealing at a price that was not known when
an order came. Amounts are rounded down to what can be paid by the terms, and the dust stays with the payer: our policy.

Holdings are those of the events at the second of the record date, held against what the contract remembers of it and
against the entitlements. Schedules and amounts are worked out anew from the terms; nothing of an action's row is taken
for them. Payments are found by the references that follow from an action's or a deal's name, and not by the rows of the
control book. An action is judged once its record date has passed by the pinned block. What the register calls paid by
an instruction that was carried out beyond that block is not missed at it. The other way round, an instruction that was
carried out under the name of an action or a deal has that in the register.
"""

from __future__ import annotations

import re

from rwaledger.audit.bond_actions import judge_action
from rwaledger.audit.findings import CONTROL_BOOK, REGISTER, Findings
from rwaledger.audit.fund_deals import judge_orders
from rwaledger.audit.records import Records
from rwaledger.domain.fund import DEAL
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C17"
TITLE = "Corporate actions and orders recompute"
PURPOSE = (
    "Every coupon, redemption at maturity and fund order is what its terms give for what was held on the record date, "
    "or at the price in force; every entitlement that is paid was paid on the chain, once, and nothing held back was."
)

_NAME = re.compile(r"(?P<name>(?:coupon|redemption|deal):[^:]+:\d{4}-\d\d-\d\d)(?::(?P<rest>.*))?")
_RECORD_DATE = "record-date"


def run(records: Records) -> CheckResult:
    """Recomputes each action of a bond, then each order of a fund; then sees that none has gone."""
    findings = Findings(ID, TITLE, records)
    findings.count(actions=0, entitlements=0, orders=0, payments=0)
    for action in records.office.register.actions:
        judge_action(findings, action)
    judge_orders(findings)
    _require_rows(findings)
    return findings.result()


def _require_rows(findings: Findings) -> None:
    """What instructions and entitlements name is in the register; one break for each name."""
    office = findings.records.office.register
    known = {action.action_id for action in office.actions}
    known |= {f"{DEAL}:{order.instrument_id}:{order.dealing_day}" for order in office.orders}
    found = {
        name: (_instrument_of(name), "entitlements", REGISTER) for name in office.entitlements if name not in known
    }
    for each in findings.records.instruments:
        for execution in each.book.executions:
            match = _NAME.fullmatch(execution.stored.idempotency_key) if execution.stored else None
            if match and match["name"] not in known and match["rest"] != _RECORD_DATE and not execution.objection:
                found[match["name"]] = _instrument_of(match["name"]), f"instruction {execution.ref}", CONTROL_BOOK
    for name, (instrument_id, what, record) in sorted(found.items()):
        values = Value(record, what), Value(REGISTER, "nothing")
        summary = f"{name} is not in the register, and something was done under its name"
        findings.add(BreakClass.MISSING_IN_REGISTER, instrument_id, "", summary, values, cause=name)


def _instrument_of(name: str) -> str:
    """The instrument in the name of an action or a deal."""
    return name.split(":")[1]
