"""Coupons: declared with a record date on the chain, and paid once to each who held the bond then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rwaledger.chain import state
from rwaledger.chain.addresses import checksummed
from rwaledger.domain.calendar import local_date
from rwaledger.domain.corporate_action import ActionKind, ActionStatus, BondTerms, CorporateAction, action_id
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.errors import NotDue, UnknownName, UsageError
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.schedule import CouponPeriod, pay_day, record_day, record_time
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, open_plan, taken_back
from rwaledger.operate.entries import Entry
from rwaledger.operate.execute import Outcome, run, run_all
from rwaledger.operate.gate import require_reconciled
from rwaledger.operate.names import Names, party_account
from rwaledger.operate.papers import record_date_plan
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.times import moment_of
from rwaledger.operate.travel import payments_of_plans, require_recorded, required_records
from rwaledger.operate.yields import require_may_pay
from rwaledger.registry import actions, audit_log, instruments, terms
from rwaledger.registry.database import Database


@dataclass(frozen=True, slots=True)
class Bond:
    """A bond with its terms, and the currency in which it pays."""

    terms: BondTerms
    instrument: Instrument
    currency: Instrument

    @property
    def instrument_id(self) -> str:
        """Its short name."""
        return self.instrument.instrument_id


def load_bond(database: Database, instrument_id: str) -> Bond:
    """The bond of that name.

    Raises:
        UnknownName: there is no such instrument, or it has no terms.
        NoYield: it may not pay anything.
    """
    with database.read() as connection:
        instrument = instruments.instrument(connection, instrument_id)
        require_may_pay(instrument)
        found = terms.bond_terms(connection, instrument_id)
        return Bond(found, instrument, instruments.instrument(connection, found.currency))


def period_paid_on(bond: Bond, pays_on: date, policy: Policy) -> CouponPeriod:
    """The coupon period that is paid on a day.

    Raises:
        UsageError: the bond pays nothing on that day; the message has the days on which it does.
    """
    days = {pay_day(each, policy.calendar, bond.terms.business_day_rule): each for each in bond.terms.periods()}
    if pays_on not in days:
        listed = ", ".join(day.isoformat() for day in days)
        raise UsageError(f"{bond.instrument_id} pays no coupon on {pays_on}", f"It pays on {listed}.")
    return days[pays_on]


def find_coupon(database: Database, instrument_id: str, pays_on: date) -> CorporateAction | None:
    """The coupon of that day; None where it was not declared."""
    try:
        with database.read() as connection:
            return actions.find_action(connection, action_id(ActionKind.COUPON, instrument_id, pays_on))
    except UnknownName:
        return None


def declaration_plan(desk: Desk, bond: Bond, pays_on: date, policy: Policy) -> Plan:
    """Schedules the record date of a coupon: the end of the record day, in the zone of the policy.

    Raises:
        UsageError: the bond pays nothing on that day.
        ReconciliationRequired: the bond is not reconciled.
    """
    period_paid_on(bond, pays_on, policy)
    require_reconciled(desk.database, desk.node, bond.instrument, policy)
    key = f"{action_id(ActionKind.COUPON, bond.instrument_id, pays_on)}:record-date"
    return record_date_plan(bond.instrument, moment_of(record_second(bond.terms, pays_on, policy)), key)


def record_second(bond_terms: BondTerms, pays_on: date, policy: Policy) -> int:
    """The last second that counts for a payment, in seconds since 1970."""
    return record_time(record_day(pays_on, bond_terms.record_days, policy.calendar), policy.zone)


def enter_declared(desk: Desk, bond: Bond, pays_on: date, policy: Policy) -> CorporateAction:
    """Writes a coupon into the register, once its record date is on the chain."""
    period = period_paid_on(bond, pays_on, policy)
    record_at = record_second(bond.terms, pays_on, policy)
    action = CorporateAction(
        instrument_id=bond.instrument_id,
        kind=ActionKind.COUPON,
        period_from=period.starts_on,
        period_to=period.ends_on,
        pays_on=pays_on,
        record_at=record_at,
        record_date=state.record_dates(desk.node, bond.instrument.address, "latest").index(record_at) + 1,
    )
    with desk.database.begin() as connection:
        if actions.add_action(connection, action):
            detail = {"record_at": str(record_at), "record_date": str(action.record_date)}
            audit_log.record(connection, desk.maker, "coupon declared", action.action_id, detail)
    return action


def declare(desk: Desk, bond: Bond, pays_on: date, policy: Policy) -> CorporateAction:
    """Declares the coupon that is paid on a day; one that is declared is given back as it is.

    Raises:
        UsageError, ReconciliationRequired: as `declaration_plan`; and what `run` raises.
    """
    known = find_coupon(desk.database, bond.instrument_id, pays_on)
    if known is not None:
        return known
    run(desk, declaration_plan(desk, bond, pays_on, policy))
    return enter_declared(desk, bond, pays_on, policy)


def require_payable(desk: Desk, bond: Bond, action: CorporateAction, policy: Policy) -> None:
    """Raises unless the day of payment has come, and the bond is reconciled.

    Raises:
        NotDue: it has not.
        ReconciliationRequired: it is not.
    """
    today = local_date(moment_of(chain_time(desk.node)), policy.zone)
    if today < action.pays_on:
        raise NotDue(f"{action.action_id} is paid on {action.pays_on}; on the chain it is {today}", "Wait for the day.")
    require_reconciled(desk.database, desk.node, bond.instrument, policy)


def payment_plan(names: Names, bond: Bond, action: CorporateAction, owed: Sequence[Entitlement]) -> Plan | None:
    """Transfers of what is owed, from the payer to each account; None where nobody is owed anything.

    What is held back is left out. The control book moves the payer's money within what the payer has approved to it.
    """
    lines = [each for each in owed if each.amount_units and not each.held_back]
    if not lines:
        return None
    payer = party_account(names, bond.terms.payer)
    entries = [payment_line(bond, action, payer, each.account, each.amount_units) for each in lines]
    return make_plan(Operation.TRANSFER, entries, action.action_id, source_of(action))


def payment_of_coupon(
    desk: Desk, bond: Bond, pays_on: date, policy: Policy, held_back: Sequence[str] = ()
) -> tuple[CorporateAction, Plan | None]:
    """A coupon that is entitled, with the plan of its payment; None where it is paid, or nobody is owed anything.

    `held_back` are accounts to be left out, besides those that are already.

    Raises:
        UnknownName: it was not declared.
        NotDue: it is not entitled, or the day has not come.
        ReconciliationRequired: the bond is not reconciled.
    """
    with desk.database.read() as connection:
        action = actions.find_action(connection, action_id(ActionKind.COUPON, bond.instrument_id, pays_on))
        owed = actions.entitlements(connection, action.action_id)
        names = Names.load(connection, desk.node.chain_id)
    if action.status is ActionStatus.PAID and not taken_back(desk, bond.currency.control_book, [action.action_id]):
        return action, None
    if action.status is ActionStatus.DECLARED:
        raise NotDue(
            f"nobody is entitled to {action.action_id} yet",
            f"Run `rwaledger bond coupon entitle {bond.instrument_id} --pays-on {pays_on}` first.",
        )
    require_payable(desk, bond, action, policy)
    return action, payment_plan(names, bond, action, with_held_back(owed, held_back))


def with_held_back(owed: Sequence[Entitlement], held_back: Sequence[str]) -> tuple[Entitlement, ...]:
    """The same entitlements, with more of them held back."""
    return tuple(replace(each, held_back=each.held_back or each.account in held_back) for each in owed)


def run_payments(desk: Desk, plans: Sequence[Plan], policy: Policy) -> list[Outcome]:
    """Runs plans one after another, with the records that the travel rule asks for in the register already.

    `operate.travel.record_travel` makes these; the command line does it by itself.

    Raises:
        RwaledgerError: a record is missing, or as `run_all`.
    """
    with desk.database.read() as connection:
        payments = payments_of_plans(plans)
        require_recorded(connection, required_records(connection, policy, chain_time(desk.node), payments))
    return run_all(desk, plans)


def carried_out(desk: Desk, plans: Sequence[Plan]) -> bool:
    """Whether the chain has carried out all of the plans, and none waits for its checker."""
    return not any(open_plan(desk.node, plan).parts for plan in plans)


def enter_paid(desk: Desk, action: CorporateAction) -> None:
    """Writes down that an action is paid; nothing where that stands there already."""
    with desk.database.begin() as connection:
        known = actions.find_action(connection, action.action_id)
        if known.status is not ActionStatus.PAID:
            actions.set_paid(connection, known)
            audit_log.record(connection, desk.maker, "paid", action.action_id, {"funded": str(known.funded_units)})


def pay(desk: Desk, bond: Bond, pays_on: date, policy: Policy) -> Outcome | None:
    """Pays a coupon, once; None where it was paid before or nobody is owed anything.

    Raises:
        UnknownName, NotDue, ReconciliationRequired: as `payment_of_coupon`; and what `run` raises.
    """
    action, plan = payment_of_coupon(desk, bond, pays_on, policy)
    (outcome,) = run_payments(desk, [plan], policy) if plan else (None,)
    enter_paid(desk, action)
    return outcome


def payment_line(bond: Bond, action: CorporateAction, payer: str, account: str, amount_units: int) -> Entry:
    """A line whose place, in messages, is the payment and the account."""
    line = Line(sender=payer, recipient=account, amount_units=amount_units)
    return Entry(Path(f"{action.action_id} to {checksummed(account)}"), 0, bond.currency, line)


def source_of(action: CorporateAction) -> str:
    """An action in words, where an instruction says what it came from."""
    return f"{action.kind} of {action.instrument_id} on {action.pays_on}"
