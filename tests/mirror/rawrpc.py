"""JSON-RPC by hand, for a judge that shares no code with what it judges."""

from __future__ import annotations

import http.client
import json
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlsplit


class RawRpc:
    """One node, over one connection that is kept."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)

    def post(self, body: bytes) -> bytes:
        """The body of the answer; asked a second time where the node has closed the connection meanwhile."""
        for attempt in (1, 2):
            try:
                self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
                return self._connection.getresponse().read()
            except (http.client.HTTPException, OSError):
                self._connection.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """The results, in the order of the calls."""
        body = [{"jsonrpc": "2.0", "id": at, "method": method, "params": params} for at, (method, params) in
                enumerate(calls)]  # fmt: skip
        answers = {answer["id"]: answer for answer in json.loads(self.post(json.dumps(body).encode()))} if body else {}
        return [answers[at]["result"] for at in range(len(calls))]

    def call(self, method: str, *params: Any) -> Any:
        """One result."""
        return self.batch([(method, list(params))])[0]

    def close(self) -> None:
        """Ends the connection, until it is used again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
