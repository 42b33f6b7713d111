"""A fund's prices as they were stated, and what each order got at them, up to a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rwaledger.domain.fund import DEAL, FundOrder, FundTerms, Nav, OrderSide, OrderStatus
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import executions, fund_orders, instruments, navs, terms
from rwaledger.registry.database import Connection
from rwaledger.report.contents.moment import Moment
from rwaledger.report.contents.people import People
from rwaledger.report.document import Cell, Column, Kind, Table

_LAST_STEP = {OrderSide.SUBSCRIBE: "issue", OrderSide.REDEEM: "money-out"}
"""The step of a day's deal with which an order of this side is done, as its idempotency key names it."""


def dealings(c: Connection, fund: Instrument, people: People, moment: Moment) -> tuple[Table, ...]:
    """The table of prices, and one of orders for each side.

    Raises:
        UnknownName: the fund has no terms.
    """
    settled = terms.fund_terms(c, fund.instrument_id)
    currency = instruments.instrument(c, settled.currency)
    stated = [each for each in navs.navs(c, fund.instrument_id) if each.valued_at <= moment.time]
    found = [each for each in fund_orders.orders(c, fund.instrument_id) if each.received_at <= moment.time]
    dealt = _dealt_days(c, fund, moment)
    sides = (_orders(side, found, dealt, settled, fund, currency, people) for side in OrderSide)
    return _prices(stated, settled, fund, currency), *sides


def _dealt_days(c: Connection, fund: Instrument, moment: Moment) -> Mapping[OrderSide, set[date]]:
    """The dealing days whose deal the chain had carried out by the moment, for each side."""
    carried_out = executions.executions(c, moment.chain_id, moment.block_number)
    prefix = f"{DEAL}:{fund.instrument_id}:"
    refs = executions.references(c, moment.chain_id, prefix)
    return {
        side: {
            date.fromisoformat(key.removeprefix(prefix).removesuffix(f":{step}"))
            for key, those in refs.items()
            if key.endswith(f":{step}") and all(ref in carried_out for ref in those)
        }
        for side, step in _LAST_STEP.items()
    }


def _prices(stated: list[Nav], settled: FundTerms, fund: Instrument, currency: Instrument) -> Table:
    columns = (
        Column("day", "Dealing day", Kind.DATE),
        Column("price", f"{currency.symbol} for one {fund.symbol}", Kind.UNITS, settled.price_decimals),
        Column("valued_at", "Valued at", Kind.TIME),
        Column("in_force", "In force", Kind.TEXT),
        Column("source", "Source", Kind.TEXT),
        Column("source_hash", "SHA-256 of the source", Kind.HASH),
    )
    last = {each.dealing_day: each for each in stated}
    rows = tuple(
        (
            each.dealing_day,
            each.price_units,
            each.valued_at,
            "yes" if last[each.dealing_day] is each else "corrected later",
            each.source,
            each.source_hash,
        )
        for each in stated
    )
    return Table("prices", f"Net asset values of {fund.symbol}", columns, rows)


def _orders(
    side: OrderSide,
    found: list[FundOrder],
    dealt: Mapping[OrderSide, set[date]],
    settled: FundTerms,
    fund: Instrument,
    currency: Instrument,
    people: People,
) -> Table:
    asked = currency if side is OrderSide.SUBSCRIBE else fund
    columns = (
        Column("order", "Order", Kind.TEXT),
        Column("holder", "Holder", Kind.TEXT),
        Column("account", "Account", Kind.ACCOUNT),
        Column("received_at", "Received", Kind.TIME),
        Column("day", "Dealing day", Kind.DATE),
        Column("status", "Status", Kind.TEXT),
        Column("asked", f"Asked for, {asked.symbol}", Kind.UNITS, asked.decimals, summed=True),
        Column("price", "Price", Kind.UNITS, settled.price_decimals),
        Column("units", f"{fund.symbol} dealt", Kind.UNITS, fund.decimals, summed=True),
        Column("cash", f"{currency.symbol} dealt", Kind.UNITS, currency.decimals, summed=True),
    )
    rows = tuple(_order_row(each, dealt[side], people) for each in found if each.side is side)
    title = "Subscriptions" if side is OrderSide.SUBSCRIBE else "Redemptions"
    return Table(f"orders-{side.value}", f"{title} of {fund.symbol}", columns, rows)


def _order_row(each: FundOrder, dealt: set[date], people: People) -> tuple[Cell, ...]:
    """An order that is dealt by now, and was not at the moment, is shown as it was received."""
    is_dealt = each.status is OrderStatus.DEALT and each.dealing_day in dealt
    unsettled = each.status in (OrderStatus.PRICED, OrderStatus.DEALT) and not is_dealt
    status = OrderStatus.RECEIVED if unsettled else each.status
    who = (each.order_id, people.shown(each.account), each.account)
    got = (each.dealt.price_units, each.dealt.units, each.dealt.cash_units) if is_dealt and each.dealt else (None, 0, 0)
    return *who, each.received_at, each.dealing_day, status.value, each.amount_units, *got
