"""Monitor: `/health`, `/ready` and `/metrics` of a running mirror, on a port of this machine alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override

from rwaledger.domain.errors import SettingsError
from rwaledger.mirror.metrics import Metrics
from rwaledger.mirror.pulse import Pulse

LOOPBACK = "127.0.0.1"
_JSON = "application/json"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"

_Page = tuple[HTTPStatus, str, bytes]


@contextmanager
def monitor(port: int, pulse: Pulse, metrics: Metrics) -> Iterator[int]:
    """Answers as long as the context lasts; gives its port, which the system chooses where `port` is 0.

    It listens on 127.0.0.1 only: what stands in front of it decides who else may ask.

    Raises:
        SettingsError: the port is taken.
    """
    pages = {
        "/health": lambda: _verdict("healthy", pulse.sickness(), pulse),
        "/ready": lambda: _verdict("ready", pulse.unreadiness(), pulse),
        "/metrics": lambda: (HTTPStatus.OK, _METRICS, metrics.text()),
    }
    try:
        server = ThreadingHTTPServer((LOOPBACK, port), _handler(pages))
    except OSError as error:
        raise SettingsError(f"port {port} cannot be listened on: {error.strerror}", "Give another --port.") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="monitor", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _verdict(word: str, reason: str, pulse: Pulse) -> _Page:
    now = pulse.vital
    told = {
        word: not reason,
        "reason": reason,
        "chain_id": now.chain_id,
        "head": now.head,
        "final_block": now.target_block,
        "block": now.block_number,
        "lag_blocks": now.lag_blocks,
        "lag_seconds": now.lag_seconds,
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK
    return status, _JSON, json.dumps(told).encode() + b"\n"


def _handler(pages: dict[str, Callable[[], _Page]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, kind, body = pages.get(self.path.partition("?")[0], _not_found)()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Who asks how it is, is not worth a line."""

    return Handler


def _not_found() -> _Page:
    return HTTPStatus.NOT_FOUND, _JSON, b'{"pages": ["/health", "/ready", "/metrics"]}\n'
