"""`rwaledger holder renew|move|licence|push`: what is stated anew of holders, and brought to the chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, ask, json_option, pass_context
from rwaledger.cli.holder_views import names_of
from rwaledger.cli.output import counted, emit, say, table
from rwaledger.domain.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from rwaledger.domain.dossier import Dossier
    from rwaledger.operate.statements import Change

T = TypeVar("T")

_KEY = click.option("--key", help="Idempotency key.  [from what is to be pushed]")


def state(
    context: Context, changes: Mapping[str, Change], what: tuple[str, dict[str, str]], given: dict[str, Any]
) -> None:
    """Writes what is stated of holders, and brings their accounts on the chain up to it under four eyes.

    `what` is the act in words, for the audit log, with its details.
    """
    from rwaledger.operate.push import differences, push_plan
    from rwaledger.operate.statements import enter, foresee

    manner, key = Manner.of(given), given.get("key")
    names = names_of(context)
    changed = foresee(context.database, context.node, changes)
    holders = {new.holder.holder_id: new.holder for _, new in changed}
    found = differences(context.node, names.instruments.values(), names.accounts.values(), holders)
    action, detail = what
    plan = push_plan(context.node, found, action, key)
    for each in found:
        say(f"{each.account.holder_id} on {each.instrument.instrument_id}: {each.words}")
    new_count = sum(old != new for old, new in changed)
    if plan is not None:
        act(context, plan, manner, first=lambda desk: enter(desk, changes, action, detail))
        return
    if new_count and not manner.dry_run:
        ask(f"{action} of {', '.join(changes)}: write it into the register?", yes=manner.yes)
        enter(context.desk(), changes, action, detail)
    document = {"dry_run": manner.dry_run, "holders": list(changes), "changed": new_count, "lines_done": 0}
    emit(document, _register_only(new_count, manner.dry_run), as_json=manner.as_json)


def _register_only(new_count: int, dry_run: bool) -> str:
    if not new_count:
        return "nothing to do: the register has it, and the chain agrees"
    if dry_run:
        return f"dry run: {counted(new_count, 'holder')} would be changed in the register, none on the chain"
    return f"{counted(new_count, 'holder')} changed in the register; on the chain nothing differs"


@click.command()
@click.argument("target", metavar="HOLDER|FILE.csv")
@click.option("--valid-until", help="Last day on which the evidence counts, such as 2027-04-30.")
@click.option("--evidence", help="The document that was seen; its SHA-256 is kept.")
@click.option(
    "--kind", type=click.Choice(["kyc", "class"]), help="What it proves.  [kyc; class where --class is given]"
)
@click.option("--class", "class_", help="The class that it proves: retail, professional, institution, ...")
@_KEY
@acting_options
@pass_context
def renew(context: Context, /, target: str, **given: Any) -> None:
    """State new evidence on a holder, or on all of a file, and bring its validity to the chain.

    File: holder,valid_until,evidence and where wanted class,kind. Documents are sought beside the file.
    """
    from rwaledger.operate.renewals import changes_of, read_renewals, single_renewal

    with context.database.read() as connection:
        from rwaledger.registry import holders

        known = [each.holder_id for each in holders.holders(connection)]
    fields = {name: given.pop(option) for name, option in _RENEWAL_OPTIONS.items()}
    if target.endswith(".csv"):
        if any(fields.values()):
            raise UsageError(f"{target} says it all; options would say it twice", "Give a file or a single holder.")
        renewals = read_renewals(Path(target), known)
    else:
        renewals = single_renewal({"holder": target, **{n: v or "" for n, v in fields.items()}}, known)
    state(context, changes_of(renewals), ("evidence renewed", {"source": target}), given)


_RENEWAL_OPTIONS = {"valid_until": "valid_until", "evidence": "evidence", "kind": "kind", "class": "class_"}


@click.command()
@click.argument("holder")
@click.option("--country", required=True, help="Where the holder is resident now, such as CN.")
@click.option("--from", "since", required=True, help="First day of that residence, such as 2026-06-01.")
@_KEY
@acting_options
@pass_context
def move(context: Context, /, holder: str, country: str, since: str, **given: Any) -> None:
    """State where HOLDER is resident, and bring the country to the chain.

    A day ahead takes effect on the chain by `holder push` once it has come.
    """
    from rwaledger.domain.dossier_changes import moved
    from rwaledger.operate.names import parse_country

    numeric, day = _parsed(parse_country, country), _day(since)

    def change(dossier: Dossier, _today: date, now: datetime) -> Dossier:
        return moved(dossier, numeric, day, now)

    _say_what_holds(context, holder, change, day)
    state(context, {holder: change}, ("residence stated", {"country": country, "from": since}), given)


def _say_what_holds(context: Context, holder: str, change: Change, since: date) -> None:
    """A move of the past takes no effect where a later one is on the register; nobody should believe it did."""
    from rwaledger.operate.names import country_code
    from rwaledger.operate.statements import chain_day, foresee

    ((_, new),) = foresee(context.database, context.node, {holder: change})
    today = chain_day(context.node)
    holds = new.residence_on(today)
    if since > today:
        say(f"{since} is ahead: run `rwaledger holder push {holder}` once it has come")
    elif holds is not None and holds.valid_from > since:
        say(
            f"the register states residence in {country_code(holds.country)} from {holds.valid_from} on, and that"
            " still holds; to correct it, state the country from that day"
        )


@click.command()
@click.argument("holder", required=False)
@click.option("--all", "everybody", is_flag=True, help="All holders on the register.")
@_KEY
@acting_options
@pass_context
def push(context: Context, /, holder: str | None, everybody: bool, **given: Any) -> None:
    """Bring the chain up to what the register states of HOLDER today; --dry-run shows what differs."""
    from rwaledger.operate.statements import nothing_new
    from rwaledger.registry import holders

    if (holder is None) is not everybody:
        raise UsageError("whose?", "Name a holder, or give --all.")
    with context.database.read() as connection:
        wanted = [each.holder_id for each in holders.holders(connection)] if holder is None else [holder]
    state(context, dict.fromkeys(wanted, nothing_new), ("brought up to date", {}), given)


@click.group()
def licence() -> None:
    """Licences of intermediaries: without one in force their accounts neither send nor receive."""


def _licence_options(command: Any) -> Any:
    command = click.option("--number", required=True, help="Its number.")(command)
    command = click.option("--kind", required=True, help="Its kind, such as dealer, custodian or platform.")(command)
    return click.argument("holder")(command)


@licence.command()
@_licence_options
@click.option("--from", "since", required=True, help="Its first day.")
@click.option("--until", help="Its last day.  [no end]")
@_KEY
@acting_options
@pass_context
def add(context: Context, /, holder: str, kind: str, number: str, since: str, until: str | None, **given: Any) -> None:
    """State a licence of HOLDER, or its new end."""
    from rwaledger.domain.dossier_changes import licensed

    interval = _day(since), _day(until) if until else None
    if interval[1] and interval[1] < interval[0]:
        raise UsageError("the licence would end before it begins", "Correct --from or --until.")

    def change(dossier: Dossier, _today: date, now: datetime) -> Dossier:
        return licensed(dossier, (kind, number), interval, now)

    detail = {"kind": kind, "number": number, "from": since, "until": until or ""}
    state(context, {holder: change}, ("licence stated", detail), given)


def _licence_verb(name: str, option: str, text: str) -> None:
    """Adds a verb that changes a licence which the register has, from or until a day where `option` is given."""

    def verb(context: Context, /, holder: str, kind: str, number: str, **given: Any) -> None:
        from rwaledger.domain import dossier_changes

        day = _day(given.pop("day")) if option else None

        def change(dossier: Dossier, _today: date, now: datetime) -> Dossier:
            try:
                if name == "suspend":
                    return dossier_changes.licence_suspended(dossier, (kind, number), day or _today, now)
                if name == "end":
                    return dossier_changes.licence_ended(dossier, (kind, number), day or _today, now)
                return dossier_changes.licence_reinstated(dossier, (kind, number), now)
            except KeyError:
                raise UnknownName(
                    f"{kind} licence of {holder}", number, f"`rwaledger holder licence list {holder}` shows them."
                ) from None

        detail = {"kind": kind, "number": number} | ({option: str(day)} if day else {})
        state(context, {holder: change}, (f"licence {name}", detail), given)

    verb.__doc__ = text
    decorated = acting_options(_KEY(pass_context(verb)))
    if option:
        decorated = click.option(f"--{option}", "day", required=True, help="That day.")(decorated)
    licence.command(name)(_licence_options(decorated))


_licence_verb("suspend", "from", "Suspend a licence of HOLDER from a day on.")
_licence_verb("reinstate", "", "End the suspension of a licence of HOLDER.")
_licence_verb("end", "until", "State the last day of a licence of HOLDER.")


@licence.command("list")
@click.argument("holder")
@json_option
@pass_context
def list_(context: Context, holder: str, as_json: bool) -> None:
    """List the licences of HOLDER: one line a statement, the last one of each licence is in force."""
    from rwaledger.registry.dossiers import dossier

    with context.database.read() as connection:
        found = dossier(connection, holder)
    document = licence_rows(found)
    text = table(tuple(document[0]), [tuple(row.values()) for row in document]) if document else "no licences"
    emit(document, text, as_json=as_json)


def licence_rows(found: Dossier) -> list[dict[str, str]]:
    """The statements on licences, for people."""
    return [
        {
            "kind": each.kind,
            "number": each.number,
            "from": each.valid_from.isoformat(),
            "until": each.valid_until.isoformat() if each.valid_until else "",
            "suspended_from": each.suspended_from.isoformat() if each.suspended_from else "",
            "stated": f"{each.recorded_at:%Y-%m-%d %H:%M:%S}",
            "in_force": "yes" if found.licences_in_force[each.kind, each.number] is each else "no",
        }
        for each in found.licences
    ]


def _day(text: str) -> date:
    from rwaledger.operate.admissions import parse_day

    return _parsed(parse_day, text)


def _parsed(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(str(error), "Correct the command.") from None
