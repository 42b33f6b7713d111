"""Entries of the shipped ABIs, and their values in our own terms: by name, tuples as dicts, bytes as hex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rwaledger.chain.abi_values import Layout
from rwaledger.chain.artifacts import NAMES, artifact


class MalformedData(ValueError):
    """Bytes that are not an encoding of the types asked for."""


def type_of(parameter: dict[str, Any]) -> str:
    """The type of a parameter with tuples written out, such as `(uint96,uint16,bool)`."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(type_of, parameter['components']))}){kind.removeprefix('tuple')}"


def shipped_entries(kind: str) -> dict[str, dict[str, Any]]:
    """All entries of a kind (`event`, `error`, `function`) in the shipped ABIs, by signature."""
    found = (entry for name in NAMES for entry in artifact(name).abi if entry["type"] == kind)
    return {f"{entry['name']}({','.join(map(type_of, entry['inputs']))})": entry for entry in found}


class Decoder:
    """Reads the values of an encoding of these parameters, by their names."""

    def __init__(self, parameters: Sequence[dict[str, Any]]) -> None:
        self._parameters = parameters
        self._layout = Layout(parameters)

    def decode(self, data: bytes) -> dict[str, object]:
        """The values by their names.

        Raises:
            MalformedData: it is not the one encoding that the parameters' types allow. The library says why.
        """
        try:
            return self._layout.values(data)
        except ValueError:
            return _decoded_by_library(self._parameters, data)


def decode_named(parameters: Sequence[dict[str, Any]], data: bytes) -> dict[str, object]:
    """What a `Decoder` of the parameters reads.

    Raises:
        MalformedData: it is not the one encoding that the parameters' types allow.
    """
    return Decoder(parameters).decode(data)


def _decoded_by_library(parameters: Sequence[dict[str, Any]], data: bytes) -> dict[str, object]:
    # 16 MB that nothing needs which only reads what is well-formed.
    from eth_abi.abi import decode, encode  # noqa: PLC0415
    from eth_abi.exceptions import DecodingError  # noqa: PLC0415

    types = [type_of(parameter) for parameter in parameters]
    try:
        values = decode(types, data)
        canonical = encode(types, values)
    except (DecodingError, ValueError, OverflowError) as error:
        raise MalformedData(str(error)) from error
    if canonical != data:
        raise MalformedData("bytes that belong to none of its values")
    return _named(parameters, values)


def _named(parameters: Sequence[dict[str, Any]], values: Sequence[Any]) -> dict[str, object]:
    pairs = zip(parameters, values, strict=True)
    return {parameter["name"]: _plain(parameter, parameter["type"], value) for parameter, value in pairs}


def _plain(parameter: dict[str, Any], abi_type: str, value: Any) -> object:
    if abi_type.endswith("]"):
        return [_plain(parameter, abi_type[: abi_type.rindex("[")], item) for item in value]
    if abi_type == "tuple":
        return _named(parameter["components"], value)
    return "0x" + value.hex() if isinstance(value, bytes) else value
