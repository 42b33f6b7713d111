"""A node over JSON-RPC: single and batched requests, and the few questions everybody asks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from rwaledger.chain.exchange import WAIT_S_MAX, Decode, exchange
from rwaledger.chain.refusals import is_busy
from rwaledger.chain.wire import UNREADABLE, decode_logs, read_block, read_bytes, read_logs, read_number
from rwaledger.domain.block import Block, Log
from rwaledger.domain.errors import BrokenAnswer, NodeBusy, NodeError, NodeUnreachable, SettingsError

BATCH_MAX = 200
BATCH_BYTES_MAX = 1_500_000
"""Anvil refuses a body above 2 MB, and others of 5 MB and less."""

_ENVELOPE_BYTES = 80
"""Requests in one HTTP body. Larger batches gain nothing on anvil and are refused by public endpoints."""

BROKEN_MAX = 2
"""Times that an answer may come broken: what is too large for a node to give comes so every time."""

_BACK_OFF = wait_exponential(multiplier=0.1, max=2)

Call = tuple[str, list[Any]]
_T = TypeVar("_T")


class Node:
    """Any EVM JSON-RPC endpoint.

    Requests are repeated on a lost connection, a broken answer, or an overloaded server, after as long as that asks
    for; every request sent here may be repeated, since a signed transaction is the same transaction however often it
    arrives.

    Raises:
        SettingsError: `url` is none.
        NodeUnreachable: no answer after `attempts` tries; as `NodeBusy`, it asked for fewer requests; as
            `BrokenAnswer`, the answer did not come whole or in time, or cannot be read.
        NodeError: the node answered with an error.
    """

    def __init__(self, url: str, timeout_s: float = 60, attempts: int = 4) -> None:
        _require_url(url)
        self.url = url
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._ids = count(1)
        self._session = requests.Session()
        # A proxy of the environment is for the world outside; looking for it takes a millisecond a request.
        self._session.trust_env = not self.is_loopback
        self._retrying = Retrying(
            retry=retry_if_exception_type(NodeUnreachable),
            stop=lambda state: _is_enough(state, attempts),
            wait=_wait_s,
            reraise=True,
        )

    def __reduce__(self) -> tuple[type[Node], tuple[str, float, int]]:
        """In another process it is the same endpoint, with a connection of its own."""
        return type(self), (self.url, self._timeout_s, self._attempts)

    def request(self, method: str, params: list[Any] | None = None) -> Any:
        """The result of one request."""
        return self._retrying(self._single, method, params or [])

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results of many requests, in their order. The first error among them is raised."""
        results: list[Any] = []
        for some in _batches(calls):
            results += self._retrying(self._batch, some)
        return results

    def _batch(self, calls: Sequence[Call], decode: Decode = msgspec.json.decode) -> list[Any]:
        body = [self._body(method, params) for method, params in calls]
        reply = self._post(body, decode)
        if not isinstance(reply, list):
            self._result("a batch", reply)
            raise BrokenAnswer(self.shown_url, "a batch was answered as one request")
        answers = {each["id"]: each for each in reply if isinstance(each, dict) and isinstance(each.get("id"), int)}
        if len(reply) != len(body) or answers.keys() != {each["id"] for each in body}:
            raise BrokenAnswer(self.shown_url, "a batch was answered in part")
        return [self._result(each["method"], answers[each["id"]]) for each in body]

    def _single(self, method: str, params: list[Any], decode: Decode = msgspec.json.decode) -> Any:
        body = self._body(method, params)
        answer = self._post(body, decode)
        result = self._result(method, answer)
        if answer.get("id") != body["id"]:
            raise BrokenAnswer(self.shown_url, f"what it says to {method} answers another request")
        return result

    def _body(self, method: str, params: list[Any]) -> dict[str, Any]:
        """With a number of its own, so that an answer which comes late is not taken for that of another request."""
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def _post(self, body: Any, decode: Decode) -> Any:
        return exchange(self._session, self.url, self.shown_url, body, self._timeout_s, decode)

    def _result(self, method: str, answer: Any) -> Any:
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise BrokenAnswer(self.shown_url, f"what it says to {method} is not JSON-RPC")
        error = answer.get("error")
        if error is None:
            return answer.get("result")
        code, message, data = _refusal(error)
        if is_busy(code, message):
            raise NodeBusy(self.shown_url, f"{message} (code {code})")
        raise NodeError(method, code, message, data)

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
        return self.current_chain_id()

    def current_chain_id(self) -> int:
        """The same, asked anew: another node may answer at the address by now."""
        return self._read("the chain id", read_number, self.request("eth_chainId"))

    @cached_property
    def genesis_hash(self) -> str:
        """Hash of block 0. It identifies a chain only together with the blocks that follow."""
        genesis = self.block(0)
        if genesis is None:
            raise BrokenAnswer(self.shown_url, "it has no block 0")
        return genesis.hash

    def head(self) -> int:
        """Number of the latest block."""
        return self._read("the number of its latest block", read_number, self.request("eth_blockNumber"))

    def block(self, which: int | str) -> Block | None:
        """The header of a block by number, tag or hash; None where the node has no such block."""
        by_hash = isinstance(which, str) and len(which) == 66
        method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
        raw = self.request(method, [which if isinstance(which, str) else hex(which), False])
        return None if raw is None else self._read(f"block {which}", read_block, raw)

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
        found = [block for block in self.headers_if_known(wanted) if block is not None]
        if len(found) < len(wanted):
            raise BrokenAnswer(self.shown_url, f"it has not all of the blocks {wanted[0]} to {wanted[-1]}")
        return found

    def headers_if_known(self, numbers: Iterable[int]) -> list[Block | None]:
        """The same, with None for each block that the node does not have."""
        wanted = list(numbers)
        answers = self.batch([("eth_getBlockByNumber", [hex(number), False]) for number in wanted])
        return [
            None if raw is None else self._read(f"block {number}", read_block, raw)
            for number, raw in zip(wanted, answers, strict=True)
        ]

    def logs(
        self, addresses: Iterable[str], first: int, last: int, topics: Sequence[Sequence[str] | None] = ()
    ) -> list[Log]:
        """Every log of the addresses in the blocks `first` to `last`, in the order of the node.

        `topics` are those of which a log has one in the same place; None stands for any.
        """
        return self._logs(self._retrying(self._single, *_logs_call(addresses, first, last, topics), decode_logs))

    def logs_and_block(self, addresses: Iterable[str], first: int, last: int) -> tuple[list[Log], Block | None]:
        """The same, and the header of `last` in one answer: a node that does not have that block lacks logs as well.

        Asked for logs beyond its head, a node gives those that it has, and no sign that it lacks others.
        """
        calls = [_logs_call(addresses, first, last), ("eth_getBlockByNumber", [hex(last), False])]
        found, raw = self._retrying(self._batch, calls, decode_logs)
        return self._logs(found), None if raw is None else self._read(f"block {last}", read_block, raw)

    def _logs(self, found: Any) -> list[Log]:
        if not isinstance(found, list):
            raise BrokenAnswer(self.shown_url, "it gives no list of logs")
        return self._read("a log", read_logs, found)

    def code(self, address: str, block: int | str = "latest") -> str:
        """The bytecode at an address, as hex; `0x` where there is none."""
        return self.codes([address], block)[0]

    def codes(self, addresses: Sequence[str], block: int | str = "latest") -> list[str]:
        """The same at several addresses, in their order."""
        at = block if isinstance(block, str) else hex(block)
        answers = self.batch([("eth_getCode", [address, at]) for address in addresses])
        return [
            self._read(f"the code at {address}", read_bytes, code)
            for address, code in zip(addresses, answers, strict=True)
        ]

    def _read(self, what: str, read: Callable[[Any], _T], raw: Any) -> _T:
        try:
            return read(raw)
        except UNREADABLE as error:
            raise BrokenAnswer(self.shown_url, f"{what} cannot be read: {error}") from error


def _logs_call(addresses: Iterable[str], first: int, last: int, topics: Sequence[Sequence[str] | None] = ()) -> Call:
    query: dict[str, Any] = {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
    return "eth_getLogs", [query | ({"topics": list(topics)} if topics else {})]


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


def _refusal(error: Any) -> tuple[int, str, Any]:
    """Code, words and data of an error; some gateways put a mere text where the object should be."""
    if not isinstance(error, dict):
        return 0, str(error), None
    code = error.get("code")
    return code if isinstance(code, int) else 0, str(error.get("message", "")), error.get("data")


def _is_enough(state: RetryCallState, attempts: int) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, NodeBusy) and error.wait_s > WAIT_S_MAX:
        return True
    return state.attempt_number >= (min(attempts, BROKEN_MAX) if isinstance(error, BrokenAnswer) else attempts)


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_s = error.wait_s if isinstance(error, NodeBusy) else 0
    return max(_BACK_OFF(state), asked_s)
