"""`rwaledger instruction`: what was authorised, by whom, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, table

if TYPE_CHECKING:
    from rwaledger.registry.instructions import StoredInstruction


@click.group("instruction")
def command() -> None:
    """See what was authorised, and what became of it."""


@command.command("list")
@click.option("--instrument", help="Of this instrument only.")
@json_option
@pass_context
def list_(context: Context, instrument: str | None, as_json: bool) -> None:
    """List the instructions of the control book."""
    from rwaledger.registry import instructions

    with context.database.read() as connection:
        found = instructions.instructions(connection, instrument_id=instrument)
    document = [_summary(each) for each in found]
    header = ("ref", "instrument", "operation", "lines", "status", "key")
    rows = [(each["ref"][:18], *(str(each[name]) for name in header[1:])) for each in document]
    emit(document, table(header, rows, right=(3,)) or "no instructions yet", as_json=as_json)


@command.command()
@click.argument("ref")
@json_option
@pass_context
def show(context: Context, ref: str, as_json: bool) -> None:
    """Show an instruction in words and figures. REF may be cut short.

    With --json, `typed_data` is the EIP-712 message that the checker signs, for any wallet to read.
    """
    from rwaledger.chain.addresses import checksummed
    from rwaledger.chain.typed_data import typed_message
    from rwaledger.domain.errors import UnknownName
    from rwaledger.domain.units import format_amount
    from rwaledger.operate.words import line_words
    from rwaledger.registry import instructions, instruments

    with context.database.read() as connection:
        matches = [s for s in instructions.instructions(connection) if s.instruction.ref.startswith(ref.lower())]
        if len(matches) != 1:
            raise UnknownName("instruction", ref, f"{len(matches)} begin so; see `rwaledger instruction list`.")
        (stored,) = matches
        decimals = instruments.instrument(connection, stored.instruction.instrument_id).decimals
    operation = stored.instruction.operation
    lines = [
        {
            "from": checksummed(line.sender),
            "to": checksummed(line.recipient),
            "amount": format_amount(line.amount_units, decimals) if operation.counts_units else "",
            "detail": line_words(operation, line, stored.instruction.order, stored.instruction.text, decimals),
        }
        for line in stored.instruction.lines
    ]
    head = {
        **_summary(stored),
        "maker": checksummed(stored.instruction.maker),
        "checker": checksummed(stored.instruction.checker),
        "not_after": stored.instruction.not_after,
        "order": stored.instruction.order,
        "text": stored.instruction.text,
        "digest": stored.digest,
        "signature": stored.signature,
        "source": stored.source,
    }
    text = table((), [(name, str(value)) for name, value in head.items()])
    text += "\n\n" + table(("from", "to", "amount", "detail"), [tuple(line.values()) for line in lines], right=(2,))
    document = {**head, "entries": lines, "typed_data": typed_message(stored.instruction)}
    emit(document, text, as_json=as_json)


def _summary(stored: StoredInstruction) -> dict[str, Any]:
    return {
        "ref": stored.instruction.ref,
        "instrument": stored.instruction.instrument_id,
        "operation": stored.instruction.operation.value,
        "lines": len(stored.instruction.lines),
        "status": stored.status.value,
        "key": stored.idempotency_key,
    }
