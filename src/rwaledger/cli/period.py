"""`rwaledger period`: sign what the register says at a block, have it countersigned, and anchor it on the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, Manner, ask, confirming_options, json_option, pass_context
from rwaledger.cli.output import counted, emit, say, table
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer
    from rwaledger.domain.instrument import Instrument
    from rwaledger.domain.period import Period


@click.group("period")
def command() -> None:
    """Sign what the register says at a block, so that nobody can change it unseen."""


@command.command()
@click.argument("names", metavar="[INSTRUMENT]...", nargs=-1)
@click.option("--operator", metavar="KEY", help="Keystore that signs for the register.  [setting operator]")
@click.option("--auditor", metavar="KEY", help="Countersign at once with this keystore.")
@confirming_options
@pass_context
def close(context: Context, /, names: tuple[str, ...], operator: str | None, auditor: str | None, **given: Any) -> None:
    """Close a period of each INSTRUMENT, or of all, at the block of the reconciliation on record.

    That must have passed, and the register must be as it was then.
    """
    from rwaledger.cli.period_views import period_document, period_text
    from rwaledger.operate import period as operate

    manner, signer = Manner.of(given), operator or context.settings.operator
    chosen = _instruments(context, names)
    address = context.address_of(signer)
    plans = [operate.plan_close(context.database, context.node, each, address) for each in chosen]
    fresh = [plan for plan in plans if not plan.is_known]
    done = [plan.period for plan in plans]
    if not manner.dry_run:
        if fresh or auditor:
            say("\n".join(period_text(plan.instrument, plan.period) for plan in plans))
            ask("Sign this?", yes=manner.yes)
        if fresh:
            key = _operator(context, signer)
            made = {plan.instrument: operate.close(context.database, context.node, plan, key) for plan in fresh}
            done = [made.get(plan.instrument, plan.period) for plan in plans]
        if auditor:
            done = _countersigned(context, [plan.instrument for plan in plans], done, auditor)
    text = "\n".join(period_text(plan.instrument, period) for plan, period in zip(plans, done, strict=True))
    if manner.dry_run:
        text += "\ndry run: nothing was signed"
    elif not fresh and not auditor:
        text = f"nothing to do: closed at this block already\n{text}"
    emit([period_document(p.instrument, one) for p, one in zip(plans, done, strict=True)], text, as_json=manner.as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@click.argument("sequence", type=int)
@click.option("--as", "auditor", metavar="KEY", help="Keystore of the auditor.  [setting auditor]")
@confirming_options
@pass_context
def countersign(context: Context, /, name: str, sequence: int, auditor: str | None, **given: Any) -> None:
    """Countersign period SEQUENCE of INSTRUMENT, once the register still says what it attests.

    The auditor does this with a key of its own, on a machine of its own where it has read access to the register; and
    keeps the head that is printed: `rwaledger reconcile run --expected-head INSTRUMENT=HEAD` holds the register to it.
    """
    from rwaledger.cli.period_views import period_document, period_text
    from rwaledger.registry import periods

    manner, instrument = Manner.of(given), context.instrument(name)
    with context.database.read() as connection:
        period = periods.period(connection, name, sequence)
    if not manner.dry_run:
        say(period_text(instrument, period))
        ask("Countersign this?", yes=manner.yes)
        (period,) = _countersigned(context, [instrument], [period], auditor or context.settings.auditor)
    text = period_text(instrument, period) + ("\ndry run: nothing was signed" if manner.dry_run else "")
    emit(period_document(instrument, period), text, as_json=manner.as_json)


@command.command("list")
@click.argument("names", metavar="[INSTRUMENT]...", nargs=-1)
@json_option
@pass_context
def list_(context: Context, names: tuple[str, ...], as_json: bool) -> None:
    """List the signed periods of each INSTRUMENT, or of all."""
    from rwaledger.cli.period_views import period_document, period_row
    from rwaledger.registry import periods

    chosen = {each.instrument_id: each for each in _instruments(context, names)}
    with context.database.read() as connection:
        found = [each for each in periods.periods(connection) if each.instrument_id in chosen]
    header = ("instrument", "period", "block", "time", "supply", "holders", "head", "countersigned")
    rows = [period_row(chosen[each.instrument_id], each) for each in found]
    document = [period_document(chosen[each.instrument_id], each) for each in found]
    emit(document, table(header, rows, right=(1, 2, 4, 5)) or "no period is signed yet", as_json=as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@click.argument("sequence", type=int, required=False)
@json_option
@pass_context
def show(context: Context, name: str, sequence: int | None, as_json: bool) -> None:
    """Show period SEQUENCE of INSTRUMENT, or its last one: what it attests of each table, and who signed it."""
    from rwaledger.cli.period_views import period_document, period_text, section_documents, section_table
    from rwaledger.registry import periods

    instrument = context.instrument(name)
    with context.database.read() as connection:
        known = periods.periods(connection, name)
        if sequence is None and not known:
            raise UsageError(f"no period of {name} is signed", "`rwaledger period close` closes one.")
        period = periods.period(connection, name, sequence or known[-1].sequence)
    document = {**period_document(instrument, period), "sections": section_documents(period)}
    emit(document, f"{period_text(instrument, period)}\n{section_table(period)}", as_json=as_json)


@command.command()
@click.argument("names", metavar="[INSTRUMENT]...", nargs=-1)
@click.option("--as", "sender", metavar="KEY", help="Keystore that sends it; anybody may.  [setting operator]")
@confirming_options
@pass_context
def anchor(context: Context, /, names: tuple[str, ...], sender: str | None, **given: Any) -> None:
    """Send the countersigned heads of each INSTRUMENT, or of all, to the registry anchor; what is there is left."""
    from rwaledger.operate import period_anchor as operate

    manner, name = Manner.of(given), sender or context.settings.operator
    plan = operate.plan_anchoring(context.database, context.node, _instruments(context, names))
    waiting = [each for each in plan if not each.is_anchored]
    listing = "\n".join(f"{each.period.instrument_id} {each.period.sequence}  {each.period.head}" for each in waiting)
    receipts = []
    if waiting and not manner.dry_run:
        say(listing)
        ask("Anchor this?", yes=manner.yes)
        receipts = operate.anchor(context.database, context.node, plan, lambda: _operator(context, name))
    if not waiting:
        text = f"nothing to do: {counted(len(plan), 'countersigned head')}, all anchored"
    elif manner.dry_run:
        text = f"{listing}\ndry run: nothing was sent"
    else:
        gas = sum(each.gas_used for each in receipts)
        text = f"{counted(len(receipts), 'head')} anchored, {gas:,} gas"
    document = {
        "dry_run": manner.dry_run,
        "anchored": [_head(each.period) for each in waiting if not manner.dry_run],
        "waiting": [_head(each.period) for each in waiting if manner.dry_run],
        "anchored_before": len(plan) - len(waiting),
        "transactions": [each.tx_hash for each in receipts],
    }
    emit(document, text, as_json=manner.as_json)


@command.command("deploy-anchor")
@confirming_options
@pass_context
def deploy_anchor(context: Context, /, **given: Any) -> None:
    """Deploy the registry anchor, with operator and auditor of the settings; where it is there, it is found."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.operate import deploy as operate

    manner, settings = Manner.of(given), context.settings
    offices = operate.Offices(
        admin=context.address_of(settings.admin),
        makers=(),
        checkers=(),
        admin_delay_s=settings.admin_delay_s,
        operators=(context.address_of(settings.operator),),
        auditors=(context.address_of(settings.auditor),),
    )
    if offices.operators == offices.auditors:
        raise UsageError(
            "operator and auditor are the same key", "Give the auditor a key of its own (setting auditor)."
        )
    address = operate.planned_anchor(offices)
    say(f"chain {context.node.chain_id} at {context.node.shown_url}")
    say(f"  registry anchor {checksummed(address)}: operator {settings.operator}, auditor {settings.auditor},"
        f" admin {settings.admin}")  # fmt: skip
    if manner.dry_run:
        emit({"dry_run": True, "anchor": checksummed(address)}, "dry run: nothing was sent", as_json=manner.as_json)
        return
    ask("Deploy it where it is not there yet?", yes=manner.yes)
    deployer = context.open_key(settings.admin, settings.admin_password_file)
    done = operate.deploy_anchor(context.database, context.node, deployer, offices)
    document = {"anchor": checksummed(done.address), "block": done.block_number, "created": done.created}
    words = f"{'deployed' if done.created else 'found'} at {checksummed(done.address)}, block {done.block_number}"
    emit(document, f"registry anchor: {words}", as_json=manner.as_json)


def _instruments(context: Context, names: tuple[str, ...]) -> list[Instrument]:
    from rwaledger.registry import instruments

    if names:
        return [context.instrument(name) for name in dict.fromkeys(names)]
    with context.database.read() as connection:
        return list(instruments.instruments(connection))


def _countersigned(
    context: Context, instruments: list[Instrument], periods: list[Period], auditor: str
) -> list[Period]:
    """The periods with the auditor's signature; its key is opened once."""
    from functools import cache

    from rwaledger.operate import period as operate

    open_auditor = cache(lambda: context.open_key(auditor, context.settings.auditor_password_file))
    return [
        operate.countersign(context.database, context.node, instrument, period.sequence, open_auditor)
        for instrument, period in zip(instruments, periods, strict=True)
    ]


def _operator(context: Context, name: str) -> Signer:
    return context.open_key(name, context.settings.operator_password_file)


def _head(period: Period) -> dict[str, object]:
    return {"instrument": period.instrument_id, "period": period.sequence, "head": period.head}
