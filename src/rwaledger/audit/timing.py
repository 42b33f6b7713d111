"""Movements that stand on the chain and that the register has not read yet: differences that clear by themselves.

Source: our policy; the class TIMING names a transaction beyond the pinned block, and lets a run pass. It is looked for
only where the pinned block is the one up to which the register has read: at an earlier block, what came later is in
the register.
"""

from __future__ import annotations

from rwaledger.audit.authority import Effect, effects
from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount, cause_of, named_amount, where
from rwaledger.audit.records import InstrumentRecords, place_of
from rwaledger.audit.replay import accounts_of, move_of
from rwaledger.audit.trace import account_of
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reconciliation import BreakClass, Value

NOT_YET_READ = "not yet read"
_NAMES = {
    Operation.ISSUE: "issue",
    Operation.REDEEM: "redemption",
    Operation.FORCE_TRANSFER: "forced transfer",
    Operation.RECOVER: "recovery",
}


def list_unread(findings: Findings, each: InstrumentRecords) -> None:
    """Adds a TIMING break for each movement beyond the pinned block, under the id that it would keep if it stayed."""
    told = {place_of(effect.event.log): effect for effect in effects(each.unread)}
    for event in each.unread:
        move = move_of(event)
        if move is None or not accounts_of(event):
            continue
        findings.count(movements_beyond=1)
        summary = (
            f"{_name(told.get(place_of(event.log)))} of {named_amount(each, move.amount_units)} stands beyond the "
            f"pinned block: {where(event.log)}"
        )
        values = Value(EVENTS, amount(each, move.amount_units)), Value(REGISTER, NOT_YET_READ)
        instrument_id, cause = each.instrument.instrument_id, cause_of(place_of(event.log))
        findings.add(BreakClass.TIMING, instrument_id, account_of(event), summary, values, cause=cause)


def _name(effect: Effect | None) -> str:
    return _NAMES.get(effect.deed.operation, "transfer") if effect else "transfer"
