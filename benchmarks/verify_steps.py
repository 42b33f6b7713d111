"""What `register verify` takes on one process, on two, and on a Dask cluster of two workers on the same machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.dask_cluster import dask_cluster
from rwaledger.chain.compile import PROJECT

_TIMES = {"seconds", "receipts_per_s", "logs_per_s", "peak_mb"}


def verify_rows(node_url: str, register_url: str) -> dict[str, float]:
    """Receipts and logs per second in each of these ways, by the product's own command, and the peak memory of one.

    Fewer than 50,000 blocks and logs would not be given to another process.

    Raises:
        RuntimeError: one found another thing than the others, or failed.
    """
    one = _measured(node_url, register_url, "--workers", "1")
    two = _measured(node_url, register_url, "--workers", "2")
    with tempfile.TemporaryDirectory(prefix="rwaledger-") as folder, dask_cluster(Path(folder), 2) as dask:
        of_cluster = _measured(node_url, register_url, "--scheduler", dask.address)
    if not _found(one) == _found(two) == _found(of_cluster):
        raise RuntimeError(f"not all found the same: {one}, {two}, {of_cluster}")
    rows = {"verify_receipts": one["receipts"], "verify_logs": one["logs"], "verify_peak_mb": one["peak_mb"]}
    for name, told in (("", one), ("2_processes_", two), ("dask_", of_cluster)):
        rows |= {f"verify_{name}{unit}": told[unit] for unit in ("receipts_per_s", "logs_per_s")}
    return rows


def _found(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in _TIMES}


def _measured(node_url: str, register_url: str, *where: str) -> dict[str, Any]:
    """In a process of its own, so that its memory is its own."""
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    program = [sys.executable, "-m", "rwaledger.cli.main", "--rpc-url", node_url, "--database-url", register_url]
    command = [*program, "register", "verify", "--json", *where]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=wrong)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (said, wrong):
            file.seek(0)
        if process.returncode not in (0, 3):
            raise RuntimeError(f"{' '.join(command)}: {wrong.read()[-2000:].decode()}")
        told: dict[str, Any] = json.load(said)
    return told | {"peak_mb": round(used.ru_maxrss / 1024)}
