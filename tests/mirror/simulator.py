"""A seeded simulator: whatever happens to chains, nodes, database and mirror, the register is right, row for row.

python -m tests.mirror.simulator 17                 seed 17, step by step
python -m tests.mirror.simulator --seeds 500        seeds 1 to 500, on all processors
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from threading import Lock
from typing import Any

from rwaledger.domain.errors import RwaledgerError
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import mine, register
from tests.mirror.faults import SINGLE, Fault
from tests.mirror.judge import Judge, rows_of
from tests.mirror.patience import impatient
from tests.mirror.process import sync_until_killed
from tests.mirror.proxy import Proxy
from tests.mirror.registers import Registers, registers
from tests.mirror.replay import Known, Rows
from tests.mirror.steps import Countdown, counted, end_connections, room_for
from tests.mirror.world import World

LATEST = Finality("latest")
STEPS = 40
_SEEDS_A_PART = 10
_REWIND_LIMIT = 64
_QUICK = [fault for fault in SINGLE if fault.name not in ("slow drip", "silence")]


class Wrong(AssertionError):
    """The register is not what it has to be, or a sync ended otherwise than it may."""


@dataclass
class Simulation:
    """A world, and a mirror of it into one register; `told` says what happened."""

    chance: random.Random
    database_url: str
    stack: ExitStack
    told: list[str] = field(default_factory=list)
    acting: Lock = field(default_factory=Lock)
    """Held by whoever changes the world or looks at it: a sync that lost patience leaves the other one at it."""

    def __post_init__(self) -> None:
        self.world = World(self.chance, self.stack, self._deployed)
        self.judge = Judge(self.world.archive, chain_id=31337)
        self.world.begin()

    def run(self, steps: int) -> None:
        """So many steps, and in the end a sync that has to make the register complete.

        Raises:
            Wrong: what the judge has found.
        """
        acts = [act for act, weight in self._weights() for _ in range(weight)]
        for number in range(steps):
            act = self.chance.choice(acts)
            self.told.append(f"{number}: {act.__name__}")
            act()
            self.world.observe()
        self._finish()

    def _weights(self) -> list[tuple[Callable[[], None], int]]:
        world = self.world
        return [
            (world.trade, 10), (world.pause, 2), (world.reorganise, 4), (world.roll_back, 2), (world.keep, 1),
            (world.go_back, 1), (world.part, 1), (world.change_over, 2), (world.be_alone, 1), (world.deploy, 1),
            (self.follow, 6), (self.suffer, 6), (self.be_overtaken, 4), (self.crash, 2), (self.lose_database, 2),
        ]  # fmt: skip

    def follow(self) -> None:
        """A sync from a node that does its part."""
        if self._sync(self.world.nodes[0]) is None:
            self._require(self.judge.faults_at(rows_of(self.database_url), self.world.observe()))

    def suffer(self) -> None:
        """A sync from a node with faults by chance, or from several in turns."""
        rate, turns = self.chance.choice([0.03, 0.1, 0.3]), self.chance.choice([0, 0, 0.3])

        def choose(methods: frozenset[str]) -> Fault | None:
            if self.chance.random() < turns:
                return Fault("another node", route=lambda _requests: self.chance.randrange(len(self.world.nodes)))
            fitting = [fault for fault in _QUICK if fault.applies(methods)]
            return self.chance.choice(fitting) if self.chance.random() < rate else None

        with self._proxy() as proxy:
            proxy.choose = choose
            self._sync(proxy.node)
        self.told[-1] += f", after {proxy.injected}"

    def be_overtaken(self) -> None:
        """A sync under which the chain changes, or another sync runs, before any of its exchanges."""
        at = self.chance.randrange(12)
        world, exchanges, problems = self.world, iter(range(at + 1)), list[Exception]()
        act = self.chance.choice(
            [world.trade, world.reorganise, world.roll_back, world.change_over, self._sync_meanwhile]
        )

        def meanwhile(_methods: frozenset[str]) -> None:
            with self.acting:
                if next(exchanges, None) == at:
                    try:
                        act()
                        world.observe()
                    except Exception as problem:  # noqa: BLE001 - of another thread, which would keep it to itself
                        problems.append(problem)
                    proxy.behind = world.nodes

        with self._proxy() as proxy:
            proxy.choose = meanwhile
            self._sync(proxy.node)
        with self.acting:
            exchanges = iter(())
        self.told[-1] += f", {act.__name__} before exchange {at}"
        for problem in problems:
            raise problem

    def _sync_meanwhile(self) -> None:
        with closing(Database(self.database_url)) as database:
            self._stopped(lambda: sync(database, self.world.nodes[0], LATEST, blocks_max=5))

    def crash(self) -> None:
        """A sync that is killed at any of its steps at the database, if it takes so many."""
        steps, before = self.chance.randint(3, 60), rows_of(self.database_url)
        ended = sync_until_killed(self.database_url, self.world.nodes[0].url, 3, steps)
        self.told.append(f"    {'ended before' if ended else 'killed at'} step {steps}")
        self._judge(before)

    def lose_database(self) -> None:
        """A sync whose database ends the connection at any step, or has no more room."""
        node = self.world.nodes[0]
        if self.database_url.startswith("sqlite"):
            with room_for(self.chance.randrange(12)):
                self._sync(node)
            return
        countdown = Countdown(self.chance.randint(1, 40), lambda: end_connections(self.database_url))
        with counted(countdown):
            self._sync(node, watcher=countdown.watcher)

    def _finish(self) -> None:
        """The chain is at last as long as the register thinks, and its node does its part."""
        self.told.append("at last")
        top = max((row[1] for row in rows_of(self.database_url)["checkpoints"]), default=0)
        node = self.world.nodes[0]
        mine(node, max(top - node.head(), 0) + 1)
        stopped = self._sync(node, rewind_limit=10_000)
        if stopped is not None:
            raise Wrong(f"the last sync ended in an error: {stopped!r}")
        self._require(self.judge.faults_at(rows_of(self.database_url), self.world.observe()))

    def _deployed(self, deployed: Any, known: Known) -> None:
        with closing(Database(self.database_url)) as database:
            register(database, deployed)
        self.judge.known.append(known)

    def _proxy(self) -> Proxy:
        return Proxy(*self.world.nodes, timeout_s=2, attempts=2)

    def _sync(self, node: Any, **options: Any) -> RwaledgerError | None:
        before = rows_of(self.database_url)
        options = {"rewind_limit": _REWIND_LIMIT, "blocks_max": self.chance.choice([1, 3, 8, 500])} | options
        with closing(Database(self.database_url)) as database:
            stopped = self._stopped(lambda: sync(database, node, LATEST, **options))
        self.told.append(f"    {stopped!r}" if stopped else "    done")
        with self.acting:
            self._judge(before)
        return stopped

    def _judge(self, before: Rows) -> None:
        self.world.observe()
        after = rows_of(self.database_url)
        self._require([*self.judge.faults(after), *self.judge.faults_between(before, after)])

    @staticmethod
    def _require(faults: list[str]) -> None:
        if faults:
            raise Wrong("\n".join(faults))

    @staticmethod
    def _stopped(act: Callable[[], object]) -> RwaledgerError | None:
        """The typed error in which it ended, if it did; any other one passes."""
        try:
            act()
        except RwaledgerError as error:
            if not error.next_step:
                raise Wrong(f"{error!r} does not say what to do") from error
            return error
        return None


def simulate(seed: int, steps: int, database_url: str) -> None:
    """Runs a seed into an empty register.

    Raises:
        Wrong: the register is not right; it says what happened until then, and how to see it again.
    """
    with ExitStack() as stack, impatient():
        simulation = Simulation(random.Random(seed), database_url, stack)
        try:
            simulation.run(steps)
        except Exception as error:
            happened = "\n".join(simulation.told)
            raise Wrong(f"{happened}\n{error!r}\n\nTo see it again: {replay(seed, steps)}") from error


def replay(seed: int, steps: int) -> str:
    """The command that runs a seed again."""
    return f".venv/bin/python -m tests.mirror.simulator {seed} --steps {steps}"


def on_a_register(known: Registers, seed: int, steps: int) -> str:
    """What went wrong with a seed, empty if nothing did. Every third one is on PostgreSQL."""
    with known.postgresql() if seed % 3 == 0 else known.sqlite() as url:
        try:
            simulate(seed, steps, url)
        except Wrong as wrong:
            return f"seed {seed}:\n{wrong}"
    return ""


def _on_registers(seeds: Sequence[int], steps: int) -> list[str]:
    """The same of several, one after the other; stops at the first that goes wrong."""
    found = []
    with registers() as known:
        for seed in seeds:
            if wrong := on_a_register(known, seed, steps):
                found.append(wrong)
                break
    return found


def main() -> int:
    """0 where all seeds go right."""
    parser = argparse.ArgumentParser(description="Runs seeds of the mirror's simulator.")
    parser.add_argument("seed", type=int, nargs="*", help="these seeds")
    parser.add_argument("--seeds", type=int, default=0, help="or so many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    seeds = options.seed or list(range(options.first, options.first + options.seeds))
    parts = [seeds[at : at + _SEEDS_A_PART] for at in range(0, len(seeds), _SEEDS_A_PART)]
    done, wrong = 0, list[str]()
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for part, found in zip(parts, pool.map(_on_registers, parts, [options.steps] * len(parts)), strict=True):
            done += len(part)
            wrong += found
            sys.stderr.write("".join(f"{each}\n\n" for each in found))
            sys.stderr.write(f"{done} of {len(seeds)} seeds of {options.steps} steps, {len(wrong)} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
