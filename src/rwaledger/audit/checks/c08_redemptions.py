"""C08: who asked for a stablecoin back was paid in time and at par, for a fee within its cap, and for units burnt.

Source: HKMA, Guideline on Supervision of Licensed Stablecoin Issuers, which asks for redemption at par, within one
business day of the request and for a reasonable fee. Days and cap are figures of the policy in force on the local day
of the request.

The day on which a request is due is worked out anew, so that the one in the register is judged as well. A request is
looked at once its time has come by the pinned block, and one that is still open then is late when its day has ended. By
the pinned block, or by an instruction that went out beyond it, what is paid is out of issue, and what went out of issue
for a request is paid. What took an undue creation back, and is signed for as that, needs no request. A redemption that
nobody authorised is a finding of C05, and no request is missed for it here.
"""

from __future__ import annotations

from datetime import date, datetime

from rwaledger.audit.authority import Execution, effects
from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount, cause_of, moment_words, named_amount, where
from rwaledger.audit.moves import Carried, carried_out
from rwaledger.audit.records import InstrumentRecords, Records, place_of
from rwaledger.domain.calendar import local_date
from rwaledger.domain.instruction import Operation, reference
from rwaledger.domain.instrument import InstrumentKind
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import BreakClass, CheckResult, Value
from rwaledger.domain.redemption import Redemption, RedemptionStatus, burn_key
from rwaledger.domain.reserve import BASIS_POINTS

ID = "C08"
TITLE = "Redemptions are paid in time, at par"
PURPOSE = (
    "Every request to redeem a stablecoin is paid on its due day or before, in full but for a fee within its cap; what "
    "is paid is out of issue by one instruction, and nothing went out of issue without a request that is paid."
)

REQUEST = f"{REGISTER}: redemption"
_NO_COIN = Value(f"{REGISTER}: instruments", "no stablecoin")


def run(records: Records) -> CheckResult:
    """Judges each request, then each redemption on the chain."""
    findings = Findings(ID, TITLE, records)
    findings.count(requests=0, burns=0)
    by_id = {each.instrument.instrument_id: each for each in records.instruments}
    asked = [each for each in records.office.register.redemptions if each.requested_at <= records.pin.time]
    for redemption in asked:
        each = by_id.get(redemption.instrument_id)
        if each is None or each.instrument.kind is not InstrumentKind.STABLECOIN:
            _of_no_stablecoin(findings, redemption)
            continue
        findings.count(requests=1)
        _judge_fee(findings, each, redemption)
        _judge_time(findings, each, redemption, _judge_burn(findings, each, redemption))
    for each in records.instruments:
        if each.instrument.kind is InstrumentKind.STABLECOIN:
            _require_requests(findings, each)
    return findings.result()


def _judge_time(findings: Findings, each: InstrumentRecords, redemption: Redemption, follows_from: str) -> None:
    """Late by the day that the policy gives; the register is to have that day as well."""
    records = findings.records
    due_on = _due_on(redemption, records.policy)
    is_wrong = redemption.due_on != due_on
    if is_wrong:
        values = Value("policy", f"due on {due_on}"), Value(REQUEST, f"due on {redemption.due_on}")
        summary = f"redemption {redemption.request} is not due on the day that the register says"
        _add(findings, BreakClass.SERVICE_LEVEL, each, redemption, summary, values, "due day")
    paid_at = _paid_by(redemption, records.pin.time)
    if redemption.status is RedemptionStatus.CANCELLED:
        return
    done_on = local_date(paid_at or records.pin.time, records.policy.zone)
    if done_on > due_on:
        paid = f"paid on {done_on}" if paid_at else f"open on {done_on}"
        summary = (
            f"redemption {redemption.request} of {named_amount(each, redemption.amount_units)}, asked for at "
            f"{moment_words(redemption.requested_at)}, was {'paid' if paid_at else 'still open'} after its due day"
        )
        values = Value("policy", f"due on {due_on}"), Value(REQUEST, paid)
        _add(findings, BreakClass.SERVICE_LEVEL, each, redemption, summary, values, "late", follows_from)


def _judge_fee(findings: Findings, each: InstrumentRecords, redemption: Redemption) -> None:
    """The most that the policy of the day of the request lets an issuer keep back."""
    cap_bp = findings.records.policy.on_moment(redemption.requested_at).redemption_fee_max_bp
    cap = redemption.amount_units * cap_bp // BASIS_POINTS
    if not 0 <= redemption.fee_units <= cap:
        values = Value("policy", f"at most {amount(each, cap)}"), Value(REQUEST, amount(each, redemption.fee_units))
        summary = f"the fee of redemption {redemption.request} is not within its cap of {cap_bp} basis points"
        _add(findings, BreakClass.AMOUNT, each, redemption, summary, values, "fee")


def _judge_burn(findings: Findings, each: InstrumentRecords, redemption: Redemption) -> str:
    """Paid and burnt, or neither; and burnt in full, of the one who asked. The break of one that is not paid."""
    burn = carried_out(findings.records, each, burn_key(redemption.request), 1)
    if burn.is_excused:
        return ""
    if redemption.burn_key != burn_key(redemption.request):
        values = Value("required", burn_key(redemption.request)), Value(REQUEST, redemption.burn_key)
        summary = f"redemption {redemption.request} names another instruction than its own"
        _add(findings, BreakClass.TAMPER, each, redemption, summary, values, "burn key")
    is_paid = redemption.status is RedemptionStatus.PAID
    if burn.used:
        _compare_burn(findings, each, redemption, burn)
        if not is_paid:
            values = Value(EVENTS, f"{_burnt(each, burn)} out of issue"), Value(REQUEST, redemption.status.value)
            summary = f"units went out of issue for redemption {redemption.request}, which is not paid"
            return _add(findings, BreakClass.MISSING_IN_REGISTER, each, redemption, summary, values, "payment")
    elif _paid_by(redemption, findings.records.pin.time) and not burn.is_later:
        values = Value(EVENTS, "nothing out of issue"), Value(REQUEST, amount(each, redemption.amount_units))
        summary = f"redemption {redemption.request} is paid, and its units are still in issue"
        _add(findings, BreakClass.MISSING_ON_CHAIN, each, redemption, summary, values, "burn")
    return ""


def _compare_burn(findings: Findings, each: InstrumentRecords, redemption: Redemption, burn: Carried) -> None:
    """At par: as many units as were asked for, of the account that asked."""
    done = [(effect.deed.operation, effect.deed.move.sender, effect.deed.move.amount_units) for effect in burn.moves]
    if done != [(Operation.REDEEM, redemption.account, redemption.amount_units)]:
        of = "" if {sender for _, sender, _ in done} <= {redemption.account} else ", of another account"
        values = Value(EVENTS, f"{_burnt(each, burn)}{of}"), Value(REQUEST, amount(each, redemption.amount_units))
        summary = f"what went out of issue for redemption {redemption.request} is not what was asked for"
        _add(findings, BreakClass.AMOUNT, each, redemption, summary, values, "burn")


def _burnt(each: InstrumentRecords, burn: Carried) -> str:
    redeemed = (effect.deed.move for effect in burn.moves if effect.deed.operation is Operation.REDEEM)
    return amount(each, sum(move.amount_units for move in redeemed))


def _require_requests(findings: Findings, each: InstrumentRecords) -> None:
    """Each redemption on the chain that was authorised belongs to a request."""
    instrument = each.instrument
    keys = (burn_key(found.request) for found in findings.records.office.register.redemptions)
    asked = {reference(instrument.chain_id, instrument.control_book, key, 0) for key in keys}
    for execution in each.book.executions:
        burns = [e for e in effects(execution.effects) if e.deed.operation is Operation.REDEEM]
        findings.count(burns=len(burns))
        is_known = execution.ref in asked | findings.records.office.excused.refs | each.book.reversing
        if burns and not execution.objection and not is_known:
            _without_request(findings, each, execution, sum(burn.deed.move.amount_units for burn in burns))


def _without_request(findings: Findings, each: InstrumentRecords, execution: Execution, units: int) -> None:
    log = execution.event.log
    redeemed = (e.deed.account for e in effects(execution.effects) if e.deed.move.recipient == ISSUANCE_ACCOUNT)
    findings.add(
        BreakClass.MISSING_IN_REGISTER,
        each.instrument.instrument_id,
        next(redeemed, ""),
        f"{named_amount(each, units)} were redeemed by instruction {execution.ref} without a request: {where(log)}",
        (Value(EVENTS, amount(each, units)), Value(REQUEST, "none")),
        cause=cause_of(place_of(log)),
    )


def _of_no_stablecoin(findings: Findings, redemption: Redemption) -> None:
    """That an instrument is no stablecoin is one cause, however many requests there are."""
    known = (b.break_id for b in findings.breaks if (b.instrument_id, b.left) == (redemption.instrument_id, _NO_COIN))
    findings.add(
        BreakClass.COVERAGE,
        redemption.instrument_id,
        redemption.account,
        f"redemption {redemption.request} is of {redemption.instrument_id}, no stablecoin here, and was not judged",
        (_NO_COIN, Value(REQUEST, redemption.status.value)),
        cause=f"redemption {redemption.request}",
        follows_from=next(known, ""),
    )


def _due_on(redemption: Redemption, policy: Policy) -> date:
    asked_on = local_date(redemption.requested_at, policy.zone)
    return policy.calendar.add(asked_on, policy.on(asked_on).redemption_business_days)


def _paid_by(redemption: Redemption, moment: datetime) -> datetime | None:
    """When it was paid, where that was by a moment."""
    paid = redemption.status is RedemptionStatus.PAID and redemption.paid_at and redemption.paid_at <= moment
    return redemption.paid_at if paid else None


def _add(
    findings: Findings,
    break_class: BreakClass,
    each: InstrumentRecords,
    redemption: Redemption,
    summary: str,
    values: tuple[Value, Value],
    cause: str,
    follows_from: str = "",
) -> str:
    return findings.add(
        break_class,
        each.instrument.instrument_id,
        redemption.account,
        summary,
        values,
        cause=f"redemption {redemption.request} {cause}",
        follows_from=follows_from,
    ).break_id
