"""`rwaledger redemption`: who wants to be paid back at par, by when, and what was paid."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.output import counted, emit, progress, say
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.operate.names import Names
    from rwaledger.operate.redemption import Request
    from rwaledger.operate.redemption_pay import Payment


@click.group("redemption")
def command() -> None:
    """Queue redemptions of a stablecoin, pay them at par within the days that the policy gives, or cancel them."""


@command.command()
@click.argument("target", metavar="INSTRUMENT|FILE.csv")
@click.option("--account", help="Holder or address, of a single request.")
@click.option("--amount", help="Decimal amount, of a single request.")
@click.option("--request", help="Reference of a single request, by which it is known from then on.")
@click.option("--at", help="When the holder asked, as 2026-06-30T10:00+08:00.  [now]")
@confirming_options
@pass_context
def request(context: Context, /, target: str, **given: Any) -> None:
    """Take requests for redemption into the queue; what the contract would refuse is not taken.

    File: request,instrument,account,amount[,requested_at]
    """
    from rwaledger.cli.redemption_views import queue_document, queue_text
    from rwaledger.operate.redemption import queue

    manner = Manner.of(given)
    names, policy, chain_now = _names(context), context.policy, _now(context)
    requests = _requests(names, target, given)
    actor = context.address_of(context.settings.maker)
    if not manner.dry_run:
        _ask_for_new(context, names, requests, yes=manner.yes)
    outcome = queue(context.database, context.node, actor, policy, requests, dry_run=manner.dry_run)
    shown = queue_text([*outcome.before, *outcome.new], names, policy, chain_now)
    done = counted(len(outcome.new), "request")
    if manner.dry_run:
        text = f"{shown}\ndry run: {done} would be taken into the queue; nothing was"
    elif outcome.new:
        text = f"{shown}\n{done} taken into the queue"
    else:
        text = f"{shown}\nnothing to do: {counted(len(outcome.before), 'request')} taken before"
    emit(queue_document([*outcome.before, *outcome.new], names, policy, chain_now), text, as_json=manner.as_json)


@command.command("list")
@click.option("--instrument", help="Of this instrument only.")
@click.option("--open", "only_open", is_flag=True, help="Only what is still to be paid.")
@click.option("--overdue", is_flag=True, help="Only what is still to be paid and late.")
@json_option
@pass_context
def list_(context: Context, instrument: str | None, only_open: bool, overdue: bool, as_json: bool) -> None:
    """List the queue with the time that is left, or how late it is, by the chain's clock; the first due comes first."""
    from rwaledger.cli.redemption_views import queue_document, queue_text
    from rwaledger.registry import redemptions

    names, policy, now = _names(context), context.policy, _now(context)
    with context.database.read() as connection:
        found = list(redemptions.redemptions(connection, instrument_id=instrument).values())
    if only_open or overdue:
        found = [each for each in found if each.is_open]
    if overdue:
        found = [each for each in found if each.is_late(now, policy.zone)]
    text = queue_text(found, names, policy, now) or "no redemptions"
    emit(queue_document(found, names, policy, now), text, as_json=as_json)


@command.command()
@click.argument("targets", metavar="REQUEST...|FILE.csv", nargs=-1, required=True)
@click.option("--reference", help="The bank's reference of the payment.")
@click.option("--paid-at", help="When the money was paid, as 2026-07-02T15:00+08:00.  [now]")
@click.option("--fee", help="What is kept back of each.  [nothing]")
@confirming_options
@pass_context
def pay(context: Context, /, targets: tuple[str, ...], **given: Any) -> None:
    """Redeem what was requested, and write the payment down; each request is redeemed and paid once.

    File: request,reference[,paid_at][,fee]
    """
    from rwaledger.cli.redemption_views import queue_document, queue_text
    from rwaledger.operate.redemption_pay import Paid, preview_payments
    from rwaledger.operate.redemption_pay import pay as pay_all

    manner = Manner.of(given)
    payments = _payments(context, targets, given)
    done: list[Paid] = []
    with progress() as shown:
        desk = context.desk(shown)
        todo = preview_payments(desk, payments)
        if todo and not manner.dry_run:
            say(_payments_text(context, todo))
            ask("Redeem these units, and enter the payments?", yes=manner.yes)
        if not manner.dry_run:
            done = pay_all(desk, payments)
    names, policy, now = _names(context), context.policy, _now(context)
    paid = [each.redemption for each in done]
    if manner.dry_run:
        before = f"; {len(payments) - len(todo)} paid before" if len(todo) < len(payments) else ""
        text = f"dry run: {counted(len(todo), 'request')} would be redeemed and paid{before}; nothing was"
    elif todo:
        text = f"{queue_text(paid, names, policy, now)}\n{counted(len(todo), 'request')} redeemed and paid"
    else:
        text = f"nothing to do: {counted(len(payments), 'request')} redeemed and paid before"
    document = {
        "dry_run": manner.dry_run,
        "requests": queue_document(paid, names, policy, now),
        "paid_before": len(payments) - len(todo),
        "transactions": [tx_hash for each in done for tx_hash in each.tx_hashes],
    }
    emit(document, text, as_json=manner.as_json)


@command.command()
@click.argument("name", metavar="REQUEST")
@click.option("--reason", required=True, help="Why it is not paid.")
@confirming_options
@pass_context
def cancel(context: Context, /, name: str, reason: str, **given: Any) -> None:
    """Take REQUEST out of the queue; its units can then not be redeemed under it any more."""
    from rwaledger.operate.redemption_cancel import cancel as cancel_request

    manner = Manner.of(given)
    with progress() as shown:
        desk = context.desk(shown)
        is_open = cancel_request(desk, name, reason, dry_run=True)
        if is_open and not manner.dry_run:
            ask(f"Cancel the redemption {name}?", yes=manner.yes)
            cancel_request(desk, name, reason)
    text = f"redemption {name} {'would be' if manner.dry_run else 'is'} cancelled: {reason}"
    emit(
        {"request": name, "reason": reason, "cancelled": is_open and not manner.dry_run},
        text if is_open else f"nothing to do: redemption {name} is cancelled already",
        as_json=manner.as_json,
    )


def _requests(names: Names, target: str, given: dict[str, str | None]) -> list[Request]:
    from rwaledger.operate.redemption import read_requests, single_request

    if not any(given.values()):
        return read_requests(Path(target), names)
    fields = {name: given[name] or "" for name in ("request", "account", "amount")}
    return single_request(names, fields | {"instrument": target, "requested_at": given["at"] or ""})


def _ask_for_new(context: Context, names: Names, requests: list[Request], *, yes: bool) -> None:
    """What is in the queue already needs no word."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.domain.units import format_amount
    from rwaledger.registry import redemptions

    with context.database.read() as connection:
        known = redemptions.redemptions(connection, [each.request for each in requests])
    new = [each for each in requests if each.request not in known]
    for each in new:
        amount = format_amount(each.amount_units, each.instrument.decimals, grouped=True)
        holder = names.accounts[each.account].holder_id
        say(f"  {each.request}: {amount} {each.instrument.symbol} of {holder} ({checksummed(each.account)})")
    if new:
        ask("Take into the queue?", yes=yes)


def _payments(context: Context, targets: tuple[str, ...], given: dict[str, str | None]) -> list[Payment]:
    from rwaledger.operate.redemption_pay import read_payments, single_payments

    if len(targets) == 1 and targets[0].endswith(".csv"):
        also = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
        if also:
            raise UsageError(
                f"{targets[0]} says it all; {', '.join(also)} would say it twice", "Give a file or requests."
            )
        return read_payments(Path(targets[0]), context.database, context.policy)
    if given["reference"] is None:
        raise UsageError("a payment has a reference of the bank", "Give it with --reference.")
    fields = {name: given[name] or "" for name in ("reference", "paid_at", "fee")}
    return single_payments([fields | {"request": each} for each in targets], context.database, context.policy)


def _payments_text(context: Context, payments: list[Payment]) -> str:
    """Chain, contract, whose units and how much, and what is paid for them."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.domain.units import format_amount

    names = _names(context)
    lines = [f"chain {context.node.chain_id} at {context.node.shown_url}"]
    for each in payments:
        redemption, instrument = each.redemption, each.instrument
        burnt, paid = (
            format_amount(units, instrument.decimals, grouped=True)
            for units in (redemption.amount_units, redemption.amount_units - each.fee_units)
        )
        holder = names.accounts[redemption.account].holder_id if redemption.account in names.accounts else ""
        lines.append(
            f"  redeem {redemption.request}: {burnt} {instrument.symbol} ({checksummed(instrument.address)}) of"
            f" {holder} ({checksummed(redemption.account)}); paid {paid} by {each.reference}"
        )
    settings = context.settings
    lines.append(f"  maker {settings.maker}, checker {settings.checker}")
    return "\n".join(lines)


def _names(context: Context) -> Names:
    from rwaledger.operate.names import Names

    with context.database.read() as connection:
        return Names.load(connection, context.node.chain_id)


def _now(context: Context) -> datetime:
    """The chain's time: by it a day has ended."""
    from rwaledger.operate.done import chain_time
    from rwaledger.operate.times import moment_of

    return moment_of(chain_time(context.node))
