"""`rwaledger holder`: legal persons and their accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, json_option, pass_context
from rwaledger.cli.holder_show import show
from rwaledger.cli.holder_statements import licence, move, push, renew
from rwaledger.cli.holder_views import SEALED, instruments_of, names_of, names_option
from rwaledger.cli.holder_wallets import account, prove_wallet, recover, wallet_message
from rwaledger.cli.output import emit, table
from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import Operation

if TYPE_CHECKING:
    from rwaledger.operate.admissions import Admission
    from rwaledger.operate.desk import Desk


@click.group("holder")
def command() -> None:
    """Admit holders and their accounts, and keep what is known of them up to date."""


@command.command()
@click.argument("path", metavar="[FILE.csv]", required=False, type=click.Path(path_type=Path))
@click.option("--instrument", "wanted", multiple=True, help="Admit to this instrument only; may be repeated.  [all]")
@click.option(
    "--issue", type=click.Path(path_type=Path), help="Then issue these allocations: instrument,account,amount"
)
@click.option("--holder", help="Short name of a single holder.")
@click.option("--name", help="Legal name.")
@click.option("--country", help="Residence, such as HK.")
@click.option("--class", "class_", help="retail, professional, institution, issuer or intermediary.")
@click.option("--valid-until", help="Last day on which the evidence counts, such as 2026-12-31.")
@click.option("--address", help="Address of the account.")
@click.option("--account", default="own", show_default=True, help="own or omnibus.")
@click.option("--postal-address", help="Postal address.")
@click.option("--identifier", help="Number of the identity document, or in the register of companies.")
@click.option("--evidence", help="The document that was seen; its SHA-256 is kept.")
@click.option("--licence-kind", help="Kind of the holder's licence, such as dealer.")
@click.option("--licence-number", help="Number of the licence.")
@click.option("--licence-until", help="Last day of the licence.")
@click.option("--residence-since", help="First day of residence in the country.  [today, by the chain]")
@click.option("--key", help="Idempotency key.  [name of the file]")
@acting_options
@pass_context
def admit(
    context: Context,
    /,
    path: Path | None,
    wanted: tuple[str, ...],
    issue: Path | None,
    key: str | None,
    **given: Any,
) -> None:
    """Admit holders to instruments, or renew what is known of them; and issue to them in the same run.

    File: holder,name,country,class,valid_until,address,account and where wanted postal_address, identifier, evidence,
    licence_kind, licence_number, licence_until, residence_since. Documents are sought beside the file.
    """
    from rwaledger.operate.admit import admission_plan, enter_holders, names_with, needs_entering, require_enterable
    from rwaledger.operate.entries import COMMAND, read_entries
    from rwaledger.operate.plan import make_plan

    manner = Manner.of(given)
    admissions = _admissions(context, path, key, given)
    names = names_of(context)
    source = path or COMMAND
    plan = admission_plan(
        source, admissions, instruments_of(names, wanted), key or f"{Operation.ADMIT.value}:{source.name}"
    )
    plans = [plan]
    if issue is not None:
        entries = read_entries(issue, Operation.ISSUE, names_with(names, admissions))
        issue_key = f"{key}:issue" if key else f"{Operation.ISSUE.value}:{issue.name}"
        plans.append(make_plan(Operation.ISSUE, entries, issue_key, str(issue)))
    if manner.dry_run and needs_entering(desk := context.desk(), plan):
        require_enterable(desk, source, admissions)

    def enter(desk: Desk) -> None:
        if needs_entering(desk, plan):
            enter_holders(desk, source, admissions, context.seal)

    act(context, plans, manner, first=enter)


def _admissions(context: Context, path: Path | None, key: str | None, given: dict[str, Any]) -> list[Admission]:
    from rwaledger.operate.admissions import HOLDER_COLUMNS, OPTIONAL_COLUMNS, read_admissions, single_admission

    chain_id = context.node.chain_id
    if path is not None:
        also = [name for name, value in given.items() if value is not None and name != "account"]
        if also:
            options = ", ".join(f"--{name.rstrip('_').replace('_', '-')}" for name in also)
            raise UsageError(f"{path} says it all; {options} would say it twice", "Give a file or a single holder.")
        return read_admissions(path, chain_id)
    if key is None:
        raise UsageError("a single holder has no file to name its idempotency key", "Give it one with --key.")
    columns = [name for name in (*HOLDER_COLUMNS, *OPTIONAL_COLUMNS) if name != "class"]
    fields = {"class": given["class_"], **{name: given[name] for name in columns}}
    return single_admission(chain_id, {name: value or "" for name, value in fields.items()})


@command.command("list")
@names_option
@json_option
@pass_context
def list_(context: Context, names: bool, as_json: bool) -> None:
    """List the accounts on the register with their holders."""
    from rwaledger.chain.addresses import checksummed
    from rwaledger.operate.names import country_code
    from rwaledger.registry import holders

    with context.database.read() as connection:
        known = {holder.holder_id: holder for holder in holders.holders(connection)}
        accounts = holders.accounts(connection, context.node.chain_id)
        people = holders.people(connection, context.seal) if names else {}
    document = [
        {
            "holder": account.holder_id,
            "name": people[account.holder_id].name if names else SEALED,
            "country": country_code(known[account.holder_id].country),
            "class": known[account.holder_id].investor_class.name.lower(),
            "valid_until": known[account.holder_id].valid_until.isoformat(),
            "address": checksummed(account.address),
            "account": "replaced" if account.replaced_by else account.kind.value,
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
        from rwaledger.operate.plan import make_plan

        names = names_of(context)
        addresses = names.accounts_by_holder.get(holder, [])
        if not addresses:
            raise UsageError(f"no holder {holder!r} on the register", "See `rwaledger holder list`.")
        entries = [
            Entry(COMMAND, 0, instrument, Line(sender=address))
            for instrument in instruments_of(names, wanted)
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

for _verb in (show, renew, move, push, licence, account, wallet_message, prove_wallet, recover):
    command.add_command(_verb)
