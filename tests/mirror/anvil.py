"""An anvil that keeps nothing, for the length of a `with` block."""

from __future__ import annotations

import gzip
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rwaledger.chain.local import free_port
from rwaledger.chain.rpc import Node
from rwaledger.chain.tools import find_foundry_tool
from rwaledger.domain.errors import NodeUnreachable


@contextmanager
def anvil(*extra_args: str) -> Iterator[Node]:
    """Finality as on a chain whose epochs are one block long, so that `finalized` is two below the head."""
    port = free_port()
    command = [
        str(find_foundry_tool("anvil")), "--port", str(port), "--silent",
        "--hardfork", "prague", "--slots-in-an-epoch", "1", *extra_args,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield _answering(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


def _answering(url: str) -> Node:
    client = Node(url, attempts=1)
    deadline = time.monotonic() + 20
    while True:
        try:
            client.head()
        except NodeUnreachable:
            assert time.monotonic() < deadline, "anvil did not start"
            time.sleep(0.02)
        else:
            return Node(url)


@contextmanager
def twin_of(node: Node, *extra_args: str) -> Iterator[Node]:
    """A second node with the same chain and state as the first has now; from here on each goes its own way.

    The state goes by a file, since a request may have no more than 2 MB. A twin has a block 0 of its own as well, and a
    twin of it takes either of them: both are the same where they have the same time.
    """
    began = int(node.request("eth_getBlockByNumber", ["0x0", False])["timestamp"], 16)
    state = bytes.fromhex(node.request("anvil_dumpState", [True])[2:])
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(gzip.decompress(state))
        file.flush()
        with anvil("--load-state", file.name, "--timestamp", str(began), *extra_args) as twin:
            twin.request("evm_increaseTime", [max(0, int(time.time()) - began)])
            yield twin
