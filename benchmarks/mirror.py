"""What mirroring costs: `make bench`, or `python -m benchmarks.mirror`.

On one chain, which is built once and kept: the logs in ranges of 200 blocks, parsed and nothing else, which is the
floor; then the product's own sync from nothing, on SQLite and on PostgreSQL, at each length of the chain; what a
developer would write, on a sample; the proof that nothing is missing, in one process and in more; on a chain of four
instruments, several mirrors that share them; and, on the chain of benchmarks/audit.py, the balances of 100,000 holders.
Each is a process of its own, each sync right behind its floor.
Writes build/bench.json, a flat object, and ends with 1 where a target is missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import select

from benchmarks import balances, mirror_shared
from benchmarks.audit_chain import Blocks, Office, office
from benchmarks.mirror_steps import new_register
from benchmarks.throughput import merge
from benchmarks.verify_steps import verify_rows
from rwaledger.chain.compile import PROJECT
from rwaledger.registry import instruments, tables
from rwaledger.registry.database import Database
from tests.postgres import create_database, drop_database, postgres_server

FOLDER = PROJECT / "build" / "bench-mirror"
HOLDERS = 10_000
TRANSFERS = 1_000_000
BLOCKS = Blocks(transfers=50, transactions=1)
EVENTS = 200_000
GROWTH = {"50k": 50_000, "200k": EVENTS, "1m": 1_000_000}
DATABASES = ("sqlite", "postgresql")
ROUNDS = 3
"""Of each, at the length that is judged; the median counts."""

TO_FLOOR_MIN = 0.30
PEAK_MB_MAX = 150
BALANCES_S_MAX = 1

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step did, and what it took."""

    count: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.count / self.seconds


@dataclass(frozen=True, slots=True)
class Bench:
    """The chain with its register, a server for new databases, and whom to tell what is being done."""

    place: Office
    postgres_url: str
    say: Say

    @property
    def register(self) -> Database:
        """The register that knows the contracts."""
        return Database(f"sqlite:///{self.place.folder / 'register.db'}")

    def block_of(self, events: int) -> int:
        """The block with which there are so many events of the token."""
        e = tables.events.c
        with self.register.read() as c:
            (token,) = instruments.instruments(c)
            query = select(e.block_number).where(e.chain_id == token.chain_id, e.address == token.address)
            ordered = query.order_by(e.block_number, e.log_index).offset(events - 1).limit(1)
            return int(c.execute(ordered).scalar_one())

    def floor(self, last: int) -> Cost:
        """The chain up to block `last`, read and parsed."""
        self.say(f"floor, up to block {last:,}")
        return self._step("floor", last)

    def mirror(self, dialect: str, last: int) -> Cost:
        """The same, mirrored into a new register."""
        self.say(f"mirror on {dialect}, up to block {last:,}")
        with self._database(dialect) as url:
            new_register(self.register, url)
            return self._step("mirror", last, url)

    def naive(self, last: int) -> Cost:
        """The last 200 blocks up to `last`, as a developer would mirror them."""
        self.say("web3.py and an ORM, on a sample")
        with self._database("sqlite") as url:
            return self._step("naive", last, url)

    @contextmanager
    def _database(self, dialect: str) -> Iterator[str]:
        if dialect == "postgresql":
            url = create_database(self.postgres_url)
            try:
                yield url
            finally:
                drop_database(self.postgres_url, url)
            return
        files = [self.place.folder / f"new.db{tail}" for tail in ("", "-wal", "-shm")]
        for file in files:
            file.unlink(missing_ok=True)
        yield f"sqlite:///{files[0]}"
        for file in files:
            file.unlink(missing_ok=True)

    def _step(self, step: str, last: int, new_url: str = "") -> Cost:
        """A step in a process of its own."""
        arguments = (step, self.place.node.url, self.register.url, str(last), new_url)
        environment = os.environ | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'src'}"}
        command = [sys.executable, "-m", "benchmarks.mirror_steps", *arguments]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the step {step} ended with {done.returncode}")
        return Cost(**json.loads(done.stdout))


def growth(bench: Bench) -> dict[str, float]:
    """Floor and mirror at each length of the chain; of the one that is judged, its own names."""
    rows: dict[str, float] = {}
    for name, events in GROWTH.items():
        rows |= _at(bench, name, bench.block_of(events), ROUNDS if events == EVENTS else 1)
    judged = next(name for name, events in GROWTH.items() if events == EVENTS)
    rows["floor_events_per_s"] = rows[f"mirror_growth_{judged}_floor_events_per_s"]
    for dialect in DATABASES:
        rows[f"mirror_{dialect}_to_floor"] = rows[f"mirror_growth_{judged}_{dialect}_to_floor"]
    rows["mirror_peak_mb"] = max(value for key, value in rows.items() if key.endswith("_peak_mb"))
    return rows


def _at(bench: Bench, name: str, last: int, rounds: int) -> dict[str, float]:
    """Rates, ratios and memory at one length; a ratio is of two that were measured one behind the other."""
    floors: list[Cost] = []
    found: dict[str, list[tuple[Cost, float]]] = {dialect: [] for dialect in DATABASES}
    for _ in range(rounds):
        for dialect in DATABASES:
            floors.append(bench.floor(last))
            cost = bench.mirror(dialect, last)
            found[dialect].append((cost, cost.rate / floors[-1].rate))
    start = f"mirror_growth_{name}"
    rows: dict[str, float] = {f"{start}_floor_events_per_s": round(median(cost.rate for cost in floors))}
    for dialect, each in found.items():
        rows[f"{start}_{dialect}_events_per_s"] = round(median(cost.rate for cost, _ in each))
        rows[f"{start}_{dialect}_to_floor"] = round(median(ratio for _, ratio in each), 3)
        rows[f"{start}_{dialect}_peak_mb"] = round(max(cost.peak_mb for cost, _ in each))
    return rows


def naive(bench: Bench) -> dict[str, float]:
    """What a developer would write, to the floor."""
    last = bench.block_of(EVENTS)
    floor, cost = bench.floor(last), bench.naive(last)
    return {"naive_events_per_s": round(cost.rate), "naive_to_floor": round(cost.rate / floor.rate, 4)}


def verification(bench: Bench) -> dict[str, float]:
    """`register verify` of the whole chain."""
    bench.say("headers, receipts and events of the register, in one process, in two, and on a cluster")
    return verify_rows(bench.place.node.url, bench.register.url)


PARTS: tuple[Callable[[Bench], dict[str, float]], ...] = (naive, growth, verification)
"""What `make bench` measures; each gives rows of build/bench.json."""


def measure(say: Say) -> dict[str, float]:
    """All parts on one chain."""
    say("the chain")
    postings = 2 * (TRANSFERS + HOLDERS)
    rows: dict[str, float] = {}
    with office(FOLDER, HOLDERS, postings, BLOCKS) as place, postgres_server() as postgres_url:
        for part in PARTS:
            rows |= part(Bench(place, postgres_url, say))
    say("several mirrors of one register, on a chain of their own")
    rows |= mirror_shared.measure(say)
    say("balances of 100,000 holders, on a chain of their own")
    return rows | balances.measure()


def faults(rows: dict[str, float]) -> list[str]:
    """The targets that were missed."""
    slow = [
        f"{dialect}: {rows[f'mirror_{dialect}_to_floor']} of the floor, not {TO_FLOOR_MIN}"
        for dialect in DATABASES
        if rows[f"mirror_{dialect}_to_floor"] < TO_FLOOR_MIN
    ]
    large = [f"{rows['mirror_peak_mb']} MB, not {PEAK_MB_MAX}"] if rows["mirror_peak_mb"] > PEAK_MB_MAX else []
    late = [f"balances: {rows['balances_100k_s']} s, not {BALANCES_S_MAX}"]
    return slow + large + (late if rows["balances_100k_s"] > BALANCES_S_MAX else [])


def print_tables(rows: dict[str, float], console: Console) -> None:
    """The growth of cost in one table, and what a developer would write below it."""
    table = Table(title="Mirror from cold: raw event, two postings, positions, checkpoint")
    for column in ("events", "floor: events/s", *(f"{name}: {what}" for name in DATABASES for what in _SHOWN)):
        table.add_column(column, justify="right")
    for name in GROWTH:
        start = f"mirror_growth_{name}"
        cells = [f"{rows[f'{start}_floor_events_per_s']:,}"]
        for dialect in DATABASES:
            cells += [f"{rows[f'{start}_{dialect}_{key}']:,}" for key in _SHOWN.values()]
        table.add_row(name, *cells)
    console.print(table)
    console.print(
        f"At 200k events {rows['mirror_sqlite_to_floor']} of the floor on SQLite, {rows['mirror_postgresql_to_floor']} "
        f"on PostgreSQL (target: {TO_FLOOR_MIN}), in {rows['mirror_peak_mb']} MB at most (target: {PEAK_MB_MAX}). "
        f"web3.py and an ORM, row by row: {rows['naive_events_per_s']:,} events/s, {rows['naive_to_floor']} of it."
    )
    console.print(
        f"Proved complete: {rows['verify_logs_per_s']:,.0f} logs/s ({rows['verify_receipts_per_s']:,.0f} receipts/s) "
        f"in one process, {rows['verify_2_processes_logs_per_s']:,.0f} logs/s in two, "
        f"{rows['verify_dask_logs_per_s']:,.0f} on two workers of Dask; {rows['verify_peak_mb']} MB."
    )
    mirror_shared.print_table(rows, console)
    console.print(
        f"Account words of 100,000 holders at a block: {rows['balances_100k_s']} s (target: {BALANCES_S_MAX}); by "
        f"the token's view {rows['balances_100k_view_s']}, by a call an account {rows['balances_100k_calls_s']}, "
        f"with proofs {rows['balances_100k_proofs_s']}."
    )


_SHOWN = {"events/s": "events_per_s", "to floor": "to_floor", "peak MB": "peak_mb"}


@click.command(help=__doc__)
def main() -> None:
    """Measures, prints, writes, judges."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    with Progress(transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        rows = measure(lambda what: progress.update(task, description=what))
    merge(rows)
    print_tables(rows, console)
    missed = faults(rows)
    for fault in missed:
        console.print(f"missed: {fault}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
