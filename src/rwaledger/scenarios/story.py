"""Read a scenario: its steps, the commands of each, and the figures that it must end with."""

from __future__ import annotations

import csv
import shlex
import tomllib
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree
from typing import Any

from rwaledger.domain.errors import UnknownName

_STORY = "scenario.toml"
_CLOSING = "closing.csv"


@dataclass(frozen=True, slots=True)
class Command:
    """One command line. One that must be refused has another exit code than 0, and words that its error has."""

    line: str
    exit_code: int = 0
    says: str = ""

    @property
    def args(self) -> list[str]:
        """The command line, split as a shell would."""
        return shlex.split(self.line)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done at one time of the story."""

    at: datetime
    title: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario. `offices` get a keystore each; `funded` are given ether to pay gas with."""

    name: str
    title: str
    begins: datetime
    offices: tuple[str, ...]
    funded: tuple[str, ...]
    steps: tuple[Step, ...]


def names() -> list[str]:
    """The scenarios that there are."""
    return sorted(each.name for each in files("rwaledger.scenarios").iterdir() if (each / _STORY).is_file())


def unpack(name: str, folder: Path) -> Story:
    """Copies a scenario's files into a folder, where the commands find them, and reads its story.

    Raises:
        UnknownName: there is no such scenario.
    """
    if name not in names():
        raise UnknownName("scenario", name, "`rwaledger scenario list` shows those there are.")
    with as_file(files("rwaledger.scenarios") / name) as source:
        copytree(source, folder, dirs_exist_ok=True)
    return read(folder / _STORY, name)


def read(path: Path, name: str) -> Story:
    """The story of a file."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return Story(
        name=name,
        title=content["title"],
        begins=content["begins"],
        offices=tuple(content["offices"]),
        funded=tuple(content["funded"]),
        steps=tuple(_step(step) for step in content["step"]),
    )


def closing(folder: Path) -> dict[tuple[str, str], str]:
    """What each holder has of each instrument at the end, as decimal text; who is not in it has nothing."""
    with (folder / _CLOSING).open(encoding="utf-8", newline="") as file:
        return {(row["instrument"], row["holder"]): row["units"] for row in csv.DictReader(file)}


def _step(step: dict[str, Any]) -> Step:
    """What is refused comes first: it must change nothing for what follows."""
    refused = (Command(each["command"], each["exit"], each["says"]) for each in step.get("refused", ()))
    return Step(step["at"], step["title"], (*refused, *(Command(line) for line in step.get("commands", ()))))
