"""`rwaledger rules`: the rules of an instrument, and their change under four eyes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, json_option, pass_context
from rwaledger.cli.output import emit, say, table
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.operate.rule_change import RuleChange

_HEADER = ("instrument", "rule", "now", "wanted")


@click.group("rules")
def command() -> None:
    """See the rules of instruments, and change them.

    FILE is an instruments file, as `instrument deploy` reads it; of each instrument only its rules count here.
    """


@command.command()
@click.argument("path", metavar="FILE.toml|FILE.csv", type=click.Path(path_type=Path))
@click.option("--instrument", "wanted", multiple=True, help="This one only; repeatable.  [all of FILE]")
@json_option
@pass_context
def diff(context: Context, path: Path, wanted: tuple[str, ...], as_json: bool) -> None:
    """Show what FILE would change of the rules in force."""
    changes = _changes(context, path, wanted)
    emit(_document(changes), _text(changes), as_json=as_json)


@command.command()
@click.argument("path", metavar="FILE.toml|FILE.csv", type=click.Path(path_type=Path))
@click.option("--instrument", "wanted", multiple=True, help="This one only; repeatable.  [all of FILE]")
@click.option("--key", help="Idempotency key.  [name of the file]")
@acting_options
@pass_context
def apply(context: Context, /, path: Path, wanted: tuple[str, ...], key: str | None, **given: Any) -> None:
    """Bring the rules of FILE into force, by a maker's instruction and a checker's signature.

    Transfers that have been are still judged by the rules of their time.
    """
    from rwaledger.operate.rule_change import rule_plans

    manner = Manner.of(given)
    changes = _changes(context, path, wanted)
    plans = rule_plans(path, changes, key or f"rules:{path.name}")
    if not plans:
        emit(_document(changes), _text(changes), as_json=manner.as_json)
        return
    say(_text(changes))
    act(context, plans, manner)


def _changes(context: Context, path: Path, wanted: tuple[str, ...]) -> list[RuleChange]:
    from rwaledger.operate.descriptions import read_descriptions
    from rwaledger.operate.names import Names
    from rwaledger.operate.rule_change import rule_changes

    descriptions = read_descriptions(path)
    unknown = set(wanted) - {each.instrument_id for each in descriptions}
    if unknown:
        raise UsageError(f"{path} describes no {', '.join(sorted(unknown))}", "Correct --instrument.")
    chosen = [each for each in descriptions if not wanted or each.instrument_id in wanted]
    with context.database.read() as connection:
        names = Names.load(connection, context.node.chain_id)
    return rule_changes(path, chosen, names, context.node)


def _rows(changes: list[RuleChange]) -> list[tuple[str, str, str, str]]:
    return [(change.instrument.instrument_id, *row) for change in changes for row in change.words()]


def _text(changes: list[RuleChange]) -> str:
    return table(_HEADER, _rows(changes)) or "all of these rules are in force already"


def _document(changes: list[RuleChange]) -> list[dict[str, str]]:
    return [dict(zip(_HEADER, row, strict=True)) for row in _rows(changes)]
