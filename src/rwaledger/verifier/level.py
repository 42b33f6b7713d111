"""What one level of the verification came to: what is proved, wrong, not proved, and had to be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rwaledger.verifier.errors import Fault

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

TITLES = {
    "L0": "the pack is whole, and who signed it",
    "L1": "every check, done again from the pack alone",
    "L2": "what another node says of the same block",
    "L3": "what belongs to the block hash",
}

PROVED, REFUTED, NOT_DONE = "PROVED", "REFUTED", "NOT DONE"


def silent(_stage: str, _done: int, _total: int) -> None:
    """No progress shown."""


@dataclass(slots=True)
class Level:
    """One level. `proved` are statements with how many things each is about; a level without any was not done.

    `faults` refute the pack. `breaks` are what it tells truly, and what should not be so: the register differs from the
    chain, or foreign code stands where ours should.
    """

    name: str
    proved: list[tuple[int | None, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    breaks: list[Fault] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    trusted: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """REFUTED with any fault; NOT DONE where nothing was looked at."""
        if self.faults:
            return REFUTED
        return PROVED if self.proved else NOT_DONE

    def prove(self, count: int | None, statement: str) -> None:
        """States what was proved, of `count` things where they are counted."""
        self.proved.append((count, statement))

    def fault(self, place: str, message: str) -> None:
        """States what is wrong with the pack, and where."""
        self.faults.append(Fault(place, message))

    def break_(self, place: str, message: str) -> None:
        """States what is wrong with what the pack is about, and where."""
        self.breaks.append(Fault(place, message))

    def document(self) -> dict[str, Any]:
        """The same as one JSON object."""
        return {
            "level": self.name,
            "title": TITLES[self.name],
            "outcome": self.outcome,
            "proved": [{"count": count, "statement": statement} for count, statement in self.proved],
            "faults": [{"place": each.place, "message": each.message} for each in self.faults],
            "breaks": [{"place": each.place, "message": each.message} for each in self.breaks],
            "not_proved": self.unproved,
            "trusted": self.trusted,
        }
