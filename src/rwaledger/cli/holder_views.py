"""What the verbs of `rwaledger holder` share: whom they are about, on which instruments, and whether by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rwaledger.cli.context import Context
from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.domain.instrument import Instrument
    from rwaledger.operate.names import Names

SEALED = "(sealed)"
"""Stands for a name that nobody asked to be opened."""

Command = TypeVar("Command", bound=Callable[..., Any])


def names_option(command: Command) -> Command:
    """Adds `--names` to a command that shows holders."""
    return click.option("--names", is_flag=True, help="Open the names, with the privacy key; else they stay sealed.")(
        command
    )


def names_of(context: Context) -> Names:
    """The instruments and accounts that the register knows."""
    from rwaledger.operate.names import Names

    with context.database.read() as connection:
        return Names.load(connection, context.node.chain_id)


def instruments_of(names: Names, wanted: Sequence[str]) -> list[Instrument]:
    """The instruments that are wanted; all of the chain where none is named.

    Raises:
        UsageError: there is no such instrument, or none at all.
    """
    try:
        found = [names.instrument(name) for name in wanted] or list(names.instruments.values())
    except ValueError as error:
        raise UsageError(str(error), "See `rwaledger instrument list`.") from None
    if not found:
        raise UsageError("the register has no instrument yet", "Deploy one with `rwaledger instrument deploy FILE`.")
    return sorted(found, key=lambda instrument: instrument.instrument_id)
