"""Wire: headers and logs as a node writes them, read strictly: what is none raises, before it gets any further."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from sys import intern
from typing import Any

from rwaledger.domain.block import Block, Log

_INDEX_BITS = 31
_NUMBER_BITS = 63
_hex = re.compile(r"0x[0-9a-f]*").fullmatch

UNREADABLE = (KeyError, ValueError, TypeError, AttributeError)
"""What the functions here raise for something that is no header, log or number."""


def read_block(raw: Any) -> Block:
    """A header; its bloom is empty where the node gives none."""
    return Block(
        number=read_number(raw["number"]),
        hash=_word(32, raw["hash"]),
        parent_hash=_word(32, raw["parentHash"]),
        timestamp=read_number(raw["timestamp"]),
        logs_bloom=read_bytes(raw.get("logsBloom") or "0x"),
    )


def read_logs(raws: Sequence[Any]) -> list[Log]:
    """Logs of blocks. One that the node itself calls removed is none; that it does not is no proof.

    They are read field by field, and what a field says again and again is read once: a history has millions of logs,
    which name few accounts, and a hundred times the same transaction.
    """
    for raw in raws:
        if raw.get("removed"):
            raise ValueError(f"log {raw['logIndex']} of block {raw['blockNumber']} is given, and called removed")
    word, index = _Known(partial(_word, 32)).__getitem__, _Known(partial(read_number, bits=_INDEX_BITS)).__getitem__
    fields = (
        map(_Known(partial(_word, 20)).__getitem__, map(itemgetter("address"), raws)),
        [tuple(map(word, raw["topics"])) for raw in raws],
        map(_Known(read_bytes).__getitem__, map(itemgetter("data"), raws)),
        map(_Known(read_number).__getitem__, map(itemgetter("blockNumber"), raws)),
        map(word, map(itemgetter("blockHash"), raws)),
        map(word, map(itemgetter("transactionHash"), raws)),
        map(index, map(itemgetter("transactionIndex"), raws)),
        map(index, map(itemgetter("logIndex"), raws)),
    )
    return list(map(Log._make, zip(*fields, strict=True)))


class _Known(dict[Any, Any]):
    """What texts say that have been read already; `read` reads any other."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self._read = read

    def __missing__(self, text: Any) -> Any:
        value = self[text] = self._read(text)
        return value


def read_number(text: Any, bits: int = _NUMBER_BITS) -> int:
    """A quantity that a column of so many bits can hold."""
    number = int(text, 16)
    if number < 0 or number >> bits:
        raise ValueError(f"{text} is out of range")
    return number


def read_bytes(text: Any) -> str:
    """Bytes as hex in lower case."""
    lower: str = text.lower()
    if _hex(lower) is None or len(lower) % 2:
        raise ValueError(f"{text[:80]!r} is not what it should be")
    return text if text == lower else lower


def _word(length: int, text: Any) -> str:
    """So many bytes as hex; equal words become one object."""
    lower = read_bytes(text)
    if len(lower) != 2 + 2 * length:
        raise ValueError(f"{text[:80]!r} is not what it should be")
    return intern(lower)
