"""What the README shows is what the program prints: its console blocks are run in their order."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rwaledger.chain.local import free_port
from rwaledger.cli.main import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

# What differs from run to run, and says nothing: hashes, processes, times, gas.
VARYING = [
    (r"0x[0-9a-fA-F]{16}\b", "0xREF"),
    (r"0x[0-9a-fA-F]{64}", "0xHASH"),
    (r"process \d+", "process N"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME"),
    (r"[\d,]+ gas", "N gas"),
]


@dataclass(frozen=True)
class Command:
    line: int
    text: str
    output: str


def commands() -> Iterator[Command]:
    """Each command of the blocks behind the marker, with the output below it."""
    start = README.index("<!-- commands")
    for block in re.finditer(r"```console\n(.*?)```", README[start:], re.DOTALL):
        line = README[: start + block.start(1)].count("\n") + 1
        parts = re.split(r"^\$ (.*)\n", block[1], flags=re.MULTILINE)[1:]
        for text, output in zip(parts[::2], parts[1::2], strict=True):
            yield Command(line, text, output)


def pattern(output: str) -> str:
    """The shown output as a regular expression; a line of three dots stands for any lines."""
    return re.escape(normal(output)).replace(re.escape("...\n"), "(?s:.*)")


def normal(text: str) -> str:
    for varying, instead in VARYING:
        text = re.sub(varying, instead, text)
    return text


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A folder as the README's reader has it; the node takes a free port instead of 8545."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    port = free_port()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RWALEDGER_NODE_PORT", str(port))
    monkeypatch.setenv("RWALEDGER_RPC_URL", f"http://127.0.0.1:{port}")
    yield port
    run(["node", "stop"])


def test_every_command_prints_what_the_readme_shows(
    checkout: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = 0
    for command in commands():
        if command.text.startswith("export "):
            for assignment in shlex.split(command.text)[1:]:
                monkeypatch.setenv(*assignment.split("=", 1))
        if not command.text.startswith("rwaledger "):
            continue
        capsys.readouterr()
        assert run(shlex.split(command.text)[1:]) == (1 if " precheck " in command.text else 0), command.text
        captured = capsys.readouterr()
        printed = normal((captured.err + captured.out).replace(f":{checkout}", ":8545"))
        assert re.fullmatch(pattern(command.output), printed), f"README.md, block at line {command.line}:\n{printed}"
        ran += 1
        if command.text.startswith("rwaledger instrument show"):
            run_python_snippet(checkout)
    assert ran == len(re.findall(r"^\$ rwaledger ", README, re.MULTILINE))


def run_python_snippet(port: int) -> None:
    """The README's Python, on the instruments that its commands have deployed."""
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", snippet.replace(":8545", f":{port}")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0 frozenset({2, 3, 5})\n"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
