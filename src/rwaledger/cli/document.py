"""`rwaledger document`: the papers behind an instrument, by their hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rwaledger.cli.acting import act
from rwaledger.cli.context import Context, Manner, acting_options, json_option, pass_context
from rwaledger.cli.output import emit, table


@click.group("document")
def command() -> None:
    """Publish the documents of an instrument on the chain (ERC-1643), under four eyes."""


@command.command("set")
@click.argument("instrument")
@click.argument("name")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--uri", required=True, help="Where people find it.")
@click.option("--key", required=True, help="Idempotency key.")
@acting_options
@pass_context
def set_(context: Context, /, instrument: str, name: str, path: Path, uri: str, key: str, **given: Any) -> None:
    """Publish FILE under NAME: its SHA-256, and where it is. A former one is replaced."""
    from rwaledger.operate.papers import document_plan

    act(context, document_plan(context.instrument(instrument), name, path, uri, key), Manner.of(given))


@command.command()
@click.argument("instrument")
@click.argument("name")
@click.option("--key", required=True, help="Idempotency key.")
@acting_options
@pass_context
def remove(context: Context, /, instrument: str, name: str, key: str, **given: Any) -> None:
    """Take the document NAME back; what was published before stays in the chain's events."""
    from rwaledger.operate.papers import document_removal_plan

    act(context, document_removal_plan(context.instrument(instrument), name, key), Manner.of(given))


@command.command("list")
@click.argument("instrument")
@json_option
@pass_context
def list_(context: Context, instrument: str, as_json: bool) -> None:
    """List the documents of INSTRUMENT as the chain has them."""
    from rwaledger.chain import state
    from rwaledger.operate.papers import document_name
    from rwaledger.operate.words import time_words

    found = state.documents(context.node, context.instrument(instrument).address, "latest")
    rows = [
        (document_name(name), document.document_hash, document.uri, time_words(document.last_modified))
        for name, document in found.items()
    ]
    header = ("name", "sha256", "uri", "set_at")
    emit([dict(zip(header, row, strict=True)) for row in rows], table(header, rows) or "no documents", as_json=as_json)
