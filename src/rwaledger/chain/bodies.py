"""Receipts and transactions of whole blocks, as bytes: what the roots in their headers are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from rwaledger.chain.rlp_items import encode_int, encode_list, encode_rlp, list_head, text_head
from rwaledger.chain.rpc import Call, Node
from rwaledger.domain.block import Log
from rwaledger.domain.errors import BrokenAnswer, NodeUnreachable

BLOCKS_AT_A_TIME = 20
"""Blocks whose receipts are asked for in one batch: of 50 transfers each that is about 2 MB."""

Receipts = list[dict[str, Any]]
"""The receipts of one block, as the node gives them."""


def receipts_of(node: Node, numbers: Sequence[int]) -> Iterator[tuple[int, Receipts]]:
    """Each block's receipts, in the order of the blocks as given, a batch of the node at a time.

    Raises:
        NodeUnreachable: the node does not have all of the blocks.
        NodeError: it cannot give the receipts of a block at once (`eth_getBlockReceipts`).
    """
    for start in range(0, len(numbers), BLOCKS_AT_A_TIME):
        some = numbers[start : start + BLOCKS_AT_A_TIME]
        answers = node.batch([("eth_getBlockReceipts", [hex(number)]) for number in some])
        for number, receipts in zip(some, answers, strict=True):
            if receipts is None:
                raise BrokenAnswer(node.shown_url, f"it does not have the receipts of block {number}")
            yield number, receipts


def encode_receipt(raw: dict[str, Any]) -> bytes:
    """A receipt as it stands in its trie: from type 1 on behind the byte of its type (EIP-2718).

    Raises:
        KeyError, ValueError, TypeError: it lacks a part, or one is no hex.
    """
    outcome = raw.get("root") or raw["status"]
    is_root = len(outcome) == 66
    fields = [
        encode_rlp(_bytes(outcome) if is_root else _number(outcome)),
        encode_rlp(_number(raw["cumulativeGasUsed"])),
        encode_rlp(_bytes(raw["logsBloom"])),
        encode_list([_encode_log(log) for log in raw["logs"]]),
    ]
    return _typed(raw, encode_list(fields))


def logs_of_receipts(receipts: Receipts, addresses: Collection[str]) -> Iterator[Log]:
    """The logs of these contracts in a block's receipts; their index is counted, since no root proves one."""
    index = 0
    for at, raw in enumerate(receipts):
        number, block_hash, tx_hash = int(raw["blockNumber"], 16), raw["blockHash"], raw["transactionHash"]
        for log in raw["logs"]:
            address = log["address"]
            if address in addresses or address.lower() in addresses:
                topics = tuple(log["topics"])
                yield Log(address.lower(), topics, log["data"], number, block_hash, tx_hash, at, index)
            index += 1


def block_bodies(node: Node, numbers: Sequence[int]) -> Iterator[tuple[int, list[bytes], list[bytes]]]:
    """Number, receipts and transactions of each block, each as it stands in its trie: hold them against the roots.

    The hash of a transaction is that of its bytes, but for one that a local node has sent in another's name, which
    nobody has signed.

    Raises:
        NodeUnreachable: the node does not have all of the blocks, or not a transaction in them.
        NodeError: it cannot give the receipts of a block at once (`eth_getBlockReceipts`).
    """
    for start in range(0, len(numbers), BLOCKS_AT_A_TIME):
        some = list(receipts_of(node, numbers[start : start + BLOCKS_AT_A_TIME]))
        hashes = [raw["transactionHash"] for _, receipts in some for raw in receipts]
        raw_of = dict(zip(hashes, raw_transactions(node, hashes), strict=True))
        for number, receipts in some:
            yield number, [encode_receipt(raw) for raw in receipts], [raw_of[r["transactionHash"]] for r in receipts]


def raw_transactions(node: Node, hashes: Sequence[str]) -> list[bytes]:
    """Transactions by their hashes, as they stand in their block.

    Raises:
        NodeUnreachable: the node does not have one.
    """
    calls: list[Call] = [("eth_getRawTransactionByHash", [tx_hash]) for tx_hash in hashes]
    found = []
    for tx_hash, answer in zip(hashes, node.batch(calls), strict=True):
        raw = _bytes(answer or "0x")
        if not raw:
            raise NodeUnreachable(node.shown_url, f"it does not have the bytes of transaction {tx_hash}")
        found.append(raw)
    return found


def _typed(raw: dict[str, Any], payload: bytes) -> bytes:
    kind = int(raw.get("type") or "0x0", 16)
    return bytes((kind,)) + payload if kind else payload


def _encode_log(log: dict[str, Any]) -> bytes:
    """Address of 20 bytes, topics of 32, data. Their lengths alone say what stands between them in RLP."""
    topics, data = "".join(["a0" + topic[2:] for topic in log["topics"]]), log["data"]
    is_bare = len(data) == 4 and data < "0x80"
    before, between, behind = _heads(len(topics) // 2, len(data) // 2 - 1, is_bare)
    return bytes.fromhex(f"{before}{log['address'][2:]}{between}{topics}{behind}{data[2:]}")


@lru_cache(4_096)
def _heads(topics_bytes: int, data_bytes: int, is_bare: bool) -> tuple[str, str, str]:
    """What stands in a log before its address, behind that and behind its topics, as hex; a bare byte has no head."""
    topics, data = list_head(topics_bytes), b"" if is_bare else text_head(data_bytes)
    length = 21 + len(topics) + topics_bytes + len(data) + data_bytes
    return list_head(length).hex() + "94", topics.hex(), data.hex()


def _number(text: str) -> bytes:
    return encode_int(int(text, 16))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
