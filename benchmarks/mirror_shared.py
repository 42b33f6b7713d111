"""What several mirrors of one register on PostgreSQL gain: one, two and four processes, started at once, from cold.

On a chain of four instruments with equally many events, which is built once and kept. First with the node beside them,
where all compete for the same cores; then with one at a distance, for which each mirror waits by itself, as it does for
a hosted one. What counts is from the first one's beginning to the last one's end. Python and its modules are loaded by
then: that takes each process the same, however long the chain.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from statistics import median

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from benchmarks.audit_chain import Blocks, Office, office
from benchmarks.distance import distant
from benchmarks.mirror_steps import new_register
from benchmarks.throughput import merge
from rwaledger.chain.compile import PROJECT
from rwaledger.registry import ledger, tables
from rwaledger.registry.database import Connection, Database
from tests.postgres import create_database, drop_database, postgres_server

FOLDER = PROJECT / "build" / "bench-mirror-shared"
SYMBOLS = ("ALFA", "BRAVO", "CHARLIE", "DELTA")
HOLDERS = 500
EVENTS = 50_000
"""Of each instrument, give or take those of its deployment."""

BLOCKS = Blocks(transfers=25, transactions=1)
"""Of each instrument."""

MIRRORS = (1, 2, 4)
DISTANCE_S = 0.1
PLACES = {"": 0.0, "remote_": DISTANCE_S}
"""By the name that their rows have: how far away the node is."""

ROUNDS = 3

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What one mirror did: when it began and ended, how many events it wrote, how long it had nothing to do."""

    began: float
    ended: float
    events: int
    idle_s: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The chain with its register, which one process has mirrored, and a server for new databases."""

    place: Office
    postgres_url: str
    say: Say

    @property
    def register(self) -> Database:
        """The register that knows the contracts."""
        return Database(f"sqlite:///{self.place.folder / 'register.db'}")

    def run(self, mirrors: int, delay_s: float) -> list[Done]:
        """So many mirrors on a new register, with the node so far away; each of them, once all is there and right.

        Raises:
            RuntimeError: one failed, or together they have not done the same as one.
        """
        with closing(self.register) as known, new_database(self.postgres_url) as url, ExitStack() as stack:
            new_register(known, url)
            node_url = self.place.node.url
            if delay_s:
                node_url = stack.enter_context(distant(node_url, delay_s))
            done = _mirrored((node_url, url, str(last_block(known))), mirrors)
            with closing(Database(url)) as new:
                require_same(known, new)
        return done


@contextmanager
def new_database(postgres_url: str) -> Iterator[str]:
    """An empty one, for as long as the context lasts."""
    url = create_database(postgres_url)
    try:
        yield url
    finally:
        drop_database(postgres_url, url)


def _mirrored(arguments: Sequence[str], mirrors: int) -> list[Done]:
    """Starts them, waits until each is loaded, and lets all of them go at once."""
    environment = os.environ | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'src'}"}
    command = [sys.executable, "-m", "benchmarks.shared_step", *arguments]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(mirrors)
        ]
        for process in processes:
            _said(process)
        for process in processes:
            assert process.stdin
            process.stdin.write("begin\n")
            process.stdin.flush()
        return [Done(**json.loads(_said(process))) for process in processes]


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    if not (line := process.stdout.readline()):
        raise RuntimeError(f"a mirror ended with {process.wait()}; what it said is above")
    return line


def require_same(known: Database, new: Database) -> None:
    """Raises RuntimeError unless both hold as many events and postings, these sum to nothing, and none is behind."""
    last = last_block(known)
    with known.read() as c:
        expected = _held(c, last)
    with new.read() as c:
        found = _held(c, last)
        places = {checkpoint.address: checkpoint.block_number for checkpoint in ledger.checkpoints(c, _chain_id(c))}
    if found != expected:
        raise RuntimeError(f"the mirrors have left {found}, and one by itself {expected}")
    if behind := {address: place for address, place in places.items() if place != last}:
        raise RuntimeError(f"not at block {last}: {behind}")


def last_block(known: Database) -> int:
    """The block up to which all of it was mirrored."""
    with known.read() as c:
        return min(checkpoint.block_number for checkpoint in ledger.checkpoints(c, _chain_id(c)))


def _chain_id(c: Connection) -> int:
    return int(c.execute(select(tables.chains.c.chain_id)).scalar_one())


def _held(c: Connection, last: int) -> dict[str, int]:
    """Events by contract, postings by instrument up to a block; checkpoints in all."""
    e, p = tables.events.c, tables.postings.c
    events = select(e.address, func.count()).where(e.block_number <= last).group_by(e.address)
    held = {f"events of {address}": int(count) for address, count in c.execute(events)}
    sums: dict[str, int] = {}
    for instrument_id, units in c.execute(select(p.instrument_id, p.amount_units).where(p.block_number <= last)):
        held[f"postings of {instrument_id}"] = held.get(f"postings of {instrument_id}", 0) + 1
        sums[instrument_id] = sums.get(instrument_id, 0) + units
    if unbalanced := {instrument_id: units for instrument_id, units in sums.items() if units}:
        raise RuntimeError(f"postings do not sum to nothing: {unbalanced}")
    return held | {"checkpoints": len(ledger.checkpoints(c, _chain_id(c)))}


def rate(done: Sequence[Done]) -> float:
    """Events a second of all together."""
    seconds = max(each.ended for each in done) - min(each.began for each in done)
    return sum(each.events for each in done) / seconds


def shared_rows(bench: Bench) -> dict[str, float]:
    """Events a second of each number of mirrors, here and far away: the median of some rounds.

    A round has all of them, one behind the other, so that a busy moment of the machine meets each alike.
    """
    found: dict[str, list[float]] = {}
    for number in range(1, ROUNDS + 1):
        for name, delay_s in PLACES.items():
            for mirrors in MIRRORS:
                bench.say(f"{mirrors} mirrors{' of a distant node' if delay_s else ''}, {number} of {ROUNDS}")
                found.setdefault(f"mirror_shared_{name}{mirrors}_events_per_s", []).append(
                    rate(bench.run(mirrors, delay_s))
                )
    return {name: round(median(rates)) for name, rates in found.items()}


def measure(say: Say) -> dict[str, float]:
    """The rows, on the chain that is kept."""
    postings = 2 * EVENTS
    with office(FOLDER, HOLDERS, postings, BLOCKS, SYMBOLS) as place, postgres_server() as postgres_url:
        return shared_rows(Bench(place, postgres_url, say))


def print_table(rows: dict[str, float], console: Console) -> None:
    """Each number of mirrors in a row, with what it gains over one."""
    table = Table(title="Mirrors that share four instruments of one register on PostgreSQL")
    for column in ("mirrors", "events/s", "gain", f"node {DISTANCE_S * 1000:.0f} ms away: events/s", "gain"):
        table.add_column(column, justify="right")
    for mirrors in MIRRORS:
        cells = [str(mirrors)]
        for name in PLACES:
            one, these = (rows[f"mirror_shared_{name}{count}_events_per_s"] for count in (1, mirrors))
            cells += [f"{these:,}", f"{these / one:.2f}"]
        table.add_row(*cells)
    console.print(table)


@click.command(help=__doc__)
def main() -> None:
    """Measures, prints, writes."""
    rows = measure(lambda what: click.echo(what, err=True))
    merge(rows)
    print_table(rows, Console(width=None if sys.stdout.isatty() else 120))


if __name__ == "__main__":
    main()
