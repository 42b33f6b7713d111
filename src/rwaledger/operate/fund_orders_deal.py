"""Dealing: all orders of a day at its price, money before units and units before money, each once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rwaledger.domain.errors import NotDue, RegisterConflict
from rwaledger.domain.fund import FundOrder, OrderSide, OrderStatus, Price
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.operate.coupon import carried_out, run_payments
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, taken_back
from rwaledger.operate.entries import Entry
from rwaledger.operate.execute import Outcome
from rwaledger.operate.fund_orders import DEAL_STEPS, deal_key
from rwaledger.operate.gate import require_reconciled
from rwaledger.operate.names import Names, party_account
from rwaledger.operate.nav import Fund, price_of_day
from rwaledger.operate.plan import Plan, make_plan
from rwaledger.operate.times import moment_of, moment_words
from rwaledger.registry import audit_log, fund_orders
from rwaledger.registry.locks import hold


@dataclass(frozen=True, slots=True)
class Deal:
    """The orders of a day with what each gets, and the plans that carry them out, in their order."""

    fund: Fund
    day: date
    orders: tuple[FundOrder, ...]
    plans: tuple[Plan, ...]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be dealt."""
        return not any(order.status in (OrderStatus.RECEIVED, OrderStatus.PRICED) for order in self.orders)


def deal_of(desk: Desk, fund: Fund, day: date, policy: Policy) -> Deal:
    """What becomes of the orders of a day at its price; nothing is stored.

    An order that was priced before keeps its price, whatever was stated since.

    Raises:
        NotDue: orders can still come in for the day, or it has no price yet.
        ReconciliationRequired: the fund is not reconciled.
    """
    with desk.database.read() as connection:
        orders = fund_orders.orders(connection, fund.instrument_id, day)
        names = Names.load(connection, desk.node.chain_id)
    live = [order for order in orders if order.status is not OrderStatus.CANCELLED]
    deal = Deal(fund, day, tuple(live), ())
    keys = [f"{deal_key(order)}:{step}" for order in live[:1] for step in DEAL_STEPS]
    books = {fund.instrument.control_book, fund.currency.control_book}
    if deal.is_done and not any(taken_back(desk, book, keys) for book in sorted(books)):
        return deal
    _require_past_cut_off(desk, fund, day, policy)
    require_reconciled(desk.database, desk.node, fund.instrument, policy)
    price = _price(fund, price_of_day(desk, fund, day).price_units)
    priced = tuple(_priced(order, price) for order in live)
    return Deal(fund, day, priced, _plans(fund, names, priced))


def enter_priced(desk: Desk, deal: Deal) -> None:
    """Settles price, units and money of every order, before anything moves; from then on no order can join the day.

    Raises:
        RegisterConflict: an order came in or was cancelled meanwhile, or another run priced them at another price.
    """
    with desk.database.begin() as connection:
        hold(connection, "fund orders", deal.fund.instrument_id)
        stored = fund_orders.orders(connection, deal.fund.instrument_id, deal.day)
        before = {each.order_id: each for each in stored if each.status is not OrderStatus.CANCELLED}
        if before.keys() != {order.order_id for order in deal.orders}:
            raise RegisterConflict("an order of the day came in or was cancelled meanwhile", "Run the command again.")
        for order in deal.orders:
            if before[order.order_id].dealt not in (None, order.dealt):
                raise RegisterConflict("the orders of the day were priced meanwhile", "Run the command again.")
            if before[order.order_id].status is OrderStatus.RECEIVED:
                fund_orders.change_order(connection, order, OrderStatus.RECEIVED)
                detail = {"price": str(order.dealt.price_units) if order.dealt else "", "status": order.status.value}
                audit_log.record(connection, desk.maker, "order priced", order.order_id, detail)


def enter_dealt(desk: Desk, deal: Deal) -> None:
    """Writes down which orders are carried out, once the chain has carried out every plan."""
    if not carried_out(desk, deal.plans):
        return
    with desk.database.begin() as connection:
        for order in fund_orders.orders(connection, deal.fund.instrument_id, deal.day):
            if order.status is OrderStatus.PRICED:
                fund_orders.change_order(connection, replace(order, status=OrderStatus.DEALT), OrderStatus.PRICED)
                audit_log.record(connection, desk.maker, "order dealt", order.order_id, {})


def deal(desk: Desk, fund: Fund, day: date, policy: Policy) -> list[Outcome]:
    """Deals the orders of a day; nothing where that was done before.

    Raises:
        RwaledgerError: as `deal_of` and `run`; the same call again goes on from there.
    """
    found = deal_of(desk, fund, day, policy)
    if found.is_done and not found.plans:
        enter_priced(desk, found)
        return []
    enter_priced(desk, found)
    outcomes = run_payments(desk, found.plans, policy)
    enter_dealt(desk, found)
    return outcomes


def _require_past_cut_off(desk: Desk, fund: Fund, day: date, policy: Policy) -> None:
    cut_off = datetime.combine(day, fund.terms.cut_off, ZoneInfo(policy.zone)).astimezone(UTC)
    now = moment_of(chain_time(desk.node))
    if now <= cut_off:
        raise NotDue(
            f"orders of {fund.instrument_id} for {day} can come in until {moment_words(cut_off)};"
            f" on the chain it is {moment_words(now)}",
            "Deal them after that.",
        )


def _price(fund: Fund, price_units: int) -> Price:
    return Price(
        price_units=price_units,
        price_decimals=fund.terms.price_decimals,
        fund_decimals=fund.instrument.decimals,
        cash_decimals=fund.currency.decimals,
        rounding_units=fund.terms.rounding_units,
    )


def _priced(order: FundOrder, price: Price) -> FundOrder:
    if order.status is not OrderStatus.RECEIVED:
        return order
    dealt = price.deal(order.side, order.amount_units)
    return replace(order, status=OrderStatus.VOID if dealt.is_void else OrderStatus.PRICED, dealt=dealt)


def _plans(fund: Fund, names: Names, orders: Sequence[FundOrder]) -> tuple[Plan, ...]:
    """Money in before units out, units in before money out: whoever is cut off in between owes nobody too much."""
    manager = party_account(names, fund.terms.manager)
    subscriptions, redemptions = (
        [order for order in orders if order.side is side and order.status in (OrderStatus.PRICED, OrderStatus.DEALT)]
        for side in (OrderSide.SUBSCRIBE, OrderSide.REDEEM)
    )
    money_in, issue, redeem, money_out = DEAL_STEPS
    money, units = fund.currency, fund.instrument
    plans = (
        _plan(subscriptions, money_in, Operation.TRANSFER, money, lambda o: _pay(o, o.account, manager)),
        _plan(subscriptions, issue, Operation.ISSUE, units, _issue),
        _plan(redemptions, redeem, Operation.REDEEM, units, _redeem),
        _plan(redemptions, money_out, Operation.TRANSFER, money, lambda o: _pay(o, manager, o.account)),
    )
    return tuple(plan for plan in plans if plan)


def _plan(
    orders: Sequence[FundOrder],
    step: str,
    operation: Operation,
    instrument: Instrument,
    line: Callable[[FundOrder], Line],
) -> Plan | None:
    """One step of the deal; messages name the order as the place of a line."""
    if not orders:
        return None
    entries = [Entry(Path(f"order {order.order_id}"), 0, instrument, line(order)) for order in orders]
    source = f"orders of {orders[0].instrument_id} on {orders[0].dealing_day}"
    return make_plan(operation, entries, f"{deal_key(orders[0])}:{step}", source)


def _pay(order: FundOrder, sender: str, recipient: str) -> Line:
    assert order.dealt is not None, "a priced order has its figures"
    return Line(sender=sender, recipient=recipient, amount_units=order.dealt.cash_units)


def _issue(order: FundOrder) -> Line:
    assert order.dealt is not None, "a priced order has its figures"
    return Line(recipient=order.account, amount_units=order.dealt.units)


def _redeem(order: FundOrder) -> Line:
    assert order.dealt is not None, "a priced order has its figures"
    return Line(sender=order.account, amount_units=order.dealt.units)
