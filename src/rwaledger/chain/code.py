"""What identifies the code of a contract."""

from __future__ import annotations

from rwaledger.chain.tries import keccak


def code_hash(code: str) -> str:
    """keccak-256 of bytecode given as hex."""
    return "0x" + keccak(bytes.fromhex(code[2:])).hex()
