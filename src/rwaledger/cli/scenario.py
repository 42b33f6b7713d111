"""`rwaledger scenario`: play a whole story on a local chain, through the same commands that an operator uses."""

from __future__ import annotations

from pathlib import Path

import click

from rwaledger.cli.context import Context, json_option, pass_context
from rwaledger.cli.output import emit, say, table


@click.group("scenario")
def command() -> None:
    """Play stories with dates on a local chain: the demonstration, the tutorial and the test."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the scenarios."""
    from rwaledger.scenarios.story import names

    emit(names(), "\n".join(names()), as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where to play it.  [./NAME]")
@click.option("--stop-node", is_flag=True, help="Stop the node at the end; its state is kept.")
@json_option
@pass_context
def run(context: Context, name: str, folder: Path | None, stop_node: bool, as_json: bool) -> None:
    """Play the scenario NAME in a folder of its own, and hold its end against its closing figures.

    Cut off and started again in the same folder, it goes on where it was. The folder keeps files, keys, settings,
    register and chain: go into it and look around with any other command.
    """
    from rwaledger.cli import playing
    from rwaledger.scenarios.story import closing, unpack

    given = context.sourced.sources["database_url"] in ("flag", "environment")
    database_url = context.settings.database_url if given else "sqlite:///register.db"
    place = folder or Path(name)
    place.mkdir(parents=True, exist_ok=True)
    playing.refuse_foreign(place)
    story = unpack(name, place)
    with playing.inside(place):
        playing.prepare(story, database_url)
        try:
            playing.play(story)
            rows = playing.held_against(closing(Path()))
        finally:
            if stop_node:
                playing.command("node stop")
    header = ("instrument", "holder", "units")
    document = [dict(zip(header, row, strict=True)) for row in rows]
    say(f"\nAll {len(rows)} closing figures are as they must be. Everything is in {place}.")
    emit(document, table(header, rows, right=(2,)), as_json=as_json)
