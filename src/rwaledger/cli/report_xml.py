"""How a verb gives an ISO 20022 message: to standard output or a file, piece by piece, or inside a JSON document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context
from rwaledger.cli.output import emit, say
from rwaledger.cli.report_at import moment_of

if TYPE_CHECKING:
    from rwaledger.registry.database import Connection
    from rwaledger.report.contents.moment import Moment

Pieces = Callable[["Connection", "Moment"], Iterator[str]]


def write_message(
    context: Context, given: dict[str, Any], message: str, pieces: Pieces, instrument: str | None = None
) -> None:
    """Writes a message on the moment that is asked for, from one snapshot of the register.

    Raises:
        UsageError: there is no such block in the register, or a name is longer than the message takes.
        UnknownName: there is no such instrument or holder.
    """
    out: Path | None = given["out"]
    with context.database.read() as connection:
        moment = moment_of(context, connection, given["at"], given["chain"], instrument)
        found = pieces(connection, moment)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("w", encoding="utf-8", newline="") as file:
                file.writelines(found)
            say(f"written: {out}, {message} as at block {moment.block_number}")
        elif not given["as_json"]:
            for piece in found:
                click.echo(piece, nl=False)
        if given["as_json"]:
            document = {"message": message, "block": str(moment.block_number), "block_hash": moment.block_hash}
            emit(document | ({"xml": "".join(found)} if out is None else {"file": str(out)}), "", as_json=True)
