"""How fast holders are admitted and issued to: `make throughput`, or `python -m benchmarks.throughput [--holders N]`.

In one run, on one local chain: first the loop that a developer would write with web3.py, one transaction after another
from a key that holds the roles itself, on a sample of holders; then the product's own command, with its files, its
register, four eyes and prechecks, on all of them. Writes build/bench.json, a flat object, its rows `throughput_*`, and
ends with 1 where the ratio is below its target.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.gas_bench import Bench, person
from rwaledger.chain.compile import PROJECT
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import local_node
from rwaledger.chain.rpc import Node

OUTPUT = PROJECT / "build" / "bench.json"
TARGET = 20
"""At least so many times as fast as the loop."""

HONG_KONG, PROFESSIONAL, VALID_UNTIL_DAY = 344, 2, 47_481
NO_RULES = (0, 0, 0, 0, 0, False)
DEVELOPER = "dev:9"
INSTRUMENT = """
[[instrument]]
id = "BENCH"
name = "Benchmark"
symbol = "BENCH"
decimals = 6
kind = "bond"
record_of_truth = "chain"
domicile = "HK"
[instrument.rules]
countries = ["HK"]
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of doing it: for how many holders, in what time, with how many transactions and how much gas."""

    holders: int
    seconds: float
    transactions: int
    gas: int

    def rows(self, prefix: str) -> dict[str, float]:
        """The figures by name; what is per holder, and what in all."""
        return {
            f"{prefix}_holders": self.holders,
            f"{prefix}_seconds": round(self.seconds, 3),
            f"{prefix}_transactions": self.transactions,
            f"{prefix}_gas_per_holder": -(-self.gas // self.holders),
            f"{prefix}_ms_per_holder": round(1000 * self.seconds / self.holders, 3),
            f"{prefix}_holders_per_second": round(self.holders / self.seconds, 1),
        }


def measure(holders: int, sample: int) -> dict[str, float]:
    """Both ways on one new chain, and how many times as fast the product is for each holder."""
    with tempfile.TemporaryDirectory() as folder, local_node(Path(folder) / "node") as node:
        loop = web3_loop(node, sample)
        product = one_command(node, Path(folder), holders)
    ratio = (loop.seconds / loop.holders) / (product.seconds / product.holders)
    figures = product.rows("throughput") | loop.rows("throughput_web3_loop")
    return figures | {"throughput_ratio": round(ratio, 1)}


def one_command(node: Node, folder: Path, holders: int) -> Measured:
    """`rwaledger holder admit FILE --issue FILE`, from its start to its end, in a process of its own."""
    people, allocations = _files(folder, holders)
    (folder / "instruments.toml").write_text(INSTRUMENT, "utf-8")
    for preparation in ("deploy", "activate"):
        _rwaledger(node, folder, "instrument", preparation, "instruments.toml", "--yes")
    started = time.perf_counter()
    answer = _rwaledger(node, folder, "holder", "admit", people, "--issue", allocations, "--yes", "--json")
    seconds = time.perf_counter() - started
    outcome = json.loads(answer)
    if outcome["lines_done"] != 2 * holders:
        raise RuntimeError(f"{outcome['lines_done']} of {2 * holders} lines were carried out")
    return Measured(holders, seconds, len(outcome["transactions"]), outcome["gas_used"])


def web3_loop(node: Node, holders: int) -> Measured:
    """For each holder `admit` and `mint`: build, sign, send, wait for the receipt."""
    from eth_account import Account  # noqa: PLC0415 - as the developer's program has it
    from web3 import HTTPProvider, Web3  # noqa: PLC0415

    Account.enable_unaudited_hdwallet_features()
    mnemonic = "test test test test test test test test test test test junk"
    account = Account.from_mnemonic(mnemonic, account_path=f"m/44'/60'/0'/0/{DEVELOPER.removeprefix('dev:')}")
    w3 = Web3(HTTPProvider(node.url))

    def transact(call: Any) -> int:
        transaction = call.build_transaction(
            {"from": account.address, "nonce": w3.eth.get_transaction_count(account.address)}
        )
        signed = account.sign_transaction(transaction)
        receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))
        if receipt["status"] != 1:
            raise RuntimeError("a transaction of the loop was refused")
        return int(receipt["gasUsed"])

    # The token gives its roles to a contract only; the developer's account is one for a moment.
    node.request("anvil_setCode", [account.address, "0x00"])
    terms: tuple[Any, ...] = (
        *("Loop", "LOOP", 6, NO_RULES, [], 0, False, "0x" + "00" * 20),
        *(account.address, dev_address("dev:8"), 0),
    )
    address, _ = Bench(node).contract(ASSET_TOKEN, terms)
    node.request("anvil_autoImpersonateAccount", [False])
    node.request("anvil_setCode", [account.address, "0x"])
    token = w3.eth.contract(address=Web3.to_checksum_address(address), abi=ASSET_TOKEN.artifact.abi)
    transact(token.functions.activate((bytes(12), bytes(9), HONG_KONG, bytes(32))))

    recipients = [Web3.to_checksum_address(person("loop", number)) for number in range(holders)]
    started = time.perf_counter()
    gas = 0
    for number, recipient in enumerate(recipients):
        gas += transact(token.functions.admit([(recipient, HONG_KONG, PROFESSIONAL, VALID_UNTIL_DAY)]))
        gas += transact(token.functions.mint(recipient, 10**6 + number))
    return Measured(holders, time.perf_counter() - started, 2 * holders, gas)


def _files(folder: Path, holders: int) -> tuple[str, str]:
    people = ["holder,name,country,class,valid_until,address,account"]
    people += [
        f"h{number},Holder {number},HK,professional,2099-12-31,{person('holder', number)},own"
        for number in range(holders)
    ]
    allocations = ["instrument,account,amount"]
    allocations += [f"BENCH,h{number},{1 + number}" for number in range(holders)]
    for name, rows in (("holders.csv", people), ("allocations.csv", allocations)):
        (folder / name).write_text("\n".join(rows) + "\n", "utf-8")
    return "holders.csv", "allocations.csv"


def _rwaledger(node: Node, folder: Path, *arguments: str) -> str:
    """What the command prints; its own words go where ours go."""
    settings = {
        "RPC_URL": node.url,
        "DATABASE_URL": f"sqlite:///{folder / 'register.db'}",
        "MAKER": "dev:1",
        "CHECKER": "dev:2",
        "ADMIN": "dev:0",
        "PRIVACY": "dev:3",
        "ATTESTOR": "dev:4",
    }
    environment = os.environ | {f"RWALEDGER_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "rwaledger.cli.main", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def merge(rows: dict[str, float], path: Path = OUTPUT) -> None:
    """Puts rows into the file of all benchmarks; what others have written there stays."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known | rows, indent=2, sort_keys=True) + "\n", "utf-8")


def print_table(rows: dict[str, float], console: Console) -> None:
    """Both ways beside one another."""
    table = Table(title="Admit and issue, for each holder")
    for column in ("", "rwaledger", "web3.py loop"):
        table.add_column(column, justify="right" if column else "left")
    for name, words in (
        ("holders", "holders"),
        ("seconds", "seconds in all"),
        ("transactions", "transactions in all"),
        ("gas_per_holder", "gas a holder"),
        ("ms_per_holder", "milliseconds a holder"),
    ):
        ours, theirs = (rows[f"{prefix}_{name}"] for prefix in ("throughput", "throughput_web3_loop"))
        table.add_row(words, f"{ours:,}", f"{theirs:,}")
    console.print(table)
    console.print(f"{rows['throughput_ratio']} times as fast for each holder (target: {TARGET})")


@click.command(help=__doc__)
@click.option("--holders", default=10_000, show_default=True, help="Holders of the one command.")
@click.option("--sample", default=200, show_default=True, help="Holders of the loop.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def main(holders: int, sample: int, as_json: bool) -> None:
    """Measures, prints, writes, judges."""
    rows = measure(holders, sample)
    merge(rows)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_table(rows, Console(width=None if sys.stdout.isatty() else 100))
    sys.exit(1 if rows["throughput_ratio"] < TARGET else 0)


if __name__ == "__main__":
    main()
