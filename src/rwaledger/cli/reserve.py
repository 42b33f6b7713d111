"""`rwaledger reserve`: what backs a stablecoin, how far it covers what is in issue, and the attestor's word for it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, parse_time, pass_context
from rwaledger.cli.output import counted, emit, say
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.domain.instrument import Instrument


@click.group("reserve")
def command() -> None:
    """Enter, show and attest what backs a stablecoin."""


@command.command("import")
@click.argument("name", metavar="INSTRUMENT")
@click.argument("path", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--as-of", required=True, callback=parse_time, help="When it was counted, as 2026-07-31T17:00+08:00.")
@confirming_options
@pass_context
def import_(context: Context, /, name: str, path: Path, as_of: datetime, **given: Any) -> None:
    """Enter the reserve of INSTRUMENT; a line that the policy does not let count is refused.

    File: kind,description,currency,amount,haircut_bp,matures_on
    """
    from rwaledger.cli.reserve_views import amount, statement_document, statement_text
    from rwaledger.operate.reserve import enter_statement, read_statement

    manner = Manner.of(given)
    instrument = _instrument(context, name)
    statement = read_statement(path, instrument, context.policy, as_of)
    actor = context.address_of(context.settings.maker)
    is_new = enter_statement(context.database, context.node, actor, statement, dry_run=True)
    if is_new and not manner.dry_run:
        say(statement_text(instrument, statement))
        ask("Enter this reserve?", yes=manner.yes)
        enter_statement(context.database, context.node, actor, statement)
    total = amount(instrument, statement.total_units)
    lines = counted(len(statement.lines), "line")
    if not is_new:
        text = f"nothing to do: this reserve of {instrument.instrument_id} stands in the register already"
    elif manner.dry_run:
        text = f"dry run: {lines}, {total} {instrument.symbol} after haircuts, would be entered; nothing was"
    else:
        text = f"{lines} entered, {total} {instrument.symbol} after haircuts"
    document = statement_document(instrument, statement) | {"entered": is_new and not manner.dry_run}
    emit(document, text, as_json=manner.as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@click.option("--as-of", callback=parse_time, help="Reserve and chain as they were then.  [now]")
@json_option
@pass_context
def show(context: Context, name: str, as_of: datetime | None, as_json: bool) -> None:
    """Show the reserve of INSTRUMENT, and its coverage by each definition of what is outstanding."""
    from rwaledger.cli.reserve_views import report_document, report_text
    from rwaledger.operate.reserve import report_reserve

    instrument = _instrument(context, name)
    report = report_reserve(context.database, context.node, instrument, as_of)
    emit(report_document(instrument, report), report_text(instrument, report), as_json=as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@click.option("--document", required=True, type=click.Path(path_type=Path), help="The report, whose SHA-256 is signed.")
@click.option("--expires", help="Last local day, or a time with its zone.  [the policy's lifetime after the count]")
@click.option("--allow-shortfall", is_flag=True, help="Attest less than what is in issue, as it is.")
@confirming_options
@pass_context
def attest(
    context: Context, /, name: str, document: Path, expires: str | None, allow_shortfall: bool, **given: Any
) -> None:
    """Sign the newest reserve of INSTRUMENT with the attestor's key, and publish it: units are issued up to it."""
    from rwaledger.cli.reserve_views import attestation_document, attestation_text
    from rwaledger.operate import reserve_attest as operate

    manner, settings = Manner.of(given), context.settings
    instrument = _instrument(context, name)
    plan = operate.plan_attestation(
        context.database,
        context.node,
        instrument,
        context.policy,
        document,
        _expiry(expires, context.policy.zone),
        allow_shortfall=allow_shortfall,
    )
    shown = attestation_text(context, plan)
    receipt = None
    if not plan.published and not manner.dry_run:
        say(shown)
        ask("Sign and publish this?", yes=manner.yes)
    if not manner.dry_run:
        receipt = operate.attest(
            context.database,
            context.node,
            plan,
            lambda: context.open_key(settings.attestor, settings.attestor_password_file),
        )
    if receipt:
        text = f"attested in block {receipt.block_number}, {receipt.gas_used:,} gas"
    elif plan.published:
        text = f"nothing to do: this reserve of {instrument.instrument_id} is attested already"
    else:
        text = f"{shown}\ndry run: nothing was signed or sent"
    emit(attestation_document(plan, receipt.tx_hash if receipt else None), text, as_json=manner.as_json)


def _instrument(context: Context, name: str) -> Instrument:
    from rwaledger.registry import instruments

    with context.database.read() as connection:
        return instruments.instrument(connection, name)


def _expiry(text: str | None, zone: str) -> datetime | None:
    """The last second of a local day, or the moment itself."""
    from datetime import timedelta

    from rwaledger.domain.calendar import end_of_day
    from rwaledger.operate.times import parse_day, parse_moment

    if text is None:
        return None
    try:
        return parse_moment(text) if "T" in text else end_of_day(parse_day(text), zone) - timedelta(seconds=1)
    except ValueError as error:
        raise UsageError(f"--expires: {error}", "Correct --expires.") from None
