"""The throughput benchmark: it runs, counts both ways alike, and leaves other benchmarks' rows alone."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from benchmarks.throughput import measure, merge, print_table


def test_both_ways_are_measured_for_each_holder() -> None:
    rows = measure(holders=120, sample=5)

    assert (rows["throughput_holders"], rows["throughput_web3_loop_holders"]) == (120, 5)
    assert (rows["throughput_transactions"], rows["throughput_web3_loop_transactions"]) == (4, 10)
    assert 0 < rows["throughput_gas_per_holder"] < rows["throughput_web3_loop_gas_per_holder"]
    per_holder = (rows["throughput_ms_per_holder"], rows["throughput_web3_loop_ms_per_holder"])
    assert abs(rows["throughput_ratio"] - per_holder[1] / per_holder[0]) <= 0.06
    console = Console(record=True, width=100)
    print_table(rows, console)
    assert f"{rows['throughput_ratio']} times as fast" in console.export_text()


def test_rows_of_other_benchmarks_stay(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    merge({"gas_issue": 1, "throughput_ratio": 2.0}, path)
    merge({"throughput_ratio": 3.0}, path)
    assert json.loads(path.read_text()) == {"gas_issue": 1, "throughput_ratio": 3.0}
