"""`rwaledger reconcile`: the auditor's verb."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, progress, say
from rwaledger.cli.report_forms import Wanted, emit_document, form_options, write_document
from rwaledger.domain.errors import EXIT_BREAKS, EXIT_DONE, UsageError

if TYPE_CHECKING:
    from rwaledger.domain.reconciliation import Reconciliation

_HEAD = re.compile("0x[0-9a-f]{64}")


@click.group("reconcile")
def command() -> None:
    """Compare chain, events, register and control book at one block."""


@command.command()
@click.option("--block", type=int, help="Pin this block.  [the last one mirrored]")
@click.option("--check", "checks", multiple=True, metavar="ID", help="Run this check only; may be repeated.  [all]")
@click.option("--record", is_flag=True, help="Keep the result: it lets coupons and prices through, or stops them.")
@click.option(
    "--expected-head",
    "expected_heads",
    multiple=True,
    metavar="INSTRUMENT=HEAD",
    help="A head of a signed period that you have kept: it has to be in the register still; may be repeated.",
)
@click.option("--names", is_flag=True, help="Name holders, with the privacy key; else their short names alone.")
@form_options
@pass_context
def run(
    context: Context,
    /,
    block: int | None,
    checks: tuple[str, ...],
    record: bool,
    expected_heads: tuple[str, ...],
    names: bool,
    **given: Any,
) -> int:
    """Reconcile at one pinned block. Exit code 0 where every check passes, 3 where one does not.

    The report is printed; with --out it is written as well, in every form or in that of --form.
    """
    from rwaledger.audit.reconcile import reconcile
    from rwaledger.report.model import build
    from rwaledger.report.reconciliation import document
    from rwaledger.report.reconciliation_fields import fields

    wanted = Wanted.of(given)
    if record and checks:
        raise UsageError("only a reconciliation by all checks goes on record", "Leave out --check, or --record.")
    with progress() as shown, context.database.snapshot() as register:
        found = reconcile(
            register,
            context.node,
            block=block,
            checks=list(checks) or None,
            progress=lambda done, total: shown("reconcile", done, total),
            policy=context.policy,
            expected_heads=_heads(expected_heads),
        )
        zone = context.policy.zone
        report = build(register, found, context.seal if names else None, zone=zone)
    made, extra = document(report), fields(report)
    if wanted.out is not None:
        write_document(made, wanted.form, wanted.out, extra)
    if record:
        _record(context, found)
    emit_document(made, None if wanted.out else wanted.form, None, as_json=wanted.as_json, fields=extra)
    return EXIT_DONE if found.passed else EXIT_BREAKS


def _heads(given: tuple[str, ...]) -> dict[str, str]:
    """The heads that the caller knows, by instrument."""
    heads = {}
    for each in given:
        instrument_id, equals, head = each.partition("=")
        if not equals or not _HEAD.fullmatch(head.lower()):
            raise UsageError(f"{each!r} is no head of an instrument", "Write INSTRUMENT=0x and 64 hex digits.")
        heads[instrument_id] = head.lower()
    return heads


def _record(context: Context, found: Reconciliation) -> None:
    """Puts it on record with its breaks, and prepares the pauses that are due by now."""
    from rwaledger.audit.recording import record
    from rwaledger.cli.pausing import propose_pauses

    with context.database.begin() as connection:
        recorded = record(connection, found)
    for each in recorded.runs:
        result = "passed" if each.passed else f"failed {', '.join(each.failed_checks)}"
        say(f"recorded: {each.instrument_id} {result} at block {each.block_number}")
    say("\n".join(recorded.words))
    propose_pauses(context, found.pin)


@command.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Explain the checks."""
    from rwaledger.audit.checks import discover

    document = [{"check": each.ID, "title": each.TITLE, "purpose": each.PURPOSE} for each in discover()]
    text = "\n".join(f"{each['check']}  {each['title']}\n     {each['purpose']}" for each in document)
    emit(document, text, as_json=as_json)
