"""Syncs in processes of their own, which can be killed at any statement that they send to the database."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.watching import EachBatch

_SPAWNER = multiprocessing.get_context("forkserver")
_SPAWNER.set_forkserver_preload([__name__])


def sync_in_process(database_url: str, node_url: str, blocks_max: int) -> Callable[[], int]:
    """Starts a sync. The function returned waits for its end and gives its exit code."""
    return _start(_sync, database_url, node_url, blocks_max, None)


def sync_until_killed(database_url: str, node_url: str, blocks_max: int, steps: int) -> bool:
    """Whether a sync came to its end before it was killed at its `steps`-th step.

    A step is a statement about to be sent, a commit about to be sent, or a commit just acknowledged.
    """
    exit_code = _start(_sync, database_url, node_url, blocks_max, steps)()
    assert exit_code in (0, -signal.SIGKILL)
    return exit_code == 0


def _start(target: Callable[..., None], *args: Any) -> Callable[[], int]:
    process = _SPAWNER.Process(target=target, args=args)
    process.start()

    def wait() -> int:
        process.join()
        assert process.exitcode is not None
        return process.exitcode

    return wait


def _sync(database_url: str, node_url: str, blocks_max: int, steps: int | None) -> None:
    countdown = _Countdown(steps)
    event.listen(Engine, "before_cursor_execute", countdown)
    event.listen(Engine, "commit", countdown)
    watcher = EachBatch(countdown)
    sync(Database(database_url), Node(node_url), Finality("latest"), watcher=watcher, blocks_max=blocks_max)


class _Countdown:
    def __init__(self, steps: int | None) -> None:
        self._left = steps

    def __call__(self, *_: object) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
