"""The shipped artifacts: they are what the contracts compile to, and they fit on a chain."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from rwaledger.chain.artifacts import CODE_BYTES_MAX, NAMES, artifact
from rwaledger.chain.compile import (
    ARTIFACTS,
    PROJECT,
    SETTINGS,
    SOLC_VERSION,
    CompilationFailed,
    CompilerMissing,
    compile_contracts,
    find_compiler,
    write_artifacts,
)
from rwaledger.domain.errors import UnknownName


def test_recompiling_gives_the_shipped_bytes(tmp_path: Path) -> None:
    write_artifacts(compile_contracts(find_compiler()), tmp_path)
    for name in NAMES:
        compiled, shipped = (tmp_path / f"{name}.json"), (ARTIFACTS / f"{name}.json")
        assert compiled.read_bytes() == shipped.read_bytes(), f"{name} differs: run `make contracts`"


def test_forge_compiles_with_the_settings_of_the_artifacts() -> None:
    profile = tomllib.loads((PROJECT / "foundry.toml").read_text("utf-8"))["profile"]["default"]
    assert {
        "evmVersion": profile["evm_version"],
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "remappings": profile["remappings"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
    } == SETTINGS


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_fits_on_a_chain(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    size = artifact(name).code_size_bytes
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {size:,} bytes, {CODE_BYTES_MAX - size:,} below the limit of EIP-170\n")
    assert 0 < size < CODE_BYTES_MAX


@pytest.mark.parametrize("name", NAMES)
def test_an_artifact_reads_back_as_it_was_written(name: str) -> None:
    shipped = artifact(name)
    assert shipped.to_json().encode() == (ARTIFACTS / f"{name}.json").read_bytes()
    assert shipped.compiler["version"] == SOLC_VERSION
    assert shipped.immutable_references


def test_code_matches_whatever_its_immutables_hold() -> None:
    token = artifact("AssetToken")
    (decimals,) = (place for place in token.immutable_references if place.name == "_decimals")
    code = bytearray.fromhex(token.deployed_bytecode[2:])
    code[decimals.start + decimals.length - 1] = 18
    assert token.matches("0x" + code.hex())
    assert token.matches("0x" + code.hex().upper())


def test_code_that_differs_in_one_byte_does_not_match() -> None:
    token = artifact("AssetToken")
    code = bytearray.fromhex(token.deployed_bytecode[2:])
    code[token.immutable_references[0].start - 1] ^= 1
    assert not token.matches("0x" + code.hex())
    assert not token.matches(token.deployed_bytecode + "00")
    assert not token.matches("0x")


def test_an_unknown_contract_is_named_with_those_that_are_shipped() -> None:
    with pytest.raises(UnknownName, match=r"AssetTokn(?s:.*)AssetToken, ControlBook"):
        artifact("AssetTokn")


def test_without_a_compiler_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path / "none"))
    with pytest.raises(CompilerMissing, match="make setup"):
        find_compiler(tmp_path)


def test_an_installed_native_compiler_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native = tmp_path / f"solc-v{SOLC_VERSION}"
    native.symlink_to(PROJECT / "scripts" / "solc")
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))
    assert find_compiler() == native


def test_a_contract_that_does_not_compile_is_refused_in_the_words_of_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "AssetToken.sol").write_text("pragma solidity ^0.8.30; contract AssetToken {")
    with pytest.raises(CompilationFailed, match=r"ParserError(?s:.*)contract AssetToken \{"):
        compile_contracts(find_compiler(), tmp_path)


def test_a_warning_about_our_own_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    for name in NAMES:
        source = (
            "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.30;\n"
            f"contract {name} {{ function f() external {{ uint256 unused = 1; }} }}\n"
        )
        (tmp_path / "contracts" / f"{name}.sol").write_text(source)
    with pytest.raises(CompilationFailed, match="Unused local variable"):
        compile_contracts(find_compiler(), tmp_path)


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CompilationFailed, match="no contracts"):
        compile_contracts(find_compiler(), tmp_path)
