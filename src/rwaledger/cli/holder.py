"""`rwaledger holder`: legal persons and their accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, json_option, pass_context
from rwaledger.cli.output import emit, table
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import Operation


@click.group("holder")
def command() -> None:
    """Admit holders and their accounts."""


@command.command()
@click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))
@click.option("--instrument", "wanted", multiple=True, help="Admit to this instrument only; may be repeated.  [all]")
@click.option("--holder", help="Short name of a single holder.")
@click.option("--name", help="Legal name.")
@click.option("--country", help="Residence, such as HK.")
@click.option("--class", "class_", help="retail, professional, institution, issuer or intermediary.")
@click.option("--valid-until", help="Last day of evidence or licence, such as 2026-12-31.")
@click.option("--address", help="Address of the account.")
@click.option("--account", default="own", show_default=True, help="own or omnibus.")
@click.option("--key", help="Idempotency key.  [name of the file]")
@acting_options
@pass_context
def admit(context: Context, /, path: Path | None, wanted: tuple[str, ...], key: str | None, **given: Any) -> None:
    """Admit holders to instruments, or renew what is known of them.

    File: holder,name,country,class,valid_until,address,account
    """
    from rwaledger.operate.admit import admission_plan, enter_holders
    from rwaledger.operate.entries import COMMAND, HOLDER_COLUMNS, read_admissions, single_admission
    from rwaledger.operate.names import Names

    manner = Manner.of(given)
    chain_id = context.node.chain_id
    if path is not None:
        admissions = read_admissions(path, chain_id)
    else:
        if key is None:
            raise UsageError("a single holder has no file to name its idempotency key", "Give it one with --key.")
        fields = {"class": given["class_"], **{c: given[c] for c in HOLDER_COLUMNS if c != "class"}}
        admissions = single_admission(chain_id, {name: value or "" for name, value in fields.items()})
    with context.database.read() as connection:
        names = Names.load(connection, chain_id)
    instruments = _instruments(names, wanted)
    source = path or COMMAND
    plan = admission_plan(source, admissions, instruments, key or f"{Operation.ADMIT.value}:{source.name}")
    act(context, plan, manner, first=lambda desk: enter_holders(desk, source, admissions))


@command.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """List the accounts on the register with their holders."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.operate.names import country_code
    from rwaledger.registry import holders

    with context.database.read() as connection:
        persons = {holder.holder_id: holder for holder in holders.holders(connection)}
        accounts = holders.accounts(connection, context.node.chain_id)
    document = [
        {
            "holder": account.holder_id,
            "name": persons[account.holder_id].name,
            "country": country_code(persons[account.holder_id].country),
            "class": persons[account.holder_id].investor_class.name.lower(),
            "valid_until": persons[account.holder_id].valid_until.isoformat(),
            "address": checksummed(account.address),
            "account": account.kind.value,
        }
        for account in sorted(accounts.values(), key=lambda a: (a.holder_id, a.address))
    ]
    text = table(tuple(document[0]), [tuple(row.values()) for row in document]) if document else "no holders yet"
    emit(document, text, as_json=as_json)


def _status_verb(operation: Operation, text: str) -> None:
    """Adds a verb that changes the standing of all accounts of one holder."""

    @pass_context
    def verb(context: Context, /, holder: str, wanted: tuple[str, ...], key: str, **given: Any) -> None:
        from rwaledger.domain.instruction import Line
        from rwaledger.operate.entries import COMMAND, Entry
        from rwaledger.operate.names import Names
        from rwaledger.operate.plan import make_plan

        with context.database.read() as connection:
            names = Names.load(connection, context.node.chain_id)
        addresses = names.accounts_by_holder.get(holder, [])
        if not addresses:
            raise UsageError(f"no holder {holder!r} on the register", "See `rwaledger holder list`.")
        entries = [
            Entry(COMMAND, 0, instrument, Line(sender=address))
            for instrument in _instruments(names, wanted)
            for address in addresses
        ]
        plan = make_plan(operation, entries, key, "command line")
        act(context, plan, Manner.of(given))

    verb.__doc__ = text
    decorated = click.argument("holder")(verb)
    decorated = click.option("--instrument", "wanted", multiple=True, help="On this one only; repeatable.  [all]")(
        decorated
    )
    decorated = click.option("--key", required=True, help="Idempotency key.")(decorated)
    command.command(operation.value)(acting_options(decorated))


_status_verb(Operation.SUSPEND, "Suspend all accounts of HOLDER: they neither send nor receive.")
_status_verb(Operation.REINSTATE, "End the suspension of HOLDER.")


def _instruments(names: Any, wanted: tuple[str, ...]) -> list[Any]:
    try:
        found = [names.instrument(name) for name in wanted] or list(names.instruments.values())
    except ValueError as error:
        raise UsageError(str(error), "See `rwaledger instrument list`.") from None
    if not found:
        raise UsageError("the register has no instrument yet", "Deploy one with `rwaledger instrument deploy FILE`.")
    return sorted(found, key=lambda instrument: instrument.instrument_id)
