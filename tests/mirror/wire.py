"""How an answer goes out over the wire: whole, in part, late, or not at all."""

from __future__ import annotations

import contextlib
import socket
import time
from http.server import BaseHTTPRequestHandler

DRIP_S = 0.02
GIVEN_UP_S = 3.0


def send_whole(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    """As it should be; or with another status and more headers."""
    _start(handler, len(body), status, headers or {})
    handler.wfile.write(body)


def send_half(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """The length of all of it, half of it, and the end of the connection."""
    _start(handler, len(body), 200, {})
    handler.wfile.write(body[: len(body) // 2])
    hang_up(handler, b"")


def send_cut(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Half of it, as if that were all."""
    send_whole(handler, body[: len(body) // 2])


def drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """A byte now and then, so that no single one is late."""
    _start(handler, len(body) + 1_000, 200, {})
    until = time.monotonic() + GIVEN_UP_S
    for byte in body:
        handler.wfile.write(bytes((byte,)))
        handler.wfile.flush()
        time.sleep(DRIP_S)
        if time.monotonic() > until:
            break
    hang_up(handler, b"")


def stay_silent(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """For longer than anybody waits."""
    time.sleep(GIVEN_UP_S)
    hang_up(handler, b"")


def hang_up(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """The connection ends without another byte."""
    handler.close_connection = True
    with contextlib.suppress(OSError):
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)


def _start(handler: BaseHTTPRequestHandler, length: int, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in ({"Content-Length": str(length)} | headers).items():
        handler.send_header(name, value)
    handler.end_headers()
