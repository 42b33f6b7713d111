"""`rwaledger record-date`: the moments at which the holders of an instrument are counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, json_option, parse_time, pass_context
from rwaledger.cli.output import emit, table


@click.group("record-date")
def command() -> None:
    """Schedule record dates on the chain, under four eyes; what was held then can be asked for ever."""


@command.command()
@click.argument("instrument")
@click.option("--at", required=True, callback=parse_time, help="Such as 2026-07-17T23:59:59+08:00.")
@click.option("--key", required=True, help="Idempotency key.")
@acting_options
@pass_context
def schedule(context: Context, /, instrument: str, at: datetime, key: str, **given: Any) -> None:
    """Schedule a record date, later than now and than those scheduled before it."""
    from rwaledger.operate.papers import record_date_plan

    act(context, record_date_plan(context.instrument(instrument), at, key), Manner.of(given))


@command.command()
@click.argument("instrument")
@click.option("--number", required=True, type=click.IntRange(1), help="Its number, as `list` shows it.")
@click.option("--key", required=True, help="Idempotency key.")
@acting_options
@pass_context
def cancel(context: Context, /, instrument: str, number: int, key: str, **given: Any) -> None:
    """Take back the last record date, before it has passed."""
    from rwaledger.operate.papers import record_date_cancel_plan

    act(context, record_date_cancel_plan(context.instrument(instrument), number, key), Manner.of(given))


@command.command("list")
@click.argument("instrument")
@json_option
@pass_context
def list_(context: Context, instrument: str, as_json: bool) -> None:
    """List the record dates of INSTRUMENT, and whether they have passed."""
    from rwaledger.chain import state
    from rwaledger.operate.words import time_words

    address = context.instrument(instrument).address
    passed = state.record_dates_passed(context.node, address, "latest")
    dates = state.record_dates(context.node, address, "latest")
    rows = [(str(n), time_words(at), "passed" if n <= passed else "to come") for n, at in enumerate(dates, 1)]
    header = ("number", "at", "state")
    emit([dict(zip(header, row, strict=True)) for row in rows], table(header, rows) or "none", as_json=as_json)
