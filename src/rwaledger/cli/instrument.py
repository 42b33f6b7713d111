"""`rwaledger instrument`: what is tokenised here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, ask, confirming_options, json_option, pass_context
from rwaledger.cli.ordering import GivenOrder, order_options
from rwaledger.cli.output import emit, say, table
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import Operation

if TYPE_CHECKING:
    from rwaledger.domain.instrument import Instrument, Particulars


@click.group("instrument")
def command() -> None:
    """Deploy and activate instruments, and see those that are there."""


@command.command()
@click.argument("path", metavar="FILE.toml|FILE.csv", type=click.Path(path_type=Path))
@confirming_options
@pass_context
def deploy(context: Context, path: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Deploy the instruments that FILE describes, and the contracts around them; what is there already is found.

    Those are the control book, the settlement of trades, and the reserve attestor where FILE says
    reserve_attestor = "own".
    """
    from rwaledger.chain.addresses import checksummed
    from rwaledger.operate import deploy as operate
    from rwaledger.operate.descriptions import read_descriptions

    settings = context.settings
    descriptions = read_descriptions(path)
    offices = operate.Offices(
        admin=context.address_of(settings.admin),
        makers=(context.address_of(settings.maker),),
        checkers=(context.address_of(settings.checker),),
        admin_delay_s=settings.admin_delay_s,
        attestors=(context.address_of(settings.attestor),) if operate.needs_attestor(descriptions) else (),
    )
    say(f"chain {context.node.chain_id} at {context.node.shown_url}")
    say(f"  control book {checksummed(operate.planned_control_book(offices))}: maker {settings.maker}, "
        f"checker {settings.checker}, admin {settings.admin}")  # fmt: skip
    if offices.attestors:
        attestor = checksummed(operate.planned_reserve_attestor(offices))
        say(f"  reserve attestor {attestor}: attestor {settings.attestor}")
    for description in descriptions:
        say(f"  {description.instrument_id} {checksummed(operate.planned_instrument(description, offices))}")
    say(f"  settlement {checksummed(operate.planned_settlement(offices))}")
    if dry_run:
        if context.has_database:
            operate.require_same_terms(context.database, context.node, descriptions, offices)
        emit({"dry_run": True}, "dry run: nothing was sent", as_json=as_json)
        return
    ask("Deploy what of this is not there yet?", yes=yes)
    deployer = context.open_key(settings.admin, settings.admin_password_file)
    done = operate.deploy(context.new_database, context.node, deployer, descriptions, offices)
    document = [{**_document(each.instrument), "created": each.created} for each in done]
    text = "\n".join(
        f"{each.instrument.instrument_id}: {'deployed' if each.created else 'found'} at"
        f" {checksummed(each.instrument.address)}, block {each.instrument.deploy_block}"
        for each in done
    )
    emit(document, text, as_json=as_json)


@command.command()
@click.argument("path", metavar="FILE.toml|FILE.csv", type=click.Path(path_type=Path))
@click.option("--instrument", "wanted", multiple=True, help="This one only; repeatable.  [all of FILE]")
@click.option("--key", help="Idempotency key.  [name of the file]")
@acting_options
@pass_context
def activate(context: Context, /, path: Path, wanted: tuple[str, ...], key: str | None, **given: Any) -> None:
    """Settle, for ever, what the instruments of FILE stand for; before it nothing can be issued.

    FILE is the one that they were deployed from: its isin, dti, domicile and filing are what the checker signs.
    """
    from rwaledger.operate.activate import activation_plan
    from rwaledger.operate.descriptions import read_descriptions
    from rwaledger.operate.names import Names

    descriptions = read_descriptions(path)
    unknown = set(wanted) - {each.instrument_id for each in descriptions}
    if unknown:
        raise UsageError(f"{path} describes no {', '.join(sorted(unknown))}", "Correct --instrument.")
    chosen = [each for each in descriptions if not wanted or each.instrument_id in wanted]
    with context.database.read() as connection:
        names = Names.load(connection, context.node.chain_id)
    plan = activation_plan(path, chosen, names, key or f"{Operation.ACTIVATE.value}:{path.name}")
    act(context, plan, Manner.of(given))


@command.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List the instruments of the register."""
    document = [_document(instrument) for instrument in _all(context)]
    header = ("instrument", "kind", "decimals", "chain_id", "address", "name")
    rows = [tuple(str(row[column]) for column in header) for row in document]
    emit(document, table(header, rows) or "no instruments yet", as_json=as_json)


@command.command()
@click.argument("name", metavar="INSTRUMENT")
@json_option
@pass_context
def show(context: Context, name: str, as_json: bool) -> None:
    """Show an instrument with its rules, supply and state on the chain."""
    from rwaledger.chain import state
    from rwaledger.domain.units import format_amount
    from rwaledger.operate.names import country_code
    from rwaledger.operate.words import time_words
    from rwaledger.registry import instruments

    with context.database.read() as connection:
        found = instruments.instrument(connection, name)
    node, head = context.node, context.node.head()
    rules = state.rules(node, found.address, head)
    document = {
        **_document(found),
        **_particulars(state.particulars(node, found.address, head)),
        "block": head,
        "supply": format_amount(state.total_supply(node, found.address, head), found.decimals),
        "paused": state.paused(node, found.address, head),
    }
    shown = {
        "max_balance": format_amount(rules.max_balance_units, found.decimals) if rules.max_balance_units else None,
        "holder_cap": rules.holder_cap or None,
        "holders": state.holder_count(node, found.address, head) if rules.counts_holders else None,
        "opens_at": time_words(rules.opens_at) if rules.opens_at else None,
        "closes_at": time_words(rules.closes_at) if rules.closes_at else None,
        "classes": _class_names(rules.classes),
        "countries": [country_code(n) for n in sorted(rules.countries)] if rules.countries_restricted else None,
        "guarded_country": country_code(rules.guarded_country) if rules.guarded_country else None,
    }
    rows = [(key, str(value)) for key, value in document.items()]
    rows += [(key, _shown(value)) for key, value in shown.items() if value is not None]
    if not any(value is not None for value in shown.values()):
        rows.append(("rules", "none"))
    emit(document | shown, table((), rows), as_json=as_json)


def _pause_verb(operation: Operation, text: str) -> None:
    """Adds a verb that acts on a whole instrument."""

    @pass_context
    def verb(context: Context, /, name: str, key: str, **given: Any) -> None:
        from rwaledger.domain.instruction import Line
        from rwaledger.operate.entries import COMMAND, Entry
        from rwaledger.operate.plan import make_plan
        from rwaledger.registry import instruments

        manner = Manner.of(given)
        order = GivenOrder.of(given, required=False)
        order.require_same(context)
        with context.database.read() as connection:
            found = instruments.instrument(connection, name)
        plan = make_plan(operation, [Entry(COMMAND, 0, found, Line())], key, "command line", order.order_hash)
        act(context, plan, manner, first=order.enter)

    verb.__doc__ = text
    decorated = click.argument("name", metavar="INSTRUMENT")(verb)
    decorated = click.option("--key", required=True, help="Idempotency key.")(decorated)
    command.command(operation.value)(acting_options(order_options()(decorated)))


_pause_verb(Operation.PAUSE, "Stop issuing, redeeming and transfers of INSTRUMENT; enforcement goes on.")
_pause_verb(Operation.UNPAUSE, "End the pause of INSTRUMENT.")


def _all(context: Context) -> list[Instrument]:
    from rwaledger.registry import instruments

    with context.database.read() as connection:
        return instruments.instruments(connection)


def _document(instrument: Instrument) -> dict[str, Any]:
    from rwaledger.chain.addresses import checksummed

    return {
        "instrument": instrument.instrument_id,
        "name": instrument.name,
        "symbol": instrument.symbol,
        "decimals": instrument.decimals,
        "kind": instrument.kind.value,
        "record_of_truth": instrument.record_of_truth.value,
        "chain_id": instrument.chain_id,
        "address": checksummed(instrument.address),
        "control_book": checksummed(instrument.control_book),
        "deploy_block": instrument.deploy_block,
    }


def _class_names(classes: frozenset[int]) -> list[str] | None:
    from rwaledger.domain.holder import InvestorClass

    return [InvestorClass(n).name.lower() for n in sorted(classes)] if classes else None


def _particulars(settled: Particulars | None) -> dict[str, Any]:
    from rwaledger.operate.names import country_code

    if settled is None:
        return {"active": False}
    identifiers = {name: text for name, text in (("isin", settled.isin), ("dti", settled.dti)) if text}
    filing = {} if int(settled.filing, 16) == 0 else {"filing": settled.filing}
    return {"active": True, **identifiers, "domicile": country_code(settled.domicile), **filing}


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
