"""`rwaledger bond`: what a bond pays, from its terms to its redemption."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, confirming_options, json_option, pass_context
from rwaledger.cli.output import emit, say, table
from rwaledger.cli.paying import (
    account_option,
    action_document,
    action_text,
    grouped,
    held_back_option,
    parse_day,
    parties,
)
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.domain.corporate_action import CorporateAction
    from rwaledger.operate.coupon import Bond

_PAYS_ON = click.option("--pays-on", required=True, callback=parse_day, help="Pay day, such as 2026-07-20.")


@click.group("bond")
def command() -> None:
    """Pay coupons and redeem bonds, by their terms and by what was held on the record date."""


@command.command()
@click.argument("instrument")
@json_option
@pass_context
def schedule(context: Context, instrument: str, as_json: bool) -> None:
    """Show the coupon periods of INSTRUMENT, with record and pay days."""
    from rwaledger.domain.schedule import pay_day, record_day

    bond, policy = _bond(context, instrument), context.policy
    rows = []
    for period in bond.terms.periods():
        pays_on = pay_day(period, policy.calendar, bond.terms.business_day_rule)
        record = record_day(pays_on, bond.terms.record_days, policy.calendar)
        years = period.fraction(bond.terms.day_count, bond.terms.periods_a_year)
        dates = [day.isoformat() for day in (period.starts_on, period.ends_on, record, pays_on)]
        rows.append([str(period.number), *dates, str(period.days), str(years)])
    header = ("period", "from", "to", "record_day", "pays_on", "days", "years")
    emit([dict(zip(header, row, strict=True)) for row in rows], table(header, rows, right=(5, 6)), as_json=as_json)


@command.group()
def coupon() -> None:
    """Declare a coupon, entitle the holders of its record date, pay them, each step once."""


@coupon.command()
@click.argument("instrument")
@_PAYS_ON
@acting_options
@pass_context
def declare(context: Context, /, instrument: str, pays_on: date, **given: Any) -> None:
    """Declare the coupon of INSTRUMENT paid on a day, and schedule its record date on the chain."""
    from rwaledger.operate.coupon import carried_out, declaration_plan, enter_declared, find_coupon

    manner, bond, desk = Manner.of(given), _bond(context, instrument), context.desk()
    known = find_coupon(context.database, instrument, pays_on)
    if known is not None:
        emit(
            _document(context, bond, known),
            f"nothing to do: {known.action_id} is {known.status}",
            as_json=manner.as_json,
        )
        return
    plan = declaration_plan(desk, bond, pays_on, context.policy)
    act(context, plan, manner)
    if not manner.dry_run and carried_out(desk, [plan]):
        action = enter_declared(desk, bond, pays_on, context.policy)
        say(f"{action.action_id} is declared; its record date is number {action.record_date}")


@coupon.command()
@click.argument("instrument")
@_PAYS_ON
@confirming_options
@pass_context
def entitle(context: Context, /, instrument: str, pays_on: date, **given: Any) -> None:
    """Settle who is owed what, once the record date has passed and the register has followed."""
    from rwaledger.domain.corporate_action import ActionStatus
    from rwaledger.operate.coupon_entitlements import entitle as carry_out
    from rwaledger.operate.coupon_entitlements import entitlements_of

    manner, bond, desk = Manner.of(given), _bond(context, instrument), context.desk()
    action = _coupon(context, instrument, pays_on)
    if action.status is not ActionStatus.DECLARED:
        say(f"nothing to do: {action.action_id} is {action.status}")
    elif manner.dry_run:
        action, found = entitlements_of(desk, bond, action)
        say("dry run: nothing was stored")
        document = action_document(action, bond, found.entitlements, parties(context))
        emit(document, action_text(document), as_json=manner.as_json)
        return
    else:
        action = carry_out(desk, bond, action)
    document = _document(context, bond, action)
    emit(document, action_text(document), as_json=manner.as_json)


@coupon.command()
@click.argument("instrument")
@_PAYS_ON
@held_back_option
@acting_options
@pass_context
def pay(context: Context, /, instrument: str, pays_on: date, held_back: tuple[str, ...], **given: Any) -> None:
    """Pay the coupon to all who are entitled, in one plan, once."""
    from rwaledger.operate.coupon import carried_out, enter_paid, payment_of_coupon
    from rwaledger.operate.coupon_held_back import hold_back

    manner, bond, desk = Manner.of(given), _bond(context, instrument), context.desk()
    accounts = [parties(context).account(name) for name in held_back]
    action, plan = payment_of_coupon(desk, bond, pays_on, context.policy, accounts)
    if plan is None:
        if not manner.dry_run:
            hold_back(desk, bond, action, accounts)
            enter_paid(desk, action)
        emit(_document(context, bond, action), f"nothing to do: {action.action_id} is paid", as_json=manner.as_json)
        return
    act(context, plan, manner, first=lambda desk: hold_back(desk, bond, action, accounts))
    if not manner.dry_run and carried_out(desk, [plan]):
        enter_paid(desk, action)
        say(f"{action.action_id} is paid")


@coupon.command("show")
@click.argument("instrument")
@click.option("--pays-on", callback=parse_day, help="Pay day of one coupon.  [all]")
@json_option
@pass_context
def show_coupon(context: Context, instrument: str, pays_on: date | None, as_json: bool) -> None:
    """Show the payments of INSTRUMENT that were declared, or one with every entitlement."""
    from rwaledger.registry import actions

    bond = _bond(context, instrument)
    if pays_on is not None:
        with context.database.read() as connection:
            found = [each for each in actions.actions(connection, instrument) if each.pays_on == pays_on]
    else:
        with context.database.read() as connection:
            found = actions.actions(connection, instrument)
    if pays_on is not None and not found:
        raise UsageError(
            f"{instrument} has declared nothing that is paid on {pays_on}", "See `rwaledger bond schedule`."
        )
    documents = [_document(context, bond, each) for each in found]
    if pays_on is not None:
        emit(documents, "\n\n".join(action_text(each) for each in documents), as_json=as_json)
        return
    header = ("action", "record_date", "record_at", "pays_on", "funded", "paid", "dust", "status")
    rows = [
        [grouped(each[name]) if name in ("funded", "paid", "dust") else str(each[name]) for name in header]
        for each in documents
    ]
    emit(documents, table(header, rows, right=(4, 5, 6)) or "none", as_json=as_json)


@command.command()
@click.argument("instrument")
@held_back_option
@acting_options
@pass_context
def mature(context: Context, /, instrument: str, held_back: tuple[str, ...], **given: Any) -> None:
    """Pay the last coupon and the nominal of INSTRUMENT, then redeem all its units."""
    from rwaledger.operate.maturity import enter_matured, enter_maturity, maturity

    manner, bond, desk = Manner.of(given), _bond(context, instrument), context.desk()
    accounts = [parties(context).account(name) for name in held_back]
    found = maturity(desk, bond, context.policy, accounts)
    if found.is_done:
        action = found.redemption.action
        emit(_document(context, bond, action), f"nothing to do: {action.action_id} is paid", as_json=manner.as_json)
        return
    act(context, found.plans, manner, first=lambda desk: enter_maturity(desk, found, accounts))
    if not manner.dry_run:
        enter_matured(desk, found)


@command.command()
@click.argument("action", metavar="ACTION")
@account_option
@click.option("--to", "paid_to", help="Another account of the same holder, such as a recovered wallet.")
@acting_options
@pass_context
def release(context: Context, /, action: str, account: str, paid_to: str | None, **given: Any) -> None:
    """Pay what was held back of ACTION, such as coupon:GRN28:2026-07-20; units at maturity are redeemed with it."""
    from rwaledger.operate.coupon import carried_out
    from rwaledger.operate.coupon_held_back import enter_released, release_plans
    from rwaledger.registry import actions

    manner, desk, names = Manner.of(given), context.desk(), parties(context)
    with context.database.read() as connection:
        found = actions.find_action(connection, action)
    bond = _bond(context, found.instrument_id)
    source = names.account(account)
    target = names.account(paid_to) if paid_to else source
    plans = release_plans(desk, bond, found, source, target, context.policy)
    act(context, plans, manner)
    if not manner.dry_run and carried_out(desk, plans):
        enter_released(desk, found, source, target)


def _bond(context: Context, instrument: str) -> Bond:
    from rwaledger.operate.coupon import load_bond

    return load_bond(context.database, instrument)


def _coupon(context: Context, instrument: str, pays_on: date) -> CorporateAction:
    from rwaledger.domain.corporate_action import ActionKind, action_id
    from rwaledger.registry import actions

    with context.database.read() as connection:
        return actions.find_action(connection, action_id(ActionKind.COUPON, instrument, pays_on))


def _document(context: Context, bond: Bond, action: CorporateAction) -> dict[str, Any]:
    from rwaledger.registry import actions

    with context.database.read() as connection:
        owed = actions.entitlements(connection, action.action_id)
    return action_document(action, bond, owed, parties(context))
