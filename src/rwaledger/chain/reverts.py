"""Why a contract refused: revert data into typed errors, by the ABIs of all shipped contracts."""

from __future__ import annotations

from functools import cache
from typing import Any

from eth_utils.crypto import keccak

from rwaledger.chain.abi import MalformedData, decode_named, shipped_entries
from rwaledger.chain.artifacts import NAMES, artifact
from rwaledger.domain.errors import ContractRevert, TransferRefused
from rwaledger.domain.restriction import Restriction

_BUILT_IN: dict[str, dict[str, Any]] = {
    "Error(string)": {"name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    "Panic(uint256)": {"name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
}

_PANICS = {
    0x01: "an assertion failed",
    0x11: "an arithmetic result is out of range",
    0x12: "a division by zero",
    0x21: "a value is outside its enumeration",
    0x22: "a stored byte array is encoded wrongly",
    0x31: "an empty array was popped",
    0x32: "an index is out of bounds",
    0x41: "too much memory was asked for",
    0x51: "a function pointer is not initialised",
}

OPERATING_ROLES = ("REGISTRAR_ROLE", "ISSUER_ROLE", "ENFORCER_ROLE", "PAUSER_ROLE", "RULES_ROLE")
"""The roles of an instrument's control book, in the order of their bits."""

_REFUSALS = {
    "ERC20InsufficientBalance": Restriction.INSUFFICIENT_BALANCE,
    "ERC7943InsufficientUnfrozenBalance": Restriction.INSUFFICIENT_UNFROZEN_BALANCE,
}


def decode_revert(data: str) -> ContractRevert:
    """The typed error of revert data, given as 0x-hex; a TransferRefused where a rule refused a move.

    Data of an error that no shipped contract has, or that does not fit its error, gives a ContractRevert as
    well: it keeps the data under `data`, and its `error` is empty.
    """
    raw = bytes.fromhex(data.removeprefix("0x"))
    if not raw:
        return ContractRevert("", {"data": "0x"}, "refused without a reason, or there is no contract")
    signature, entry = _errors().get(raw[:4], ("", {}))
    if not entry:
        return ContractRevert("", {"data": data}, f"the contract refused with an error unknown here: {data}")
    try:
        args = decode_named(entry["inputs"], raw[4:])
    except MalformedData as malformed:
        message = f"the contract refused with a damaged {entry['name']} ({malformed}): {data}"
        return ContractRevert("", {"data": data}, message)
    return _typed(signature, entry["name"], args)


def _typed(signature: str, error: str, args: dict[str, Any]) -> ContractRevert:
    restriction = _REFUSALS.get(error)
    if error == "TransferRestricted" and 0 < args["code"] < len(Restriction):
        restriction = Restriction(args["code"])
    if restriction:
        return TransferRefused(error, args, restriction)
    return ContractRevert(error, args, _message(signature, error, args))


def _message(signature: str, error: str, args: dict[str, Any]) -> str:
    if error == "Error":
        return f"the contract refused: {args['reason']}"
    if error == "Panic":
        reason = _PANICS.get(args["code"], "a panic unknown here")
        return f"the contract failed: {reason} (panic 0x{args['code']:02x})"
    listed = ", ".join(f"{name}={_shown(name, value)}" for name, value in args.items())
    notice = _notices().get(signature)
    return f"{error}({listed})" + (f": {notice}" if notice else "")


def _shown(name: str, value: object) -> object:
    """A role by its name, every other argument as it is."""
    return _role_names().get(value, value) if "role" in name.lower() else value


@cache
def _errors() -> dict[bytes, tuple[str, dict[str, Any]]]:
    """Signature and ABI entry of each error, by selector."""
    return {
        keccak(text=signature)[:4]: (signature, entry)
        for signature, entry in (_BUILT_IN | shipped_entries("error")).items()
    }


@cache
def _notices() -> dict[str, str]:
    """What the contracts' own documentation says of an error, by signature."""
    return {signature: notice for name in NAMES for signature, notice in artifact(name).error_notices.items()}


@cache
def _role_names() -> dict[object, str]:
    """Names of roles by their id, so that a message can say which one was missing.

    An id is the hash of the name, but for the operating roles of an instrument, which are bits of its word.
    """
    functions = (entry["name"] for entry in shipped_entries("function").values())
    roles: dict[object, str] = {_hash(name): name for name in functions if name.endswith("_ROLE")}
    operating: dict[object, str] = {f"0x{1 << bit:064x}": name for bit, name in enumerate(OPERATING_ROLES, 244)}
    return roles | operating | {"0x" + "00" * 32: "DEFAULT_ADMIN_ROLE"}


def _hash(text: str) -> str:
    return "0x" + keccak(text=text).hex()
