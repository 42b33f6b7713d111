"""Every block that any node of a test ever had, with its logs by its receipts: what a judge goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.mirror.rawrpc import RawRpc

_AT_A_TIME = 50


@dataclass(frozen=True)
class PastLog:
    """A log of a block that was once on some chain; `index` is counted over the block's receipts."""

    address: str
    topics: tuple[str, ...]
    data: str
    tx_hash: str
    tx_index: int
    index: int


@dataclass(frozen=True)
class PastBlock:
    """A block that was once on some chain."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    logs: tuple[PastLog, ...]


@dataclass
class Archive:
    """Blocks by their hashes. No block is ever forgotten."""

    blocks: dict[str, PastBlock] = field(default_factory=dict)

    def observe(self, rpc: RawRpc) -> PastBlock:
        """Takes in what is new on a node's chain, from its head down; gives the head."""
        number = int(rpc.call("eth_blockNumber"), 16)
        new: list[dict[str, Any]] = []
        head = ""
        while number >= 0:
            numbers = range(number, max(number - _AT_A_TIME, -1), -1)
            headers = rpc.batch([("eth_getBlockByNumber", [hex(each), False]) for each in numbers])
            head = head or headers[0]["hash"]
            fresh = [header for header in headers if header["hash"] not in self.blocks]
            new += fresh
            if len(fresh) < len(headers):
                break
            number -= _AT_A_TIME
        self._take(rpc, new)
        return self.blocks[head]

    def _take(self, rpc: RawRpc, headers: list[dict[str, Any]]) -> None:
        receipts = rpc.batch([("eth_getBlockReceipts", [header["number"]]) for header in headers])
        for header, some in zip(headers, receipts, strict=True):
            self.blocks[header["hash"]] = PastBlock(
                int(header["number"], 16), header["hash"], header["parentHash"], int(header["timestamp"], 16),
                tuple(_logs(some)),
            )  # fmt: skip

    def chain(self, head: str) -> list[PastBlock]:
        """The blocks from the first to this one."""
        found = [self.blocks[head]]
        while found[-1].number > 0:
            found.append(self.blocks[found[-1].parent_hash])
        return found[::-1]


def _logs(receipts: list[dict[str, Any]]) -> Iterator[PastLog]:
    index = 0
    for tx_index, receipt in enumerate(receipts):
        for log in receipt["logs"]:
            yield PastLog(
                log["address"], tuple(log["topics"]), log["data"], receipt["transactionHash"], tx_index, index
            )
            index += 1
