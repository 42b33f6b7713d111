"""How every verb that reaches the chain runs: plan, show, ask, carry out, tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rwaledger.cli.context import Context, Manner, ask
from rwaledger.cli.output import counted, emit, progress, say
from rwaledger.domain.units import format_amount

if TYPE_CHECKING:
    from rwaledger.operate.desk import Desk
    from rwaledger.operate.execute import Outcome
    from rwaledger.operate.plan import Plan


def act(context: Context, plan: Plan, manner: Manner, first: Callable[[Desk], None] = lambda desk: None) -> None:
    """Carries out a plan under the two pairs of eyes of the settings, or only checks it.

    `first` is what has to stand in the register before; it is done once the person has agreed, and not again where
    the plan was carried out before.
    """
    from rwaledger.operate import execute

    with progress() as shown:
        desk = context.desk(shown)
        foreseen = execute.preview(desk, plan)
        outcome = foreseen
        if not manner.dry_run:
            if foreseen.lines_done:
                say(describe(context, plan))
                ask("Carry this out?", yes=manner.yes)
            if foreseen.lines_done or not foreseen.known:
                first(desk)
            outcome = execute.run(desk, plan)
    emit(_document(outcome, manner.dry_run), _text(plan, outcome, manner.dry_run), as_json=manner.as_json)


def describe(context: Context, plan: Plan) -> str:
    """A plan in words and figures: chain, contract, what and how much, and by whose authority."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.operate.words import line_words, sets_instrument

    lines = [f"chain {context.node.chain_id} at {context.node.shown_url}, key {plan.key!r}"]
    for instrument, operation in dict.fromkeys((part.instrument, part.operation) for part in plan.parts):
        parts = [p for p in plan.parts if (p.instrument, p.operation) == (instrument, operation)]
        count = sum(len(part.lines) for part in parts)
        units = sum(line.amount_units for part in parts for line in part.lines if operation.counts_units)
        amount = f", {format_amount(units, instrument.decimals, grouped=True)} {instrument.symbol}" if units else ""
        lines.append(
            f"  {operation} {instrument.instrument_id} at {checksummed(instrument.address)}:"
            f" {counted(count, 'line')} in {counted(len(parts), 'instruction')}{amount}"
        )
        if sets_instrument(operation):
            lines += [
                f"    {line_words(operation, line, part.order, part.text, instrument.decimals)}"
                for part in parts
                for line in part.lines
            ]
    maker, checker = (
        f"{checksummed(context.address_of(name))} ({name})"
        for name in (context.settings.maker, context.settings.checker)
    )
    lines.append(f"  maker {maker}, checker {checker}")
    return "\n".join(lines)


def _text(plan: Plan, outcome: Outcome, dry_run: bool) -> str:
    if dry_run:
        done = f"; {outcome.lines_before} are done already" if outcome.lines_before else ""
        lines = f"{outcome.lines_done} of {counted(plan.line_count, 'line')}"
        return f"dry run: {lines} would be carried out{done}; nothing was sent"
    if outcome.lines_done == 0:
        return f"nothing to do: {counted(outcome.lines_before, 'line')} of key {plan.key!r} carried out before"
    earlier = f" ({outcome.lines_before} were before)" if outcome.lines_before else ""
    gas = f", {outcome.gas_used:,} gas" if outcome.gas_used else ""
    done, sent = counted(outcome.lines_done, "line"), counted(len(outcome.tx_hashes), "transaction")
    return f"{done} carried out{earlier} in {sent}{gas}"


def _document(outcome: Outcome, dry_run: bool) -> dict[str, object]:
    return {
        "key": outcome.key,
        "dry_run": dry_run,
        "lines_done": outcome.lines_done,
        "lines_done_before": outcome.lines_before,
        "instructions": list(outcome.refs),
        "transactions": list(outcome.tx_hashes),
        "gas_used": outcome.gas_used,
    }
