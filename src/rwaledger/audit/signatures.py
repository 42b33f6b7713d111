"""The checker's signature as the chain has it: in the calldata of the transaction that carried an instruction out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rwaledger.chain.abi import MalformedData
from rwaledger.chain.contracts import CONTROL_BOOK
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import ChainEvent


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction, as far as it matters here: to whom, with what."""

    recipient: str
    calldata: str


def transactions_behind(node: Node, events: Iterable[ChainEvent]) -> dict[str, Sent]:
    """The transactions of the executions among the events, by hash; those that the node has forgotten are absent."""
    return transactions_sent(node, {event.log.tx_hash for event in events if event.name == "InstructionExecuted"})


def transactions_sent(node: Node, tx_hashes: Iterable[str]) -> dict[str, Sent]:
    """Transactions by their hash; those that the node has forgotten are absent."""
    hashes = sorted(set(tx_hashes))
    answers = node.batch([("eth_getTransactionByHash", [tx_hash]) for tx_hash in hashes])
    return {
        tx_hash: Sent((answer.get("to") or "").lower(), answer["input"].lower())
        for tx_hash, answer in zip(hashes, answers, strict=True)
        if answer is not None
    }


def carried_signature(sent: Mapping[str, Sent], event: ChainEvent, stored: str) -> str | None:
    """The signature in the transaction behind an execution; None where the node does not have the transaction.

    A maker that is a contract calls the control book from within: there, the stored signature is looked for among
    the bytes that were sent.
    """
    transaction = sent.get(event.log.tx_hash)
    if transaction is None:
        return None
    if transaction.recipient == event.log.address:
        try:
            _, args = CONTROL_BOOK.decode_input(transaction.calldata)
            return str(args["checkerSignature"])
        except (MalformedData, KeyError):
            return ""
    digits = stored.removeprefix("0x").lower()
    return stored if f"{len(digits) // 2:064x}{digits}" in transaction.calldata else ""
