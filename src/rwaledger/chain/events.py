"""Logs of the shipped contracts as events with named arguments, at the rate at which a mirror reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from sys import intern
from typing import Any

from rwaledger.chain.abi import Decoder, MalformedData, shipped_entries
from rwaledger.chain.abi_values import WordReader, word_reader
from rwaledger.chain.tries import keccak
from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.errors import MalformedLog
from rwaledger.domain.posting import Move

_WORD = 32
_KEPT = 1 << 15
"""Topics whose meaning is kept, 10 MB at most: the same accounts come again and again."""

_FEW = 1 << 12
"""Data of which it is kept: amounts and standings, of which some are frequent."""

_TextReader = Callable[[str], object]
"""What a topic says, given as hex."""


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


def decode_move(log: Log) -> Move:
    """The move that a log of topic `MOVE_TOPIC` tells: what `decode` says of it, in a third of the time.

    Raises:
        MalformedLog: the rest of the log does not fit it.
    """
    try:
        return _move(log)
    except ValueError as error:
        raise MalformedLog(MOVE, log.block_number, log.log_index, str(error)) from error


def _move(log: Log) -> Move:
    _, topics, data, block_number, _, tx_hash, _, log_index = log
    if len(topics) != len(_MOVE.topics) + 1:
        raise MalformedData(f"{len(topics)} topics instead of {len(_MOVE.topics) + 1}")
    read_sender, read_recipient = _MOVE.topics
    sender, recipient = read_sender(topics[1]), read_recipient(topics[2])
    (units,) = _MOVE.data(data)
    return Move._make((block_number, log_index, tx_hash, sender, recipient, units))


def topics_of(names: Collection[str]) -> list[str]:
    """The first topics of the events of these names, for a node's filter."""
    return sorted(topic for topic, layout in _LAYOUTS.items() if layout.name in names)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one event lies in a log: its arguments' names, the topics' before those of the data."""

    name: str
    arguments: tuple[str, ...]
    topics: tuple[_TextReader, ...]
    data: Callable[[str], tuple[object, ...]]

    def read(self, log: Log) -> dict[str, object]:
        topics = log.topics
        if len(topics) != len(self.topics) + 1:
            raise MalformedData(f"{len(topics)} topics instead of {len(self.topics) + 1}")
        values = [read(topic) for read, topic in zip(self.topics, topics[1:], strict=True)]
        return dict(zip(self.arguments, (*values, *self.data(log.data)), strict=True))


def _bytes(text: str, length: int) -> bytes:
    raw = bytes.fromhex(text[2:])
    # fromhex skips white space, so that the text is measured as well.
    if len(raw) != length or len(text) != 2 + 2 * length or not text.startswith("0x"):
        raise MalformedData(f"{text} instead of {length} bytes")
    return raw


def _layout(event: dict[str, Any]) -> _Layout:
    indexed = [parameter for parameter in event["inputs"] if parameter["indexed"]]
    plain = [parameter for parameter in event["inputs"] if not parameter["indexed"]]
    return _Layout(
        name=event["name"],
        arguments=tuple(parameter["name"] for parameter in (*indexed, *plain)),
        topics=tuple(_topic_reader(word_reader(parameter["type"]) or _hash) for parameter in indexed),
        data=_data_reader(plain),
    )


@cache
def _topic_reader(of_word: WordReader) -> _TextReader:
    """Text is interned, so that an account is one object in all events and postings."""

    @lru_cache(_KEPT)
    def read(topic: str) -> object:
        value = of_word(_bytes(topic, _WORD))
        return intern(value) if isinstance(value, str) else value

    return read


def _data_reader(plain: Sequence[dict[str, Any]]) -> Callable[[str], tuple[object, ...]]:
    words = [word_reader(parameter["type"]) for parameter in plain]
    readers = [read for read in words if read]
    if len(readers) < len(words):
        decoder = Decoder(plain)
        return lambda data: tuple(decoder.decode(_bytes(data, len(data) // 2 - 1)).values())

    @lru_cache(_FEW)
    def read_words(data: str) -> tuple[object, ...]:
        raw = _bytes(data, _WORD * len(readers))
        return tuple([read(raw[_WORD * at : _WORD * (at + 1)]) for at, read in enumerate(readers)])

    return read_words


def _hash(word: bytes) -> str:
    return "0x" + word.hex()


_LAYOUTS = {
    "0x" + keccak(signature.encode()).hex(): _layout(event) for signature, event in shipped_entries("event").items()
}

MOVE = "Transfer"
(MOVE_TOPIC,) = topics_of([MOVE])
_MOVE = _LAYOUTS[MOVE_TOPIC]

EVENT_NAMES = frozenset(layout.name for layout in _LAYOUTS.values())
"""Names of all events that the shipped contracts can emit."""
