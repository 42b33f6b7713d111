"""`rwaledger omnibus`: the clients behind an omnibus account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.output import counted, emit, say, table
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.domain.holder import Account
    from rwaledger.operate.clients import Booked
    from rwaledger.operate.names import Names


@click.group("omnibus")
def command() -> None:
    """Keep the sub-ledgers of omnibus accounts: what their holders hold for whom.

    Clients go by numbers; their names stay with whoever holds for them.
    """


def _booking_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    verb = click.option("--key", help="Idempotency key.  [name of the file]")(verb)
    verb = click.option("--on", "dated", help="Day that it is of, such as 2026-05-12.  [the chain's day]")(verb)
    verb = click.argument("path", metavar="FILE.csv", type=click.Path(path_type=Path))(confirming_options(verb))
    return click.argument("account", metavar="HOLDER|ADDRESS")(verb)


@command.command("import")
@_booking_options
@pass_context
def import_(context: Context, /, path: Path, account: str, dated: str | None, key: str | None, **given: Any) -> None:
    """Bring a sub-ledger to its holder's statement; who is not in it has nothing.  File: instrument,client,balance.

    A total that differs from the account's balance is entered all the same, and said: it is a finding (C06).
    """
    from rwaledger.operate.clients import book_statement, read_statement

    manner = Manner.of(given)
    names, found, day = _prepared(context, account, dated)
    stated = read_statement(path, names)
    if not manner.dry_run:
        ask(f"Book {counted(len(stated), 'balance')} of clients of {account} as of {day}?", yes=manner.yes)
    chosen = key or f"clients:{path.name}"
    place = (context.database, _actor(context), found, path)
    booked = book_statement(*place, stated, day, chosen, dry_run=manner.dry_run)
    _emit_booked(context, found, booked, manner)


@command.command()
@_booking_options
@pass_context
def trade(context: Context, /, path: Path, account: str, dated: str | None, key: str | None, **given: Any) -> None:
    """Book trades among the clients of an account; nothing moves on the chain.  File: instrument,from,to,amount."""
    from rwaledger.operate.clients import book_trades, read_trades

    manner = Manner.of(given)
    names, found, day = _prepared(context, account, dated)
    trades = read_trades(path, names)
    if not manner.dry_run:
        ask(f"Book {counted(len(trades), 'trade')} among clients of {account} on {day}?", yes=manner.yes)
    chosen = key or f"trades:{path.name}"
    place = (context.database, _actor(context), found, path)
    booked = book_trades(*place, trades, day, chosen, dry_run=manner.dry_run)
    _emit_booked(context, found, booked, manner)


@command.command()
@click.argument("account", metavar="HOLDER|ADDRESS")
@click.option("--on", "dated", help="As of this day.  [now]")
@json_option
@pass_context
def show(context: Context, account: str, dated: str | None, as_json: bool) -> None:
    """Show what an account holds for whom, beside its balance in the register."""
    from rwaledger.registry import holders

    with context.database.read() as connection:
        found = holders.account_of(connection, context.node.chain_id, account)
    rows = _rows(context, found, _day(dated) if dated else None)
    header = ("instrument", "client", "units")
    emit([dict(zip(header, row, strict=True)) for row in rows], table(header, rows, right=(2,)) or "no clients yet",
         as_json=as_json)  # fmt: skip


def _rows(context: Context, account: Account, upto: date | None) -> list[tuple[str, str, str]]:
    from rwaledger.domain.clients import HOUSE
    from rwaledger.domain.units import format_amount
    from rwaledger.operate.clients import client_total
    from rwaledger.registry import clients, instruments, positions

    rows: list[tuple[str, str, str]] = []
    with context.database.read() as connection:
        balances = clients.client_balances(connection, account.chain_id, account.address, upto)
        for instrument_id, held in balances.items():
            decimals = instruments.instrument(connection, instrument_id).decimals
            shown = [(client, units) for client, units in sorted(held.items()) if client != HOUSE and units]
            shown.append(("all clients", client_total(held)))
            if upto is None:
                known = {each.account: each.balance_units for each in positions.positions(connection, instrument_id)}
                shown.append(("account in the register", known.get(account.address, 0)))
            rows += [(instrument_id, name, format_amount(units, decimals)) for name, units in shown]
    return rows


def _prepared(context: Context, account: str, dated: str | None) -> tuple[Names, Account, date]:
    from rwaledger.domain.holder import AccountKind
    from rwaledger.operate.names import Names
    from rwaledger.registry import holders

    with context.database.read() as connection:
        names = Names.load(connection, context.node.chain_id)
        found = holders.account_of(connection, context.node.chain_id, account)
    if found.kind is not AccountKind.OMNIBUS:
        raise UsageError(f"{account} holds for itself: its account is no omnibus account", "Name one that is.")
    return names, found, _day(dated) if dated else _chain_day(context)


def _emit_booked(context: Context, account: Account, booked: Booked, manner: Manner) -> None:
    document = {"key": booked.key, "entries": booked.entries, "known": booked.known, "dry_run": manner.dry_run}
    entries = "1 entry" if booked.entries == 1 else f"{booked.entries:,} entries"
    text = f"dry run: {entries} would be booked; nothing was" if manner.dry_run else f"{entries} booked"
    if booked.known:
        text = "nothing to do: booked before"
    for instrument, wrong in _differences(context, account):
        say(f"note: {instrument}: clients have {wrong}")
    emit(document, text, as_json=manner.as_json)


def _differences(context: Context, account: Account) -> list[tuple[str, str]]:
    """Where the clients' total is not what the account has on the chain at this moment."""
    from rwaledger.chain import state
    from rwaledger.domain.units import format_amount
    from rwaledger.operate.clients import client_total
    from rwaledger.registry import clients, instruments

    found = []
    with context.database.read() as connection:
        balances = clients.client_balances(connection, account.chain_id, account.address)
        known = {each.instrument_id: each for each in instruments.instruments(connection)}
    for instrument_id, held in balances.items():
        instrument = known[instrument_id]
        (on_chain, _), *_ = state.account_states(context.node, instrument.address, [account.address], "latest").values()
        if on_chain != client_total(held):
            clients_have = format_amount(client_total(held), instrument.decimals)
            wallet_has = format_amount(on_chain, instrument.decimals)
            found.append((instrument_id, f"{clients_have} in all, the account {wallet_has}"))
    return found


def _actor(context: Context) -> str:
    return context.address_of(context.settings.maker)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day", "Write it like 2026-05-12.") from None


def _chain_day(context: Context) -> date:
    from rwaledger.domain.calendar import local_date
    from rwaledger.operate.done import chain_time
    from rwaledger.operate.times import moment_of

    return local_date(moment_of(chain_time(context.node)), context.policy.zone)
