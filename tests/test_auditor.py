"""The auditor's guide does what it says: its ten commands end with a pack that is proved."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.played import Played

GUIDE = (Path(__file__).parent.parent / "docs" / "auditor.md").read_text(encoding="utf-8")
PREPARING = [
    "make setup",
    ". .venv/bin/activate",
    "rwaledger scenario run hong-kong-2026",
    "cd hong-kong-2026",
]


def commands() -> list[str]:
    """Those of the first block, in their order."""
    (block,) = re.findall(r"<!-- commands.*?```console\n(.*?)```", GUIDE, re.DOTALL)
    return [line.removeprefix("$ ") for line in block.splitlines()]


def test_ten_commands_lead_from_an_empty_machine_to_a_verified_pack(played: Played, tmp_path: Path) -> None:
    lines = commands()
    assert len(lines) == 10
    assert lines[:4] == PREPARING  # what the fixture has done
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rwaledger").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m rwaledger.cli.main "$@"\n')
    (programs / "rwaledger").chmod(0o755)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euc", "\n".join(lines[4:])],
        cwd=played.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.rstrip().endswith(GUIDE.split("It ends with\n\n```\n")[1].split("\n```")[0])
