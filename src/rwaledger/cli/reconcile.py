"""`rwaledger reconcile`: the auditor's verb."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, progress, say
from rwaledger.cli.report_forms import Wanted, emit_document, form_options, write_document
from rwaledger.cli.spreading import Where, spread_options
from rwaledger.domain.errors import EXIT_BREAKS, EXIT_DONE, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rwaledger.domain.reconciliation import Reconciliation
    from rwaledger.registry.database import Readable

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
@click.option(
    "--incremental",
    is_flag=True,
    help="Look only at what came after the last full reconciliation on record, and at some of the accounts.",
)
@click.option("--share", metavar="1/N", help="With --incremental: how many of the accounts that did not move.  [1/19]")
@spread_options
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
    incremental: bool,
    share: str | None,
    names: bool,
    **given: Any,
) -> int:
    """Reconcile at one pinned block. Exit code 0 where every check passes, 3 where one does not.

    The report is printed; with --out it is written as well, in every form or in that of --form. An incremental run
    says on its first page what it did not look at. It opens no gate, and is not recorded.
    """
    from rwaledger.report.model import build
    from rwaledger.report.reconciliation import document
    from rwaledger.report.reconciliation_fields import fields

    where = Where.of(given)
    wanted = Wanted.of(given)
    if record and checks:
        raise UsageError("only a reconciliation by all checks goes on record", "Leave out --check, or --record.")
    _require_full_for(record=record, heads=expected_heads, share=share, incremental=incremental)
    if incremental and where.scheduler:
        raise UsageError("an incremental run looks at too little for a cluster", "Leave out --scheduler.")
    with progress() as shown, context.database.snapshot() as register:
        how = _Run(block, list(checks) or None, lambda done, total: shown("reconcile", done, total), where)
        if incremental:
            found = _part(context, register, share, how)
        else:
            found = _whole(context, register, _heads(expected_heads), how)
        zone = context.policy.zone
        report = build(register, found, context.seal if names else None, zone=zone)
    made, extra = document(report), fields(report)
    if wanted.out is not None:
        write_document(made, wanted.form, wanted.out, extra)
    if record:
        _record(context, found)
    emit_document(made, None if wanted.out else wanted.form, None, as_json=wanted.as_json, fields=extra)
    return EXIT_DONE if found.passed else EXIT_BREAKS


@dataclass(frozen=True, slots=True)
class _Run:
    """What a full and an incremental run have in common."""

    block: int | None
    checks: list[str] | None
    progress: Callable[[int, int], None]
    where: Where


def _whole(context: Context, register: Readable, heads: Mapping[str, str], how: _Run) -> Reconciliation:
    from rwaledger.audit.reconcile import reconcile

    terms: dict[str, Any] = {"policy": context.policy, "expected_heads": heads}
    with how.where.open() as spread:
        return reconcile(register, context.node, how.block, how.checks, how.progress, **terms, spread=spread)


def _part(context: Context, register: Readable, share: str | None, how: _Run) -> Reconciliation:
    from rwaledger.audit.incremental import reconcile_since
    from rwaledger.audit.part import DEFAULT_SHARE, Share

    of = Share.of(DEFAULT_SHARE if share is None else share)
    return reconcile_since(register, context.node, of, how.block, how.checks, how.progress, policy=context.policy)


def _require_full_for(*, record: bool, heads: tuple[str, ...], share: str | None, incremental: bool) -> None:
    """What an incremental run cannot do, and what it alone can."""
    if incremental and record:
        from rwaledger.audit.recording import INCREMENTAL

        raise UsageError(INCREMENTAL, "Leave out --incremental, or --record.")
    if incremental and heads:
        raise UsageError(
            "C20 holds the heads that you have kept against the register, and an incremental run leaves it out",
            "Leave out --incremental, or --expected-head.",
        )
    if share is not None and not incremental:
        raise UsageError("a full reconciliation looks at every account, and takes no --share", "Add --incremental.")


def _heads(given: tuple[str, ...]) -> dict[str, str]:
    """The heads that the caller knows, by instrument."""
    heads = {}
    for each in given:
        instrument_id, equals, head = each.partition("=")
        if not equals or not _HEAD.fullmatch(head.lower()):
            raise UsageError(f"{each!r} is no head of an instrument", "Write INSTRUMENT=0x and 64 hex digits.")
        if instrument_id in heads:
            raise UsageError(f"two heads of {instrument_id}", "Give its latest: that attests those before it.")
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
