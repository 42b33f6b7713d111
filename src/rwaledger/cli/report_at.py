"""What the verbs of `rwaledger report` share: the moment that they are asked for, and a document that stands on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Command, Context
from rwaledger.cli.report_forms import Wanted, emit_document, form_options

if TYPE_CHECKING:
    from rwaledger.registry.database import Connection
    from rwaledger.report.contents.moment import At, Moment
    from rwaledger.report.document import Document

Build = Callable[["Connection", "Moment"], "Document"]


def parse_at(_context: click.Context, _option: click.Parameter, text: str | None) -> int | date | datetime | None:
    """A block, a local day, or a time with its zone."""
    from rwaledger.operate.times import parse_day, parse_moment

    if text is None or text.isdecimal():
        return None if text is None else int(text)
    try:
        return parse_moment(text) if "T" in text else parse_day(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}, and no block either") from None


def parse_local_day(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    """A day of the policy's zone."""
    from rwaledger.operate.times import parse_day

    try:
        return None if text is None else parse_day(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def at_options(command: Command) -> Command:
    """Adds `--at` and `--chain`; `moment_of` takes what they give."""
    command = click.option("--chain", type=int, help="The chain, where the register has instruments on several.")(
        command
    )
    return click.option(
        "--at",
        callback=parse_at,
        metavar="BLOCK|DAY|TIME",
        help="As at this block, the end of this local day, or this time with its zone.  [the last block mirrored]",
    )(command)


def report_options(command: Command) -> Command:
    """Adds these, and those of the forms; `show_document` takes what they all give."""
    return at_options(form_options(command))


def show_document(context: Context, given: dict[str, Any], build: Build, instrument: str | None = None) -> None:
    """Builds a document on the moment that is asked for, from one snapshot of the register, and shows it.

    Raises:
        UsageError: there is no such block in the register, or no such form.
        UnknownName: there is no such instrument.
    """
    wanted = Wanted.of(given)
    with context.database.read() as connection:
        document = build(connection, moment_of(context, connection, given["at"], given["chain"], instrument))
    emit_document(document, wanted.form, wanted.out, as_json=wanted.as_json)


def moment_of(
    context: Context, connection: Connection, at: At | None, chain: int | None, instrument: str | None
) -> Moment:
    """The moment that is asked for, on the chain of the instrument, or the one that is named or the only one."""
    from rwaledger.registry import instruments
    from rwaledger.report.contents.moment import chain_of, choose_moment

    known = None if instrument is None else instruments.instrument(connection, instrument)
    chain_id = known.chain_id if known else chain_of(connection, chain)
    return choose_moment(connection, chain_id, at, context.policy.zone)
