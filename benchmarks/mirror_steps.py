"""The steps of the mirror's benchmark, each run in a process of its own, so that its memory is its own.

`python -m benchmarks.mirror_steps STEP NODE_URL REGISTER_URL LAST_BLOCK [NEW_DATABASE_URL]` prints what it did as JSON:
how many events (or blocks, or balances), in what seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import insert, select

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry import instruments, tables
from rwaledger.registry.database import Database

BLOCKS_IN_RANGE = 200


@dataclass(frozen=True, slots=True)
class Place:
    """What a step works on: the node, the register that knows the contracts, the last block, and a new database."""

    url: str
    register: Database
    last: int
    new_url: str = ""

    @property
    def token(self) -> tuple[str, int]:
        """Address and block of deployment of the one instrument."""
        with self.register.read() as c:
            (instrument,) = instruments.instruments(c)
        return instrument.address, instrument.deploy_block


def floor(place: Place) -> int:
    """Logs of the token in ranges of 200 blocks, parsed by the standard library, and nothing else."""
    session, count = requests.Session(), 0
    session.trust_env = False
    address, deployed = place.token
    for first, last in _ranges(deployed, place.last):
        query = {"address": address, "fromBlock": hex(first), "toBlock": hex(last)}
        body: Any = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [query]}
        count += len(json.loads(session.post(place.url, json=body).content)["result"])
    return count


def mirror(place: Place) -> int:
    """The product's own sync into a new register."""
    new = Database(place.new_url)
    summary = sync(new, Node(place.url), Finality("latest"), until=place.last)
    return summary.events


def naive(place: Place) -> int:
    """What a developer would write, on the last 200 blocks."""
    from benchmarks.mirror_naive import naive_mirror  # noqa: PLC0415 - a library that no other step needs

    address, _ = place.token
    return naive_mirror(place.url, place.new_url, address, place.last - BLOCKS_IN_RANGE + 1, place.last)


def _ranges(first: int, last: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last + 1, BLOCKS_IN_RANGE):
        yield start, min(start + BLOCKS_IN_RANGE - 1, last)


def new_register(known: Database, url: str) -> None:
    """A register at `url` that knows the same contracts, and has read nothing of them."""
    with closing(Database(url)) as new:
        new.migrate()
        with known.read() as source, new.begin() as target:
            for table in (tables.chains, tables.contracts, tables.instruments):
                target.execute(insert(table), [dict(row._mapping) for row in source.execute(select(table))])


STEPS: dict[str, Callable[[Place], int]] = {"floor": floor, "mirror": mirror, "naive": naive}


def _peak_mb() -> float:
    """Of this process alone: what the system counts for children has in it what their parent had at the fork."""
    status = Path("/proc/self/status").read_text("ascii")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak) / 1024


def main(step: str, url: str, register: str, last: str, new_url: str = "") -> None:
    """Does one step, and says what it took, without the time in which Python starts."""
    place = Place(url, Database(register), int(last), new_url)
    started = time.perf_counter()
    count = STEPS[step](place)
    told: dict[str, Any] = {"count": count, "seconds": time.perf_counter() - started, "peak_mb": _peak_mb()}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
