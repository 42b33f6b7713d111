"""Transactions as the chain has them: who sent them under which nonce, to whom, and how they ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from rwaledger.chain.rpc import Call, Node
from rwaledger.domain.errors import NodeError

_NONCE = 1  # place in an EIP-1559 transaction
_DELEGATION = "0xef0100"
BLOCKS_AT_A_TIME = 50


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """A transaction in a block. Addresses are lower-case hex; `recipient` is empty for the making of a contract."""

    tx_hash: str
    sender: str
    nonce: int
    recipient: str
    calldata: str
    block_number: int
    block_hash: str
    gas_used: int
    succeeded: bool


def mined_transactions(node: Node, tx_hashes: Sequence[str]) -> dict[str, MinedTransaction]:
    """Those of the transactions that are in a block, by hash."""
    methods = ("eth_getTransactionByHash", "eth_getTransactionReceipt")
    calls: list[Call] = [(method, [tx_hash]) for tx_hash in tx_hashes for method in methods]
    answers = node.batch(calls)
    pairs = zip(answers[::2], answers[1::2], strict=True)
    found = (_mined(raw, receipt) for raw, receipt in pairs if raw is not None and receipt is not None)
    return {each.tx_hash: each for each in found}


def transactions_from(node: Node, senders: frozenset[str], first: int, last: int) -> Iterator[tuple[str, int, str]]:
    """Sender, nonce and hash of what these accounts have in the blocks `first` to `last`, in their order."""
    for start in range(first, last + 1, BLOCKS_AT_A_TIME):
        numbers = range(start, min(start + BLOCKS_AT_A_TIME, last + 1))
        for block in node.batch([("eth_getBlockByNumber", [hex(number), True]) for number in numbers]):
            for raw in block["transactions"] if block else ():
                sender = raw["from"].lower()
                if sender in senders:
                    yield sender, int(raw["nonce"], 16), raw["hash"]


def nonces_used(node: Node, accounts: Sequence[str], block: int) -> dict[str, int]:
    """How many transactions each account has sent in all blocks up to this one."""
    answers = node.batch([("eth_getTransactionCount", [account, hex(block)]) for account in accounts])
    return {account: int(answer, 16) for account, answer in zip(accounts, answers, strict=True)}


def nonces_used_if_known(node: Node, accounts: Sequence[str], block: int) -> dict[str, int]:
    """The same, or zeros where the node no longer has the state of that block."""
    try:
        return nonces_used(node, accounts, block)
    except NodeError:
        return dict.fromkeys(accounts, 0)


def with_keys(node: Node, accounts: Sequence[str], block: int) -> list[str]:
    """Those of the accounts that a key rules over, delegated to code (EIP-7702) or not, and no contract."""
    codes = node.batch([("eth_getCode", [account, hex(block)]) for account in accounts])
    return [a for a, code in zip(accounts, codes, strict=True) if code == "0x" or code.startswith(_DELEGATION)]


def signed_by(raw: str) -> tuple[str, int] | None:
    """Sender and nonce of a signed transaction of type 2, from its bytes; None where they are none."""
    try:
        sender = str(Account.recover_transaction(raw)).lower()
        return sender, int.from_bytes(rlp.decode(bytes.fromhex(raw[4:]))[_NONCE])
    except (ValueError, TypeError, BadSignature, ValidationError, rlp.exceptions.RLPException):
        return None


def _mined(raw: dict[str, Any], receipt: dict[str, Any]) -> MinedTransaction:
    return MinedTransaction(
        tx_hash=raw["hash"],
        sender=raw["from"].lower(),
        nonce=int(raw["nonce"], 16),
        recipient=(raw.get("to") or "").lower(),
        calldata=raw["input"],
        block_number=int(receipt["blockNumber"], 16),
        block_hash=receipt["blockHash"],
        gas_used=int(receipt["gasUsed"], 16),
        succeeded=receipt["status"] == "0x1",
    )
