"""Why the verifier stops: the pack is refuted, the call is wrong, or a node does not answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (file, line, field) and what."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class VerifierError(Exception):
    """Any error of the verifier."""


class Refuted(VerifierError):
    """The pack is not what it has to be; `fault` says where and why."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.fault = Fault(place, message)


class WrongUse(VerifierError):
    """What the caller asked for makes no sense; the message says what to give instead."""


class Unreachable(VerifierError):
    """A node does not answer, or answers what is no answer."""
