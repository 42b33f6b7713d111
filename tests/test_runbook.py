"""The runbook keeps up with the program: its commands exist, and every verb that acts has its place in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from rwaledger.cli.main import NOUNS, rwaledger

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "runbook").glob("*.md"))
_COMMAND = re.compile(r"^\$ rwaledger (?P<line>(?:.*\\\n)*.*)$", re.MULTILINE)


def commands(page: Path) -> Iterator[list[str]]:
    """The commands of a page, split as a shell would; those that go on over a line end are put together."""
    for found in _COMMAND.finditer(page.read_text(encoding="utf-8")):
        yield shlex.split(found["line"].replace("\\\n", " "), comments=True)


def verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every verb with the nouns before it."""
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            found = group.get_command(ctx, name)
            if isinstance(found, click.Group):
                yield from verbs(found, (*path, name))
            else:
                yield (*path, name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_can_be_typed(page: Path) -> None:
    for args in commands(page):
        group: click.Command = rwaledger
        rest = list(args)
        with click.Context(rwaledger) as ctx:
            if rest[0].startswith("--"):
                rest = rest[2:]
            while isinstance(group, click.Group):
                assert rest, f"{page.name}: {shlex.join(args)} lacks a verb"
                known = group.get_command(ctx, rest[0])
                assert known is not None, f"{page.name}: there is no {shlex.join(args)}"
                group, rest = known, rest[1:]
            try:
                group.make_parser(ctx).parse_args(rest)
            except click.UsageError as error:
                pytest.fail(f"{page.name}: {shlex.join(args)}: {error.message}")


def test_every_verb_has_its_place() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in [*PAGES, ROOT / "README.md"])
    missing = [" ".join(verb) for verb in verbs(rwaledger) if f"rwaledger {' '.join(verb)}" not in text]
    assert not missing, "no page has: " + ", ".join(missing)


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "runbook" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if page.name != "README.md" and f"({page.name})" not in index] == []


def test_every_noun_has_help() -> None:
    with click.Context(rwaledger) as ctx:
        assert all((rwaledger.get_command(ctx, noun) or click.Command("")).help for noun in NOUNS)
