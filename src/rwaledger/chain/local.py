"""A local node: start and stop anvil, with its state kept between runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from rwaledger.chain.rpc import Node
from rwaledger.chain.tools import find_foundry_tool
from rwaledger.domain.errors import AuthorisationError, NodeUnreachable, RwaledgerError

LOCAL_CHAIN_ID = 31337
START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class LocalNode:
    """A running anvil: its process, where it listens, and where it keeps its state."""

    pid: int
    url: str
    state_path: str

    @property
    def is_running(self) -> bool:
        """Whether the process is still there and is still an anvil."""
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except FileNotFoundError:
            return _is_alive_without_proc(self.pid)
        return b"anvil" in command and self.state_path.encode() in command


def start_node(folder: Path, port: int = 0, anvil: str = "", begins: int | None = None) -> LocalNode:
    """Starts anvil on loopback with its state in `folder`, or finds the one that runs there already.

    `port` 0 takes a free one. The state, historic blocks included, is written every 10 s and at the end, so that
    any past block can be asked about after a restart. A new chain that `begins` at a time of its own (seconds since
    1970) keeps to its own clock, which a restart does not set to the present.

    Raises:
        NodeUnreachable: it did not answer in time; the message holds the end of its log.
    """
    running = running_node(folder)
    if running is not None:
        return running
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    _require_free(port)
    if begins is not None and not _genesis_path(folder).exists():
        _genesis_path(folder).write_text(str(begins))
        _own_clock_path(folder).touch()
    state_path = folder / "state.json"
    command = [
        str(find_foundry_tool("anvil", anvil)), "--host", "127.0.0.1", "--port", str(port),
        "--chain-id", str(LOCAL_CHAIN_ID), "--hardfork", "prague",
        # With the default of 32 slots the tag `finalized` would lag 64 blocks behind.
        "--slots-in-an-epoch", "1",
        # Every start makes a genesis of its own: only with the same time is it the same block.
        "--timestamp", str(_genesis_time(folder)),
        "--state", str(state_path), "--state-interval", "10", "--preserve-historical-states",
        "--silent",
    ]  # fmt: skip
    log_path = folder / "anvil.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    node = LocalNode(process.pid, f"http://127.0.0.1:{port}", str(state_path))
    _await_answer(node, process, log_path)
    _set_clock(Node(node.url), folder)
    process.returncode = 0  # it is meant to outlive this object, which would warn of it
    _record_path(folder).write_bytes(msgspec.json.encode(asdict(node)))
    return node


def running_node(folder: Path) -> LocalNode | None:
    """The node that was started with its state in `folder`, where it still runs."""
    record = _record_path(folder)
    if not record.exists():
        return None
    try:
        node = msgspec.json.decode(record.read_bytes(), type=LocalNode)
    except msgspec.DecodeError:
        raise RwaledgerError(
            f"{record} is damaged", "See that no anvil runs with its state there, and delete it."
        ) from None
    return node if node.is_running else None


def stop_node(folder: Path) -> LocalNode | None:
    """Stops the node of `folder` and waits until its state is written; None where none runs.

    Raises:
        RwaledgerError: it did not end in time.
    """
    node = running_node(folder)
    if node is not None:
        os.kill(node.pid, signal.SIGTERM)
        _await_end(node)
    _record_path(folder).unlink(missing_ok=True)
    return node


@contextmanager
def local_node(folder: Path, port: int = 0) -> Iterator[Node]:
    """A local node for the length of a `with` block."""
    started = start_node(folder, port)
    try:
        yield Node(started.url)
    finally:
        stop_node(folder)


def fund(node: Node, address: str, wei: int = 10**22) -> None:
    """Gives an address ether on a local node, to pay gas with."""
    node.request("anvil_setBalance", [address, hex(wei)])


def mine(node: Node, count: int) -> None:
    """Mines empty blocks on a local node."""
    node.request("anvil_mine", [hex(count)])


def let_pass(node: Node, seconds: int) -> None:
    """Sets the clock of a local node forward, and mines a block at the new time."""
    node.request("evm_increaseTime", [seconds])
    mine(node, 1)


def set_clock(node: Node, timestamp: int) -> None:
    """Sets the clock of a local node to a time (seconds since 1970), and mines a block at it.

    Raises:
        RwaledgerError: the chain is past it already; a chain's time does not go back.
    """
    latest = node.block("latest")
    assert latest is not None, "every chain has a latest block"
    if timestamp <= latest.timestamp:
        raise RwaledgerError(
            f"the chain's time is {latest.time:%Y-%m-%d %H:%M:%S} UTC, and does not go back",
            "Give a later time, or start a new chain.",
        )
    node.request("evm_setTime", [timestamp])
    node.request("evm_setNextBlockTimestamp", [timestamp])
    mine(node, 1)


def require_local(node: Node) -> None:
    """Raises unless the node is a local one, on which anybody may do anything.

    Raises:
        AuthorisationError: it is not.
    """
    if node.chain_id != LOCAL_CHAIN_ID or not node.is_loopback:
        raise AuthorisationError(
            f"{node.shown_url} (chain {node.chain_id}) is no local node",
            "Start one with `rwaledger node start`, and point rpc_url to it.",
        )


def free_port() -> int:
    """A port of loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _require_free(port: int) -> None:
    """Another node on the port would answer in the place of the one that is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise RwaledgerError(
                f"port {port} of this machine is in use", "Stop what uses it, or choose another (setting node_port)."
            ) from None


def _genesis_time(folder: Path) -> int:
    """The time of the folder's first start, in seconds since 1970."""
    path = _genesis_path(folder)
    if not path.exists():
        path.write_text(str(int(time.time())))
    return int(path.read_text())


def _set_clock(node: Node, folder: Path) -> None:
    """The clock goes on from now, or from the latest block where its time is ahead: anvil takes it from the genesis."""
    latest = node.block("latest")
    if latest is not None:
        now = 0 if _own_clock_path(folder).exists() else int(time.time())
        node.request("evm_setTime", [max(now, latest.timestamp + 1)])


def _genesis_path(folder: Path) -> Path:
    return folder / "genesis-time"


def _own_clock_path(folder: Path) -> Path:
    return folder / "own-clock"


def _record_path(folder: Path) -> Path:
    return folder / "node.json"


def _await_answer(node: LocalNode, process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    client = Node(node.url, attempts=1)
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.head()
        except NodeUnreachable:
            time.sleep(0.05)
        else:
            return
    process.kill()
    process.wait()
    tail = log_path.read_text(errors="replace")[-500:].strip()
    raise NodeUnreachable(node.url, f"anvil did not start: {tail or 'it said nothing'}")


def _await_end(node: LocalNode) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        _reap(node.pid)
        if not node.is_running:
            return
        time.sleep(0.02)
    raise RwaledgerError(f"the node (process {node.pid}) did not stop within {STOP_TIMEOUT_S} s", "Look at its log.")


def _reap(pid: int) -> None:
    """Takes a child's exit status, so that it does not stay as a zombie; others' children are not ours to take."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _is_alive_without_proc(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc").is_dir()
