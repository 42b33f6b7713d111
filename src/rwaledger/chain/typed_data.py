"""What a checker signs: an instruction as an EIP-712 message, and its hash."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from rwaledger.domain.instruction import Instruction

_LINE_TYPE = "Line(address from,address to,uint256 amount,uint256 detail)"
_LINE_TYPEHASH = keccak(text=_LINE_TYPE)
_INSTRUCTION_TYPEHASH = keccak(
    text="Instruction(bytes32 ref,address instrument,string operation,address maker,address checker,"
    f"uint48 notAfter,bytes32 order,Line[] lines){_LINE_TYPE}"
)
_DOMAIN_TYPEHASH = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_DOMAIN_NAME = keccak(text="rwaledger ControlBook") + keccak(text="1")

_TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Line": [
        {"name": "from", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "amount", "type": "uint256"},
        {"name": "detail", "type": "uint256"},
    ],
    "Instruction": [
        {"name": "ref", "type": "bytes32"},
        {"name": "instrument", "type": "address"},
        {"name": "operation", "type": "string"},
        {"name": "maker", "type": "address"},
        {"name": "checker", "type": "address"},
        {"name": "notAfter", "type": "uint48"},
        {"name": "order", "type": "bytes32"},
        {"name": "lines", "type": "Line[]"},
    ],
}


def typed_message(instruction: Instruction) -> dict[str, Any]:
    """The full EIP-712 message that a checker's wallet shows and signs."""
    return {
        "types": _TYPES,
        "primaryType": "Instruction",
        "domain": {
            "name": "rwaledger ControlBook",
            "version": "1",
            "chainId": instruction.chain_id,
            "verifyingContract": instruction.control_book,
        },
        "message": {
            "ref": instruction.ref,
            "instrument": instruction.instrument,
            "operation": instruction.operation.value,
            "maker": instruction.maker,
            "checker": instruction.checker,
            "notAfter": instruction.not_after,
            "order": instruction.order,
            "lines": [
                {
                    "from": line.sender,
                    "to": line.recipient,
                    "amount": line.amount_units,
                    "detail": line.detail,
                }
                for line in instruction.lines
            ],
        },
    }


def digest(instruction: Instruction) -> str:
    """The EIP-712 hash of an instruction; the control book computes the same."""
    domain, message = hashes(instruction)
    return "0x" + keccak(b"\x19\x01" + domain + message).hex()


def hashes(instruction: Instruction) -> tuple[bytes, bytes]:
    """Domain separator and struct hash of `typed_message`.

    Packed here: eth-account's own encoder takes 30 ms for 100 lines, this 3 ms. A test holds them equal.
    """
    lines = b"".join(
        keccak(
            _LINE_TYPEHASH + _word(line.sender) + _word(line.recipient) + _word(line.amount_units) + _word(line.detail)
        )
        for line in instruction.lines
    )
    domain = _DOMAIN_TYPEHASH + _DOMAIN_NAME + _word(instruction.chain_id) + _word(instruction.control_book)
    struct = (
        _INSTRUCTION_TYPEHASH
        + _word(instruction.ref)
        + _word(instruction.instrument)
        + keccak(text=instruction.operation.value)
        + _word(instruction.maker)
        + _word(instruction.checker)
        + _word(instruction.not_after)
        + _word(instruction.order)
        + keccak(lines)
    )
    return keccak(domain), keccak(struct)


def _word(value: int | str) -> bytes:
    """32 bytes of a number, an address or a bytes32 in hex."""
    return (value if isinstance(value, int) else int(value, 16)).to_bytes(32, "big")
