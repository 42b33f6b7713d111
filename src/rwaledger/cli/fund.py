"""`rwaledger fund`: what a unit is worth, who wants some or gives some back, and dealing all of it at one price."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import (
    Context,
    Manner,
    acting_options,
    ask,
    confirming_options,
    json_option,
    parse_time,
    pass_context,
)
from rwaledger.cli.fund_text import emit_orders, nav_document, placement_text, statement_text
from rwaledger.cli.output import counted, emit, say, table
from rwaledger.cli.paying import parse_day
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.operate.nav import Fund

_DAY = click.option("--day", required=True, callback=parse_day, help="Dealing day, such as 2026-06-30.")
_COLUMNS = ("order", "instrument", "account", "amount", "received_at")


@click.group("fund")
def command() -> None:
    """Price funds, take orders until the cut-off, and deal them at the day's price."""


@command.group()
def nav() -> None:
    """State the price of a unit, and see what was stated."""


@nav.command("set")
@click.argument("instrument")
@_DAY
@click.option("--price", required=True, help="Of one whole unit, such as 10.1042.")
@click.option("--valued-at", required=True, callback=parse_time, help="Such as 2026-06-30T18:00:00+08:00.")
@click.option(
    "--source", required=True, type=click.Path(path_type=Path), help="The document that says so; it is hashed."
)
@click.option("--accept-deviation", is_flag=True, help="Take a price that is far from the last one.")
@confirming_options
@pass_context
def set_nav(
    context: Context,
    /,
    instrument: str,
    day: date,
    price: str,
    valued_at: datetime,
    source: Path,
    accept_deviation: bool,
    **given: Any,
) -> None:
    """State the price of INSTRUMENT for a dealing day. A later statement corrects an earlier one; both are kept."""
    from rwaledger.operate.nav import enter_nav, nav_statement, require_near

    manner, fund, desk = Manner.of(given), _fund(context, instrument), context.desk()
    statement = nav_statement(desk, fund, context.policy, day, price, valued_at, source)
    if not accept_deviation:
        require_near(desk, fund, statement)
    if not statement.is_known and not manner.dry_run:
        ask(f"State {price} {fund.currency.symbol} for a unit of {instrument} on {day}?", yes=manner.yes)
        enter_nav(desk, fund, statement, accepted=accept_deviation)
    document = nav_document(fund, statement.nav) | {"dry_run": manner.dry_run, "new": not statement.is_known}
    if statement.corrects and not statement.is_known:
        document["corrects"] = fund.price_text(statement.corrects.price_units)
    emit(document, statement_text(fund, statement, manner.dry_run), as_json=manner.as_json)


@nav.command("list")
@click.argument("instrument")
@json_option
@pass_context
def list_navs(context: Context, instrument: str, as_json: bool) -> None:
    """List every statement of INSTRUMENT, the corrected ones too."""
    from rwaledger.registry import navs

    fund = _fund(context, instrument)
    with context.database.read() as connection:
        found = navs.navs(connection, instrument)
    in_force = {each.dealing_day: each for each in found}
    documents = [nav_document(fund, each) | {"in_force": in_force[each.dealing_day] == each} for each in found]
    header = ("day", "price", "valued_at", "source", "")
    rows = [[*(each[name] for name in header[:4]), "" if each["in_force"] else "corrected"] for each in documents]
    emit(documents, table(header, rows, right=(1,)) or "none", as_json=as_json)


def _order_verb(side_name: str, text: str) -> None:
    """Adds the verb of one side of an order."""

    @pass_context
    def verb(context: Context, /, path: Path | None, **given: Any) -> None:
        _place(context, side_name, path, given)

    verb.__doc__ = text
    decorated = click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))(verb)
    for name in reversed(_COLUMNS):
        flag = f"--{name.replace('_', '-')}"
        decorated = click.option(flag, name, help=f"{name.replace('_', ' ').capitalize()} of a single order.")(
            decorated
        )
    command.command(side_name)(confirming_options(decorated))


_order_verb("subscribe", "Take orders for units, over amounts of money. The cut-off gives each its dealing day.")
_order_verb("redeem", "Take orders to give units back. The cut-off gives each its dealing day.")


@command.command()
@click.argument("instrument")
@click.option("--day", callback=parse_day, help="Of one dealing day.  [all]")
@json_option
@pass_context
def orders(context: Context, instrument: str, day: date | None, as_json: bool) -> None:
    """List the orders of INSTRUMENT, with what each got."""
    from rwaledger.registry import fund_orders

    fund = _fund(context, instrument)
    with context.database.read() as connection:
        found = fund_orders.orders(connection, instrument, day)
    emit_orders(context, fund, found, as_json=as_json)


@command.command()
@click.argument("order")
@click.option("--reason", required=True, help="Why; it is kept.")
@confirming_options
@pass_context
def cancel(context: Context, /, order: str, reason: str, **given: Any) -> None:
    """Cancel ORDER before it is dealt."""
    from rwaledger.operate.fund_orders import cancel_order

    manner = Manner.of(given)
    if not manner.dry_run:
        ask(f"Cancel order {order}?", yes=manner.yes)
        cancel_order(context.desk(), order, reason)
    document = {"order": order, "dry_run": manner.dry_run, "reason": reason}
    done = "dry run: nothing was stored" if manner.dry_run else f"order {order} is cancelled"
    emit(document, done, as_json=manner.as_json)


@command.command()
@click.argument("instrument")
@_DAY
@acting_options
@pass_context
def deal(context: Context, /, instrument: str, day: date, **given: Any) -> None:
    """Deal all orders of a day at its price: money and units of each, once."""
    from rwaledger.operate.fund_orders_deal import deal_of, enter_dealt, enter_priced

    manner, fund, desk = Manner.of(given), _fund(context, instrument), context.desk()
    found = deal_of(desk, fund, day, context.policy)
    if found.plans:
        act(context, found.plans, manner, first=lambda desk: enter_priced(desk, found))
        if not manner.dry_run:
            enter_dealt(desk, found)
        return
    if not manner.dry_run:
        enter_priced(desk, found)
    say(f"nothing to do: no order of {instrument} for {day} is open")
    emit_orders(context, fund, found.orders, as_json=manner.as_json)


def _place(context: Context, side_name: str, path: Path | None, given: dict[str, Any]) -> None:
    from rwaledger.domain.fund import OrderSide
    from rwaledger.operate.entries import COMMAND
    from rwaledger.operate.fund_orders import place_orders, read_orders, single_order
    from rwaledger.operate.names import Names
    from rwaledger.operate.nav import load_fund
    from rwaledger.registry import terms

    manner, side = Manner.of(given), OrderSide(side_name)
    fields = {name: given[name] or "" for name in _COLUMNS}
    if path is not None and any(fields.values()):
        raise UsageError(f"{path} says it all", "Give a file or a single order.")
    with context.database.read() as connection:
        names = Names.load(connection, context.node.chain_id)
        known = [each.instrument_id for each in terms.all_fund_terms(connection)]
    funds = {each: load_fund(context.database, each) for each in known}
    if path is None:
        placed = single_order(COMMAND, fields, side, names, funds, context.policy)
    else:
        placed = read_orders(path, side, names, funds, context.policy)
    source, desk = path or COMMAND, context.desk()
    done = place_orders(desk, source, placed, funds, dry_run=True)
    if done.new and not manner.dry_run:
        ask(f"Take {counted(len(done.new), 'order')} to {side_name}?", yes=manner.yes)
        done = place_orders(desk, source, placed, funds)
    document = {
        "dry_run": manner.dry_run,
        "taken": [{"order": each.order_id, "dealing_day": each.dealing_day.isoformat()} for each in done.new],
        "taken_before": [each.order_id for each in done.known],
    }
    emit(document, placement_text(done.new, len(done.known), manner.dry_run), as_json=manner.as_json)


def _fund(context: Context, instrument: str) -> Fund:
    from rwaledger.operate.nav import load_fund

    return load_fund(context.database, instrument)
