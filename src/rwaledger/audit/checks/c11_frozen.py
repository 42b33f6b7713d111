"""C11: what is frozen on the chain is frozen in the register and by order, and nothing frozen moved without one."""

from __future__ import annotations

from collections.abc import Iterator

from rwaledger.audit.authority import Effect
from rwaledger.audit.findings import CONTROL_BOOK, EVENTS, REGISTER, STATE, Findings, amount, cause_of, where
from rwaledger.audit.orders import Frozen, frozen_by_order
from rwaledger.audit.records import InstrumentRecords, Records, place_of
from rwaledger.domain.holder import Standing
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value

ID = "C11"
TITLE = "Freezes follow orders"
PURPOSE = (
    "What is frozen, in part or whole, is the same in state, replayed events, register and the net of freeze and "
    "release orders, and nothing frozen moved except by order."
)

_FREE = (Operation.ISSUE, Operation.FORCE_TRANSFER, Operation.RECOVER)
"""What may move frozen units, or moves none that were there."""

_NOTHING = Frozen()

BY_STATE = "state = events"
BY_REGISTER = "events = register"
BY_ORDERS = "events = orders"


def run(records: Records) -> CheckResult:
    """Compares what is frozen of each account, then follows every move of frozen units."""
    findings = Findings(ID, TITLE, records)
    for each in records.instruments:
        findings.can_read_state(each)
        orders = frozen_by_order(each.token.events, each.book.executions, each.opening.start, each.first_block)
        for account in each.accounts:
            _compare_frozen(findings, each, account, orders.get(account, _NOTHING))
        for effect, held in _moves_of_frozen(each):
            _moved_without_order(findings, each, effect, held)
        findings.count(accounts=len(each.accounts), moves=len(each.new_effects), enforced_accounts=len(orders))
    return findings.result()


def _compare_frozen(findings: Findings, each: InstrumentRecords, account: str, ordered: Frozen) -> None:
    """Each record with that of the events: equality is passed on, so that all pairs are covered."""
    replayed = _frozen(each.replayed.standings.get(account))
    if each.state:
        state = _frozen(each.state.standings.get(account))
        _differ(findings, each, account, (STATE, state), (EVENTS, replayed), BY_STATE)
    register = _frozen(each.register.standings.get(account))
    _differ(findings, each, account, (EVENTS, replayed), (REGISTER, register), BY_REGISTER)
    if account not in each.book.unclear:
        _differ(findings, each, account, (EVENTS, replayed), (f"{CONTROL_BOOK}: orders", ordered), BY_ORDERS)


def _differ(
    findings: Findings,
    each: InstrumentRecords,
    account: str,
    left: tuple[str, Frozen],
    right: tuple[str, Frozen],
    cause: str,
) -> None:
    if left[1] != right[1]:
        without_order = cause == BY_ORDERS
        findings.add(
            BreakClass.UNAUTHORISED if without_order else BreakClass.AMOUNT,
            each.instrument.instrument_id,
            account,
            "what is frozen is not what was ordered" if without_order else "what is frozen differs",
            (Value(left[0], _shown(each, left[1])), Value(right[0], _shown(each, right[1]))),
            cause=cause,
        )


def _moves_of_frozen(each: InstrumentRecords) -> Iterator[tuple[Effect, Frozen]]:
    """Moves that took frozen units, or anything from a frozen account, and were not forced; with what was frozen."""
    overdrawn = each.trail.overdrawn
    for effect in each.new_effects if overdrawn else ():
        standing = overdrawn.get(place_of(effect.event.log))
        if standing and effect.deed.operation not in _FREE and effect.deed.move.amount_units:
            yield effect, _frozen(standing)


def _moved_without_order(findings: Findings, each: InstrumentRecords, effect: Effect, held: Frozen) -> None:
    move, log = effect.deed.move, effect.event.log
    findings.add(
        BreakClass.RULE_BREACH,
        each.instrument.instrument_id,
        move.sender,
        f"frozen units moved without an order: {where(log)}",
        (Value(EVENTS, f"{amount(each, move.amount_units)} moved"), Value("rule", f"{_shown(each, held)} stays")),
        cause=cause_of(place_of(log)),
    )


def _frozen(standing: Standing | None) -> Frozen:
    if standing is None or not (standing.frozen_units or standing.address_frozen):
        return _NOTHING
    return Frozen(standing.frozen_units, standing.address_frozen)


def _shown(each: InstrumentRecords, frozen: Frozen) -> str:
    return f"{amount(each, frozen.units)} frozen" + (", and the whole account" if frozen.whole else "")
