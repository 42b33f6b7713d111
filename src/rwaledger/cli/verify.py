"""`rwaledger verify`: hands its arguments to the independent verifier, which reads them itself."""

from __future__ import annotations

import click

from rwaledger.cli.context import json_option


@click.command(
    "verify",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@json_option
def command(arguments: tuple[str, ...], as_json: bool) -> int:
    """Verify an evidence pack offline. Exit code 0 where all is proved, 3 where it is refuted or breaks are found."""
    from rwaledger.verifier.main import main

    return main([*arguments, "--json"] if as_json else arguments)
