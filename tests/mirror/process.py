"""Syncs and migrations in processes of their own, which can be killed at any step that they take at the database."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import RwaledgerError
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from rwaledger.registry.migrations import upgrade  # noqa: F401 - so that it is there before a process is killed
from tests.mirror.patience import impatient
from tests.mirror.steps import Countdown, counted

_SPAWNER = multiprocessing.get_context("forkserver")
_SPAWNER.set_forkserver_preload([__name__])
_NOBODY = 65_534


def sync_in_process(database_url: str, node_url: str, blocks_max: int) -> Callable[[], int]:
    """Starts a sync. The function returned waits for its end and gives its exit code."""
    return _start(_sync, database_url, node_url, blocks_max, None)


def sync_until_killed(database_url: str, node_url: str, blocks_max: int, steps: int) -> bool:
    """Whether a sync came to its end, be it an error, before it was killed at its `steps`-th step.

    A step is a statement, a tenth row of a COPY, or a commit that is about to be sent, or a commit just acknowledged.
    """
    return _ended(_start(_sync_in_vain, database_url, node_url, blocks_max, steps)())


def migrate_until_killed(database_url: str, steps: int) -> bool:
    """The same of a migration."""
    return _ended(_start(_migrate, database_url, steps)())


def sync_with_small_files(database_url: str, node_url: str, bytes_max: int) -> str:
    """How a sync ended that can make no file longer than that; empty where it ended well."""
    return _told(_sync_with_small_files, database_url, node_url, bytes_max)


def sync_as_nobody(database_url: str, node_url: str, folder: Path) -> str:
    """The same of one that may only read what is in the folder."""
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return _told(_sync_as_nobody, database_url, node_url)


def _told(target: Callable[..., None], *args: Any) -> str:
    here, there = _SPAWNER.Pipe()
    assert _start(target, there, *args)() == 0
    told: str = here.recv()
    here.close()
    return told


def _ended(exit_code: int) -> bool:
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
    countdown = Countdown(steps, _die)
    with counted(countdown):
        sync(
            Database(database_url), Node(node_url), Finality("latest"), watcher=countdown.watcher, blocks_max=blocks_max
        )


def _sync_in_vain(database_url: str, node_url: str, blocks_max: int, steps: int) -> None:
    with contextlib.suppress(RwaledgerError), impatient():
        _sync(database_url, node_url, blocks_max, steps)


def _migrate(database_url: str, steps: int) -> None:
    with counted(Countdown(steps, _die)):
        Database(database_url).migrate()


def _sync_with_small_files(told: Connection, database_url: str, node_url: str, bytes_max: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max))
    _tell(told, database_url, node_url)


def _sync_as_nobody(told: Connection, database_url: str, node_url: str) -> None:
    if os.geteuid() == 0:
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    _tell(told, database_url, node_url)


def _tell(told: Connection, database_url: str, node_url: str) -> None:
    try:
        sync(Database(database_url), Node(node_url), Finality("latest"), blocks_max=4)
    except RwaledgerError as error:
        told.send(str(error))
    else:
        told.send("")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
