"""L2: asks a node of the caller's choice for the same block by its hash, and lists every difference."""

from __future__ import annotations

import http.client
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

from rwaledger.verifier.errors import Unreachable
from rwaledger.verifier.level import Level, Progress, silent
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.values import Block, Header, Proof, Receipt

TIMEOUT_S = 30

_AT_A_TIME = 50
_SLOTS_AT_A_TIME = 500

Call = tuple[str, list[Any]]


class NoAnswer(Exception):
    """The node answers, and says that it cannot give this."""


class Node:
    """A node, asked by JSON-RPC over HTTP."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in {"http", "https"}:
            raise Unreachable(f"{url} is no address of a node: it has to begin with http:// or https://")
        # Keys of paid nodes stand in user name, path or query, and are nobody's business.
        self.shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
        self._url, self._timeout_s = url, timeout_s

    def request(self, method: str, params: list[Any]) -> Any:
        """The answer to one call. Raises NoAnswer, Unreachable."""
        return self._result(self._post({"jsonrpc": "2.0", "id": 0, "method": method, "params": params}), method)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The answers to calls, in their order. Raises NoAnswer, Unreachable."""
        body = [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]
        answers = self._post(body)
        if not isinstance(answers, list):
            return [self.request(method, params) for method, params in calls]
        found = {each.get("id"): each for each in answers if isinstance(each, dict)}
        return [self._result(found.get(i), method) for i, (method, _) in enumerate(calls)]

    def _post(self, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "User-Agent": "rwaledger-verify"}
        request = urllib.request.Request(self._url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:
                return json.loads(answer.read())
        except TimeoutError as error:
            raise Unreachable(f"{self.shown} did not answer within {self._timeout_s:g} seconds") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(f"{self.shown} does not answer as a node does: {reason}") from error

    def _result(self, answer: Any, method: str) -> Any:
        if not isinstance(answer, dict) or not {"result", "error"} & set(answer):
            raise Unreachable(f"{self.shown} does not answer {method} as a node does")
        if answer.get("error"):
            error = answer["error"]
            raise NoAnswer(str(error.get("message") if isinstance(error, dict) else error))
        return answer["result"]


def check(pack: Pack, node: Node, progress: Progress = silent) -> Level:
    """The level. What the node cannot give is said, and is no fault of the pack.

    Raises:
        Unreachable: the node does not answer at all.
    """
    level = Level("L2")
    level.trusted.append(f"That {node.shown} tells you what it sees, and that its operator is not the register's.")
    stages = {"chain": _check_chain, "headers": _check_headers, "receipts": _check_receipts, "state": _check_state}
    for name, stage in stages.items():
        try:
            stage(pack, node, level, progress)
        except NoAnswer as error:
            level.unproved.append(f"L2, the rest of the {name}: the node cannot give it ({error}).")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"{node.shown} gives {name} that cannot be read: {error!r}") from error
    return level


def _check_chain(pack: Pack, node: Node, level: Level, _: Progress) -> None:
    chain_id = _number(node.request("eth_chainId", []))
    if chain_id == pack.manifest.pin.chain_id:
        level.prove(1, f"chain id, {chain_id}")
    else:
        level.fault("manifest.json, pin, chain_id", f"{pack.manifest.pin.chain_id}; the node is of chain {chain_id}")


def _check_headers(pack: Pack, node: Node, level: Level, progress: Progress) -> None:
    same, total = 0, len(pack.headers)
    for start in range(0, total, _AT_A_TIME):
        progress("headers of the node", start, total)
        some = pack.headers[start : start + _AT_A_TIME]
        answers = node.batch([("eth_getBlockByHash", [header.hash, False]) for header in some])
        for header, answer in zip(some, answers, strict=True):
            place = f"chain/headers.jsonl, block {header.number}"
            if answer is None:
                level.fault(place, f"the node has no block of the hash {header.hash}")
                continue
            differing = [name for name, here, there in _header_pairs(header, answer) if here != there]
            for name in differing:
                level.fault(f"{place}, {name}", "not what the node says")
            same += not differing
    progress("headers of the node", total, total)
    level.prove(same, "headers are those of the node, by their hashes")


def _header_pairs(header: Header, answer: Any) -> Iterator[tuple[str, object, object]]:
    yield "hash", header.hash, answer["hash"]
    yield "parentHash", header.parent_hash, answer["parentHash"]
    yield "stateRoot", header.state_root, answer["stateRoot"]
    yield "transactionsRoot", header.transactions_root, answer["transactionsRoot"]
    yield "receiptsRoot", header.receipts_root, answer["receiptsRoot"]
    yield "number", header.number, _number(answer["number"])
    yield "timestamp", header.timestamp, _number(answer["timestamp"])


def _check_receipts(pack: Pack, node: Node, level: Level, progress: Progress) -> None:
    same, total = 0, len(pack.blocks)
    for start in range(0, total, _AT_A_TIME):
        progress("receipts of the node", start, total)
        some = pack.blocks[start : start + _AT_A_TIME]
        calls: list[Call] = [("eth_getBlockReceipts", [block.header.hash]) for block in some]
        for block, answer in zip(some, node.batch(calls), strict=True):
            same += _check_block(block, answer, level)
    progress("receipts of the node", total, total)
    level.prove(same, "receipts with all their logs are those of the node")


def _check_block(block: Block, answer: Any, level: Level) -> int:
    place = f"chain/blocks.jsonl, block {block.header.number}"
    if answer is None or len(answer) != len(block.receipts):
        level.fault(place, f"receipts: {len(block.receipts)} here, {len(answer or [])} at the node")
        return 0
    differing = [r.tx_index for r, other in zip(block.receipts, answer, strict=True) if not _same_receipt(r, other)]
    for index in differing:
        level.fault(f"{place}, receipt {index}", "not what the node says")
    return len(block.receipts) - len(differing)


def _same_receipt(receipt: Receipt, answer: Any) -> bool:
    ours = (receipt.tx_hash, receipt.tx_index, receipt.succeeded, receipt.gas_used)
    theirs = (
        answer["transactionHash"],
        _number(answer["transactionIndex"]),
        _number(answer["status"]) == 1,
        _number(answer["gasUsed"]),
    )
    logs = [(log.address, list(log.topics), log.data) for log in receipt.logs]
    return ours == theirs and logs == [(log["address"].lower(), log["topics"], log["data"]) for log in answer["logs"]]


def _check_state(pack: Pack, node: Node, level: Level, progress: Progress) -> None:
    at = {"blockHash": pack.manifest.pin.block_hash}
    total, done = sum(len(each.slots) for each in pack.proofs.values()), 0
    for address, proof in pack.proofs.items():
        if node.request("eth_getCode", [address, at]) == "0x" + proof.code.hex():
            level.prove(1, f"code, that of {address}, is what the node has")
        else:
            level.fault(f"chain/proofs/{address}.json, code", "not what the node has")
        progress("state of the node", done, total)
        level.prove(_check_slots(proof, node, at, level), f"storage words of {address} are what the node proves")
        done += len(proof.slots)
    progress("state of the node", total, total)


def _check_slots(proof: Proof, node: Node, at: dict[str, str], level: Level) -> int:
    same, slots = 0, list(proof.slots)
    for start in range(0, len(slots), _SLOTS_AT_A_TIME):
        some = slots[start : start + _SLOTS_AT_A_TIME]
        answer = node.request("eth_getProof", [proof.address, [f"0x{slot:064x}" for slot in some], at])
        values = {_number(each["key"]): _number(each["value"]) for each in answer["storageProof"]}
        for slot in some:
            if values.get(slot) == proof.slots[slot]:
                same += 1
            else:
                level.fault(f"chain/proofs/{proof.address}.json, slots, 0x{slot:064x}", "not what the node proves")
    return same


def _number(text: Any) -> int:
    return int(text, 16)
