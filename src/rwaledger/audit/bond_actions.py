"""C17, bonds: each coupon and redemption recomputed from its terms and from what the events say was held."""

from __future__ import annotations

from collections.abc import Mapping

from rwaledger.audit.bond_payments import ENTITLED, Paying, compare_payments
from rwaledger.audit.distributions import Schedule, distribution_of, schedule_of
from rwaledger.audit.findings import EVENTS, REGISTER, STATE, Findings, amount, moment_words
from rwaledger.audit.moves import holdings_at
from rwaledger.audit.records import InstrumentRecords
from rwaledger.domain.corporate_action import ActionStatus, BondTerms, CorporateAction
from rwaledger.domain.entitlement import Distribution, Entitlement
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import BreakClass, Value

ACTION = f"{REGISTER}: action"
TERMS = "terms"


def judge_action(findings: Findings, action: CorporateAction) -> None:
    """An action by its terms; once its record date has passed, by its holdings, and then its payments."""
    records = findings.records
    by_id = {each.instrument.instrument_id: each for each in records.instruments}
    each, terms = by_id.get(action.instrument_id), records.office.register.bonds.get(action.instrument_id)
    currency = by_id.get(terms.currency) if terms else None
    findings.count(actions=1)
    if each is None or terms is None or currency is None:
        _not_judged(findings, action, "the register has no terms of it, or not its bond and currency on this chain")
        return
    schedule = schedule_of(action, terms, records.policy, each.instrument.decimals)
    if schedule is None:
        _not_judged(findings, action, f"its terms have no period that ends on {action.period_to}")
        return
    _compare_schedule(findings, each, action, schedule)
    if action.record_at < records.pin.timestamp:
        _judge_entitled(findings, each, currency, action, terms, schedule)


def _judge_entitled(
    findings: Findings,
    each: InstrumentRecords,
    currency: InstrumentRecords,
    action: CorporateAction,
    terms: BondTerms,
    schedule: Schedule,
) -> None:
    held = holdings_at(findings.records, each, action.record_at)
    _compare_record_date(findings, each, action, held)
    owed = {o.account: o for o in findings.records.office.register.entitlements.get(action.action_id, ())}
    if action.status is ActionStatus.DECLARED and not owed:
        return
    findings.count(entitlements=len(owed.keys() | held.keys()))
    follows = _compare_holdings(findings, each, action, owed, held)
    due = distribution_of(findings.records, terms, schedule, held)
    root = _compare_totals(
        findings, each, currency, action, (sum(held.values()), due), next(iter(follows.values()), "")
    )
    follows |= _compare_amounts(findings, currency, action, owed, due, (follows, root))
    compare_payments(Paying(findings, each, currency, action, terms, owed, due, follows))


def _compare_schedule(findings: Findings, each: InstrumentRecords, action: CorporateAction, schedule: Schedule) -> None:
    """Period, pay day and record date are those of the terms."""
    due = f"{schedule.period_from} to {schedule.period_to}, recorded at {moment_words(schedule.record_at)}"
    found = f"{action.period_from} to {action.period_to}, recorded at {moment_words(action.record_at)}"
    due, found = f"{due}, paid on {schedule.pays_on}", f"{found}, paid on {action.pays_on}"
    if due != found:
        summary = f"{action.action_id} is not as the terms have it"
        name, values = each.instrument.instrument_id, (Value(TERMS, due), Value(ACTION, found))
        findings.add(BreakClass.RULE_BREACH, name, "", summary, values, cause=f"{action.action_id} schedule")


def _compare_record_date(
    findings: Findings, each: InstrumentRecords, action: CorporateAction, held: Mapping[str, int]
) -> None:
    """What the contract remembers of the record date is what its events say."""
    if each.state is None:
        return
    dates = findings.records.office.record_dates.get(action.instrument_id, ())
    recorded = findings.records.office.recorded.get(action.action_id)
    if recorded is None or (
        action.status is not ActionStatus.DECLARED and _number(dates, action) != action.record_date
    ):
        findings.add(
            BreakClass.MISSING_ON_CHAIN,
            each.instrument.instrument_id,
            "",
            f"the chain has no such record date of {action.action_id}",
            (
                Value(STATE, f"record date {_number(dates, action)}" if recorded else "no record date"),
                Value(ACTION, f"record date {action.record_date}, {moment_words(action.record_at)}"),
            ),
            cause=f"{action.action_id} record date",
        )
    if recorded is None:
        return
    for account in sorted(recorded.balances.keys() | held.keys()):
        sides = (EVENTS, held.get(account, 0)), (STATE, recorded.balances.get(account, 0))
        summary = f"what the contract says was held on the record date of {action.action_id} differs"
        findings.differ(each, account, summary, *sides, f"{action.action_id} balanceOfAt")
    supply = (EVENTS, sum(held.values())), (STATE, recorded.supply_units)
    summary = f"what the contract says was in issue on the record date of {action.action_id} differs"
    findings.differ(each, ISSUANCE_ACCOUNT, summary, *supply, f"{action.action_id} totalSupplyAt")


def _number(dates: tuple[int, ...], action: CorporateAction) -> int:
    return dates.index(action.record_at) + 1 if action.record_at in dates else 0


def _compare_holdings(
    findings: Findings,
    each: InstrumentRecords,
    action: CorporateAction,
    owed: Mapping[str, Entitlement],
    held: Mapping[str, int],
) -> dict[str, str]:
    """Every holding has its entitlement, and the reverse; the breaks by account."""
    found: dict[str, str] = {}
    for account in sorted(owed.keys() | held.keys()):
        units, recorded = held.get(account, 0), owed.get(account)
        if recorded is None or recorded.holding_units != units:
            shown = amount(each, recorded.holding_units) if recorded else "no entitlement"
            found[account] = findings.add(
                BreakClass.AMOUNT,
                each.instrument.instrument_id,
                account,
                f"{action.action_id} goes by another holding than that of its record date",
                (Value(EVENTS, amount(each, units)), Value(ENTITLED, shown)),
                cause=f"{action.action_id} holding",
            ).break_id
    return found


def _compare_amounts(
    findings: Findings,
    currency: InstrumentRecords,
    action: CorporateAction,
    owed: Mapping[str, Entitlement],
    due: Distribution,
    earlier: tuple[Mapping[str, str], str],
) -> dict[str, str]:
    """Every amount is what the terms give for the holding; the breaks by account.

    Where all of them together are not what the terms give, it is that from which each follows.
    """
    follows, root = earlier
    found: dict[str, str] = {}
    for each in due.entitlements:
        recorded = owed.get(each.account)
        if recorded and recorded.amount_units != each.amount_units and each.account not in follows:
            found[each.account] = findings.add(
                BreakClass.AMOUNT,
                action.instrument_id,
                each.account,
                f"{action.action_id} owes the account another amount than its terms give",
                (
                    Value(TERMS, amount(currency, each.amount_units)),
                    Value(ENTITLED, amount(currency, recorded.amount_units)),
                ),
                cause=f"{action.action_id} amount",
                follows_from=root,
            ).break_id
    return found


def _compare_totals(
    findings: Findings,
    each: InstrumentRecords,
    currency: InstrumentRecords,
    action: CorporateAction,
    totals: tuple[int, Distribution],
    follows_from: str,
) -> str:
    """Units on the record date, the exact amount, and what the payer provides; of several the first is the root."""
    supply_units, due = totals
    rows = (
        ("supply", amount(each, supply_units), _units(each, action.supply_units)),
        ("exact amount", str(due.exact), str(action.exact_amount)),
        ("funding", amount(currency, due.funded_units), _units(currency, action.funded_units)),
    )
    for name, wanted, recorded in rows:
        if wanted != recorded:
            summary = f"{action.action_id}: the {name} is not what its terms give for what was held"
            values = Value(TERMS, wanted), Value(ACTION, recorded)
            cause = f"{action.action_id} {name}"
            found = findings.add(
                BreakClass.AMOUNT, action.instrument_id, "", summary, values, cause=cause, follows_from=follows_from
            )
            follows_from = follows_from or found.break_id
    return follows_from


def _units(each: InstrumentRecords, units: int | None) -> str:
    return "nothing" if units is None else amount(each, units)


def _not_judged(findings: Findings, action: CorporateAction, why: str) -> None:
    findings.add(
        BreakClass.COVERAGE,
        action.instrument_id,
        "",
        f"{action.action_id} was not judged: {why}",
        (Value(TERMS, "nothing"), Value(ACTION, action.status.value)),
        cause=f"{action.action_id} terms",
    )
