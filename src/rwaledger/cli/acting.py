"""How every verb that reaches the chain runs: plan, show, ask, carry out, tell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rwaledger.cli.context import Context, Manner, ask
from rwaledger.cli.output import counted, emit, progress, say
from rwaledger.cli.travel import keep_travel_rule
from rwaledger.domain.units import format_amount

if TYPE_CHECKING:
    from rwaledger.operate.desk import Desk
    from rwaledger.operate.execute import Outcome
    from rwaledger.operate.plan import Plan
    from rwaledger.registry.instructions import StoredInstruction


def act(
    context: Context,
    plans: Plan | Sequence[Plan],
    manner: Manner,
    first: Callable[[Desk], None] = lambda desk: None,
) -> None:
    """Carries out a plan, or several one after another, under the two pairs of eyes of the settings.

    All are checked, and shown, before the person is asked once. `first` is what has to stand in the register before;
    it is done once the person has agreed, and not again where the plans were carried out before; so are the records
    that the travel rule asks for. As `manner` says, they are only checked, or only stored for the checker.
    """
    from rwaledger.operate import execute, lifecycle
    from rwaledger.operate.plan import Plan

    listed = [plans] if isinstance(plans, Plan) else list(plans)
    drafts: list[StoredInstruction] = []
    with progress() as shown:
        desk = context.desk(shown)
        outcomes = execute.preview_all(desk, listed)
        if manner.dry_run:
            keep_travel_rule(context, desk, listed, dry_run=True)
        else:
            is_open = any(each.lines_done for each in outcomes)
            if is_open:
                say("\n".join(describe(context, plan) for plan in listed))
                ask("Store this for the checker?" if manner.draft else "Carry this out?", yes=manner.yes)
            if is_open or not all(each.known for each in outcomes):
                if is_open and not manner.draft and not any(each.known for each in outcomes):
                    # A wrong password is known before anything is stored.
                    desk.open_maker()
                    desk.open_checker()
                keep_travel_rule(context, desk, listed, dry_run=False)
                first(desk)
            if manner.draft:
                drafts = lifecycle.draft_all(desk, listed)
            else:
                outcomes = [execute.run(desk, plan) for plan in listed]
    if drafts:
        emit(_draft_document(drafts), _draft_text(drafts), as_json=manner.as_json)
    else:
        emit(outcome_document(outcomes, manner.dry_run), outcome_text(outcomes, manner.dry_run), as_json=manner.as_json)


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


def outcome_text(outcomes: Sequence[Outcome], dry_run: bool = False) -> str:
    """What became of all of it, in one line."""
    done = sum(each.lines_done for each in outcomes)
    before = sum(each.lines_before for each in outcomes)
    keys = ", ".join(repr(each.key) for each in outcomes)
    if dry_run:
        earlier = f"; {before} are done already" if before else ""
        lines = f"{done} of {counted(done + before, 'line')}"
        return f"dry run: {lines} would be carried out{earlier}; nothing was sent"
    if not done:
        key = "key" if len(outcomes) == 1 else "keys"
        return f"nothing to do: {counted(before, 'line')} of {key} {keys} carried out before"
    earlier = f" ({before} were before)" if before else ""
    gas_used = sum(each.gas_used for each in outcomes)
    gas = f", {gas_used:,} gas" if gas_used else ""
    sent = counted(sum(len(each.tx_hashes) for each in outcomes), "transaction")
    return f"{counted(done, 'line')} carried out{earlier} in {sent}{gas}"


def outcome_document(outcomes: Sequence[Outcome], dry_run: bool = False) -> dict[str, object]:
    """The same as data; of several plans with the document of each."""
    document: dict[str, object] = {
        "key": ", ".join(each.key for each in outcomes),
        "dry_run": dry_run,
        "lines_done": sum(each.lines_done for each in outcomes),
        "lines_done_before": sum(each.lines_before for each in outcomes),
        "instructions": [ref for each in outcomes for ref in each.refs],
        "transactions": [tx_hash for each in outcomes for tx_hash in each.tx_hashes],
        "gas_used": sum(each.gas_used for each in outcomes),
    }
    if len(outcomes) > 1:
        document["plans"] = [outcome_document([each], dry_run) for each in outcomes]
    return document


def keys_of(drafts: Sequence[StoredInstruction]) -> str:
    """The idempotency keys of instructions, as a shell takes them."""
    return " ".join(shlex.quote(key) for key in dict.fromkeys(each.idempotency_key for each in drafts))


def _draft_text(drafts: Sequence[StoredInstruction]) -> str:
    listing = "\n".join(f"{each.instruction.ref}  {each.status}" for each in drafts)
    return f"{listing}\nnext: the checker runs `rwaledger instruction approve {keys_of(drafts)}`"


def _draft_document(drafts: Sequence[StoredInstruction]) -> dict[str, object]:
    return {
        "keys": list(dict.fromkeys(each.idempotency_key for each in drafts)),
        "dry_run": False,
        "instructions": [each.instruction.ref for each in drafts],
        "statuses": [each.status.value for each in drafts],
        "next": f"rwaledger instruction approve {keys_of(drafts)}",
    }
