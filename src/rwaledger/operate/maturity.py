"""Maturity: the last coupon and the nominal are paid, then every unit is redeemed; each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rwaledger.chain import state
from rwaledger.chain.addresses import checksummed
from rwaledger.domain.corporate_action import ActionKind, ActionStatus, CorporateAction, action_id
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.errors import RwaledgerError, UnknownName
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.policy import Policy
from rwaledger.domain.schedule import pay_day
from rwaledger.domain.units import format_amount
from rwaledger.operate.coupon import (
    Bond,
    carried_out,
    enter_paid,
    payment_plan,
    require_payable,
    run_payments,
    source_of,
    with_held_back,
)
from rwaledger.operate.coupon_entitlements import entitlements_of
from rwaledger.operate.coupon_held_back import enter_held_back
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import open_plan, taken_back
from rwaledger.operate.entries import Entry
from rwaledger.operate.execute import Outcome
from rwaledger.operate.names import Names
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.registry import actions, audit_log


@dataclass(frozen=True, slots=True)
class Settlement:
    """One of the two payments at maturity, as far as it is settled; `is_stored` tells whether the register has it."""

    action: CorporateAction
    owed: tuple[Entitlement, ...]
    is_stored: bool


@dataclass(frozen=True, slots=True)
class Maturity:
    """The last coupon and the redemption of a bond, and the plans that carry both out, in their order."""

    bond: Bond
    coupon: Settlement
    redemption: Settlement
    plans: tuple[Plan, ...]

    @property
    def is_done(self) -> bool:
        """Whether everything was paid and redeemed before."""
        return self.redemption.action.status is ActionStatus.PAID and not self.plans


def maturity(desk: Desk, bond: Bond, policy: Policy, held_back: Sequence[str] = ()) -> Maturity:
    """What is to be paid and redeemed at maturity; nothing is stored. `held_back` are accounts left out of it.

    Raises:
        UnknownName: the last coupon was not declared, so that there is no record date.
        NotDue: the record date, or the day of maturity, has not come.
        HoldingsDisagree: chain and register disagree on the holdings.
        ReconciliationRequired: the bond is not reconciled.
        RwaledgerError: units have moved since the record date.
    """
    day = pay_day(bond.terms.periods()[-1], policy.calendar, bond.terms.business_day_rule)
    coupon = _settlement(desk, bond, _declared(desk, bond, ActionKind.COUPON, day), held_back)
    redemption = _settlement(desk, bond, _declared(desk, bond, ActionKind.REDEMPTION, day), held_back)
    again = _taken_back(desk, bond, coupon.action, redemption.action)
    if redemption.action.status is ActionStatus.PAID and not again:
        return Maturity(bond, coupon, redemption, ())
    require_payable(desk, bond, redemption.action, policy)
    units = _units_plan(bond, redemption)
    if units and len(open_plan(desk.node, units).parts) == len(units.parts):
        _require_unmoved(desk, bond, redemption.owed)
    return Maturity(bond, coupon, redemption, _plans(desk, bond, coupon, redemption, units, again))


def enter_maturity(desk: Desk, found: Maturity, held_back: Sequence[str] = ()) -> None:
    """Writes into the register who is owed what, before anything is paid."""
    with desk.database.begin() as connection:
        for each in (found.coupon, found.redemption):
            if not each.is_stored:
                actions.add_action(connection, _as_declared(each.action))
                actions.entitle(connection, each.action, [replace(owed, held_back=False) for owed in each.owed])
                detail = {"exact": str(each.action.exact_amount), "funded": str(each.action.funded_units)}
                audit_log.record(connection, desk.maker, "entitled", each.action.action_id, detail)
            if each.action.status is ActionStatus.PAID:
                continue
            owed = {one.account for one in each.owed if one.amount_units}
            left_out = [account for account in held_back if account in owed or each is found.redemption]
            enter_held_back(connection, desk, found.bond, each.action, left_out)


def enter_matured(desk: Desk, found: Maturity) -> None:
    """Writes down that both payments are made and the units redeemed, where they are."""
    if not carried_out(desk, found.plans):
        return
    enter_paid(desk, found.coupon.action)
    enter_paid(desk, found.redemption.action)


def mature(desk: Desk, bond: Bond, policy: Policy, held_back: Sequence[str] = ()) -> list[Outcome]:
    """Pays the last coupon and the nominal, then redeems all units; nothing where that was done before.

    Raises:
        RwaledgerError: as `maturity` and `run`; the same call again goes on from there.
    """
    found = maturity(desk, bond, policy, held_back)
    if found.is_done:
        return []
    enter_maturity(desk, found, held_back)
    outcomes = run_payments(desk, found.plans, policy) if found.plans else []
    enter_matured(desk, found)
    return outcomes


def _declared(desk: Desk, bond: Bond, kind: ActionKind, day: date) -> CorporateAction:
    """The action in the register. A redemption that is not there yet has the record date of the last coupon."""
    name = action_id(kind, bond.instrument_id, day)
    with desk.database.read() as connection:
        try:
            return actions.find_action(connection, name)
        except UnknownName:
            if kind is ActionKind.COUPON:
                raise
        coupon = actions.find_action(connection, action_id(ActionKind.COUPON, bond.instrument_id, day))
    return replace(_as_declared(coupon), kind=ActionKind.REDEMPTION, period_from=bond.terms.issued_on)


def _as_declared(action: CorporateAction) -> CorporateAction:
    return replace(action, supply_units=None, exact_amount=None, funded_units=None, status=ActionStatus.DECLARED)


def _settlement(desk: Desk, bond: Bond, action: CorporateAction, held_back: Sequence[str]) -> Settlement:
    if action.status is not ActionStatus.DECLARED:
        with desk.database.read() as connection:
            owed = actions.entitlements(connection, action.action_id)
        return Settlement(action, with_held_back(owed, held_back), is_stored=True)
    entitled, found = entitlements_of(desk, bond, action)
    return Settlement(entitled, with_held_back(found.entitlements, held_back), is_stored=False)


def _taken_back(desk: Desk, bond: Bond, coupon: CorporateAction, redemption: CorporateAction) -> bool:
    payments = [each.action_id for each in (coupon, redemption) if each.status is ActionStatus.PAID]
    units = [f"{redemption.action_id}:units"] if redemption.status is ActionStatus.PAID else []
    return taken_back(desk, bond.currency.control_book, payments) or taken_back(
        desk, bond.instrument.control_book, units
    )


def _plans(
    desk: Desk, bond: Bond, coupon: Settlement, redemption: Settlement, units: Plan | None, again: bool
) -> tuple[Plan, ...]:
    with desk.database.read() as connection:
        names = Names.load(connection, desk.node.chain_id)
    due = [each for each in (coupon, redemption) if again or each.action.status is not ActionStatus.PAID]
    payments = [payment_plan(names, bond, each.action, each.owed) for each in due]
    return tuple(plan for plan in (*payments, units) if plan)


def _units_plan(bond: Bond, redemption: Settlement) -> Plan | None:
    """Redeems what every account held, the payer's own too; None where nobody held anything."""
    action = redemption.action
    entries = [
        Entry(
            Path(f"{action.action_id} from {checksummed(each.account)}"),
            0,
            bond.instrument,
            Line(sender=each.account, amount_units=each.holding_units),
        )
        for each in redemption.owed
        if not each.held_back
    ]
    key = f"{action.action_id}:units"
    return make_plan(Operation.REDEEM, entries, key, source_of(action)) if entries else None


def _require_unmoved(desk: Desk, bond: Bond, owed: Sequence[Entitlement]) -> None:
    """Who is paid must be who gives the units up.

    What is held back may lie elsewhere by now, such as in the wallet that took a lost one's place.
    """
    due = [each for each in owed if not each.held_back]
    now = state.account_states(desk.node, bond.instrument.address, [each.account for each in due], "latest")
    moved = [each.account for each in due if now[each.account][0] < each.holding_units]
    supply = state.total_supply(desk.node, bond.instrument.address, "latest")
    held = sum(each.holding_units for each in owed)
    if moved or supply != held:
        listed = ", ".join(checksummed(account) for account in moved) or "to accounts that held none"
        total = format_amount(held, bond.instrument.decimals, grouped=True)
        raise RwaledgerError(
            f"units of {bond.instrument_id} have moved since the record date, when {total} were held: {listed}",
            "The rules should stop transfers from then on (closes_at). Have the units moved back before you redeem.",
        )
