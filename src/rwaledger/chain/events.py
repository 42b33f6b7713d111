"""Logs of the shipped contracts as events with named arguments, at the rate at which a mirror reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from rwaledger.chain.abi import MalformedData, decode_named, shipped_entries
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.errors import MalformedLog

_WORD = 32
_ADDRESS_PADDING = bytes(12)

_WordReader = Callable[[bytes], object]
"""What one 32-byte word says."""


def decode(log: Log) -> ChainEvent | None:
    """The event of a log of ours, or None where its topic is that of no event in the shipped ABIs.

    Raises:
        MalformedLog: the topic is known, and the rest of the log does not fit it.
    """
    layout = _LAYOUTS.get(log.topics[0]) if log.topics else None
    if layout is None:
        return None
    try:
        return ChainEvent(layout.name, layout.read(log), log)
    except ValueError as error:
        raise MalformedLog(layout.name, log.block_number, log.log_index, str(error)) from error


def topics_of(names: Collection[str]) -> list[str]:
    """The first topics of the events of these names, for a node's filter."""
    return sorted(topic for topic, layout in _LAYOUTS.items() if layout.name in names)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one event lies in a log. `words` are None where its data is more than a row of single words."""

    name: str
    indexed: tuple[tuple[str, _WordReader], ...]
    parameters: tuple[dict[str, Any], ...]
    words: tuple[tuple[str, _WordReader], ...] | None

    def read(self, log: Log) -> dict[str, object]:
        topics = log.topics
        if len(topics) != len(self.indexed) + 1:
            raise MalformedData(f"{len(topics)} topics instead of {len(self.indexed) + 1}")
        args = {name: read(_bytes(topics[at], _WORD)) for at, (name, read) in enumerate(self.indexed, 1)}
        if self.words is None:
            return args | decode_named(self.parameters, _bytes(log.data, len(log.data) // 2 - 1))
        data = _bytes(log.data, _WORD * len(self.words))
        for at, (name, read) in enumerate(self.words):
            args[name] = read(data[_WORD * at : _WORD * (at + 1)])
        return args


def _bytes(text: str, length: int) -> bytes:
    raw = bytes.fromhex(text[2:])
    # fromhex skips white space, so that the text is measured as well.
    if len(raw) != length or len(text) != 2 + 2 * length or not text.startswith("0x"):
        raise MalformedData(f"{text} instead of {length} bytes")
    return raw


def _layout(event: dict[str, Any]) -> _Layout:
    indexed = [parameter for parameter in event["inputs"] if parameter["indexed"]]
    parameters = [parameter for parameter in event["inputs"] if not parameter["indexed"]]
    words = [(parameter["name"], _word_reader(parameter["type"])) for parameter in parameters]
    return _Layout(
        name=event["name"],
        indexed=tuple((entry["name"], _word_reader(entry["type"]) or _hash) for entry in indexed),
        parameters=tuple(parameters),
        words=tuple((name, read) for name, read in words if read) if all(read for _, read in words) else None,
    )


def _word_reader(abi_type: str) -> _WordReader | None:
    """The reader of a type that is one word, or None for every other type."""
    if abi_type == "address":
        return _address
    if abi_type == "bool":
        return _bool
    if abi_type.startswith("bytes") and abi_type[5:].isdigit():
        return _fixed_bytes(int(abi_type[5:]))
    if abi_type.startswith("uint") and abi_type[4:].isdigit():
        return _uint(int(abi_type[4:]))
    return None


def _address(word: bytes) -> str:
    if word[:12] != _ADDRESS_PADDING:
        raise MalformedData(f"0x{word.hex()} is no address")
    return "0x" + word[12:].hex()


def _bool(word: bytes) -> bool:
    value = int.from_bytes(word, "big")
    if value > 1:
        raise MalformedData(f"{value} is neither true nor false")
    return value == 1


def _hash(word: bytes) -> str:
    return "0x" + word.hex()


def _fixed_bytes(length: int) -> _WordReader:
    def read(word: bytes) -> str:
        if any(word[length:]):
            raise MalformedData(f"0x{word.hex()} has more than {length} bytes")
        return "0x" + word[:length].hex()

    return read


def _uint(bits: int) -> _WordReader:
    def read(word: bytes) -> int:
        value = int.from_bytes(word, "big")
        if value >> bits:
            raise MalformedData(f"{value} needs more than {bits} bits")
        return value

    return read


_LAYOUTS = {
    "0x" + keccak(text=signature).hex(): _layout(event) for signature, event in shipped_entries("event").items()
}

EVENT_NAMES = frozenset(layout.name for layout in _LAYOUTS.values())
"""Names of all events that the shipped contracts can emit."""
