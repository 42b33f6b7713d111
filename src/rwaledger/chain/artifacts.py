"""The compiled contracts that the package ships: interface, bytecode, and how they were compiled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rwaledger.domain.errors import UnknownName

NAMES = ("AssetToken", "ControlBook", "Settlement", "ReserveAttestor", "RegistryAnchor")

CODE_BYTES_MAX = 24_576
"""Largest code that a chain accepts (EIP-170)."""


@dataclass(frozen=True, slots=True)
class Immutable:
    """Where in the deployed code the immutable `name` was written; one may be in many places."""

    name: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract. Bytecode is lower-case 0x-hex.

    `immutable_references` are the places in `deployed_bytecode` that the constructor fills in.
    `storage_slots` gives the slot of each state variable by its name, for proofs against a state root.
    `error_notices` explains the custom errors in words, by signature such as `NoLines(bytes32)`.
    `compiler` holds its version and the settings that decide the bytecode.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    deployed_bytecode: str
    immutable_references: tuple[Immutable, ...]
    storage_slots: dict[str, int]
    error_notices: dict[str, str]
    compiler: dict[str, Any]

    @property
    def code_size_bytes(self) -> int:
        """Size of the deployed code."""
        return len(self.deployed_bytecode) // 2 - 1

    def matches(self, code: str) -> bool:
        """Whether `code`, as a chain gives it, is this contract, whatever its immutables hold."""
        return _without(self.immutable_references, code) == self.deployed_bytecode

    def to_json(self) -> str:
        """The file that is shipped; the same artifact gives the same bytes."""
        document = {_camel_case(name): value for name, value in asdict(self).items()}
        return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@cache
def artifact(name: str) -> Artifact:
    """The shipped artifact of a contract, one of `NAMES`.

    Raises:
        UnknownName: no contract of that name is shipped.
    """
    if name not in NAMES:
        raise UnknownName("contract", name, f"Those shipped are {', '.join(NAMES)}.")
    document = json.loads(files("rwaledger").joinpath("artifacts", f"{name}.json").read_text("utf-8"))
    return Artifact(
        name=document["name"],
        abi=document["abi"],
        bytecode=document["bytecode"],
        deployed_bytecode=document["deployedBytecode"],
        immutable_references=tuple(Immutable(**entry) for entry in document["immutableReferences"]),
        storage_slots=document["storageSlots"],
        error_notices=document["errorNotices"],
        compiler=document["compiler"],
    )


def _without(ranges: Sequence[Immutable], code: str) -> str:
    """The code with zeros in the ranges, as the compiler leaves them."""
    digits = code.removeprefix("0x").lower()
    for place in ranges:
        first, last = 2 * place.start, 2 * (place.start + place.length)
        digits = digits[:first] + "0" * (last - first) + digits[last:]
    return "0x" + digits


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
