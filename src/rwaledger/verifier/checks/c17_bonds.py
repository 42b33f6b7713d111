"""C17, bonds: each coupon and redemption recomputed from its terms and from what the events say was held."""

from __future__ import annotations

from typing import Any

from rwaledger.verifier.bond import Distribution, Schedule, distribute, schedule_of
from rwaledger.verifier.checks.c17_paid import Paying, compare_payments
from rwaledger.verifier.checks.c17_payments import party_of
from rwaledger.verifier.checks.found import EVENTS, REGISTER, STATE, Findings
from rwaledger.verifier.exact import fraction
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import held_at

ACTION, ENTITLED, TERMS = f"{REGISTER}: action", f"{REGISTER}: entitlement", "terms"


def judge_action(found: Findings, action: Any) -> None:
    """By its terms; once its record date has passed, by its holdings, and then its payments."""
    case = found.case
    found.count(actions=1)
    terms = next((row for row in case.pack.table("bond_terms") if row.instrument_id == action.instrument_id), None)
    bond = case.ledger_of.get(action.instrument_id)
    currency = case.ledger_of.get(terms.currency) if terms else None
    schedule = None
    if bond and terms and currency:
        schedule = schedule_of(action.kind, action.period_to, terms, bond.row.decimals, case.calendar)
    if bond is None or terms is None or currency is None or schedule is None:
        summary = f"{action.action_id} was not judged: no terms of it, or no bond and currency on this chain"
        values = (TERMS, "nothing"), (ACTION, action.status)
        found.add("COVERAGE", action.instrument_id, "", summary, *values, f"{action.action_id} terms")
        return
    _compare_schedule(found, action, schedule)
    if action.record_at < case.pin.block_time:
        _judge_entitled(found, bond, currency, action, terms, schedule)


def _compare_schedule(found: Findings, action: Any, schedule: Schedule) -> None:
    due, kept = (
        f"{each.period_from} to {each.period_to}, recorded at {each.record_at}, paid on {each.pays_on}"
        for each in (schedule, action)
    )
    if due != kept:
        summary = f"{action.action_id} is not as the terms have it"
        values = (TERMS, due), (ACTION, kept)
        found.add("RULE_BREACH", action.instrument_id, "", summary, *values, f"{action.action_id} schedule")


def _judge_entitled(
    found: Findings, bond: Ledger, currency: Ledger, action: Any, terms: Any, schedule: Schedule
) -> None:
    case = found.case
    held = held_at(bond, action.record_at)
    _compare_record_date(found, bond, action)
    rows = (row for row in case.pack.table("entitlements") if row.action_id == action.action_id)
    owed = {row.account: row for row in rows}
    if action.status == "declared" and not owed:
        return
    found.count(entitlements=len(owed.keys() | held.keys()))
    follows = _compare_holdings(found, bond, action, owed, held)
    payer = party_of(case, terms.payer)
    due = distribute(held, schedule.per_unit, terms.rounding_units, payer.own)
    root = _compare_totals(found, bond, currency, action, sum(held.values()), due, next(iter(follows.values()), ""))
    follows |= _compare_amounts(found, currency, action, owed, due, follows, root)
    compare_payments(Paying(found, bond, currency, action, payer, owed, due, follows))


def _compare_record_date(found: Findings, bond: Ledger, action: Any) -> None:
    """The contract has scheduled it, under the number that the register has.

    What the contract remembers of it follows from its code and its events: C16 holds the one, C02 the other.
    """
    if bond.state is None:
        return
    dates: list[int] = []
    for event in bond.events:
        if event.name == "RecordDateScheduled":
            dates[event.args["id"] - 1 :] = [event.args["recordDate"]]
        elif event.name == "RecordDateCancelled":
            del dates[event.args["id"] - 1 :]
    number = dates.index(action.record_at) + 1 if action.record_at in dates else 0
    if not number or (action.status != "declared" and number != action.record_date):
        summary = f"the chain has no such record date of {action.action_id}"
        shown = f"record date {number}" if number else "no record date"
        values = (STATE, shown), (ACTION, f"record date {action.record_date}, {action.record_at}")
        found.add("MISSING_ON_CHAIN", bond.instrument_id, "", summary, *values, f"{action.action_id} record date")


def _compare_holdings(
    found: Findings, bond: Ledger, action: Any, owed: dict[str, Any], held: dict[str, int]
) -> dict[str, str]:
    """Every holding has its entitlement, and the reverse; the findings by account."""
    made: dict[str, str] = {}
    for account in sorted(owed.keys() | held.keys()):
        units, row = held.get(account, 0), owed.get(account)
        if row is None or row.holding_units != units:
            shown = bond.amount(row.holding_units) if row else "no entitlement"
            values = (EVENTS, bond.amount(units)), (ENTITLED, shown)
            summary = f"{action.action_id} goes by another holding than that of its record date"
            ids = bond.instrument_id, account
            made[account] = found.add("AMOUNT", *ids, summary, *values, f"{action.action_id} holding").break_id
    return made


def _compare_amounts(
    found: Findings,
    currency: Ledger,
    action: Any,
    owed: dict[str, Any],
    due: Distribution,
    follows: dict[str, str],
    root: str,
) -> dict[str, str]:
    """Where all of them together are not what the terms give, it is that from which each follows."""
    made: dict[str, str] = {}
    for account, units in due.amounts.items():
        row = owed.get(account)
        if row and row.amount_units != units and account not in follows:
            values = (TERMS, currency.amount(units)), (ENTITLED, currency.amount(row.amount_units))
            summary = f"{action.action_id} owes the account another amount than its terms give"
            ids = action.instrument_id, account
            made[account] = found.add("AMOUNT", *ids, summary, *values, f"{action.action_id} amount", root).break_id
    return made


def _compare_totals(
    found: Findings, bond: Ledger, currency: Ledger, action: Any, supply: int, due: Distribution, root: str
) -> str:
    """Units on the record date, the exact amount, and what the payer provides; of several the first is the root."""
    exact = action.exact_amount
    rows = (
        ("supply", bond.amount(supply), _units(bond, action.supply_units)),
        ("exact amount", str(due.exact), "None" if exact is None else str(fraction(exact))),
        ("funding", currency.amount(due.funded), _units(currency, action.funded_units)),
    )
    for name, wanted, kept in rows:
        if wanted != kept:
            summary = f"{action.action_id}: the {name} is not what its terms give for what was held"
            values = (TERMS, wanted), (ACTION, kept)
            cause = f"{action.action_id} {name}"
            made = found.add("AMOUNT", action.instrument_id, "", summary, *values, cause, root)
            root = root or made.break_id
    return root


def _units(ledger: Ledger, units: int | None) -> str:
    return "nothing" if units is None else ledger.amount(units)
