"""Corporate actions and their entitlements: what was declared, who is owed what, and to whom it was paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from rwaledger.domain.corporate_action import ActionKind, ActionStatus, CorporateAction
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member, stored_value, utc_now
from rwaledger.registry.upsert import insert_if_new


def add_action(c: Connection, action: CorporateAction) -> bool:
    """Records a declared action; whether it was new.

    Raises:
        RegisterConflict: an action of that name is there with other values.
    """
    if insert_if_new(c, tables.actions, _row(action) | {"recorded_at": utc_now()}):
        return True
    declared = replace(
        find_action(c, action.action_id),
        supply_units=None,
        exact_amount=None,
        funded_units=None,
        status=ActionStatus.DECLARED,
    )
    if declared != action:
        raise RegisterConflict(
            f"{action.action_id} is in the register with other values: {declared}, not {action}",
            "A row was changed from outside, or the record date is another one.",
        )
    return False


def find_action(c: Connection, action_id: str) -> CorporateAction:
    """The action of that name, such as `coupon:GRN28:2026-07-20`.

    Raises:
        UnknownName: it was not declared.
    """
    row = c.execute(select(tables.actions).where(tables.actions.c.action_id == action_id)).one_or_none()
    if row is None:
        raise UnknownName("declared action", action_id, "`rwaledger bond coupon declare` declares a coupon.")
    return _action(row)


def actions(c: Connection, instrument_id: str | None = None) -> list[CorporateAction]:
    """The actions of an instrument, or of all, in order of pay day and name."""
    t = tables.actions
    query = select(t).order_by(t.c.pays_on, t.c.action_id)
    if instrument_id is not None:
        query = query.where(t.c.instrument_id == instrument_id)
    return [_action(row) for row in c.execute(query)]


def entitle(c: Connection, action: CorporateAction, entitlements: Sequence[Entitlement]) -> None:
    """Settles who is owed what in an action that was declared.

    Raises:
        RegisterConflict: it was settled before.
    """
    _change(c, action, ActionStatus.DECLARED)
    rows = [
        {
            "action_id": action.action_id,
            "account": each.account,
            "holding_units": each.holding_units,
            "amount_units": each.amount_units,
            "held_back": each.held_back,
            "paid_to": each.paid_to,
        }
        for each in entitlements
    ]
    if rows:
        c.execute(insert(tables.entitlements), rows)


def set_paid(c: Connection, action: CorporateAction) -> None:
    """Records that everything of an action was paid but what is held back.

    Raises:
        RegisterConflict: it was not entitled, or was paid before.
    """
    _change(c, replace(action, status=ActionStatus.PAID), ActionStatus.ENTITLED)
    t = tables.entitlements
    due = (t.c.action_id == action.action_id) & ~t.c.held_back & t.c.paid_to.is_(None)
    paid = [each.account for each in entitlements(c, action.action_id) if each.amount_units]
    c.execute(update(t).where(due, t.c.account.in_(paid)).values(paid_to=t.c.account))


def hold_back(c: Connection, action_id: str, account: str) -> None:
    """Takes an account out of the payment of an action; it can be paid by itself later.

    Raises:
        UnknownName: it is entitled to nothing there.
    """
    t = tables.entitlements
    change = update(t).where(t.c.action_id == action_id, t.c.account == account, t.c.paid_to.is_(None))
    if c.execute(change.values(held_back=True)).rowcount != 1:
        raise UnknownName("unpaid entitlement", f"{action_id} of {account}", "`rwaledger bond coupon show` lists them.")


def set_paid_to(c: Connection, action_id: str, account: str, paid_to: str) -> None:
    """Records to which account an entitlement that was held back has been paid."""
    t = tables.entitlements
    c.execute(update(t).where(t.c.action_id == action_id, t.c.account == account).values(paid_to=paid_to))


def entitlements(c: Connection, action_id: str) -> list[Entitlement]:
    """The entitlements of an action, in order of account."""
    t = tables.entitlements
    query = select(t).where(t.c.action_id == action_id).order_by(t.c.account)
    return [
        Entitlement(row.account, row.holding_units, row.amount_units, row.held_back, row.paid_to)
        for row in c.execute(query)
    ]


def all_entitlements(c: Connection) -> dict[str, list[Entitlement]]:
    """The entitlements of every action that has some, by its name and in order of account."""
    t = tables.entitlements
    found: dict[str, list[Entitlement]] = {}
    for row in c.execute(select(t).order_by(t.c.action_id, t.c.account)):
        entitled = Entitlement(row.account, row.holding_units, row.amount_units, row.held_back, row.paid_to)
        found.setdefault(row.action_id, []).append(entitled)
    return found


def last_block_by(c: Connection, chain_id: int, timestamp: int) -> int | None:
    """The last block of the register whose time is not after `timestamp`; None where all are later."""
    t = tables.blocks.c
    query = select(func.max(t.number)).where(t.chain_id == chain_id, t.timestamp <= timestamp)
    return c.execute(query).scalar()


def _change(c: Connection, action: CorporateAction, before: ActionStatus) -> None:
    t = tables.actions
    change = update(t).where(t.c.action_id == action.action_id, t.c.status == str(before)).values(_row(action))
    if c.execute(change).rowcount != 1:
        raise RegisterConflict(
            f"{action.action_id} is no longer {before}; another process was faster", "Run the same command again."
        )


def _row(action: CorporateAction) -> dict[str, Any]:
    return {
        "action_id": action.action_id,
        "instrument_id": action.instrument_id,
        "kind": str(action.kind),
        "period_from": action.period_from,
        "period_to": action.period_to,
        "pays_on": action.pays_on,
        "record_at": action.record_at,
        "record_date": action.record_date,
        "supply_units": action.supply_units,
        "exact_amount": None if action.exact_amount is None else str(action.exact_amount),
        "funded_units": action.funded_units,
        "status": str(action.status),
        "updated_at": utc_now(),
    }


def _action(row: Row[Any]) -> CorporateAction:
    return CorporateAction(
        instrument_id=row.instrument_id,
        kind=stored_member(ActionKind, row.kind),
        period_from=row.period_from,
        period_to=row.period_to,
        pays_on=row.pays_on,
        record_at=row.record_at,
        record_date=row.record_date,
        supply_units=row.supply_units,
        exact_amount=None if row.exact_amount is None else stored_value(Fraction, row.exact_amount),
        funded_units=row.funded_units,
        status=stored_member(ActionStatus, row.status),
    )
