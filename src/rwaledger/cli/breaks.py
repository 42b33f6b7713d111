"""`rwaledger break`: the life of a break, from its finding to its sign-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.break_correct import correct
from rwaledger.cli.break_exempt import countersign, exempt, exemptions
from rwaledger.cli.break_views import (
    correction_document,
    event_document,
    life_document,
    list_text,
    show_text,
)
from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.moving import as_option, emit_event, hand_of, life_named, require_possible
from rwaledger.cli.output import emit
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.errors import EXIT_DONE, EXIT_FAILED
from rwaledger.domain.reconciliation import BreakClass

if TYPE_CHECKING:
    from rwaledger.domain.break_life import Life
    from rwaledger.operate.break_steps import Said

_id = click.argument("name", metavar="ID")


@click.group("break")
def command() -> None:
    """Follow breaks from their finding to their sign-off, each step under another key.

    `reconcile run --record` finds breaks, and verifies that they are gone; nobody else does. An ID may be cut short.
    """


command.add_command(correct)
command.add_command(exempt)
command.add_command(countersign)
command.add_command(exemptions)


@command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that no run has found gone.  [default]")
@click.option("--all", "everything", is_flag=True, help="Those that are gone too, and what only follows from others.")
@click.option("--instrument", help="Of this instrument only.")
@click.option(
    "--class", "break_class", type=click.Choice([str(each) for each in BreakClass]), help="Of this class only."
)
@json_option
@pass_context
def list_(
    context: Context,
    only_open: bool,
    everything: bool,
    instrument: str | None,
    break_class: str | None,
    as_json: bool,
) -> int:
    """List breaks with their state and age. Exit code 1 where one was changed from outside."""
    lives, newest = _lives(context)
    documents = [
        life_document(life, _root(life, lives), context.policy, newest)
        for life in lives.values()
        if ((everything and not only_open) or (life.has_own_life and not life.state.is_closed))
        and instrument in (None, life.record.found.instrument_id)
        and break_class in (None, life.break_class.value)
    ]
    emit(documents, list_text(documents), as_json=as_json)
    return EXIT_FAILED if any(each["faults"] for each in documents) else EXIT_DONE


@command.command()
@_id
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> int:
    """Show a break and all that was done about it, each signature looked at. Exit code 1 where one does not hold."""
    from rwaledger.registry import breaks, corrections

    lives, newest = _lives(context)
    with context.database.read() as connection:
        life = lives[breaks.break_named(connection, name)]
        rows = corrections.correction_rows(connection, life.break_id)
    document = life_document(life, _root(life, lives), context.policy, newest) | {
        "events": [event_document(each) for each in life.events],
        "corrections": [correction_document(row) for row in rows],
        "consequences": [
            each.break_id
            for each in lives.values()
            if not each.has_own_life and each.record.found.follows_from == life.break_id
        ],
    }
    emit(document, show_text(document), as_json=as_json)
    return EXIT_FAILED if life.faults else EXIT_DONE


@command.command()
@_id
@click.option("--to", "assignee", required=True, help="Who is to look into it.")
@as_option
@confirming_options
@pass_context
def assign(context: Context, /, name: str, assignee: str, key: str, **given: Any) -> None:
    """Give a break to somebody; whoever signs this is one of its preparers."""
    _step(context, name, key, BreakState.ASSIGNED, lambda said: said(assignee=assignee), Manner.of(given))


@command.command()
@_id
@click.option("--text", required=True, help="What happened, and what is to be done.")
@click.option("--evidence", required=True, type=click.Path(path_type=Path), help="The document behind it.")
@as_option
@confirming_options
@pass_context
def explain(context: Context, /, name: str, text: str, evidence: Path, key: str, **given: Any) -> None:
    """Say what a break comes from; the SHA-256 of the evidence is signed with it, and the document stays with you."""
    from rwaledger.operate.break_steps import evidence_hash

    digest = evidence_hash(evidence)
    fill: Callable[[Any], Said] = lambda said: said(text=text, evidence_hash=digest)  # noqa: E731
    _step(context, name, key, BreakState.EXPLAINED, fill, Manner.of(given))


@command.command("sign-off")
@_id
@click.option("--text", default="", help="What was looked at.")
@as_option
@confirming_options
@pass_context
def sign_off(context: Context, /, name: str, text: str, key: str, **given: Any) -> None:
    """Close a break that a recorded run has verified, with a key that has neither explained nor corrected it."""
    _step(context, name, key, BreakState.SIGNED_OFF, lambda said: said(text=text), Manner.of(given))


@command.command()
@_id
@confirming_options
@pass_context
def pause(context: Context, /, name: str, **given: Any) -> None:
    """Prepare a pause of the instrument that a break is on: a draft, which the checker approves and the maker sends."""
    from rwaledger.cli.acting import act
    from rwaledger.operate.break_pause import pause_plan

    manner = Manner.of(given)
    life = life_named(context, name)
    plan = pause_plan(context.instrument(life.record.found.instrument_id), life.break_id)
    act(context, plan, Manner(manner.dry_run, manner.yes, manner.as_json, draft=True))


def _step(
    context: Context, name: str, key: str, after: BreakState, fill: Callable[[type[Said]], Said], manner: Manner
) -> None:
    from rwaledger.operate.break_steps import Said, take_step

    life = life_named(context, name)
    require_possible(context, life, after, key)
    event = None
    if not manner.dry_run:
        ask(f"Sign break {life.break_id} as {after}, with {key}?", yes=manner.yes)
        event = take_step(hand_of(context, key), life.break_id, after, fill(Said))
    emit_event(life, after, event, manner)


def _root(life: Life, lives: Mapping[str, Life]) -> Life | None:
    return None if life.has_own_life else lives.get(life.record.found.follows_from)


def _lives(context: Context) -> tuple[dict[str, Life], int | None]:
    from rwaledger.audit.waivers import read_lives
    from rwaledger.registry.reconciliations import newest_block_time

    with context.database.read() as connection:
        return read_lives(connection), newest_block_time(connection)
