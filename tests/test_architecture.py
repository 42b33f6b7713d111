"""The house keeps its directions: cli -> {operate, mirror, audit, report} -> {chain, registry} -> domain."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "rwaledger"

MIDDLE = {"operate", "mirror", "audit", "report"}
MAY_IMPORT = {
    "domain": set(),
    "chain": {"domain", "artifacts"},
    "registry": {"domain"},
    "policies": {"domain"},
    **{name: {"chain", "registry", "policies", "domain"} for name in MIDDLE},
    "scenarios": {"domain"},
    "cli": MIDDLE | {"chain", "registry", "policies", "domain", "scenarios", "verifier"},
    "verifier": set(),
}
OWNED = {"web3": "chain", "eth_account": "chain", "eth_abi": "chain", "sqlalchemy": "registry", "alembic": "registry"}
DOMAIN_LIBRARIES = {"holidays"}


def imports() -> Iterator[tuple[Path, str]]:
    """Every module that a module of the package imports, wherever in it the import stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: relative import"
                yield path, node.module or ""
                yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def test_no_part_imports_another_than_it_may() -> None:
    wrong = []
    for path, module in imports():
        names = module.split(".")
        if names[0] != "rwaledger" or len(names) == 1 or names[1] == "__version__" or part_of(path) not in MAY_IMPORT:
            continue
        if names[1] not in MAY_IMPORT[part_of(path)] | {part_of(path)}:
            wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert not wrong, "\n".join(wrong)


def test_every_part_has_its_directions() -> None:
    parts = {path.name for path in PACKAGE.iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert parts <= set(MAY_IMPORT) | {"artifacts"}


@pytest.mark.parametrize(("library", "owner"), OWNED.items())
def test_a_library_is_imported_by_its_owner_only(library: str, owner: str) -> None:
    users = {part_of(path) for path, module in imports() if module.split(".")[0] == library}
    assert users == {owner}


def test_the_domain_needs_the_standard_library_only() -> None:
    foreign = {
        module
        for path, module in imports()
        if part_of(path) == "domain"
        and module.split(".")[0] not in sys.stdlib_module_names | DOMAIN_LIBRARIES | {"rwaledger", "__future__"}
    }
    assert not foreign


def test_the_verifier_needs_the_standard_library_only() -> None:
    """Nothing else of the package but its version: whoever distrusts the package can read the verifier alone."""
    foreign = {
        module
        for path, module in imports()
        if part_of(path) == "verifier"
        and module.split(".")[0] not in sys.stdlib_module_names
        and not f"{module}.".startswith("rwaledger.verifier.")
        and module not in {"rwaledger", "rwaledger.__version__"}
    }
    assert not foreign


def test_every_module_says_its_reason_in_its_first_line() -> None:
    silent = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "versions" not in path.parts and not (ast.get_docstring(ast.parse(path.read_text())) or "").strip()
    ]
    assert not silent


def test_help_is_there_at_once(record_property: Callable[[str, object], None]) -> None:
    """Help imports neither web3 nor SQLAlchemy: that is what makes it quick on any machine."""
    code = (
        "import sys; from rwaledger.cli.main import run; run(['--help']);"
        "heavy = {'web3', 'sqlalchemy', 'eth_account', 'matplotlib', 'pydantic'} & set(sys.modules);"
        "sys.exit(f'help imports {heavy}' if heavy else 0)"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    record_property("help_s", round(time.perf_counter() - started, 2))
    assert done.returncode == 0, done.stderr
    assert "Nouns:" in done.stdout
