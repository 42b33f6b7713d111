"""A node that misbehaves on purpose: stands before real ones, and changes some of their answers."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import NodeError
from tests.mirror.faults import Fault, Request
from tests.mirror.rawrpc import RawRpc
from tests.mirror.wire import send_whole

Answer = Callable[[list[Any]], Any]
Chooser = Callable[[frozenset[str]], Fault | None]


class Proxy:
    """Passes requests on to the first of the nodes `behind`, one exchange at a time.

    `before` is called with the method and the parameters of each request before it is answered. What it raises as a
    NodeError is the answer. `choose` is asked before each exchange, with the methods in it, which fault it suffers.
    """

    def __init__(self, *behind: Node, timeout_s: float = 60, attempts: int = 1) -> None:
        self.behind = list(behind)
        self._answers: dict[str, Answer] = {}
        self.before: Callable[[str, list[Any]], None] | None = None
        self.choose: Chooser = lambda _methods: None
        self.injected: list[str] = []
        self._nodes: dict[str, RawRpc] = {}
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.node = Node(self.url, timeout_s=timeout_s, attempts=attempts)

    def answer(self, method: str, answer: Answer) -> None:
        """From now on `method` is answered by `answer(params)`."""
        self._answers[method] = answer

    def fail(self, method: str, code: int, message: str) -> None:
        """From now on `method` is refused."""

        def refuse(_params: list[Any]) -> None:
            raise NodeError(method, code, message)

        self.answer(method, refuse)

    def inject(self, fault: Fault, skip: int = 0, times: int | None = None) -> None:
        """From now on exchanges that it applies to suffer the fault: all but the first `skip`, at most `times`."""
        left = iter(range(skip + times)) if times is not None else iter(int, 1)
        seen = 0

        def choose(methods: frozenset[str]) -> Fault | None:
            nonlocal seen
            if not fault.applies(methods) or next(left, None) is None:
                return None
            seen += 1
            return fault if seen > skip else None

        self.choose = choose

    def _exchange(self, handler: BaseHTTPRequestHandler, raw: bytes) -> Callable[[], None]:
        """What is to be done to answer; slow answers are given behind the lock."""
        body = json.loads(raw)
        requests: list[Request] = body if isinstance(body, list) else [body]
        fault = self.choose(frozenset(request["method"] for request in requests))
        if fault is not None:
            self.injected.append(fault.name)
        url = self.behind[fault.route(requests) if fault and fault.route else 0].url
        node = self._nodes.setdefault(url, RawRpc(url))
        if self.before or self._answers:
            replies = [self._reply(node, request) for request in requests]
        else:
            said = json.loads(node.post(raw))
            replies = said if isinstance(said, list) else [said]
        spoilt: Any = fault.spoil(requests, replies) if fault and fault.spoil else replies
        whole = spoilt if isinstance(body, list) or not isinstance(spoilt, list) else spoilt[0]
        sent = json.dumps(whole).encode()
        return lambda: fault.send(handler, sent) if fault and fault.send else send_whole(handler, sent)

    def _reply(self, node: RawRpc, request: Request) -> Any:
        method, params = request["method"], request["params"]
        head = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            if self.before:
                self.before(method, params)
            answer = self._answers.get(method)
            return head | {"result": answer(params)} if answer else json.loads(node.post(json.dumps(request).encode()))
        except NodeError as refused:
            return head | {"error": {"code": refused.code, "message": refused.node_message}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # headers and body in one packet, else each answer waits for a delayed acknowledgement

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    answer = proxy._exchange(self, raw)
                try:
                    answer()
                except OSError:  # whoever asked has gone
                    self.close_connection = True

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
        for node in self._nodes.values():
            node.close()


class _Server(ThreadingHTTPServer):
    """Does not print that whoever asked has gone before all of the answer was sent: a fault brings that with it."""

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
