"""What people sign for the contracts, hashed anew (EIP-712), and the messages that wallets sign (EIP-191)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rwaledger.verifier.keccak import keccak256

Member = int | str | bytes | Sequence[bytes]
"""A number, an address or other hex, text as bytes (hashed), or the hashes of an array's structs."""

_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_LINE_TYPE = "Line(address from,address to,uint256 amount,uint256 detail)"
_LEG_TYPE = "Leg(address token,address from,address to,uint256 amount)"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message: the name of its contract's domain, and its type as EIP-712 writes it."""

    domain: str
    type_text: str

    def digest(self, chain_id: int, contract: str, members: Sequence[Member]) -> str:
        """The hash that is signed. Raises OverflowError or ValueError where a member cannot be what its type says."""
        body = struct_hash(self.type_text, members)
        return "0x" + keccak256(b"\x19\x01" + _separator(self.domain, chain_id, contract) + body).hex()


INSTRUCTION = Kind(
    "rwaledger ControlBook",
    "Instruction(bytes32 ref,address instrument,string operation,address maker,address checker,uint48 notAfter,"
    f"bytes32 order,string text,Line[] lines){_LINE_TYPE}",
)
TRADE = Kind("rwaledger Settlement", f"Trade(bytes32 ref,address venue,uint48 notAfter,Leg[] legs){_LEG_TYPE}")
ATTESTATION = Kind(
    "rwaledger ReserveAttestor",
    "Attestation(address instrument,uint96 amount,uint48 asOf,uint48 expiresAt,bytes32 documentHash)",
)
HEAD = Kind(
    "rwaledger RegistryAnchor",
    "Head(address instrument,uint64 sequence,bytes32 previousHead,bytes32 head,uint64 blockNumber,bytes32 blockHash,"
    "uint256 supply,uint32 holderCount)",
)


def line_hash(sender: str, recipient: str, amount: int, detail: int) -> bytes:
    """The struct hash of a line of an instruction."""
    return struct_hash(_LINE_TYPE, (sender, recipient, amount, detail))


def leg_hash(token: str, sender: str, recipient: str, amount: int) -> bytes:
    """The struct hash of a leg of a trade."""
    return struct_hash(_LEG_TYPE, (token, sender, recipient, amount))


def struct_hash(type_text: str, members: Sequence[Member]) -> bytes:
    """What EIP-712 calls hashStruct."""
    return keccak256(_type_hash(type_text) + b"".join(_encoded(member) for member in members))


def personal_hash(text: str) -> bytes:
    """The hash that a wallet signs for a personal message (EIP-191)."""
    raw = text.encode()
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw)


def _encoded(member: Member) -> bytes:
    if isinstance(member, int):
        return member.to_bytes(32, "big")
    if isinstance(member, str):
        return int(member, 16).to_bytes(32, "big")
    return keccak256(member if isinstance(member, bytes) else b"".join(member))


@cache
def _type_hash(type_text: str) -> bytes:
    return keccak256(type_text.encode())


@cache
def _separator(name: str, chain_id: int, contract: str) -> bytes:
    return struct_hash(_DOMAIN_TYPE, (name.encode(), b"1", chain_id, contract))
