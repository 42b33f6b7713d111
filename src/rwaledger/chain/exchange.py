"""One exchange with a node over HTTP: JSON there, JSON back, before a deadline; what goes wrong as typed errors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import msgspec
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from rwaledger.domain.errors import BrokenAnswer, NodeBusy, NodeError, NodeUnreachable

WAIT_S_MAX = 60.0
"""A node that wants to be left alone for longer is not waited for."""

ANSWER_BYTES_MAX = 1 << 28
_PIECE_BYTES = 1 << 18

_DEPTH_MAX = 5_000
"""Python's limit of recursion, at most, while an answer is decoded. py_ecc, which comes with eth_account, raises it to
100,000: so many brackets within brackets would end the process where they should end in an error."""


Decode = Callable[[bytes], Any]
"""What makes plain values of JSON, and raises as msgspec does."""


def exchange(
    session: requests.Session,
    url: str,
    shown_url: str,
    body: Any,
    timeout_s: float,
    decode: Decode = msgspec.json.decode,
) -> Any:
    """What the node at `url` answers to `body`, decoded.

    All of it has to be there within `timeout_s` of the first byte, so that a node which gives a byte now and then
    does not hold us for ever.

    Raises:
        NodeBusy: it asks for fewer requests.
        BrokenAnswer: the answer came in part, too late, or is not JSON.
        NodeUnreachable: there was none.
        NodeError: request or answer are too large for it.
    """
    data, headers = msgspec.json.encode(body), {"Content-Type": "application/json"}
    try:
        with session.post(url, data=data, headers=headers, timeout=timeout_s, stream=True) as reply:
            content = _content(reply, time.monotonic() + timeout_s)
    except requests.ConnectTimeout as error:
        raise NodeUnreachable(shown_url, "timed out") from error
    except (requests.Timeout, ReadTimeoutError, TimeoutError) as error:
        raise BrokenAnswer(shown_url, f"it was not there within {timeout_s:g} s", is_late=True) from error
    except (HTTPError, requests.exceptions.ContentDecodingError, _TooMuch) as error:
        raise BrokenAnswer(shown_url, str(error) if isinstance(error, _TooMuch) else "it came in part") from error
    except requests.RequestException as error:
        raise NodeUnreachable(shown_url, _reason(error)) from error
    return _decoded(shown_url, reply, content, decode)


class _TooMuch(Exception):
    """An answer without an end."""


def _content(reply: requests.Response, deadline: float) -> bytes:
    pieces, size_bytes = [], 0
    while piece := reply.raw.read1(_PIECE_BYTES, decode_content=True):
        pieces.append(piece)
        size_bytes += len(piece)
        if size_bytes > ANSWER_BYTES_MAX:
            raise _TooMuch(f"it is longer than {ANSWER_BYTES_MAX >> 20} MB")
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(pieces)


def _decoded(shown_url: str, reply: requests.Response, content: bytes, decode: Decode) -> Any:
    """Some nodes send a JSON-RPC error with an HTTP status of its own; what they say counts, not the status."""
    if sys.getrecursionlimit() > _DEPTH_MAX:
        sys.setrecursionlimit(_DEPTH_MAX)
    try:
        answer = decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if reply.ok:
            raise BrokenAnswer(shown_url, "it is not JSON, or not all of it") from error
        answer = None
    status = reply.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS or (not reply.ok and "Retry-After" in reply.headers):
        raise NodeBusy(shown_url, f"HTTP {status}", _wait_s(reply.headers))
    if reply.ok or _is_spoken(answer):
        return answer
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise NodeError("a request", status, "HTTP 413, too large")
    raise NodeUnreachable(shown_url, f"HTTP {status}")


def _is_spoken(answer: Any) -> bool:
    """Whether it is JSON-RPC, of one request or of a batch."""
    answers = answer if isinstance(answer, list) else [answer]
    return bool(answers) and all(isinstance(each, dict) and "jsonrpc" in each for each in answers)


def _wait_s(headers: Mapping[str, str]) -> float:
    """How long a node wants to be left alone by its Retry-After, in seconds or as a date; 0 where it does not say."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0
    return max((until.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0)


def _reason(error: Exception) -> str:
    """One short line: the libraries put whole addresses, with their keys, into their messages."""
    if isinstance(error, requests.ConnectionError):
        return "connection refused or lost"
    return type(error).__name__
