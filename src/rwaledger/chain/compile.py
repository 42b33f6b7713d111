"""Compile contracts/ into the artifacts that the package ships: `python -m rwaledger.chain.compile`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import DownloadError, SolcError, SolcInstallationError, UnsupportedVersionError
from solcx.install import get_executable

from rwaledger.chain.artifacts import CODE_BYTES_MAX, NAMES, Artifact, Immutable
from rwaledger.domain.errors import EXIT_DONE, RwaledgerError

SOLC_VERSION = "0.8.37"
PROJECT = Path(__file__).resolve().parents[3]
ARTIFACTS = PROJECT / "src" / "rwaledger" / "artifacts"

SETTINGS: dict[str, Any] = {
    "evmVersion": "prague",
    "optimizer": {"enabled": True, "runs": 200},
    "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
    # Without metadata the bytecode depends on the code alone, not on comments and file names.
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
_OUTPUTS = [
    "abi",
    "userdoc",
    "storageLayout",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]


class CompilerMissing(RwaledgerError):
    """Neither a native compiler nor the one from npm is there."""


class CompilationFailed(RwaledgerError):
    """The compiler refused the contracts, or warned about one of them."""


def compile_contracts(compiler: Path, project: Path = PROJECT) -> list[Artifact]:
    """Compiles the contracts of a checkout, in the order of `NAMES`.

    Raises:
        CompilationFailed: with the compiler's own words; a warning about our own code counts as well.
    """
    request = {
        "language": "Solidity",
        "sources": _sources(project / "contracts"),
        "settings": SETTINGS | {"outputSelection": _selection()},
    }
    try:
        answer = solcx.compile_standard(request, project, allow_paths=[project], solc_binary=compiler)
    except SolcError as error:
        raise CompilationFailed(error.message if error.error_dict else str(error)) from error
    warnings = [entry["formattedMessage"] for entry in answer.get("errors", []) if _is_ours(entry)]
    if warnings:
        raise CompilationFailed("\n".join(warnings), "Mend what it warns about; nothing was written.")
    immutables = dict(entry for source in answer["sources"].values() for entry in _immutables(source.get("ast")))
    return [_artifact(name, answer["contracts"][_source_of(name)][name], immutables) for name in NAMES]


def find_compiler(project: Path = PROJECT, *, install_native: bool = False) -> Path:
    """The native compiler where py-solc-x has it (or may install it), else the one from npm.

    Raises:
        CompilerMissing: with what to do about it.
    """
    if install_native:
        _install_native()
    # Asked for the list of what is installed, py-solc-x would make its folder in the user's home.
    folder = Path(os.environ.get("SOLCX_BINARY_PATH", Path.home() / ".solcx"))
    if folder.is_dir() and SOLC_VERSION in map(str, solcx.get_installed_solc_versions()):
        return get_executable(SOLC_VERSION)
    shim = project / "scripts" / "solc"
    if shim.is_file() and (project / "node_modules" / "solc").is_dir():
        return shim
    raise CompilerMissing(
        f"there is no Solidity compiler {SOLC_VERSION}: py-solc-x has none installed, and npm neither",
        "Run `make setup` in a checkout of the project, or `python -m rwaledger.chain.compile --native`.",
    )


def write_artifacts(artifacts: Sequence[Artifact], folder: Path = ARTIFACTS) -> None:
    """Writes one JSON file for each contract."""
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in artifacts:
        folder.joinpath(f"{artifact.name}.json").write_text(artifact.to_json(), "utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compiles and writes the artifacts. Exit code 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m rwaledger.chain.compile", description=__doc__)
    parser.add_argument("--native", action="store_true", help=f"let py-solc-x download solc {SOLC_VERSION}")
    options = parser.parse_args(arguments)
    try:
        artifacts = compile_contracts(find_compiler(install_native=options.native))
    except RwaledgerError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    write_artifacts(artifacts)
    for artifact in artifacts:
        sys.stdout.write(f"{artifact.name}: {artifact.code_size_bytes:,} of {CODE_BYTES_MAX:,} bytes\n")
    return EXIT_DONE


def _install_native() -> None:
    try:
        solcx.install_solc(SOLC_VERSION)
    except (DownloadError, SolcInstallationError, UnsupportedVersionError, OSError) as error:
        raise CompilerMissing(
            f"py-solc-x could not install solc {SOLC_VERSION}: {error}",
            "Leave out --native to use the compiler from npm (`make setup` brings it).",
        ) from error


def _sources(folder: Path) -> dict[str, dict[str, str]]:
    paths = sorted(folder.rglob("*.sol"))
    if not paths:
        raise CompilationFailed(f"there are no contracts in {folder}", "Run this in a checkout of the project.")
    return {path.relative_to(folder.parent).as_posix(): {"content": path.read_text("utf-8")} for path in paths}


def _selection() -> dict[str, dict[str, list[str]]]:
    """What is wanted of each contract, and of every source its syntax tree, which has the names of immutables."""
    return {"*": {"": ["ast"]}} | {_source_of(name): {name: _OUTPUTS, "": ["ast"]} for name in NAMES}


def _immutables(node: Any) -> Iterator[tuple[str, str]]:
    """Id and name of every immutable in a syntax tree."""
    if isinstance(node, list):
        for each in node:
            yield from _immutables(each)
    elif isinstance(node, dict):
        if node.get("nodeType") == "VariableDeclaration" and node.get("mutability") == "immutable":
            yield str(node["id"]), node["name"]
        elif node.get("nodeType") in ("SourceUnit", "ContractDefinition"):
            yield from _immutables(node["nodes"])


def _source_of(name: str) -> str:
    return f"contracts/{name}.sol"


def _is_ours(entry: dict[str, Any]) -> bool:
    location = str(entry.get("sourceLocation", {}).get("file", ""))
    return entry["severity"] == "warning" and location.startswith("contracts/")


def _artifact(name: str, output: dict[str, Any], immutables: Mapping[str, str]) -> Artifact:
    deployed = output["evm"]["deployedBytecode"]
    references = deployed["immutableReferences"].items()
    places = [Immutable(immutables[id_], **place) for id_, places in references for place in places]
    notices = output["userdoc"].get("errors", {})
    return Artifact(
        name=name,
        abi=output["abi"],
        bytecode="0x" + output["evm"]["bytecode"]["object"],
        deployed_bytecode="0x" + deployed["object"],
        immutable_references=tuple(sorted(places, key=lambda place: place.start)),
        storage_slots={each["label"]: int(each["slot"]) for each in output["storageLayout"]["storage"]},
        error_notices={signature: entries[0]["notice"] for signature, entries in notices.items()},
        compiler={"version": SOLC_VERSION, "settings": SETTINGS},
    )


if __name__ == "__main__":
    sys.exit(main())
