"""What a command prints: data on stdout, as text or one JSON document; everything else on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

_SAFE_MAX = 2**53 - 1
"""Largest whole number that every reader of JSON keeps as it is (RFC 8259, section 6)."""

Progress = Callable[[str, int, int], None]


def silent(_stage: str, _done: int, _total: int) -> None:
    """No progress shown."""


def emit(document: Any, text: str, *, as_json: bool) -> None:
    """Prints the result: one JSON document where it is asked for, else the text."""
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif text:
        click.echo(text)


def exact(value: Any) -> Any:
    """The same data with every whole number that a reader of JSON might round as decimal text."""
    if isinstance(value, dict):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [exact(each) for each in value]
    is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) > _SAFE_MAX
    return str(value) if is_large else value


def say(message: str) -> None:
    """A word to the person, which is no data."""
    click.echo(message, err=True)


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 line`, `1,040 lines`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns of plain text, two blanks apart; those in `right` are aligned to the right. The header may be empty."""
    if not rows:
        return ""
    lines = [list(line) for line in (header, *rows) if line]
    widths = [max(len(line[i]) for line in lines) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


@contextmanager
def progress() -> Iterator[Progress]:
    """Progress on stderr: a line that rewrites itself on a terminal, else one line for each stage that ends."""
    shown = _Shown(sys.stderr.isatty())
    try:
        yield shown.update
    finally:
        shown.close()


class _Shown:
    def __init__(self, terminal: bool) -> None:
        self._terminal = terminal
        self._open = False
        self._started: dict[str, float] = {}

    def update(self, stage: str, done: int, total: int) -> None:
        started = self._started.setdefault(stage, time.monotonic())
        text = f"{stage}: {done:,} of {total:,}{_time_left(done, total, time.monotonic() - started)}"
        if self._terminal:
            click.echo(f"\r\033[K{text}", err=True, nl=False)
            self._open = True
        elif done == total:
            click.echo(text, err=True)

    def close(self) -> None:
        if self._open:
            click.echo("\r\033[K", err=True, nl=False)


def _time_left(done: int, total: int, spent_s: float) -> str:
    if not 0 < done < total or spent_s < 1:
        return ""
    return f", {spent_s / done * (total - done):.0f} s left"
