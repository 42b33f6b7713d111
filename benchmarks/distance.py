"""A node at a distance: the same node behind a line on which each request arrives later, whoever else sends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_PART_BYTES = 1 << 18


@contextmanager
def distant(node_url: str, delay_s: float) -> Iterator[str]:
    """URL of the node by that line; a connection is made at once, and answers come back as they are.

    Bytes are passed on unread, in a thread that sleeps while they are on their way: any number of requests wait at the
    same time, and none for another. The proxy of the tests reads every answer, one after another, which would cost
    more than the mirrors that are measured.
    """
    target = urlsplit(node_url)
    loop = asyncio.new_event_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(target.hostname, target.port)
        try:
            await asyncio.gather(_pass_late(reader, requests, delay_s), _pass_on(answers, writer))
        finally:
            requests.close()
            writer.close()

    thread = threading.Thread(target=loop.run_forever, name="distance", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, "127.0.0.1", 0), loop).result()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _pass_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    """Each part is as late as the one before it: a request in several parts is not later than one in one."""
    loop = asyncio.get_running_loop()
    while part := await reader.read(_PART_BYTES):
        loop.call_later(delay_s, writer.write, part)
    await asyncio.sleep(delay_s)
    writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(_PART_BYTES):
        writer.write(part)
        await writer.drain()
    writer.close()


async def _end(server: asyncio.Server) -> None:
    """Lets go of the port, and of the lines that are still open."""
    server.close()
    passing = asyncio.all_tasks() - {asyncio.current_task()}
    for task in passing:
        task.cancel()
    await asyncio.gather(*passing, return_exceptions=True)
    await asyncio.sleep(0.01)  # what was closed is let go of at the next turns of the loop
