"""What a checker signs: an instruction as an EIP-712 message, and its hash."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from eth_utils.crypto import keccak

from rwaledger.chain.eip712 import Signable, Struct
from rwaledger.domain.instruction import Instruction

_LINE = Struct("Line", (("from", "address"), ("to", "address"), ("amount", "uint256"), ("detail", "uint256")))
_SIGNABLE = Signable(
    "rwaledger ControlBook",
    Struct(
        "Instruction",
        (
            ("ref", "bytes32"),
            ("instrument", "address"),
            ("operation", "string"),
            ("maker", "address"),
            ("checker", "address"),
            ("notAfter", "uint48"),
            ("order", "bytes32"),
            ("text", "string"),
            ("lines", "Line[]"),
        ),
        _LINE,
    ),
)


def typed_message(instruction: Instruction) -> dict[str, Any]:
    """The full EIP-712 message that a checker's wallet shows and signs."""
    return _SIGNABLE.message(instruction.chain_id, instruction.control_book, _values(instruction))


def digest(instruction: Instruction) -> str:
    """The EIP-712 hash of an instruction; the control book computes the same."""
    return "0x" + keccak(b"\x19\x01" + b"".join(hashes(instruction))).hex()


@lru_cache(maxsize=512)
def hashes(instruction: Instruction) -> tuple[bytes, bytes]:
    """Domain separator and struct hash of `typed_message`.

    Asked again and again of the same instructions, before each step; the answer is kept by all that they say.
    """
    return _SIGNABLE.hashes(instruction.chain_id, instruction.control_book, _values(instruction))


def _values(instruction: Instruction) -> dict[str, Any]:
    return {
        "ref": instruction.ref,
        "instrument": instruction.instrument,
        "operation": instruction.operation.value,
        "maker": instruction.maker,
        "checker": instruction.checker,
        "notAfter": instruction.not_after,
        "order": instruction.order,
        "text": instruction.text,
        "lines": [
            {"from": line.sender, "to": line.recipient, "amount": line.amount_units, "detail": line.detail}
            for line in instruction.lines
        ],
    }
