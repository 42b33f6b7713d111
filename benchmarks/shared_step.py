"""One of several mirrors of the benchmark of sharing: a process of its own, which begins when it is told to.

`python -m benchmarks.shared_step NODE_URL DATABASE_URL LAST_BLOCK` writes a line once all is loaded, waits for one, and
says in the end what it did, as JSON.
"""

from __future__ import annotations

import json
import sys
import time

from typing_extensions import override

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sharing import LOOK_AGAIN_S
from rwaledger.mirror.sync import sync
from rwaledger.mirror.watcher import Watcher
from rwaledger.registry.database import Database


class Idle(Watcher):
    """Counts how often there was nothing to do but what others were at."""

    def __init__(self) -> None:
        self.looks = 0

    @override
    def waited(self) -> None:
        self.looks += 1


def main(node_url: str, database_url: str, last: str) -> None:
    """Times are of the clock that all processes of the machine share."""
    database, idle = Database(database_url), Idle()
    database.require_current()  # opens the way to the server, as the driver is loaded only then
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.monotonic()
    summary = sync(database, Node(node_url), Finality("latest"), until=int(last), watcher=idle)
    told = {"began": began, "ended": time.monotonic(), "events": summary.events, "idle_s": idle.looks * LOOK_AGAIN_S}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
