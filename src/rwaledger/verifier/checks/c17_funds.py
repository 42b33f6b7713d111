"""C17, funds: each order recomputed at the price in force, and what its deal moved of units and money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from fractions import Fraction
from typing import Any, NamedTuple

from rwaledger.verifier.checks.c17_payments import Payment, brought, compare, party_of, require_party, took
from rwaledger.verifier.checks.found import REGISTER, Findings
from rwaledger.verifier.exact import power_of_ten
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import carried_out

ORDER = f"{REGISTER}: order"


class Dealt(NamedTuple):
    """What an order gets: units of the fund, for money."""

    units: int
    cash: int


class _Fund(NamedTuple):
    ledger: Ledger
    currency: Ledger
    terms: Any

    def deal(self, order: Any) -> Dealt:
        """At the order's price; rounding never favours the order over the fund."""
        digits = self.terms.price_decimals + self.ledger.row.decimals
        each = Fraction(order.price_units * power_of_ten(self.currency.row.decimals), power_of_ten(digits))
        rounding = self.terms.rounding_units
        if order.side == "subscribe":
            units = int(order.amount_units // rounding * rounding // each)
            return Dealt(units, int(-(-units * each // rounding) * rounding))
        return Dealt(order.amount_units, int(order.amount_units * each // rounding * rounding))


def judge_orders(found: Findings) -> None:
    """The orders of each fund and day that were received by the time of the pinned block."""
    case = found.case
    terms = {row.instrument_id: row for row in case.pack.table("fund_terms")}
    days: dict[tuple[str, date], list[Any]] = {}
    for row in sorted(case.rows("fund_orders"), key=lambda order: order.order_id):
        if row.received_at.timestamp() <= case.pin.block_time:
            days.setdefault((row.instrument_id, row.dealing_day), []).append(row)
    for (name, day), orders in sorted(days.items()):
        found.count(orders=len(orders))
        ledger = case.ledger_of.get(name)
        currency = case.ledger_of.get(terms[name].currency) if name in terms else None
        if ledger is None or currency is None:
            summary = f"the orders of {day} were not judged: no terms, or no fund and money on this chain"
            values = ("terms", "nothing"), (ORDER, f"orders of {day}")
            found.add("COVERAGE", name, "", summary, *values, f"orders of {day}")
        else:
            _judge_day(found, _Fund(ledger, currency, terms[name]), day, orders)


def _judge_day(found: Findings, fund: _Fund, day: date, orders: Sequence[Any]) -> None:
    """First the orders themselves, then what was moved for those that were priced."""
    follows: dict[str, str] = {}
    for order in orders:
        _compare_day(found, fund, order)
        if order.status in ("priced", "dealt", "void"):
            root = _compare_price(found, fund, order) or _compare_dealt(found, fund, order)
            if root:
                follows.setdefault(order.account, root)
    live = [order for order in orders if order.status in ("priced", "dealt") and order.price_units is not None]
    for step in _STEPS:
        of_side = [order for order in live if order.side == step.side]
        ledger = fund.currency if step.is_money else fund.ledger
        name = f"deal:{fund.ledger.instrument_id}:{day}:{step.name}"
        carried = carried_out(ledger, name, len(orders))
        is_open = any(order.status == "priced" for order in of_side)
        payment = Payment(ledger, name, carried, is_open, follows)
        due: dict[str, list[int]] = {}
        for order in of_side:
            due.setdefault(order.account, []).append(order.cash_units if step.is_money else order.units)
        follows = compare(found, payment, due, step.investors(carried.deeds)) | follows
        if step.is_money:
            manager = party_of(found.case, fund.terms.manager).every
            require_party(found, payment, manager, step.others(carried.deeds))


class _Step(NamedTuple):
    """A step of a deal: of which orders, and on which side of the moves investors and manager stand."""

    name: str
    side: str
    is_money: bool
    investors: Callable[..., Mapping[str, list[int]]]
    others: Callable[..., Mapping[str, list[int]]]


_STEPS = (
    _Step("money-in", "subscribe", True, took, brought),
    _Step("issue", "subscribe", False, brought, took),
    _Step("redeem", "redeem", False, took, brought),
    _Step("money-out", "redeem", True, brought, took),
)


def _compare_day(found: Findings, fund: _Fund, order: Any) -> None:
    """Its own local day, where that is a business day and the cut-off not past; else the next one."""
    calendar = found.case.calendar
    local = calendar.local(order.received_at)
    due = local.date()
    if not calendar.is_business_day(due) or local.time() > time.fromisoformat(fund.terms.cut_off):
        due = calendar.business_days_later(due, 1)
    if due != order.dealing_day:
        _add(found, "RULE_BREACH", order, "is dealt on another day", (str(due), str(order.dealing_day)), "day")


def _compare_price(found: Findings, fund: _Fund, order: Any) -> str:
    """The break_id where its price is not the one in force when it was priced."""
    due = _price_in_force(found, order)
    if due is not None and due == (order.price_units or 0):
        return ""
    cause = f"price of {order.dealing_day}"
    alike = (f for f in found.found.values() if f.instrument_id == order.instrument_id and f.cause.endswith(cause))
    root = next((f.break_id for f in alike), "")
    shown = "no price" if due is None else _price(fund, due)
    values = shown, "none" if order.price_units is None else _price(fund, order.price_units)
    what = "is dealt at another price than was in force"
    return _add(found, "COVERAGE" if due is None else "AMOUNT", order, what, values, cause, root)


def _price_in_force(found: Findings, order: Any) -> int | None:
    """By the newest statement for the day that there was when the order was priced, as the log of deeds has it."""
    at = {row.subject: row.at for row in found.case.pack.table("audit_log") if row.action == "order priced"}
    priced_at = at.get(order.order_id)
    key = order.instrument_id, order.dealing_day
    of_day = (row for row in found.case.pack.table("navs") if (row.instrument_id, row.dealing_day) == key)
    stated = [row.price_units for row in of_day if priced_at is None or row.recorded_at <= priced_at]
    return stated[-1] if stated else None


def _price(fund: _Fund, units: int) -> str:
    whole, fraction = divmod(units, power_of_ten(fund.terms.price_decimals))
    return f"{whole}.{fraction:0{fund.terms.price_decimals}d}" if fund.terms.price_decimals else str(whole)


def _compare_dealt(found: Findings, fund: _Fund, order: Any) -> str:
    """Units and money are what the price gives; an order that gets nothing is void, and no other is."""
    due = fund.deal(order)
    is_void = order.status == "void"
    gets_nothing = not (due.units and due.cash)
    if due == (order.units, order.cash_units) and gets_nothing == is_void:
        return ""
    shown = tuple(
        f"{fund.ledger.amount(units or 0)} units for {fund.currency.amount(cash or 0)}{', void' if void else ''}"
        for units, cash, void in ((*due, gets_nothing), (order.units, order.cash_units, is_void))
    )
    return _add(found, "AMOUNT", order, "does not get what its price gives", (shown[0], shown[1]), "dealt")


def _add(
    found: Findings, kind: str, order: Any, what: str, values: tuple[str, str], cause: str, follows_from: str = ""
) -> str:
    summary = f"order {order.order_id} {what}"
    pair = ("recomputed", values[0]), (ORDER, values[1])
    ids = order.instrument_id, order.account
    return found.add(kind, *ids, summary, *pair, f"order {order.order_id} {cause}", follows_from).break_id
