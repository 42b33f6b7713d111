"""A node that misbehaves on purpose: stands before a real one, and changes some of its answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import NodeError

Answer = Callable[[list[Any]], Any]


class Proxy:
    """Passes requests on to `behind`, one at a time.

    `before` is called with the method and the parameters of each request before it is answered. What it raises as a
    NodeError is the answer.
    """

    def __init__(self, behind: Node) -> None:
        self._behind = behind
        self._answers: dict[str, Answer] = {}
        self.before: Callable[[str, list[Any]], None] = lambda _method, _params: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.node = Node(f"http://127.0.0.1:{self._server.server_address[1]}", attempts=1)

    def answer(self, method: str, answer: Answer) -> None:
        """From now on `method` is answered by `answer(params)`."""
        self._answers[method] = answer

    def fail(self, method: str, code: int, message: str) -> None:
        """From now on `method` is refused."""

        def refuse(_params: list[Any]) -> None:
            raise NodeError(method, code, message)

        self.answer(method, refuse)

    def reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        method, params = request["method"], request["params"]
        head = {"jsonrpc": "2.0", "id": request["id"]}
        answer = self._answers.get(method) or partial(self._behind.request, method)
        try:
            self.before(method, params)
            return head | {"result": answer(params)}
        except NodeError as refused:
            return head | {"error": {"code": refused.code, "message": refused.node_message}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet, else each answer waits for a delayed acknowledgement

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    many = isinstance(body, list)
                    reply: Any = [proxy.reply(request) for request in body] if many else proxy.reply(body)
                sent = json.dumps(reply).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            @override
            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
