"""`rwaledger report`: what the register says as at any block or day, in every form, without node and without key."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.report_at import at_options, parse_at, parse_local_day, report_options, show_document
from rwaledger.cli.report_forms import form_options

_NAMES = "Name holders, with their addresses and the privacy key; else their pseudonymous ids alone."
_FROM = "First local day.  [everything]"
_TO = "As at this block, the end of this local day, or this time with its zone.  [the last block mirrored]"
_FILE = "Write it to this file.  [standard output]"


@click.group("report")
def command() -> None:
    """Reports from the register as at any block or day. They need neither node nor key (but --names does)."""


@command.command()
@click.argument("instrument")
@click.option("--names", is_flag=True, help=_NAMES)
@click.option("--clients", is_flag=True, help="List the clients behind nominees' accounts as well.")
@report_options
@pass_context
def holders(context: Context, /, instrument: str, names: bool, clients: bool, **given: Any) -> None:
    """Register of the holders of INSTRUMENT, former ones included (Cap. 622, s. 308)."""
    from rwaledger.report.contents import holders as contents

    seal = context.seal if names else None
    show_document(
        context, given, lambda c, at: contents.build(c, instrument, at, seal, with_clients=clients), instrument
    )


@command.command()
@click.argument("holder")
@click.option("--from", "since", callback=parse_local_day, metavar="DAY", help=_FROM)
@click.option("--to", "at", callback=parse_at, metavar="BLOCK|DAY|TIME", help=_TO)
@click.option("--chain", type=int, help="The chain, where the register has instruments on several.")
@click.option("--names", is_flag=True, help=_NAMES)
@form_options
@pass_context
def statement(context: Context, /, holder: str, since: date | None, names: bool, **given: Any) -> None:
    """What HOLDER held, received and delivered in a period, movement by movement."""
    from rwaledger.report.contents import statement as contents

    seal = context.seal if names else None
    show_document(context, given, lambda c, at: contents.build(c, holder, at, since, seal))


@command.command()
@click.argument("instrument", required=False)
@report_options
@pass_context
def supply(context: Context, /, instrument: str | None, **given: Any) -> None:
    """Supply by month: opening + issued - redeemed = closing."""
    from rwaledger.report.contents import supply as contents

    show_document(context, given, lambda c, at: contents.build(c, instrument, at), instrument)


@command.command()
@click.argument("instrument")
@report_options
@pass_context
def reserve(context: Context, /, instrument: str, **given: Any) -> None:
    """How far the reserve of INSTRUMENT covers what is outstanding, at each statement of it."""
    from rwaledger.report.contents import reserve as contents

    policy = context.policy
    show_document(context, given, lambda c, at: contents.build(c, instrument, at, policy), instrument)


@command.command()
@click.argument("instrument")
@report_options
@pass_context
def redemptions(context: Context, /, instrument: str, **given: Any) -> None:
    """Requests to redeem INSTRUMENT: due when, paid when, late or not."""
    from rwaledger.report.contents import redemptions as contents

    show_document(context, given, lambda c, at: contents.build(c, instrument, at), instrument)


@command.command()
@click.argument("instrument")
@report_options
@pass_context
def actions(context: Context, /, instrument: str, **given: Any) -> None:
    """Coupons and maturities of a bond, or prices and dealings of a fund: owed, funded, paid, held back, dust."""
    from rwaledger.report.contents import actions as contents

    show_document(context, given, lambda c, at: contents.build(c, instrument, at), instrument)


@command.command()
@click.argument("instrument", required=False)
@report_options
@pass_context
def roles(context: Context, /, instrument: str | None, **given: Any) -> None:
    """Roles given and taken, rules set, by whom, in which transaction; and the roles in force."""
    from rwaledger.report.contents import roles as contents

    show_document(context, given, lambda c, at: contents.build(c, instrument, at), instrument)


@command.command()
@click.argument("instrument", required=False)
@report_options
@pass_context
def jurisdictions(context: Context, /, instrument: str | None, **given: Any) -> None:
    """Holdings by country and investor class, and how much the largest holders have."""
    from rwaledger.report.contents import jurisdictions as contents

    show_document(context, given, lambda c, at: contents.build(c, instrument, at), instrument)


@command.command()
@click.argument("instrument", required=False)
@report_options
@pass_context
def statistics(context: Context, /, instrument: str | None, **given: Any) -> None:
    """Holders, transfers, issues and redemptions by month and participant type."""
    from rwaledger.report.contents import statistics as contents

    policy = context.policy
    show_document(context, given, lambda c, at: contents.build(c, instrument, at, policy), instrument)


@command.command()
@click.argument("instrument", required=False)
@report_options
@pass_context
def ageing(context: Context, /, instrument: str | None, **given: Any) -> None:
    """Breaks by class and age, in business days."""
    from rwaledger.report.contents import ageing as contents

    policy = context.policy
    show_document(context, given, lambda c, at: contents.build(c, instrument, at, policy), instrument)


@command.command()
@click.argument("instrument", required=False)
@report_options
@pass_context
def reconciliations(context: Context, /, instrument: str | None, **given: Any) -> None:
    """The reconciliations on record: of which block, with which result."""
    from rwaledger.report.contents import reconciliations as contents

    show_document(context, given, lambda c, at: contents.build(c, instrument, at), instrument)


@command.command("holdings-xml")
@click.argument("instrument")
@at_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=_FILE)
@json_option
@pass_context
def holdings_xml(context: Context, /, instrument: str, **given: Any) -> None:
    """Statement of holdings of INSTRUMENT as ISO 20022 semt.002."""
    from rwaledger.cli.report_xml import write_message
    from rwaledger.report import iso20022

    write_message(context, given, iso20022.HOLDINGS, lambda c, at: iso20022.holdings_xml(c, instrument, at), instrument)


@command.command("statement-xml")
@click.argument("holder")
@click.option("--from", "since", callback=parse_local_day, metavar="DAY", help=_FROM)
@click.option("--to", "at", callback=parse_at, metavar="BLOCK|DAY|TIME", help=_TO)
@click.option("--chain", type=int, help="The chain, where the register has instruments on several.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=_FILE)
@json_option
@pass_context
def statement_xml(context: Context, /, holder: str, since: date | None, **given: Any) -> None:
    """Movements of HOLDER as ISO 20022 semt.017."""
    from rwaledger.cli.report_xml import write_message
    from rwaledger.report import iso20022

    write_message(context, given, iso20022.POSTINGS, lambda c, at: iso20022.postings_xml(c, holder, at, since))
