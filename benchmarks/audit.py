"""What an audit costs: `make audit-bench`, or `python -m benchmarks.audit [--holders N] [--postings M]`.

On one chain with its register: reading all balances from the node and all postings from the register, which is the
floor; then the reconciliation by all checks, the evidence pack, its verification, and each report, each in a process of
its own, with seconds and peak memory. Writes build/bench.json, a flat object, its rows `audit_*`, and ends with 1
where the reconciliation takes more than its target in times of the floor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from benchmarks.audit_chain import Office, office
from benchmarks.audit_office import BOND, REGISTER, STABLECOIN, office_register
from benchmarks.throughput import merge
from rwaledger.chain.compile import PROJECT

FOLDER = PROJECT / "build" / "bench-audit"
TARGET = 3
"""At most so many times what reading the same balances and postings costs."""

PACK = "bench.evidence.zip"
REPORTS: dict[str, tuple[str, ...]] = {
    "holders": ("report", "holders", "BENCH"),
    "statement": ("report", "statement", "h7"),
    "supply": ("report", "supply", "BENCH"),
    "roles": ("report", "roles", "BENCH"),
    "jurisdictions": ("report", "jurisdictions", "BENCH"),
    "statistics": ("report", "statistics"),
    "ageing": ("report", "ageing"),
    "reconciliations": ("report", "reconciliations"),
    "statement_of_treasury": ("report", "statement", "h0"),
    "holdings_xml": ("report", "holdings-xml", "BENCH"),
    "statement_xml": ("report", "statement-xml", "h7"),
    "statement_of_treasury_xml": ("report", "statement-xml", "h0"),
}
"""Off the register as the mirror has made it; the treasury's statement has a movement for each payment."""

OFFICE_REPORTS: dict[str, tuple[str, ...]] = {
    "reserve": ("report", "reserve", STABLECOIN),
    "redemptions": ("report", "redemptions", STABLECOIN),
    "actions": ("report", "actions", BOND),
}
"""Off a copy of it with what no chain has."""

FORMS = ("csv", "xlsx", "html", "pdf")
"""Those of the register of holders, beside JSON, in which every report is measured."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took."""

    seconds: float
    peak_mb: float


def measure(holders: int, postings: int) -> dict[str, float]:
    """Every step, on one chain."""
    rows: dict[str, float] = {"audit_holders": holders, "audit_postings": postings}
    with office(FOLDER, holders, postings) as place:
        (place.folder / PACK).unlink(missing_ok=True)
        floor = _cost(place, "-m", "benchmarks.audit_floor", place.node.url, str(place.folder / "register.db"))
        rows |= _rows("floor", floor)
        found = _cost(place, *_program("reconcile", "run", "--json"))
        rows |= _rows("reconcile", found)
        rows["audit_reconcile_to_floor"] = round(found.seconds / floor.seconds, 2)
        rows |= _rows("export", _cost(place, *_program("evidence", "export", "--out", PACK)))
        rows["audit_pack_mb"] = round((place.folder / PACK).stat().st_size / 1e6, 1)
        rows |= _rows("verify", _cost(place, *_program("verify", PACK, "--block-hash", _pinned_hash(place))))
        for name, args in REPORTS.items():
            rows |= _rows(f"report_{name}", _cost(place, *_report(name, args)))
        for form in FORMS:
            told = _report(f"holders.{form}", REPORTS["holders"], form)
            rows |= _rows(f"report_holders_{form}", _cost(place, *told))
        office_url = {"RWALEDGER_DATABASE_URL": f"sqlite:///{office_register(place.folder)}"}
        for name, args in OFFICE_REPORTS.items():
            rows |= _rows(f"report_{name}", _cost(place, *_report(name, args), **office_url))
        (place.folder / REGISTER).unlink()
    return rows


def _report(name: str, args: Sequence[str], form: str = "json") -> Sequence[str]:
    """A report into a file, in its form; a message of ISO 20022 has but one."""
    is_message = args[1].endswith("-xml")
    out = ("--out", f"report-{name}") if is_message else ("--form", form, "--out", f"report-{name}.{form}")
    return _program(*args, *out)


def _rows(name: str, cost: Cost) -> dict[str, float]:
    return {f"audit_{name}_s": round(cost.seconds, 2), f"audit_{name}_peak_mb": round(cost.peak_mb)}


def _program(*args: str) -> Sequence[str]:
    return "-m", "rwaledger.cli.main", *args


def _cost(place: Office, *args: str, **settings: str) -> Cost:
    """Runs it to its end, in the folder of the settings."""
    environment = os.environ | settings | {"PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'src'}"}
    started = time.perf_counter()
    with (place.folder / "said.log").open("wb") as said:
        process = subprocess.Popen([sys.executable, *args], cwd=place.folder, env=environment, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        told = (place.folder / "said.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(args)} ended with {process.returncode}: {told}")
    return Cost(seconds, used.ru_maxrss / 1024)


def _pinned_hash(place: Office) -> str:
    with zipfile.ZipFile(place.folder / PACK) as archive:
        return str(json.loads(archive.read("manifest.json"))["pin"]["block_hash"])


def print_table(rows: dict[str, float], console: Console) -> None:
    """Seconds and memory of each step."""
    table = Table(title=f"{rows['audit_holders']:,.0f} holders, {rows['audit_postings']:,.0f} postings")
    for column in ("step", "seconds", "peak MB"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for key, seconds in rows.items():
        if key.endswith("_s"):
            step = key.removeprefix("audit_").removesuffix("_s")
            table.add_row(step.replace("_", " "), f"{seconds:,.1f}", f"{rows[f'audit_{step}_peak_mb']:,.0f}")
    console.print(table)
    console.print(
        f"The pack has {rows['audit_pack_mb']:,.1f} MB. The reconciliation takes {rows['audit_reconcile_to_floor']} "
        f"times what reading the same balances and postings takes (target: at most {TARGET})."
    )


@click.command(help=__doc__)
@click.option("--holders", default=100_000, show_default=True)
@click.option("--postings", default=1_000_000, show_default=True)
def main(holders: int, postings: int) -> None:
    """Measures, prints, writes, judges."""
    rows = measure(holders, postings)
    merge(rows)
    print_table(rows, Console(width=None if sys.stdout.isatty() else 100))
    sys.exit(1 if rows["audit_reconcile_to_floor"] > TARGET else 0)


if __name__ == "__main__":
    main()
