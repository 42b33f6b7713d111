"""How prices and orders of funds are shown, as text and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rwaledger.cli.context import Context
from rwaledger.cli.output import counted, emit, table
from rwaledger.cli.paying import grouped, parties
from rwaledger.domain.units import format_amount

if TYPE_CHECKING:
    from rwaledger.domain.fund import FundOrder, Nav
    from rwaledger.operate.nav import Fund, Statement


def placement_text(new: Sequence[FundOrder], known: int, dry_run: bool) -> str:
    """What became of the orders of a file, in one line."""
    if not new:
        return f"nothing to do: {counted(known, 'order')} taken before"
    days = ", ".join(sorted({each.dealing_day.isoformat() for each in new}))
    before = f" ({known} were before)" if known else ""
    if dry_run:
        return f"dry run: {counted(len(new), 'order')} would be dealt on {days}{before}; nothing was stored"
    return f"{counted(len(new), 'order')} taken{before}, to be dealt on {days}"


def nav_document(fund: Fund, nav: Nav) -> dict[str, Any]:
    """A statement of a price as data."""
    return {
        "instrument": nav.instrument_id,
        "day": nav.dealing_day.isoformat(),
        "price": fund.price_text(nav.price_units),
        "valued_at": nav.valued_at.isoformat(),
        "source": nav.source,
        "source_hash": nav.source_hash,
        "recorded_at": nav.recorded_at.isoformat(),
    }


def statement_text(fund: Fund, statement: Statement, dry_run: bool) -> str:
    """What became of a statement, in one line."""
    nav = statement.nav
    what = f"{fund.price_text(nav.price_units)} for {nav.instrument_id} on {nav.dealing_day}"
    if statement.is_known:
        return f"nothing to do: {what} is stated"
    corrects = f", which corrects {fund.price_text(statement.corrects.price_units)}" if statement.corrects else ""
    return f"dry run: {what} would be stated{corrects}" if dry_run else f"stated: {what}{corrects}"


def emit_orders(context: Context, fund: Fund, orders: Sequence[FundOrder], *, as_json: bool) -> None:
    """Prints orders, with what each got."""
    known = parties(context)
    documents = [_order_document(fund, each, known.holder(each.account)) for each in orders]
    header = ("order", "side", "holder", "amount", "dealing_day", "price", "units", "money", "status")
    rows = [[_cell(name, each[name]) for name in header] for each in documents]
    emit(documents, table(header, rows, right=(3, 5, 6, 7)) or "none", as_json=as_json)


def _cell(name: str, value: str | None) -> str:
    return grouped(value) if name in ("amount", "units", "money") else value or ""


def _order_document(fund: Fund, order: FundOrder, holder: str) -> dict[str, Any]:
    from rwaledger.chain.addresses import checksummed
    from rwaledger.domain.fund import OrderSide

    gives_money = order.side is OrderSide.SUBSCRIBE
    decimals = (fund.currency if gives_money else fund.instrument).decimals
    dealt = order.dealt
    return {
        "order": order.order_id,
        "side": order.side.value,
        "holder": holder,
        "account": checksummed(order.account),
        "amount": format_amount(order.amount_units, decimals),
        "received_at": order.received_at.isoformat(),
        "dealing_day": order.dealing_day.isoformat(),
        "price": fund.price_text(dealt.price_units) if dealt else None,
        "units": format_amount(dealt.units, fund.instrument.decimals) if dealt else None,
        "money": format_amount(dealt.cash_units, fund.currency.decimals) if dealt else None,
        "status": order.status.value,
        "reason": order.reason,
    }
