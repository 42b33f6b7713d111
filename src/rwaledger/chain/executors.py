"""Executors: where the parts of a long piece of work go: processes of this machine, or the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from rwaledger.domain.errors import MissingExtra, SchedulerUnreachable

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")

LEAST = 50_000
"""Blocks and logs; fewer are examined before a new process has begun."""

_AHEAD = 4
_CONNECT_S = 10


@dataclass(frozen=True, slots=True)
class Spread:
    """Any executor, and how many parts are begun there before they are asked for: enough to keep all of it at work.

    A history with fewer blocks and logs than `least` is not worth the way.
    """

    executor: Executor
    ahead: int = 8
    least: int = LEAST

    def if_worth(self, size: int) -> Spread | None:
        """Itself, if a history with so many blocks and logs is worth the way."""
        return self if size >= self.least else None


@contextmanager
def processes(count: int) -> Iterator[Spread | None]:
    """So many processes of this machine, this one among them; what they have not begun in the end is dropped."""
    if count < 2:
        yield None
        return
    # Started anew: a fork would share this process's connections.
    pool = ProcessPoolExecutor(count - 1, mp_context=get_context("spawn"))
    try:
        yield Spread(pool, _AHEAD * (count - 1))
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Spread]:
    """The workers of a Dask cluster, by the address of its scheduler, such as `tcp://10.0.0.5:8786`.

    Tasks and results go there and back as pickles, so that such a cluster is trusted like this machine.

    Raises:
        MissingExtra: `distributed` is not installed.
        SchedulerUnreachable: there is no scheduler at the address.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - takes a second, and is seldom wanted
    except ModuleNotFoundError:
        raise MissingExtra("a Dask cluster", "distributed", "dask") from None
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SchedulerUnreachable(address, str(error)) from None
    with client:
        executor = _OfCluster(client)
        try:
            yield Spread(executor, _AHEAD * max(1, sum(client.nthreads().values())), least=0)
        finally:
            executor.shutdown(wait=False)


class _OfCluster(Executor):
    """The workers behind a client of Dask; broken as any other executor is, once its scheduler has gone."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Not pure: a key made of function and arguments would take longer than it saves.
        self._executor = client.get_executor(pure=False)

    @override
    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        from distributed.client import ClosedClientError  # noqa: PLC0415 - as above

        try:
            future: Future[T] = self._executor.submit(fn, *args, **kwargs)
        except ClosedClientError as error:
            raise BrokenExecutor("the scheduler has gone") from error
        return future

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Without a scheduler there is nobody left to tell."""
        if self._client.status == "running":
            self._executor.shutdown(wait=wait)
