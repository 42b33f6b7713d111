"""Where long work is done: the options that say it, and what they stand for."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rwaledger.domain.errors import UsageError

if TYPE_CHECKING:
    from rwaledger.chain.executors import Spread

Command = TypeVar("Command", bound=Callable[..., Any])


def spread_options(command: Command) -> Command:
    """Adds `--workers` and `--scheduler` to a command with long work; `Where.of` reads them."""
    command = click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Do it on the Dask cluster with its scheduler there, such as tcp://10.0.0.5:8786.",
    )(command)
    return click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        help="Processes that work at once on a long history.  [as many as there are cores]",
    )(command)


@dataclass(frozen=True, slots=True)
class Where:
    """In how many processes of this machine, or on which cluster."""

    workers: int
    scheduler: str = ""

    @classmethod
    def of(cls, given: dict[str, Any]) -> Where:
        """Takes these options out of all that a verb was given.

        Raises:
            UsageError: both are there.
        """
        workers, scheduler = given.pop("workers"), given.pop("scheduler") or ""
        if workers and scheduler:
            raise UsageError("--workers are processes of this machine, and a cluster has its own", "Leave out one.")
        return cls(workers or os.cpu_count() or 1, scheduler)

    def open(self) -> AbstractContextManager[Spread | None]:
        """For as long as the context lasts.

        Raises:
            MissingExtra: the package of the cluster is not installed.
            SchedulerUnreachable: there is no such cluster.
        """
        from rwaledger.chain.executors import cluster, processes

        return cluster(self.scheduler) if self.scheduler else processes(self.workers)
