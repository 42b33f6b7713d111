"""The set-up holds together: locks, compiler, prerequisites, wheel, and the tests' own PostgreSQL."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from solcx.wrapper import get_solc_version
from sqlalchemy.engine import make_url

from rwaledger.chain import compile as contract_compiler
from tests.postgres import SERVER_VARIABLE

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "rwaledger"
SOLC = ROOT / "scripts" / "solc"
PREREQUISITES = ROOT / "scripts" / "check-prerequisites"


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text("utf-8"))


def _json(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / name).read_text("utf-8"))
    return content


def _run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


# Locks


def test_python_lock_names_no_host_and_no_path_of_a_machine() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pinned = re.compile(r"[a-z0-9-]+==\S+( ; [^:/]+)? \\")
    hashed = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
    strange = [line for line in lines if not (pinned.fullmatch(line) or hashed.fullmatch(line) or "#" in line)]
    assert strange == []
    assert [line for line in lines if "://" in line or str(Path.home()) in line] == []


def test_node_lock_names_no_host_and_hashes_everything() -> None:
    packages = _json("package-lock.json")["packages"]
    del packages[""]  # this project
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []


def test_python_lock_satisfies_every_dependency() -> None:
    pins = re.findall(r"^([a-z0-9-]+)==([^ ;]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    versions = dict(pins)
    project = _toml("pyproject.toml")
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    requirements = [Requirement(line) for line in declared]
    unmet = [
        str(requirement)
        for requirement in requirements
        if versions.get(canonicalize_name(requirement.name), "0") not in requirement.specifier
    ]
    assert unmet == []


def test_node_packages_have_exact_versions() -> None:
    project = _json("package.json")
    wanted = project["dependencies"] | project["devDependencies"]
    locked = _json("package-lock.json")["packages"]
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}


def test_every_import_of_the_package_is_a_declared_dependency() -> None:
    project = _toml("pyproject.toml")["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    declared = {canonicalize_name(Requirement(line).name) for line in [*project["dependencies"], *extras]}
    distributions = packages_distributions()
    undeclared = {
        name: sorted(str(path.relative_to(PACKAGE)) for path in paths)
        for name, paths in _imports().items()
        if not declared & {canonicalize_name(found) for found in distributions.get(name, [])}
    }
    assert undeclared == {}


def _imports() -> dict[str, set[Path]]:
    found: dict[str, set[Path]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [str(node.module)]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {PACKAGE.name}:
                found.setdefault(name, set()).add(path)
    return found


def test_wheel_carries_every_file_of_the_package(tmp_path: Path) -> None:
    built = _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith(f"{PACKAGE.name}/")}
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    assert carried == {path.relative_to(PACKAGE.parent).as_posix() for path in files}


# The compiler


def test_compiler_tells_its_version_as_the_native_one_does() -> None:
    assert str(get_solc_version(SOLC)) == _json("package.json")["dependencies"]["solc"]


def test_compiler_prints_json_alone_and_finds_imports_in_node_modules(tmp_path: Path) -> None:
    source = "import '@openzeppelin/contracts/utils/Context.sol'; contract A is Context {}"  # and two warnings
    request = {
        "language": "Solidity",
        "sources": {"A.sol": {"content": source}},
        "settings": {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
    }
    answer = _run(SOLC, "--standard-json", input=json.dumps(request), cwd=tmp_path)
    contracts = json.loads(answer.stdout)["contracts"]
    assert contracts["A.sol"]["A"]["evm"]["bytecode"]["object"]
    assert (answer.returncode, answer.stderr) == (0, "")


def test_compiler_reads_nothing_outside_of_the_allowed_folders(tmp_path: Path) -> None:
    secret = tmp_path / "Secret.sol"
    secret.write_text("contract Secret {}", "utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    request = {"language": "Solidity", "sources": {"A.sol": {"content": f"import '{secret}'; contract A {{}}"}}}
    denied = _run(SOLC, "--standard-json", input=json.dumps(request), cwd=inside)
    assert "File outside of allowed directories" in denied.stdout
    allowed = _run(SOLC, "--standard-json", "--allow-paths", tmp_path, input=json.dumps(request), cwd=inside)
    assert "File outside of allowed directories" not in allowed.stdout


def test_compiler_says_what_to_do_when_it_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    elsewhere = shutil.copy(SOLC, tmp_path / "scripts" / "solc")
    answer = _run(elsewhere, "--version")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == f'there is no compiler in {tmp_path}/node_modules: run "make setup" in {tmp_path}\n'


def test_forge_tests_the_code_that_ships() -> None:
    profile = _toml("foundry.toml")["profile"]["default"]
    assert {
        "evmVersion": profile["evm_version"],
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "remappings": profile["remappings"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
    } == contract_compiler.SETTINGS
    assert _json("package.json")["dependencies"]["solc"] == contract_compiler.SOLC_VERSION


# Prerequisites


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that is all a bare machine has."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "uname", "git", "node", "npm"):
        _install(programs, name, f'exec {shutil.which(name)} "$@"')
    _install(programs, "python3", f'exec {sys.executable} "$@"')
    return programs


def _install(programs: Path, name: str, script: str) -> None:
    program = programs / name
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)


def _check(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return _run(PREREQUISITES, env={"PATH": str(machine)} | variables)


def test_prerequisites_name_the_python_to_use(machine: Path) -> None:
    checked = _check(machine)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "python3\n", "")


def test_python_stub_of_a_version_manager_is_passed_over(machine: Path) -> None:
    _install(machine, "python3.13", "echo 'not installed' >&2; exit 127")
    assert _check(machine).stdout == "python3\n"


@pytest.mark.parametrize(
    ("name", "debian", "homebrew"), [("git", "git", "git"), ("node", "nodejs", "node"), ("npm", "npm", "node")]
)
def test_missing_program_is_named_with_the_commands_that_install_it(
    machine: Path, name: str, debian: str, homebrew: str
) -> None:
    (machine / name).unlink()
    checked = _check(machine)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert checked.stderr == (
        f"rwaledger needs what this machine lacks: {name}\n"
        f"  Debian, Ubuntu:  sudo apt-get install {debian}\n"
        f"  macOS:           brew install {homebrew}\n"
    )


def test_all_that_is_missing_is_named_at_once(machine: Path) -> None:
    for name in ("node", "npm", "python3"):
        (machine / name).unlink()
    assert _check(machine).stderr == (
        "rwaledger needs what this machine lacks: Python 3.11 or later, node, npm\n"
        "  Debian, Ubuntu:  sudo apt-get install python3 python3-venv nodejs npm\n"
        "  macOS:           brew install python@3.13 node\n"
    )


@pytest.mark.parametrize(
    ("python", "missing", "debian"),
    [
        pytest.param(
            '[ "$2" ] || exit 0; exit 1',
            "Python 3.11 or later (python3 is older)",
            "python3.11 python3.11-venv",
            id="too old",
        ),
        pytest.param(
            'case "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac',
            "venv for Python 3.12",
            "python3.12-venv",
            id="no venv",
        ),
    ],
)
def test_unfit_python_is_told_from_a_missing_one(machine: Path, python: str, missing: str, debian: str) -> None:
    _install(machine, "python3", python)
    checked = _check(machine)
    assert checked.stderr.splitlines()[:2] == [
        f"rwaledger needs what this machine lacks: {missing}",
        f"  Debian, Ubuntu:  sudo apt-get install {debian}",
    ]


def test_chosen_python_is_used_or_refused(machine: Path) -> None:
    assert _check(machine, PYTHON=sys.executable).stdout == f"{sys.executable}\n"
    assert "(PYTHON is /nowhere/python)" in _check(machine, PYTHON="/nowhere/python").stderr


def test_platform_without_a_locked_node_needs_foundry(machine: Path) -> None:
    _install(machine, "uname", "echo Plan9")
    refused = _check(machine)
    assert refused.returncode == 1
    assert "install Foundry" in refused.stderr
    _install(machine, "anvil", "")
    _install(machine, "forge", "")
    assert _check(machine).returncode == 0


# PostgreSQL for the tests


def test_postgres_ends_with_a_test_run_that_is_killed() -> None:
    program = "from tests.postgres import postgres_server\nwith postgres_server() as url: print(url), input()"
    environment = {name: value for name, value in os.environ.items() if name != SERVER_VARIABLE}
    with subprocess.Popen(
        [sys.executable, "-u", "-c", program],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        folder = Path(str(make_url(run.stdout.readline().strip()).query["host"]))
        assert folder.is_dir()
        run.kill()
    deadline = time.monotonic() + 30
    while folder.exists():
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.02)
