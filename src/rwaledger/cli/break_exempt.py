"""`rwaledger break exempt`, `countersign` and `exemptions`: what two people let pass until a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.break_views import exemption_document, exemptions_text
from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.moving import as_option, latest_block, life_named
from rwaledger.cli.output import emit, say
from rwaledger.domain.errors import EXIT_DONE, EXIT_FAILED, UsageError

if TYPE_CHECKING:
    from rwaledger.domain.exemption import Exemption

NO_INSTRUMENT = "-"


@click.command()
@click.argument("check", metavar="CHECK")
@click.argument("instrument", metavar="INSTRUMENT|-")
@click.option("--break", "name", help="This finding alone.  [all findings of the check on the instrument]")
@click.option("--reason", required=True, help="Why, for whoever reads page one.")
@click.option("--evidence", required=True, type=click.Path(path_type=Path), help="The document behind it.")
@click.option("--from", "valid_from", help="First day on which it counts, such as 2026-07-31.  [the chain's day]")
@click.option("--until", required=True, help="Last day on which it counts.")
@as_option
@confirming_options
@pass_context
def exempt(
    context: Context,
    /,
    check: str,
    instrument: str,
    name: str | None,
    key: str,
    **given: Any,
) -> None:
    """Propose that findings be let pass until a day; it counts once another key has signed it too.

    A dash stands for findings on no instrument. C01 cannot be exempt.
    """
    from rwaledger.audit.checks import select
    from rwaledger.domain.calendar import local_date
    from rwaledger.operate.break_exempt import Scope, draft, propose
    from rwaledger.operate.break_steps import evidence_hash

    manner = Manner.of(given)
    valid_from, until, evidence = given["valid_from"], given["until"], evidence_hash(given["evidence"])
    check_id = select([check.upper()])[0].ID
    on = "" if instrument == NO_INSTRUMENT else context.instrument(instrument).instrument_id
    break_id = _break_of(context, name, check_id, on)
    first = _day(valid_from) if valid_from else local_date(latest_block(context).time, context.policy.zone)
    scope = Scope(context.node.chain_id, check_id, on, break_id, first, _day(until))
    drafted = draft(scope, given["reason"], evidence, context.address_of(key))
    if not manner.dry_run:
        ask(f"Propose that {drafted.scope} be let pass until {drafted.expires_on}, with {key}?", yes=manner.yes)
        drafted = propose(context.database, context.open_key(key), drafted)
    next_step = f"next: another key signs it: `rwaledger break countersign {drafted.exemption_id} --as KEY`"
    text = f"exemption {drafted.exemption_id} is proposed: {drafted.scope}, until {drafted.expires_on}\n{next_step}"
    if manner.dry_run:
        text = f"dry run: {drafted.scope} would be proposed for exemption; nothing was signed"
    emit(exemption_document(drafted, "") | {"dry_run": manner.dry_run}, text, as_json=manner.as_json)


@click.command()
@click.argument("name", metavar="EXEMPTION")
@as_option
@confirming_options
@pass_context
def countersign(context: Context, /, name: str, key: str, **given: Any) -> None:
    """Sign a proposed exemption as the second of two; from then on it counts."""
    from rwaledger.operate.break_exempt import countersign as sign_too
    from rwaledger.operate.break_exempt import require_countersignable

    manner = Manner.of(given)
    with context.database.read() as connection:
        found = require_countersignable(connection, name, context.address_of(key))
    say(f"{found.scope}, {found.valid_from} to {found.expires_on}, because {found.reason}")
    if not manner.dry_run:
        ask(f"Sign the exemption {found.exemption_id} with {key}?", yes=manner.yes)
        found = sign_too(context.database, context.open_key(key), found.exemption_id)
    text = f"exemption {found.exemption_id} counts from {found.valid_from} to {found.expires_on}"
    if manner.dry_run:
        text = f"dry run: exemption {found.exemption_id} would be signed; nothing was"
    emit(exemption_document(found, "") | {"dry_run": manner.dry_run}, text, as_json=manner.as_json)


@click.command()
@json_option
@pass_context
def exemptions(context: Context, as_json: bool) -> int:
    """List exemptions, proposed or in force. Exit code 1 where one was changed from outside."""
    from rwaledger.chain.text_signatures import text_signer
    from rwaledger.domain.exemption import fault_of
    from rwaledger.registry.exemptions import exemptions as stored

    with context.database.read() as connection:
        found: list[tuple[str, Exemption, str]] = stored(connection)
    documents = [exemption_document(each, fault_of(*row, text_signer)) for row in found for each in (row[1],)]
    emit(documents, exemptions_text(documents), as_json=as_json)
    return EXIT_FAILED if any(each["fault"] for each in documents) else EXIT_DONE


def _break_of(context: Context, name: str | None, check: str, instrument_id: str) -> str:
    if name is None:
        return ""
    found = life_named(context, name).record.found
    if (found.check, found.instrument_id) != (check, instrument_id):
        on = found.instrument_id or "no instrument"
        raise UsageError(f"break {found.break_id} is of {found.check} on {on}", "Name its check and its instrument.")
    return found.break_id


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day", "Write it like 2026-07-31.") from None
