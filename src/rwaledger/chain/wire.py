"""Wire: headers and logs as a node writes them, read strictly: what is none raises, before it gets any further."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from sys import intern
from typing import Any

import msgspec

from rwaledger.domain.block import Block, Log

_INDEX_BITS = 31
_NUMBER_BITS = 63
_WORD_TEXT = 66
_HEX_DIGITS = b"0123456789abcdef"
_hex = re.compile(r"0x[0-9a-f]*").fullmatch

UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, msgspec.ValidationError)
"""What the functions here raise for something that is no header, log or number."""


class RawLog(msgspec.Struct, gc=False, rename="camel"):
    """A log as its JSON has it, fields that are not needed left out: none of its texts is looked at yet."""

    address: str
    topics: tuple[str, ...]
    data: str
    block_number: str
    block_hash: str
    transaction_hash: str
    transaction_index: str
    log_index: str
    removed: bool | None = None


class _Reply(msgspec.Struct):
    """JSON-RPC that answers with logs, or with a header."""

    jsonrpc: str
    id: int
    result: list[RawLog] | dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    error: Any = msgspec.UNSET


_replies = msgspec.json.Decoder(list[_Reply] | _Reply).decode


def decode_logs(content: bytes) -> Any:
    """An answer as any other is decoded, but with its logs as `RawLog`, which takes a third of the time.

    Raises:
        msgspec.DecodeError: it is not JSON. What is not as it should be comes as it is, for those to refuse who use it.
    """
    try:
        replies = _replies(content)
    except msgspec.ValidationError:
        return msgspec.json.decode(content)
    return [_plain(reply) for reply in replies] if isinstance(replies, list) else _plain(replies)


def _plain(reply: _Reply) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(reply).items() if value is not msgspec.UNSET}


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
    which name few accounts, and a hundred times the same transaction. Their words are looked at all together.
    """
    logs = [raw if isinstance(raw, RawLog) else msgspec.convert(raw, RawLog) for raw in raws]
    for log in logs:
        if log.removed:
            raise ValueError(f"log {log.log_index} of block {log.block_number} is given, and called removed")
    topics, block_hashes = [log.topics for log in logs], [log.block_hash for log in logs]
    tx_hashes = [log.transaction_hash for log in logs]
    word = _Known(partial(_word, 32), _plain_words({*block_hashes, *tx_hashes}.union(*topics))).__getitem__
    index = _Known(partial(read_number, bits=_INDEX_BITS)).__getitem__
    fields = (
        map(_Known(partial(_word, 20)).__getitem__, [log.address for log in logs]),
        [tuple(map(word, each)) for each in topics],
        map(_Known(read_bytes).__getitem__, [log.data for log in logs]),
        map(_Known(read_number).__getitem__, [log.block_number for log in logs]),
        map(word, block_hashes),
        map(word, tx_hashes),
        map(index, [log.transaction_index for log in logs]),
        map(index, [log.log_index for log in logs]),
    )
    return list(map(Log._make, zip(*fields, strict=True)))


class _Known(dict[Any, Any]):
    """What texts say that have been read already; `read` reads any other. Those `known` say what they are."""

    def __init__(self, read: Callable[[Any], Any], known: Collection[str] = ()) -> None:
        super().__init__(zip(known, known, strict=True))
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
    lower = text if _hex(text) else read_bytes(text)
    if len(lower) != 2 + 2 * length:
        raise ValueError(f"{text[:80]!r} is not what it should be")
    return intern(lower)


def _plain_words(texts: Collection[str]) -> Collection[str]:
    """The texts, where each is 32 bytes of hex in lower case as it stands; otherwise none, to be read one by one."""
    together, count = "".join(texts), len(texts)
    is_plain = (
        set(map(len, texts)) == {_WORD_TEXT}
        and together[::_WORD_TEXT] == "0" * count
        and together[1::_WORD_TEXT] == "x" * count
        and together.encode(errors="replace").translate(None, _HEX_DIGITS) == b"x" * count
    )
    return [*map(intern, texts)] if is_plain else ()
