"""The Solidity tests of this folder, each of them a test of its own: forge runs them all at once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rwaledger.chain.tools import find_foundry_tool

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent

# The first run compiles everything, with a compiler that itself is compiled to WebAssembly.
RUN_S_MAX = 600
pytestmark = pytest.mark.timeout(RUN_S_MAX + 10)

# Random inputs, the same in every run. Another seed: `forge test` by hand, or FOUNDRY_PROFILE=deep.
SEED = "0x2026"

_CONTRACT = re.compile(r"^contract (\w+)", re.MULTILINE)
_TEST = re.compile(r"^\s*function ((?:test|invariant)\w*)\(", re.MULTILINE)


def written_tests() -> Iterator[tuple[str, str]]:
    """Contract and function of every test in the sources, found without compiling them."""
    for path in sorted(FOLDER.glob("*.t.sol")):
        source = path.read_text("utf-8")
        (contract,) = _CONTRACT.findall(source)
        for function in _TEST.findall(source):
            yield contract, function


WRITTEN = list(written_tests())


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, str], dict[str, Any]]:
    """What forge says of each test, by contract and function."""
    forge = find_foundry_tool("forge")
    command = [str(forge), "test", "--json", "--fuzz-seed", SEED]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=RUN_S_MAX, check=False)
    try:
        suites = json.loads(run.stdout)
    except json.JSONDecodeError:
        pytest.fail(f"forge did not get as far as the tests:\n{run.stdout}\n{run.stderr}", pytrace=False)
    return {
        (suite.rpartition(":")[2], test.partition("(")[0]): outcome
        for suite, results in suites.items()
        for test, outcome in results["test_results"].items()
    }


def test_forge_ran_every_test_that_is_written(outcomes: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert set(outcomes) == set(WRITTEN)
    assert WRITTEN


@pytest.mark.parametrize(("contract", "function"), WRITTEN)
def test_solidity(contract: str, function: str, outcomes: dict[tuple[str, str], dict[str, Any]]) -> None:
    outcome = outcomes.get((contract, function))
    assert outcome, f"forge did not run {contract}.{function}"
    if outcome["status"] != "Success":
        found = outcome.get("counterexample")
        pytest.fail(f"{contract}.{function}: {outcome['reason']}" + (f"\n{found}" if found else ""), pytrace=False)
