"""`rwaledger settlement`: trades whose legs all move in one transaction, or not at all."""

from __future__ import annotations

from datetime import datetime
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
from rwaledger.cli.output import counted, emit, progress, say, table
from rwaledger.domain.errors import UnknownName, UsageError
from rwaledger.domain.settlement import NO_VENUE, TradeState

if TYPE_CHECKING:
    from rwaledger.operate.desk import Desk
    from rwaledger.operate.names import Names
    from rwaledger.operate.settlement_close import Closed
    from rwaledger.operate.settlement_rows import Proposal

LIFETIME_S = 86_400


@click.group("settlement")
def command() -> None:
    """Settle trades: delivery versus payment, payment versus payment.

    A trade is proposed, signed by each of its givers, and settled by a party or its venue: all legs move in one
    transaction, or none does. A trade's name is its idempotency key; on the chain its reference is used once, for ever.
    """


@command.command()
@click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))
@click.option("--trade", "trade_id", help="Name of a single trade.")
@click.option("--leg", "legs", multiple=True, help="A leg of it, 'INSTRUMENT FROM TO AMOUNT'; give two or more.")
@click.option("--not-after", callback=parse_time, help="Last moment to settle, such as 2026-03-10T18:00:00+08:00.")
@click.option("--lifetime", type=click.IntRange(min=1), default=LIFETIME_S, show_default=True,
              help="Seconds from the chain's time to settle in.")  # fmt: skip
@click.option("--venue", help="Holder who alone may submit, under its licence.  [any party]")
@confirming_options
@pass_context
def propose(
    context: Context, /, path: Path | None, trade_id: str | None, legs: tuple[str, ...], not_after: datetime | None,
    lifetime: int, venue: str | None, **given: Any
) -> None:  # fmt: skip
    """Propose trades for their parties to sign; each leg is judged by the rules first.

    File: trade,instrument,from,to,amount, a row for each leg, in the order in which they move.
    """
    from rwaledger.operate import settlement

    manner = Manner.of(given)
    names = _names(context)
    proposals = _proposals(path, trade_id, legs, names)
    conditions = settlement.Conditions(
        _account(names, venue) if venue else NO_VENUE, int(not_after.timestamp()) if not_after else None, lifetime
    )
    desk = _desk(context)
    found = settlement.preview(desk, proposals, conditions)
    fresh = sum(not each.known for each in found)
    if fresh and not manner.dry_run:
        ask(f"Propose {counted(fresh, 'trade')}?", yes=manner.yes)
        found = settlement.propose(desk, proposals, conditions)
    document = [
        {"trade": each.stored.trade_id, "digest": each.stored.digest, "ref": each.stored.trade.ref,
         "not_after": each.stored.trade.not_after, "status": each.stored.status.value, "known": each.known}
        for each in found
    ]  # fmt: skip
    before = f" ({len(found) - fresh} proposed before)" if fresh < len(found) else ""
    done = "would be proposed; nothing was stored" if manner.dry_run else "proposed"
    text = (
        f"{counted(fresh, 'trade')} {done}{before}" if fresh else f"nothing to do: {counted(len(found), 'trade')} known"
    )
    emit({"dry_run": manner.dry_run, "trades": document}, text, as_json=manner.as_json)


@command.command("list")
@click.option("--status", type=click.Choice([state.value for state in TradeState]), help="Of this status only.")
@json_option
@pass_context
def list_(context: Context, status: str | None, as_json: bool) -> None:
    """List the trades, with what the settlement contract says of them."""
    from rwaledger.operate.settlement_state import states
    from rwaledger.operate.words import time_words

    found = [(stored, state) for stored, state in states(_desk(context)) if status in (None, state.value)]
    document = [
        {"trade": stored.trade_id, "status": state.value, "legs": len(stored.trade.legs),
         "not_after": time_words(stored.trade.not_after), "source": stored.source, "digest": stored.digest}
        for stored, state in found
    ]  # fmt: skip
    header = ("trade", "status", "legs", "not_after", "source")
    rows = [tuple(str(row[name]) for name in header) for row in document]
    emit(document, table(header, rows, right=(2,)) or "no trades", as_json=as_json)


@command.command()
@click.argument("trade_id", metavar="TRADE")
@json_option
@pass_context
def show(context: Context, trade_id: str, as_json: bool) -> None:
    """Show a trade in words and figures: its legs, who has signed, what is still missing.

    With --json, `typed_data` is the EIP-712 message that each giver signs, for any wallet to read.
    """
    from rwaledger.cli.settlement_words import document_of, text_of
    from rwaledger.operate.settlement_state import standing

    desk = _desk(context)
    document = document_of(desk, standing(desk, trade_id), _names(context))
    emit(document, text_of(document), as_json=as_json)


@command.command()
@click.argument("trade_id", metavar="TRADE")
@click.option("--as", "key", help="Keystore of a giver, or dev:N on a local node.")
@click.option("--party", help="Giver whose signature was made elsewhere.")
@click.option("--signature", help="That signature, over the typed data of `show --json`.")
@confirming_options
@pass_context
def sign(
    context: Context, /, trade_id: str, key: str | None, party: str | None, signature: str | None, **given: Any
) -> None:
    """Sign a trade for one of its givers, with its key or by a signature that was made elsewhere."""
    from rwaledger.operate import settlement
    from rwaledger.operate.settlement_state import standing

    manner = Manner.of(given)
    if (key is None) == (party is None) or (party is None) != (signature is None):
        raise UsageError("who signs?", "Give --as KEYSTORE, or --party HOLDER with --signature 0x....")
    desk = _desk(context)
    account = context.address_of(key) if key else _account(_names(context), str(party))
    found = standing(desk, trade_id)
    settlement.require_giver(found, account)
    signed_before = account in found.signatures
    if not signed_before:
        settlement.require_open(found)
    if not (manner.dry_run or signed_before):
        _show(context, desk, trade_id)
        ask("Sign this?", yes=manner.yes)
        if key:
            found = settlement.sign(desk, trade_id, context.open_key(key))
        else:
            found = settlement.add_signature(desk, trade_id, account, str(signature))
    lacking = len(found.unsigned)
    text = f"nothing to do: {key or party} has signed {trade_id}" if signed_before else (
        f"dry run: {key or party} can sign {trade_id}; nothing was signed" if manner.dry_run
        else f"signed {trade_id}; " + (f"{counted(lacking, 'signature')} missing" if lacking else "it can be settled")
    )  # fmt: skip
    document = {"trade": trade_id, "dry_run": manner.dry_run, "status": found.state.value, "unsigned": lacking}
    emit(document, text, as_json=manner.as_json)


@command.command()
@click.argument("trade_id", metavar="TRADE")
@click.option("--as", "key", required=True, help="Keystore, or dev:N on a local node, that sends.")
@confirming_options
@pass_context
def settle(context: Context, /, trade_id: str, key: str, **given: Any) -> None:
    """Settle a trade, as one of its parties or as its venue: all legs move, or none.

    A travel-rule record is made first for each leg that needs one.
    """
    from rwaledger.cli.travel import make_records, require_particulars
    from rwaledger.operate import settlement_close
    from rwaledger.operate.settlement_state import standing

    manner = Manner.of(given)
    desk, sender = _desk(context), context.address_of(key)
    found = standing(desk, trade_id)
    if found.state is not TradeState.SETTLED:
        settlement_close.require_settleable(desk, found, sender)
        required = settlement_close.required_of_trade(desk, found, context.policy)
        if manner.dry_run:
            require_particulars(context, desk, required)
            text = f"dry run: {trade_id} can be settled, with {counted(len(required), 'travel-rule record')}"
            emit({"trade": trade_id, "dry_run": True}, f"{text}; nothing was sent", as_json=manner.as_json)
            return
        _show(context, desk, trade_id)
        ask("Settle this?", yes=manner.yes)
        make_records(context, desk, required)
    closed = settlement_close.settle(desk, trade_id, sender, lambda: context.open_key(key), context.policy)
    _emit_closed(closed, manner)


@command.command()
@click.argument("trade_id", metavar="TRADE")
@click.option("--as", "key", required=True, help="Keystore, or dev:N on a local node, that sends.")
@confirming_options
@pass_context
def cancel(context: Context, /, trade_id: str, key: str, **given: Any) -> None:
    """Close a trade for ever, so that it never settles.

    The giver of the first leg can, and with its signature every other giver and the venue.
    """
    from rwaledger.operate import settlement_close
    from rwaledger.operate.settlement_state import standing

    manner = Manner.of(given)
    desk, sender = _desk(context), context.address_of(key)
    found = standing(desk, trade_id)
    if found.state is not TradeState.CANCELLED:
        settlement_close.require_cancellable(found, sender)
        if manner.dry_run:
            text = f"dry run: {trade_id} can be cancelled; nothing was sent"
            emit({"trade": trade_id, "dry_run": True}, text, as_json=manner.as_json)
            return
        _show(context, desk, trade_id)
        ask("Cancel this, for ever?", yes=manner.yes)
    _emit_closed(settlement_close.cancel(desk, trade_id, sender, lambda: context.open_key(key)), manner)


@command.command()
@click.argument("subject", metavar="TRADE|REF")
@json_option
@pass_context
def travel(context: Context, subject: str, as_json: bool) -> None:
    """Show the travel-rule records of a trade, or of an instruction by its whole reference; opens them."""
    from rwaledger.cli.settlement_words import travel_text
    from rwaledger.operate.settlement_state import standing
    from rwaledger.operate.travel import opened
    from rwaledger.registry import travel as records

    key = subject.lower() if subject.startswith("0x") else standing(_desk(context), subject).stored.digest
    with context.database.read() as connection:
        found = records.travel_records(connection, [key])
    document = [{**opened(context.seal, each), "payload_hash": each.payload_hash} for each in found]
    emit(document, travel_text(document, _names(context)) or "no travel-rule record", as_json=as_json)


@command.command("license-venue")
@click.argument("holder")
@click.option("--until", required=True, callback=parse_time, help="Last moment; one gone by ends the licence.")
@click.option("--key", required=True, help="Idempotency key.")
@acting_options
@pass_context
def license_venue(context: Context, /, holder: str, until: datetime, key: str, **given: Any) -> None:
    """License HOLDER to submit the trades that name it as their venue, under four eyes."""
    from rwaledger.operate.venues import licence_plan

    venue = _account(_names(context), holder)
    with context.database.read() as connection:
        plan = licence_plan(connection, context.node, venue, int(until.timestamp()), key)
    act(context, plan, Manner.of(given))


def _proposals(path: Path | None, trade_id: str | None, legs: tuple[str, ...], names: Names) -> list[Proposal]:
    from rwaledger.operate.settlement_rows import read_trades, single_trade

    if path is not None:
        if trade_id or legs:
            raise UsageError(
                f"{path} says it all; --trade and --leg would say it twice", "Give a file or a single trade."
            )
        return read_trades(path, names)
    if not trade_id or not legs:
        raise UsageError("no trade to propose", "Give a file, or --trade NAME with two or more --leg.")
    return single_trade(trade_id, legs, names)


def _show(context: Context, desk: Desk, trade_id: str) -> None:
    """What is asked about, for the person."""
    from rwaledger.cli.settlement_words import document_of, text_of
    from rwaledger.operate.settlement_state import standing

    say(f"chain {context.node.chain_id} at {context.node.shown_url}")
    say(text_of(document_of(desk, standing(desk, trade_id), _names(context))))


def _emit_closed(closed: Closed, manner: Manner) -> None:
    from rwaledger.cli.settlement_words import closed_document, closed_text

    emit(closed_document(closed), closed_text(closed), as_json=manner.as_json)


def _desk(context: Context) -> Desk:
    with progress() as shown:
        return context.desk(shown)


def _names(context: Context) -> Names:
    from rwaledger.operate.names import Names

    with context.database.read() as connection:
        return Names.load(connection, context.node.chain_id)


def _account(names: Names, text: str) -> str:
    try:
        return names.account(text)
    except ValueError as error:
        raise UnknownName("account", text, str(error)) from None
