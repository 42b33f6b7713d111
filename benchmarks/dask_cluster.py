"""A Dask cluster on this machine: a scheduler and workers of one thread, each a process that can be killed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rwaledger.chain.local import free_port


@dataclass
class Cluster:
    """By its address it is reached; what is killed ends without a word."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill_worker(self) -> None:
        """The one that was started last."""
        _kill(self.workers.pop())

    def kill_scheduler(self) -> None:
        """Without which nobody reaches the workers."""
        _kill(self.scheduler)


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """For as long as the context lasts; the workers are there when it begins."""
    port = free_port()
    with (folder / "dask.log").open("wb") as log:
        scheduler = _start(log.fileno(), "scheduler", "--host", "127.0.0.1", "--port", str(port))
        cluster = Cluster(f"tcp://127.0.0.1:{port}", scheduler)
        place = "--host", "127.0.0.1", "--local-directory", str(folder)
        single = "--nthreads", "1", "--no-nanny", "--memory-limit", "0"
        cluster.workers += [_start(log.fileno(), "worker", cluster.address, *place, *single) for _ in range(workers)]
        try:
            _await_workers(cluster, workers)
            yield cluster
        finally:
            for process in (*cluster.workers, scheduler):
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _start(log: int, what: str, *args: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *args, "--no-dashboard"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _await_workers(cluster: Cluster, count: int) -> None:
    from distributed import Client  # noqa: PLC0415 - takes a second, at each collection of tests

    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), Client(cluster.address, timeout=2, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=max(1, deadline - time.monotonic()))
            return
        assert time.monotonic() < deadline, "the cluster did not start"
