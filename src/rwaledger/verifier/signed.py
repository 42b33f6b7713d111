"""What people sign for the contracts, hashed anew (EIP-712), and the messages that wallets sign (EIP-191)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rwaledger.verifier.keccak import keccak256, keccak256_many

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
        return self.digests([(chain_id, contract, members)])[0]

    def digests(self, asked: Sequence[tuple[int, str, Sequence[Member]]]) -> list[str]:
        """The same of many, each by chain, contract and members; together they cost far less than one by one."""
        separators = [_separator(self.domain, chain_id, contract) for chain_id, contract, _ in asked]
        structs = struct_hashes(self.type_text, [members for _, _, members in asked])
        pairs = zip(separators, structs, strict=True)
        return ["0x" + each.hex() for each in keccak256_many([b"\x19\x01" + a + b for a, b in pairs])]


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


def line_hashes(lines: Sequence[Sequence[Member]]) -> list[bytes]:
    """The struct hash of each line of an instruction: sender, recipient, amount, detail."""
    return struct_hashes(_LINE_TYPE, lines)


def leg_hashes(legs: Sequence[Sequence[Member]]) -> list[bytes]:
    """The struct hash of each leg of a trade: token, sender, recipient, amount."""
    return struct_hashes(_LEG_TYPE, legs)


def struct_hashes(type_text: str, structs: Sequence[Sequence[Member]]) -> list[bytes]:
    """What EIP-712 calls hashStruct, of structs of one type. Raises as `Kind.digest` does."""
    long = [_unhashed(member) for members in structs for member in members if not isinstance(member, int | str)]
    hashed = iter(keccak256_many(long))
    start = _type_hash(type_text)
    return keccak256_many(
        [
            start + b"".join(_word(each) if isinstance(each, int | str) else next(hashed) for each in members)
            for members in structs
        ]
    )


def personal_hash(text: str) -> bytes:
    """The hash that a wallet signs for a personal message (EIP-191)."""
    raw = text.encode()
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw)


def _word(member: int | str) -> bytes:
    return (member if isinstance(member, int) else int(member, 16)).to_bytes(32, "big")


def _unhashed(member: bytes | Sequence[bytes]) -> bytes:
    return member if isinstance(member, bytes) else b"".join(member)


@cache
def _type_hash(type_text: str) -> bytes:
    return keccak256(type_text.encode())


@cache
def _separator(name: str, chain_id: int, contract: str) -> bytes:
    return struct_hashes(_DOMAIN_TYPE, [(name.encode(), b"1", chain_id, contract)])[0]
