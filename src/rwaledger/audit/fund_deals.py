"""C17, funds: each order recomputed at the price that was in force, and what its deal moved of units and money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rwaledger.audit.authority import Effect
from rwaledger.audit.findings import REGISTER, Findings, amount
from rwaledger.audit.moves import carried_out
from rwaledger.audit.payments_due import Payment, compare_legs, legs_from, legs_to, party_of, require_party
from rwaledger.audit.records import InstrumentRecords
from rwaledger.domain.fund import DEAL, Dealt, FundOrder, FundTerms, Nav, OrderSide, OrderStatus, Price, dealing_day
from rwaledger.domain.reconciliation import BreakClass, Value
from rwaledger.domain.units import format_amount

ORDER = f"{REGISTER}: order"
_SETTLED = (OrderStatus.PRICED, OrderStatus.DEALT, OrderStatus.VOID)


@dataclass(frozen=True, slots=True)
class _Fund:
    """A fund, what it is paid in, and its terms."""

    each: InstrumentRecords
    currency: InstrumentRecords
    terms: FundTerms

    def price(self, price_units: int) -> Price:
        """A price with what it takes to deal at it."""
        return Price(
            price_units=price_units,
            price_decimals=self.terms.price_decimals,
            fund_decimals=self.each.instrument.decimals,
            cash_decimals=self.currency.instrument.decimals,
            rounding_units=self.terms.rounding_units,
        )

    def words(self, dealt: Dealt) -> str:
        """What an order gets, in words."""
        price = format_amount(dealt.price_units, self.terms.price_decimals)
        return f"{amount(self.each, dealt.units)} units for {amount(self.currency, dealt.cash_units)} at {price}"


def judge_orders(findings: Findings) -> None:
    """The orders of each fund and day, received by the time of the pinned block."""
    records = findings.records
    by_id = {each.instrument.instrument_id: each for each in records.instruments}
    days: dict[tuple[str, date], list[FundOrder]] = {}
    for order in records.office.register.orders:
        if order.received_at <= records.pin.time:
            days.setdefault((order.instrument_id, order.dealing_day), []).append(order)
    for (name, day), orders in sorted(days.items()):
        terms = records.office.register.funds.get(name)
        each, currency = by_id.get(name), by_id.get(terms.currency) if terms else None
        findings.count(orders=len(orders))
        if each is None or terms is None or currency is None:
            _not_judged(findings, name, day)
        else:
            _judge_day(findings, _Fund(each, currency, terms), day, orders)


def _judge_day(findings: Findings, fund: _Fund, day: date, orders: Sequence[FundOrder]) -> None:
    """First the orders themselves, then what was moved for those that were priced."""
    follows: dict[str, str] = {}
    for order in orders:
        _compare_day(findings, fund, order)
        if order.status in _SETTLED:
            root = _compare_price(findings, fund, order) or _compare_dealt(findings, fund, order)
            if root:
                follows.setdefault(order.account, root)
    live = [order for order in orders if order.status in (OrderStatus.PRICED, OrderStatus.DEALT) and order.dealt]
    key = f"{DEAL}:{fund.each.instrument.instrument_id}:{day}"
    for step in _STEPS:
        of_side = [order for order in live if order.side is step.side]
        each = fund.currency if step.is_money else fund.each
        carried = carried_out(findings.records, each, f"{key}:{step.name}", len(orders))
        is_open = any(order.status is OrderStatus.PRICED for order in of_side)
        payment = Payment(each, f"{key}:{step.name}", carried, is_open, follows)
        due: dict[str, list[int]] = {}
        for order in of_side:
            if order.dealt:
                due.setdefault(order.account, []).append(step.units(order.dealt))
        found = compare_legs(findings, payment, due, step.investors(carried.moves))
        follows = {**found, **follows}
        if step.is_money:
            manager = party_of(findings.records, fund.terms.manager).every
            require_party(findings, payment, manager, step.others(carried.moves))


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of a deal: of which orders, what of them moved, and on which side of the moves investors stand."""

    name: str
    side: OrderSide
    is_money: bool
    investors: Callable[[Iterable[Effect]], Mapping[str, list[int]]]
    others: Callable[[Iterable[Effect]], Mapping[str, list[int]]]

    def units(self, dealt: Dealt) -> int:
        """What the step moves for an order."""
        return dealt.cash_units if self.is_money else dealt.units


_STEPS = (
    _Step("money-in", OrderSide.SUBSCRIBE, True, legs_from, legs_to),
    _Step("issue", OrderSide.SUBSCRIBE, False, legs_to, legs_from),
    _Step("redeem", OrderSide.REDEEM, False, legs_from, legs_to),
    _Step("money-out", OrderSide.REDEEM, True, legs_to, legs_from),
)


def _compare_day(findings: Findings, fund: _Fund, order: FundOrder) -> None:
    """The day at whose price it is dealt follows from when it came."""
    policy = findings.records.policy
    due = dealing_day(order.received_at, fund.terms.cut_off, policy.calendar, policy.zone)
    if due != order.dealing_day:
        _add(
            findings,
            BreakClass.RULE_BREACH,
            order,
            "is dealt on another day",
            (str(due), str(order.dealing_day)),
            "day",
        )


def _compare_price(findings: Findings, fund: _Fund, order: FundOrder) -> str:
    """The price is the one in force when the order was priced; a later statement corrects it for others."""
    nav = _nav_in_force(findings, order)
    price_units = order.dealt.price_units if order.dealt else 0
    if nav is not None and nav.price_units == price_units:
        return ""
    due, found = (
        format_amount(units, fund.terms.price_decimals) for units in (nav.price_units if nav else 0, price_units)
    )
    day = f"price of {order.dealing_day}"
    alike = (b.break_id for b in findings.breaks if b.instrument_id == order.instrument_id and b.cause.endswith(day))
    values = due if nav else "no price", found if order.dealt else "none"
    break_class = BreakClass.AMOUNT if nav else BreakClass.COVERAGE
    return _add(
        findings, break_class, order, "is dealt at another price than was in force", values, day, next(alike, "")
    )


def _nav_in_force(findings: Findings, order: FundOrder) -> Nav | None:
    """The newest statement for the day that there was when the order was priced, by the log of who did what."""
    register = findings.records.office.register
    priced_at = register.priced_at.get(order.order_id)
    stated = [
        nav
        for nav in register.navs
        if (nav.instrument_id, nav.dealing_day) == (order.instrument_id, order.dealing_day)
        and (priced_at is None or nav.recorded_at <= priced_at)
    ]
    return stated[-1] if stated else None


def _compare_dealt(findings: Findings, fund: _Fund, order: FundOrder) -> str:
    """Units and money are what the price gives; an order that gets nothing is void, and no other is."""
    assert order.dealt is not None, "without a price it had been found before"
    due = fund.price(order.dealt.price_units).deal(order.side, order.amount_units)
    is_void = order.status is OrderStatus.VOID
    if due == order.dealt and due.is_void == is_void:
        return ""
    words = fund.words(due) + (", void" if due.is_void else ""), fund.words(order.dealt) + (", void" if is_void else "")
    return _add(findings, BreakClass.AMOUNT, order, "does not get what its price gives", words, "dealt")


def _add(
    findings: Findings,
    break_class: BreakClass,
    order: FundOrder,
    what: str,
    values: tuple[str, str],
    cause: str,
    follows_from: str = "",
) -> str:
    return findings.add(
        break_class,
        order.instrument_id,
        order.account,
        f"order {order.order_id} {what}",
        (Value("recomputed", values[0]), Value(ORDER, values[1])),
        cause=f"order {order.order_id} {cause}",
        follows_from=follows_from,
    ).break_id


def _not_judged(findings: Findings, name: str, day: date) -> None:
    findings.add(
        BreakClass.COVERAGE,
        name,
        "",
        f"the orders of {day} were not judged: the register has no terms, or not the fund and its money on this chain",
        (Value("terms", "nothing"), Value(ORDER, f"orders of {day}")),
        cause=f"orders of {day}",
    )
