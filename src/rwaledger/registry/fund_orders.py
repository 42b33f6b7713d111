"""Orders of fund units: received, priced, dealt."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from rwaledger.domain.errors import RegisterConflict, SettledAlready, UnknownName
from rwaledger.domain.fund import Dealt, FundOrder, OrderSide, OrderStatus
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member, utc_now

_AS_RECEIVED = ("instrument_id", "chain_id", "account", "side", "amount_units", "received_at", "dealing_day")


def is_known(c: Connection, order: FundOrder) -> bool:
    """Whether the order is on record, however far it has come.

    Raises:
        SettledAlready: an order of that name is there with other values.
    """
    found = c.execute(_one(order.order_id)).one_or_none()
    if found is None:
        return False
    known, given = _row(_order(found)), _row(order)
    differences = [f"{name} is {known[name]}, not {given[name]}" for name in _AS_RECEIVED if known[name] != given[name]]
    if differences:
        raise SettledAlready(f"order {order.order_id}", differences, "Give the new order a name of its own.")
    return True


def add_order(c: Connection, order: FundOrder) -> None:
    """Records a new order.

    Raises:
        RegisterConflict: an order of that name is there; `Database.begin` raises it.
    """
    c.execute(insert(tables.fund_orders).values(_row(order) | {"recorded_at": utc_now()}))


def find_order(c: Connection, order_id: str) -> FundOrder:
    """The order of that name.

    Raises:
        UnknownName: there is none.
    """
    row = c.execute(_one(order_id)).one_or_none()
    if row is None:
        raise UnknownName("order", order_id, "`rwaledger fund orders` lists them.")
    return _order(row)


def orders(c: Connection, instrument_id: str, day: date | None = None) -> list[FundOrder]:
    """The orders of a fund, of one dealing day or of all, in order of day and name."""
    t = tables.fund_orders.c
    query = select(tables.fund_orders).where(t.instrument_id == instrument_id).order_by(t.dealing_day, t.order_id)
    if day is not None:
        query = query.where(t.dealing_day == day)
    return [_order(row) for row in c.execute(query)]


def all_orders(c: Connection, chain_id: int) -> list[FundOrder]:
    """The orders of all funds on a chain, in order of fund, day and name."""
    t = tables.fund_orders.c
    query = select(tables.fund_orders).where(t.chain_id == chain_id)
    return [_order(row) for row in c.execute(query.order_by(t.instrument_id, t.dealing_day, t.order_id))]


def change_order(c: Connection, order: FundOrder, before: OrderStatus) -> None:
    """Writes down how far an order has come.

    Raises:
        RegisterConflict: it was not in the status `before`.
    """
    t = tables.fund_orders
    change = update(t).where(t.c.order_id == order.order_id, t.c.status == str(before)).values(_row(order))
    if c.execute(change).rowcount != 1:
        raise RegisterConflict(
            f"order {order.order_id} is no longer {before}; another process was faster", "Run the same command again."
        )


def _one(order_id: str) -> Select[Any]:
    return select(tables.fund_orders).where(tables.fund_orders.c.order_id == order_id)


def _row(order: FundOrder) -> dict[str, Any]:
    dealt = order.dealt
    return {
        "order_id": order.order_id,
        "instrument_id": order.instrument_id,
        "chain_id": order.chain_id,
        "account": order.account,
        "side": str(order.side),
        "amount_units": order.amount_units,
        "received_at": order.received_at,
        "dealing_day": order.dealing_day,
        "price_units": dealt.price_units if dealt else None,
        "units": dealt.units if dealt else None,
        "cash_units": dealt.cash_units if dealt else None,
        "status": str(order.status),
        "reason": order.reason,
        "updated_at": utc_now(),
    }


def _order(row: Row[Any]) -> FundOrder:
    return FundOrder(
        order_id=row.order_id,
        instrument_id=row.instrument_id,
        chain_id=row.chain_id,
        account=row.account,
        side=stored_member(OrderSide, row.side),
        amount_units=row.amount_units,
        received_at=row.received_at,
        dealing_day=row.dealing_day,
        status=stored_member(OrderStatus, row.status),
        dealt=None if row.price_units is None else Dealt(row.price_units, row.units, row.cash_units),
        reason=row.reason,
    )
