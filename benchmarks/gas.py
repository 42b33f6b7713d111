"""What each operation of the contracts costs, beside other systems: `make gas`, or `python -m benchmarks.gas [--json]`.

Writes build/gas.json, a flat object of integers, and ends with 1 where a row is above its target.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.gas_bench import Bench, plain_token_code
from benchmarks.gas_peers import COLUMNS, PEERS, TARGETS
from benchmarks.gas_rows import NO_RULES, THREE_RULES, control_rows, deployments, plain_rows, token_rows
from rwaledger.chain.artifacts import CODE_BYTES_MAX
from rwaledger.chain.compile import PROJECT
from rwaledger.chain.local import local_node

OUTPUT = PROJECT / "build" / "gas.json"


def measure() -> dict[str, int]:
    """All rows, on a chain that is made for it and gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, local_node(Path(folder)) as node:
        bench = Bench(node)
        rows = token_rows(bench, NO_RULES)
        rows |= {f"{name}_3_rules": gas for name, gas in token_rows(bench, THREE_RULES).items()}
        rows |= plain_rows(bench, plain_token_code())
        return rows | control_rows(bench) | deployments(bench)


def above_target(rows: dict[str, int]) -> list[str]:
    """A line for each row that misses its target."""
    return [f"{name}: {rows[name]:,} is above {most:,}" for name, most in TARGETS.items() if rows[name] > most]


def print_tables(rows: dict[str, int], console: Console) -> None:
    """The peers' table with our rows, then what has no peer."""
    table = Table(title="Gas. /100 is the share of one line of a batch of 100")
    table.add_column("system", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column.title, justify="right", no_wrap=True)

    def add(system: str, figures: dict[str, int], template: str = "{}", style: str = "") -> None:
        names = (template.format(column.row) for column in COLUMNS)
        table.add_row(system, *(f"{figures[name]:,}" if name in figures else "-" for name in names), style=style)

    for system, figures in PEERS:
        add(system, figures)
    add("OpenZeppelin ERC20, in this run", rows, "erc20_{}")
    table.add_section()
    add("rwaledger, no rules", rows, style="bold")
    add("  at most", TARGETS)
    add("rwaledger, country + balance + holder cap", rows, "{}_3_rules", style="bold")
    add("  at most", TARGETS, "{}_3_rules")
    console.print(table)
    console.print(_rest(rows))


def _rest(rows: dict[str, int]) -> Table:
    shown = {column.row + suffix for column in COLUMNS for suffix in ("", "_3_rules")}
    table = Table("row", "", "", title="Without a peer's figure; under four eyes; to deploy")
    for name, value in rows.items():
        if name not in shown and not name.startswith("erc20_"):
            margin = f"{CODE_BYTES_MAX - value:,} below the limit" if name.startswith("code_size_") else ""
            table.add_row(name, f"{value:,}", margin)
    return table


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print the object that build/gas.json holds.")
def main(as_json: bool) -> None:
    """Measures, prints, writes, judges."""
    rows = measure()
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        print_tables(rows, Console(width=None if sys.stdout.isatty() else 190))
    missed = above_target(rows)
    for line in missed:
        click.echo(line, err=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
