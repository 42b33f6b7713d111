"""The faults that a node is given: each spoils what an answer says, or how it goes out."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.mirror.refusals import BUSY, FINAL, LIMITS, PASSING, Refusal
from tests.mirror.wire import drip, hang_up, send_cut, send_half, send_whole, stay_silent

Request = dict[str, Any]
Reply = dict[str, Any]
Spoil = Callable[[list[Request], list[Reply]], Any]
Send = Callable[[BaseHTTPRequestHandler, bytes], None]

LOGS, HEADERS, HEAD = "eth_getLogs", "eth_getBlockByNumber", "eth_blockNumber"


@dataclass(frozen=True)
class Fault:
    """One way to be wrong. It applies to exchanges with one of the `methods`, or to all.

    `once_stops` says that a sync ends in an error where it happens once, `always_stops` where it does not go away.
    """

    name: str
    methods: frozenset[str] = frozenset()
    spoil: Spoil | None = None
    send: Send | None = None
    route: Callable[[Sequence[Request]], int] | None = None
    once_stops: bool = False
    always_stops: bool = True

    def applies(self, methods: frozenset[str]) -> bool:
        return not self.methods or bool(self.methods & methods)


def on_results(method: str, change: Callable[[list[Any], Any], Any]) -> Spoil:
    """Changes each result of a method, given its parameters."""

    def spoil(requests: list[Request], replies: list[Reply]) -> list[Reply]:
        pairs = zip(requests, replies, strict=True)
        return [
            reply | {"result": change(request["params"], reply["result"])}
            if request["method"] == method and "result" in reply
            else reply
            for request, reply in pairs
        ]

    return spoil


def status(code: int, headers: dict[str, str] | None = None, body: bytes = b"<html>no</html>") -> Send:
    """Another HTTP status, with a body of its own."""
    return lambda handler, _body: send_whole(handler, body, code, headers)


def refusing(kind: str, refusal: Refusal, method: str = LOGS) -> Fault:
    """A refusal of one method, in a batch or alone."""

    def spoil(requests: list[Request], replies: list[Reply]) -> list[Reply]:
        refused = [request["method"] == method for request in requests]
        pairs = zip(requests, replies, refused, strict=True)
        return [_refused(refusal, request) if no else reply for request, reply, no in pairs]

    send: Send = lambda handler, body: send_whole(handler, body, refusal.status)  # noqa: E731
    return Fault(f"{kind}: {refusal.who}", frozenset({method}), spoil, send)


def _refused(refusal: Refusal, request: Request) -> Reply:
    first = int(request["params"][0]["fromBlock"], 16) if request["method"] == LOGS else 0
    words = "FIRST-SECOND", f"{first}-{first + 1}"
    message = refusal.message.replace(*words).replace("FIRST", hex(first)).replace("SECOND", hex(first + 1))
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": refusal.code, "message": message}}


def _of(
    method: str, name: str, change: Callable[[list[Any], Any], Any], *, once_stops: bool = False,
    always_stops: bool = True,
) -> Fault:  # fmt: skip
    spoil = on_results(method, change)
    return Fault(name, frozenset({method}), spoil, once_stops=once_stops, always_stops=always_stops)


def _in(date: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + date, usegmt=True)


WIRE = (
    Fault("connection closed", send=hang_up),
    Fault("half a response", send=send_half),
    Fault("body cut", send=send_cut),
    Fault("slow drip", send=drip),
    Fault("silence", send=stay_silent),
    Fault("429", send=status(429)),
    Fault("429, retry after no time", send=status(429, {"Retry-After": "0"})),
    Fault("429, retry after a date", send=status(429, {"Retry-After": _in(timedelta(seconds=-5))})),
    Fault("429, retry tomorrow", send=status(429, {"Retry-After": _in(timedelta(days=1))}), once_stops=True),
    Fault("429, retry never", send=status(429, {"Retry-After": "soon"})),
    Fault("503, retry after no time", send=status(503, {"Retry-After": "0"})),
    Fault("500", send=status(500)),
    Fault("502 in HTML", send=status(502, {"Content-Type": "text/html"}, b"<html>502 Bad Gateway</html>")),
    Fault("504", send=status(504, body=b"")),
    Fault("200 in HTML", send=status(200, {"Content-Type": "text/html"}, b"<html>Just a moment...</html>")),
    Fault("nothing", send=status(200, body=b"")),
    Fault("null", send=status(200, body=b"null")),
    Fault("a number", send=status(200, body=b"7")),
    Fault("an empty object", send=status(200, body=b"{}")),
    Fault("an empty list", send=status(200, body=b"[]")),
    Fault("a list of nulls", send=status(200, body=b"[null, null]")),
    Fault("an error that is a text", send=status(200, body=b'{"jsonrpc": "2.0", "id": 1, "error": "out of order"}')),
    Fault("no text", send=status(200, body=b'"\xff\xfe"')),
    Fault("too deep", send=status(200, body=b"[" * 100_000)),
    Fault("broken gzip", send=status(200, {"Content-Encoding": "gzip"}, gzip.compress(b"[]" * 90)[:40])),
    Fault("false gzip", send=status(200, {"Content-Encoding": "gzip"}, b"[]")),
)

BATCHES = (
    Fault("items missing", spoil=lambda _requests, replies: replies[1:] or {}),
    Fault("items twice", spoil=lambda _requests, replies: [*replies[:-1], replies[0]] if replies[1:] else {}),
    Fault("items reordered", spoil=lambda _requests, replies: replies[::-1], always_stops=False),
    Fault(
        "items of another exchange",
        spoil=lambda _requests, replies: [reply | {"id": reply["id"] - 1} for reply in replies],
    ),
    Fault("no ids", spoil=lambda _requests, replies: [reply | {"id": None} for reply in replies]),
    Fault("odd ids", spoil=lambda _requests, replies: [reply | {"id": [1]} for reply in replies]),
    Fault("null results", spoil=lambda _requests, replies: [reply | {"result": None} for reply in replies]),
    Fault("results that are lists", spoil=lambda _requests, replies: [reply | {"result": [[]]} for reply in replies]),
)


def _cut(logs: list[Any], blocks: int) -> list[Any]:
    """Without the logs of the last blocks that have any."""
    kept = sorted({log["blockNumber"] for log in logs}, key=lambda number: int(number, 16))[:-blocks]
    return [log for log in logs if log["blockNumber"] in kept]


def _last(logs: list[Any], **changes: Any) -> list[Any]:
    return [*logs[:-1], logs[-1] | changes] if logs else logs


def _without_one(logs: list[Any]) -> list[Any]:
    """Without one from the middle of the largest block."""
    counts = [sum(other["blockNumber"] == log["blockNumber"] for other in logs) for log in logs]
    at = counts.index(max(counts)) + max(counts) // 2 if logs else 0
    return logs[:at] + logs[at + 1 :]


def _swapped(logs: list[Any]) -> list[Any]:
    """Two neighbours of one block, or else the first two, changed about."""
    for at, (one, other) in enumerate(itertools.pairwise(logs)):
        if one["blockNumber"] == other["blockNumber"]:
            return [*logs[:at], other, one, *logs[at + 2 :]]
    return [*logs[1:2], *logs[:1], *logs[2:]]


_OTHER_WORD = "0x" + "99" * 32
SPOILT_LOGS = (
    _of(LOGS, "logs: null", lambda _params, _logs: None),
    _of(LOGS, "logs: none", lambda _params, _logs: []),
    _of(LOGS, "logs: cut at a block's edge", lambda _params, logs: _cut(logs, 1)),
    _of(LOGS, "logs: cut behind two blocks", lambda _params, logs: _cut(logs, 2)),
    _of(LOGS, "logs: cut inside a block", lambda _params, logs: logs[:-1]),
    _of(LOGS, "logs: at most twelve", lambda _params, logs: logs[:12], always_stops=False),
    _of(LOGS, "logs: at most two", lambda _params, logs: logs[:2]),
    _of(LOGS, "logs: one left out", lambda _params, logs: _without_one(logs)),
    _of(LOGS, "logs: the first left out", lambda _params, logs: logs[1:]),
    _of(LOGS, "logs: doubled", lambda _params, logs: [*logs, *logs[-1:]]),
    _of(LOGS, "logs: all doubled", lambda _params, logs: [log for log in logs for _ in "12"]),
    _of(LOGS, "logs: reversed", lambda _params, logs: logs[::-1]),
    _of(LOGS, "logs: swapped in a block", lambda _params, logs: _swapped(logs)),
    _of(LOGS, "logs: foreign", lambda _params, logs: _last(logs, address="0x" + "99" * 20)),
    _of(LOGS, "logs: of another block hash", lambda _params, logs: _last(logs, blockHash=_OTHER_WORD)),
    _of(LOGS, "logs: of a block before", lambda _params, logs: _last(logs, blockNumber="0x0")),
    _of(LOGS, "logs: of a block beyond", lambda _params, logs: _last(logs, blockNumber="0xffff")),
    _of(LOGS, "logs: removed", lambda _params, logs: _last(logs, removed=True)),
    _of(LOGS, "logs: pending", lambda _params, logs: _last(logs, blockHash=None, blockNumber=None)),
    _of(LOGS, "logs: without topics", lambda _params, logs: _last(logs, topics=None)),
    _of(LOGS, "logs: with other topics", lambda _params, logs: _last(logs, topics=[_OTHER_WORD] * 3)),
    _of(LOGS, "logs: with topics of no hex", lambda _params, logs: _last(logs, topics=["0xzz"])),
    _of(LOGS, "logs: with data of no hex", lambda _params, logs: _last(logs, data="0x\0")),
    _of(LOGS, "logs: with too much data", lambda _params, logs: _last(logs, data="0x" + "00" * 3_000)),
    _of(LOGS, "logs: with a hash of no hex", lambda _params, logs: _last(logs, transactionHash="\0")),
    _of(LOGS, "logs: of an endless index", lambda _params, logs: _last(logs, logIndex=hex(2**70))),
    _of(LOGS, "logs: of a negative index", lambda _params, logs: _last(logs, logIndex="-0x1")),
    _of(LOGS, "logs: of another index", lambda _params, logs: _last(logs, logIndex="0x3e7")),
    _of(LOGS, "logs: no objects", lambda _params, logs: ["log"] * len(logs)),
    _of(LOGS, "logs: in capitals", lambda _params, logs: [_capitals(log) for log in logs], always_stops=False),
)


def _capitals(log: dict[str, Any]) -> dict[str, Any]:
    """As no node writes it, and as some might."""
    upper: Callable[[str], str] = lambda text: "0x" + text[2:].upper()  # noqa: E731
    return log | {
        "address": upper(log["address"]),
        "topics": [upper(topic) for topic in log["topics"]],
        "data": upper(log["data"]),
    }


def _header(name: str, change: Callable[[dict[str, Any]], Any], *, always_stops: bool = True) -> Fault:
    """Of the last header of an exchange that is asked for by its number, unless it is that of the first block."""

    def spoil(requests: list[Request], replies: list[Reply]) -> list[Reply]:
        numbers = [str(each["params"][0]) if each["method"] == HEADERS else "" for each in requests]
        places = [at for at, number in enumerate(numbers) if number.startswith("0x") and number != "0x0"]
        if not places or replies[places[-1]].get("result") is None:
            return replies
        at = places[-1]
        return [*replies[:at], replies[at] | {"result": change(replies[at]["result"])}, *replies[at + 1 :]]

    return Fault(name, frozenset({HEADERS}), spoil, always_stops=always_stops)


SPOILT_HEADERS = (
    _header("header: null", lambda _header: None),
    _header("header: of another hash", lambda header: header | {"hash": _OTHER_WORD}),
    _header("header: of another parent", lambda header: header | {"parentHash": _OTHER_WORD}),
    _header("header: of another number", lambda header: header | {"number": "0x1"}),
    _header("header: without a hash", lambda header: header | {"hash": None}),
    _header("header: of an endless time", lambda header: header | {"timestamp": hex(2**80)}),
    _header("header: without a bloom", lambda header: header | {"logsBloom": None}, always_stops=False),
    _header("header: empty bloom", lambda header: header | {"logsBloom": "0x" + "00" * 256}),
    _header("header: full bloom", lambda header: header | {"logsBloom": "0x" + "ff" * 256}),
    _header("header: broken bloom", lambda header: header | {"logsBloom": "0xz"}),
    _header("header: a text", lambda _header: "header"),
)


def _turns(name: str, heads: Sequence[int]) -> Fault:
    """A head that is so far from the real one, each time another."""
    offsets: Iterator[int] = itertools.cycle(heads)
    change: Callable[[list[Any], Any], Any] = lambda _params, head: hex(max(int(head, 16) + next(offsets), 0))  # noqa: E731
    return _of(HEAD, name, change, always_stops=False)


HEADS = (
    _of(HEAD, "head: null", lambda _params, _head: None),
    _of(HEAD, "head: no number", lambda _params, _head: "latest"),
    _of(HEAD, "head: endless", lambda _params, _head: hex(2**200)),
    _of(HEAD, "head: 0", lambda _params, _head: "0x0"),
    _turns("head: of the future", [50]),
    _turns("head: stale", [-3]),
    _turns("head: to and fro", [0, -3, 0, -40]),
)

IDENTITY = (
    _of("eth_chainId", "chain id: null", lambda _params, _id: None),
    _of("eth_chainId", "chain id: another", lambda _params, _id: "0x1", once_stops=True),
    _of("eth_getCode", "code: none", lambda _params, _code: "0x"),
    _of("eth_getCode", "code: null", lambda _params, _code: None),
    _of("eth_getCode", "code: another", lambda _params, _code: "0x00", once_stops=True),
    _of(
        HEADERS, "genesis: another",
        lambda params, header: header | {"hash": _OTHER_WORD} if params[0] == "0x0" else header, once_stops=True,
    ),
    _of(HEADERS, "genesis: null", lambda params, header: None if params[0] == "0x0" else header),
)  # fmt: skip

REFUSED = (
    *(
        refusing("limit", refusal)
        for refusal in LIMITS
        if refusal.who in ("Alchemy: plan", "QuickNode", "reth: results")
    ),
    *(refusing("busy", refusal) for refusal in BUSY if refusal.who in ("Alchemy: in a batch", "Infura: day")),
    *(refusing("passing", refusal) for refusal in PASSING if refusal.who in ("geth: header", "inside")),
    *(replace(refusing("final", refusal), once_stops=True) for refusal in FINAL),
    Fault("413", frozenset({LOGS}), send=status(413)),
)
"""Some of the refusals: one a kind, since the words of each are looked at by themselves."""

SINGLE = (*WIRE, *BATCHES, *SPOILT_LOGS, *SPOILT_HEADERS, *HEADS, *IDENTITY, *REFUSED)
"""All that one node alone can do."""
