"""The reserve attestor: what an attestor signs, what is sent, what reserve is in force."""

from __future__ import annotations

from typing import Any

from rwaledger.chain.contracts import RESERVE_ATTESTOR
from rwaledger.chain.eip712 import Signable, Struct
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing
from rwaledger.domain.reserve import Attestation, Reserve

_SIGNABLE = Signable(
    "rwaledger ReserveAttestor",
    Struct(
        "Attestation",
        (
            ("instrument", "address"),
            ("amount", "uint96"),
            ("asOf", "uint48"),
            ("expiresAt", "uint48"),
            ("documentHash", "bytes32"),
        ),
    ),
)


def typed_message(chain_id: int, contract: str, attestation: Attestation) -> dict[str, Any]:
    """The full EIP-712 message that the attestor's wallet shows and signs."""
    return _SIGNABLE.message(chain_id, contract, _values(attestation))


def hashes(chain_id: int, contract: str, attestation: Attestation) -> tuple[bytes, bytes]:
    """Domain separator and struct hash of `typed_message`."""
    return _SIGNABLE.hashes(chain_id, contract, _values(attestation))


def digest(chain_id: int, contract: str, attestation: Attestation) -> str:
    """The hash that the attestor signs; the contract computes the same."""
    return _SIGNABLE.digest(chain_id, contract, _values(attestation))


def attesting(contract: str, attestation: Attestation, attestor: str, signature: str) -> Outgoing:
    """The call that publishes an attestation; anyone may send it."""
    args = [tuple(_values(attestation).values()), attestor, signature]
    return Outgoing(contract, RESERVE_ATTESTOR.encode("attest", args))


def reserve_of(node: Node, contract: str, instrument: str, block: int | str = "latest") -> Reserve:
    """The reserve in force, expired or not."""
    amount, expires_at = RESERVE_ATTESTOR.call(node, contract, "reserveOf", [instrument], block)
    return Reserve(amount, expires_at)


def source_of(node: Node, contract: str, instrument: str, block: int | str = "latest") -> tuple[int, str]:
    """When the reserve in force was counted, and the hash of the report behind it."""
    as_of, document_hash = RESERVE_ATTESTOR.call(node, contract, "sourceOf", [instrument], block)
    return int(as_of), "0x" + document_hash.hex()


def _values(attestation: Attestation) -> dict[str, Any]:
    """In the order of the contract's struct."""
    return {
        "instrument": attestation.instrument,
        "amount": attestation.amount_units,
        "asOf": attestation.as_of,
        "expiresAt": attestation.expires_at,
        "documentHash": attestation.document_hash,
    }
