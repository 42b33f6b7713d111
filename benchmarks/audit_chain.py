"""A chain and a register of many holders and postings, for benchmarks: built once, and kept.

Every holder is admitted and issued to by the product's own commands, so that each has an instruction behind it. The
other postings are transfers: a treasury pays a hundred holders at a time, which needs nobody's approval.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.gas_bench import person
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.local import free_port
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, await_receipts, broadcast, next_nonce, sign_calls
from rwaledger.chain.tools import find_foundry_tool
from rwaledger.domain.errors import NodeUnreachable
from rwaledger.registry import instruments
from rwaledger.registry.database import Database

TREASURY = "dev:7"
ONE_SYMBOL = ("BENCH",)
HOLDERS_A_FILE = 10_000
_GAS_A_TRANSFER = 60_000
_INSTRUMENT = """
[[instrument]]
id = "{symbol}"
name = "Benchmark"
symbol = "{symbol}"
decimals = 6
kind = "bond"
record_of_truth = "chain"
domicile = "HK"
[instrument.rules]
countries = ["HK"]
"""


@dataclass(frozen=True, slots=True)
class Blocks:
    """How the transfers lie in blocks: so many in a transaction, so many transactions in a block."""

    transfers: int
    transactions: int


LARGE = Blocks(100, 40)
"""Anvil copies its state for every block: with many holders, few large blocks are quicker than many small ones."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where it stands: the folder with the settings, and the node."""

    folder: Path
    node: Node

    def rwaledger(self, *args: str) -> str:
        """What a command prints, run in a process of its own."""
        command = [sys.executable, "-m", "rwaledger.cli.main", *args]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            raise RuntimeError(f"rwaledger {' '.join(args)}: {done.stderr[-2000:]}")
        return done.stdout


@contextmanager
def office(
    folder: Path, holders: int, postings: int, blocks: Blocks = LARGE, symbols: Sequence[str] = ONE_SYMBOL
) -> Iterator[Office]:
    """The chain with its register; one that was built in `folder` for the same numbers is used again.

    Holders and postings are those of each instrument; `blocks` as well, so that all have events in each block.
    """
    built = folder / "built.json"
    wanted = {"holders": holders, "postings": postings} | ({"symbols": [*symbols]} if len(symbols) > 1 else {})
    if not built.exists() or json.loads(built.read_text()) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with _node(folder) as node:
            _build(_office(folder, node), holders, postings, blocks, symbols)
        # Only now its state is on the disk: a node that is killed leaves none.
        built.write_text(json.dumps(wanted))
    with _node(folder) as node:
        place = _office(folder, node)
        # A restarted node knows the state of its last block only: what is pinned must be newer.
        node.request("anvil_mine", ["0x3"])
        place.rwaledger("register", "sync")
        yield place


def _build(place: Office, holders: int, postings: int, blocks: Blocks, symbols: Sequence[str]) -> None:
    started = time.monotonic()
    settled = "".join(_INSTRUMENT.format(symbol=symbol) for symbol in symbols)
    (place.folder / "instruments.toml").write_text(settled, "utf-8")
    for preparation in ("deploy", "activate"):
        place.rwaledger("instrument", preparation, "instruments.toml", "--yes")
    for first in range(0, holders, HOLDERS_A_FILE):
        people, allocations = _files(place.folder, first, min(first + HOLDERS_A_FILE, holders), symbols)
        place.rwaledger("holder", "admit", people, "--issue", allocations, "--yes", "--json")
        _say(f"{min(first + HOLDERS_A_FILE, holders):,} of {holders:,} holders admitted", started)
    transfers = (postings - 2 * holders) // 2
    _pay(place, holders, transfers, blocks, started)


def _pay(place: Office, holders: int, transfers: int, blocks: Blocks, started: float) -> None:
    """The treasury pays the holders in turn, a unit each, in every instrument."""
    with Database(f"sqlite:///{place.folder / 'register.db'}").read() as c:
        tokens = [each.address for each in instruments.instruments(c)]
    signer = dev_signer(place.node, TREASURY)
    recipients = [person("holder", number) for number in range(1, holders)]
    place.node.request("evm_setAutomine", [False])
    nonce = next_nonce(place.node, signer.address)
    said_at = 0
    for first in range(0, transfers, blocks.transfers * blocks.transactions):
        last = min(first + blocks.transfers * blocks.transactions, transfers)
        batches = [_paid(recipients, each, blocks.transfers) for each in range(first, last, blocks.transfers)]
        paid = [ASSET_TOKEN.encode("batchTransfer", [some, [1] * len(some)]) for some in batches]
        calls = [Outgoing(token, data) for data in paid for token in tokens]
        gas = [_GAS_A_TRANSFER * blocks.transfers] * len(calls)
        signed = sign_calls(place.node, signer, calls, gas, nonce)
        nonce += len(signed)
        broadcast(place.node, [each.raw for each in signed])
        place.node.request("anvil_mine", ["0x1"])
        if not all(each.succeeded for each in await_receipts(place.node, [each.tx_hash for each in signed])):
            raise RuntimeError("a transfer of the treasury was refused")
        if last - said_at >= 50_000:
            said_at = last
            _say(f"{last:,} of {transfers:,} transfers", started)
    place.node.request("evm_setAutomine", [True])


def _paid(recipients: list[str], first: int, count: int) -> list[str]:
    return [recipients[number % len(recipients)] for number in range(first, first + count)]


def _files(folder: Path, first: int, last: int, symbols: Sequence[str]) -> tuple[str, str]:
    """Holder 0 is the treasury, which has enough for all."""
    people = ["holder,name,country,class,valid_until,address,account"]
    allocations = ["instrument,account,amount"]
    for number in range(first, last):
        address = dev_address(TREASURY) if number == 0 else person("holder", number)
        people.append(f"h{number},Holder {number},HK,professional,2099-12-31,{address},own")
        units = 1_000_000 if number == 0 else 1 + number
        allocations += [f"{symbol},h{number},{units}" for symbol in symbols]
    names = f"holders-{first}.csv", f"allocations-{first}.csv"
    for name, rows in zip(names, (people, allocations), strict=True):
        (folder / name).write_text("\n".join(rows) + "\n", "utf-8")
    return names


def _office(folder: Path, node: Node) -> Office:
    """With settings that name the node."""
    settings = {
        "rpc_url": node.url,
        "database_url": "sqlite:///register.db",
        "maker": "dev:0",
        "checker": "dev:1",
        "admin": "dev:2",
        "privacy": "dev:3",
    }
    lines = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    (folder / "rwaledger.toml").write_text(lines, "utf-8")
    return Office(folder, node)


@contextmanager
def _node(folder: Path) -> Iterator[Node]:
    """Anvil without the states of the past, which would fill any disk: a few of the last blocks are enough."""
    port = free_port()
    state = folder / "state.json"
    genesis = folder / "genesis-time"
    if not genesis.exists():
        genesis.write_text(str(int(time.time()) - 86_400))
    command = [
        str(find_foundry_tool("anvil", "")), "--host", "127.0.0.1", "--port", str(port), "--silent",
        "--hardfork", "prague", "--slots-in-an-epoch", "1", "--timestamp", genesis.read_text(),
        "--gas-limit", "300000000", "--state", str(state), "--state-interval", "100000", "--prune-history", "64",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        node = Node(f"http://127.0.0.1:{port}", timeout_s=600)
        _await(node)
        yield node
    finally:
        process.terminate()
        process.wait(timeout=900)


def _await(node: Node) -> None:
    for _ in range(1200):
        try:
            node.head()
        except NodeUnreachable:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("anvil did not start")


def _say(what: str, started: float) -> None:
    click.echo(f"  {time.monotonic() - started:5.0f} s  {what}", err=True)
