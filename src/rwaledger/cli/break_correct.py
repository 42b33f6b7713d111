"""`rwaledger break correct`: what is entered, or linked, to put a break right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, Manner, ask, confirming_options, pass_context
from rwaledger.cli.moving import as_option, emit_event, hand_of, latest_block, life_named, require_possible
from rwaledger.cli.output import counted, progress, say
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.correction import Statement
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.audit.records import Records
    from rwaledger.domain.break_life import Life
    from rwaledger.domain.correction import RegisterEntries
    from rwaledger.operate.break_steps import Entering

_STATEMENTS = [str(each) for each in Statement]


@click.command()
@click.argument("name", metavar="ID")
@click.option("--instruction", help="Reference of the instruction that has reversed it on the chain.")
@click.option("--entry", type=int, help="Entry of the account's sub-ledger that is to be taken back.")
@click.option("--statement", type=click.Choice(_STATEMENTS), help="Kind of the newer statement that corrects it.")
@as_option
@confirming_options
@pass_context
def correct(
    context: Context,
    /,
    name: str,
    instruction: str | None,
    entry: int | None,
    statement: str | None,
    key: str,
    **given: Any,
) -> None:
    """Put a break right, with a key that has not explained it.

    With no option: enter in the register what follows from the chain, by reversing entries; nothing is changed.
    """
    from rwaledger.operate import break_correct, break_steps

    manner = Manner.of(given)
    if sum(option is not None for option in (instruction, entry, statement)) > 1:
        raise UsageError(
            "a break is put right in one way at a time", "Give one of --instruction, --entry, --statement."
        )
    life = life_named(context, name)
    require_possible(context, life, BreakState.CORRECTED, key)
    if instruction is not None:
        entering = _by_instruction(context, life, instruction)
    elif entry is not None:
        entering = break_correct.by_client_entry(life.record.found.account, entry, _today(context))
    elif statement is not None:
        entering = break_correct.by_statement(Statement(statement))
    else:
        entering = _by_entries(context, life)
    event = None
    if manner.dry_run:
        with context.database.rehearse() as connection:
            entering(connection, life)
    else:
        ask(f"Enter this, and sign break {life.break_id} as CORRECTED, with {key}?", yes=manner.yes)
        hand = hand_of(context, key)
        event = break_steps.take_step(hand, life.break_id, BreakState.CORRECTED, break_steps.Said(), entering)
    emit_event(life, BreakState.CORRECTED, event, manner)


def _by_entries(context: Context, life: Life) -> Entering:
    from rwaledger.audit.correcting import register_entries
    from rwaledger.operate.break_correct import by_entries, checkpoints_of

    entries = register_entries(_records(context), life.record.found)
    say(_entries_text(context, entries))
    with context.database.read() as connection:
        read_at = checkpoints_of(connection, life.record.chain_id, entries)
    return by_entries(entries, read_at)


def _by_instruction(context: Context, life: Life, ref: str) -> Entering:
    from rwaledger.audit.correcting import require_reversal
    from rwaledger.operate.break_correct import by_instruction
    from rwaledger.operate.lifecycle import chosen

    found = chosen(context.database, context.node.chain_id, [ref])
    if len(found) != 1:
        raise UsageError(f"{ref!r} stands for {len(found)} instructions", "Name one by its reference.")
    require_reversal(_records(context), life.record.found, found[0].instruction.ref)
    return by_instruction(found[0].instruction.ref)


def _records(context: Context) -> Records:
    from rwaledger.audit.load import load
    from rwaledger.audit.sources import Terms
    from rwaledger.audit.steps import Steps

    with progress() as shown:
        steps = Steps(lambda done, total: shown("read", done, total))
        return load(context.database, context.node, steps=steps, terms=Terms(context.policy))


def _today(context: Context) -> Any:
    from rwaledger.domain.calendar import local_date

    return local_date(latest_block(context).time, context.policy.zone)


def _entries_text(context: Context, entries: RegisterEntries) -> str:
    """What would be entered, leg by leg."""
    from rwaledger.domain.units import format_amount

    decimals = context.instrument(entries.instrument_id).decimals if entries.instrument_id else 0
    lines = [
        f"{counted(len(entries.reversals), 'posting')} taken back, {counted(len(entries.postings), 'posting')} entered,"
        f" {counted(len(entries.events), 'log')}, {counted(len(entries.blocks), 'header')} and"
        f" {counted(len(entries.standings), 'standing')} added"
    ]
    legs = [("takes back", each.by) for each in entries.reversals] + [("enters", each) for each in entries.postings]
    for what, leg in sorted(legs, key=lambda each: (each[1].block_number, each[1].log_index, each[1].leg)):
        amount, balance = (format_amount(u, decimals) for u in (leg.amount_units, leg.balance_after_units))
        place = f"block {leg.block_number}, log {leg.log_index}, leg {leg.leg}"
        lines.append(f"  {place}: {what} {amount} on {leg.account}, balance {balance}")
    return "\n".join(lines)
