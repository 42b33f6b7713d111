"""A node over JSON-RPC: single and batched requests, and the few questions everybody asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import NodeError, NodeUnreachable, SettingsError

BATCH_MAX = 200
BATCH_BYTES_MAX = 1_500_000
"""Anvil refuses a body above 2 MB, and others of 5 MB and less."""

_ENVELOPE_BYTES = 80
"""Requests in one HTTP body. Larger batches gain nothing on anvil and are refused by public endpoints."""

Call = tuple[str, list[Any]]


class Node:
    """Any EVM JSON-RPC endpoint.

    Requests are repeated on a lost connection or an overloaded server; every request sent here may be repeated,
    since a signed transaction is the same transaction however often it arrives.

    Raises:
        SettingsError: `url` is none.
        NodeUnreachable: no answer, or one that is not JSON-RPC, after `attempts` tries.
        NodeError: the node answered with an error.
    """

    def __init__(self, url: str, timeout_s: float = 60, attempts: int = 4) -> None:
        _require_url(url)
        self.url = url
        self._timeout_s = timeout_s
        self._session = requests.Session()
        # A proxy of the environment is for the world outside; looking for it takes a millisecond a request.
        self._session.trust_env = not self.is_loopback
        self._retrying = Retrying(
            retry=retry_if_exception_type(NodeUnreachable),
            stop=stop_after_attempt(attempts),
            wait=wait_exponential(multiplier=0.1, max=2),
            reraise=True,
        )

    def request(self, method: str, params: list[Any] | None = None) -> Any:
        """The result of one request."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or []}
        return self._result(method, self._retrying(self._post, body))

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results of many requests, in their order. The first error among them is raised."""
        results: list[Any] = []
        for some in _batches(calls):
            results += self._retrying(self._batch, some)
        return results

    def _batch(self, calls: Sequence[Call]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": params}
            for index, (method, params) in enumerate(calls)
        ]
        reply = self._post(body)
        if isinstance(reply, dict):
            self._result("batch", reply)
        answers = {answer.get("id"): answer for answer in reply if isinstance(answer, dict)}
        if set(answers) != set(range(len(calls))):
            raise NodeUnreachable(self.shown_url, "a batch was answered in part")
        return [self._result(method, answers[index]) for index, (method, _) in enumerate(calls)]

    def _post(self, body: Any) -> Any:
        try:
            reply = self._session.post(
                self.url,
                data=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
                timeout=self._timeout_s,
            )
            if not reply.ok and not _is_answer(reply.content):
                reply.raise_for_status()
            return msgspec.json.decode(reply.content)
        except (requests.RequestException, msgspec.DecodeError) as error:
            raise NodeUnreachable(self.shown_url, _reason(error)) from error

    def _result(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise NodeUnreachable(self.shown_url, f"the answer to {method} is not JSON-RPC")
        error = answer.get("error")
        if error is not None:
            raise NodeError(method, error.get("code", 0), error.get("message", ""), error.get("data"))
        return answer["result"]

    @property
    def shown_url(self) -> str:
        """The address for messages, without user, password, path or query, which often hold an access key."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the node runs on this machine."""
        return urlsplit(self.url).hostname in ("127.0.0.1", "localhost", "::1")

    @cached_property
    def chain_id(self) -> int:
        """The chain id (EIP-155)."""
        return int(self.request("eth_chainId"), 16)

    @cached_property
    def genesis_hash(self) -> str:
        """Hash of block 0. It identifies a chain only together with the blocks that follow."""
        genesis = self.block(0)
        if genesis is None:
            raise NodeUnreachable(self.shown_url, "the node has no block 0")
        return genesis.hash

    def head(self) -> int:
        """Number of the latest block."""
        number = self.request("eth_blockNumber")
        if not isinstance(number, str):
            raise NodeUnreachable(self.shown_url, "it does not know its latest block")
        return int(number, 16)

    def block(self, which: int | str) -> Block | None:
        """The header of a block by number, tag or hash; None where the node has no such block."""
        by_hash = isinstance(which, str) and len(which) == 66
        method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
        raw = self.request(method, [which if isinstance(which, str) else hex(which), False])
        return None if raw is None else _block(raw)

    def blocks(self, first: int, last: int) -> list[Block]:
        """The headers from `first` to `last`, both included.

        Raises:
            NodeUnreachable: the node does not have all of them.
        """
        return self.headers(range(first, last + 1))

    def headers(self, numbers: Iterable[int]) -> list[Block]:
        """The headers of these blocks, in the order of their numbers as given.

        Raises:
            NodeUnreachable: the node does not have all of them.
        """
        wanted = list(numbers)
        raw = self.batch([("eth_getBlockByNumber", [hex(number), False]) for number in wanted])
        if any(block is None for block in raw):
            raise NodeUnreachable(self.shown_url, f"it has not all of the blocks {wanted[0]} to {wanted[-1]}")
        return [_block(block) for block in raw]

    def logs(self, addresses: Iterable[str], first: int, last: int) -> list[Log]:
        """Every log of the addresses in the blocks `first` to `last`, in the order of the node."""
        query = {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        return [_log(raw) for raw in self.request("eth_getLogs", [query])]

    def code(self, address: str, block: int | str = "latest") -> str:
        """The bytecode at an address, as hex; `0x` where there is none."""
        code: str = self.request("eth_getCode", [address, block if isinstance(block, str) else hex(block)])
        return code


def _batches(calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
    """The calls in parts that a node takes at once, by their number and by their size."""
    start = size_bytes = 0
    for at, (_, params) in enumerate(calls):
        call_bytes = _ENVELOPE_BYTES + len(msgspec.json.encode(params))
        if at > start and (at - start == BATCH_MAX or size_bytes + call_bytes > BATCH_BYTES_MAX):
            yield calls[start:at]
            start, size_bytes = at, 0
        size_bytes += call_bytes
    if start < len(calls):
        yield calls[start:]


def _require_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError("rpc_url is not a URL", "Write it like http://127.0.0.1:8545.")


def _block(raw: dict[str, Any]) -> Block:
    return Block(
        number=int(raw["number"], 16),
        hash=raw["hash"],
        parent_hash=raw["parentHash"],
        timestamp=int(raw["timestamp"], 16),
    )


def _log(raw: dict[str, Any]) -> Log:
    return Log(
        address=raw["address"].lower(),
        topics=tuple(raw["topics"]),
        data=raw["data"],
        block_number=int(raw["blockNumber"], 16),
        block_hash=raw["blockHash"],
        tx_hash=raw["transactionHash"],
        tx_index=int(raw["transactionIndex"], 16),
        log_index=int(raw["logIndex"], 16),
    )


def _is_answer(content: bytes) -> bool:
    """Some nodes send a JSON-RPC error with an HTTP status of its own; what they say counts, not the status."""
    try:
        answer = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return False
    return isinstance(answer, dict) and "error" in answer and "jsonrpc" in answer


def _reason(error: Exception) -> str:
    """One short line: the libraries put whole addresses, with their keys, into their messages."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.ConnectionError):
        return "connection refused or lost"
    return type(error).__name__
