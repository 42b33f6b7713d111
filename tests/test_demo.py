"""`make demo` is the first thing that anybody sees: it runs through, and leaves what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT = ("report.html", "report.json", "report.csv", "register.db", "tampered/report.html")


def test_the_demo_reconciles_and_then_finds_both_tamperings() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "demo")], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    folder = ROOT / "build" / "demo"
    assert all((folder / name).stat().st_size for name in LEFT)
    clean = json.loads((folder / "report.json").read_text())
    tampered = json.loads((folder / "tampered" / "report.json").read_text())
    assert "PASS: all 20 checks agree" in done.stdout
    assert clean["findings"] == []
    roots = [found for found in tampered["findings"] if found["follows_from"] is None]
    assert [(found["check"], found["class"], found["instrument"]) for found in roots] == [
        ("C02", "AMOUNT", "GRN28"),
        ("C05", "UNDUE_CREATION", "HKDS"),
        ("C15", "UNAUTHORISED", "HKDS"),
    ]
    assert "\nexit code 3\n" in done.stdout.split("reconcile run --names --out tampered")[1]
