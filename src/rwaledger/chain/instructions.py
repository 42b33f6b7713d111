"""The control book on the chain: what the checker signs, what the maker sends, what was carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from rwaledger.chain.contracts import CONTROL_BOOK
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing
from rwaledger.domain.errors import RwaledgerError
from rwaledger.domain.instruction import Instruction, Line, Operation

MAKER_ROLE = "0x" + keccak(text="MAKER_ROLE").hex()
CHECKER_ROLE = "0x" + keccak(text="CHECKER_ROLE").hex()
_UNUSED = b"\0" * 32
_EXECUTED_TOPIC = (
    "0x" + keccak(text="InstructionExecuted(bytes32,address,address,address,string,uint256,bytes32,bytes32)").hex()
)


@dataclass(frozen=True, slots=True)
class Executed:
    """An instruction as the control book carried it out."""

    tx_hash: str
    block_number: int
    instrument: str
    operation: Operation
    maker: str
    checker: str
    not_after: int
    order: str
    text: str
    lines: tuple[Line, ...]
    signature: str


def execution(instruction: Instruction, signature: str) -> Outgoing:
    """The call with which the maker has the control book carry it out."""
    args = [_tuple(instruction), [_line_tuple(line) for line in instruction.lines], signature]
    return Outgoing(instruction.control_book, CONTROL_BOOK.encode("execute", args))


def used_digests(node: Node, control_book: str, refs: list[str]) -> list[str | None]:
    """The digest of the instruction that has used each reference on the chain; None where it is free."""
    answers = CONTROL_BOOK.call_many(node, control_book, [("digestOf", [ref]) for ref in refs])
    return [None if used == _UNUSED else "0x" + used.hex() for (used,) in answers]


def executed(node: Node, control_book: str, ref: str, from_block: int) -> Executed:
    """What has used a reference, read back from the transaction that carried it out."""
    query = {"address": control_book, "fromBlock": hex(from_block), "topics": [_EXECUTED_TOPIC, ref]}
    logs = node.request("eth_getLogs", [query])
    if len(logs) != 1:
        raise RwaledgerError(
            f"the control book has used {ref}, and the node shows {len(logs)} events of it",
            "Use a node that has all events of the chain.",
        )
    (log,) = logs
    transaction = node.request("eth_getTransactionByHash", [log["transactionHash"]])
    _, args = CONTROL_BOOK.decode_input(transaction["input"])
    head = args["instruction"]
    return Executed(
        tx_hash=log["transactionHash"],
        block_number=int(log["blockNumber"], 16),
        instrument=head["instrument"],
        operation=Operation(head["operation"]),
        maker=head["maker"],
        checker=head["checker"],
        not_after=head["notAfter"],
        order=head["order"],
        text=head["text"],
        lines=tuple(Line(line["from"], line["to"], line["amount"], line["detail"]) for line in args["lines"]),
        signature=args["checkerSignature"],
    )


def has_role(node: Node, control_book: str, role: str, account: str) -> bool:
    """Whether an account holds a role of the control book."""
    (answer,) = CONTROL_BOOK.call(node, control_book, "hasRole", [role, account])
    return bool(answer)


def _tuple(instruction: Instruction) -> tuple[Any, ...]:
    return (
        instruction.ref,
        instruction.instrument,
        instruction.operation.value,
        instruction.maker,
        instruction.checker,
        instruction.not_after,
        instruction.order,
        instruction.text,
    )


def _line_tuple(line: Line) -> tuple[Any, ...]:
    return (line.sender, line.recipient, line.amount_units, line.detail)
