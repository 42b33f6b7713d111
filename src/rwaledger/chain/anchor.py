"""The registry anchor: what operator and auditor sign of a register's head, what is sent, what is anchored."""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.contracts import REGISTRY_ANCHOR
from rwaledger.chain.eip712 import Signable, Struct
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing
from rwaledger.domain.anchor import AnchoredHead, Head
from rwaledger.domain.errors import AuthorisationError

OPERATOR, AUDITOR = "operator", "auditor"
"""Who signs a head, and who countersigns it: roles of the contract."""

_SIGNABLE = Signable(
    "rwaledger RegistryAnchor",
    Struct(
        "Head",
        (
            ("instrument", "address"),
            ("sequence", "uint64"),
            ("previousHead", "bytes32"),
            ("head", "bytes32"),
            ("blockNumber", "uint64"),
            ("blockHash", "bytes32"),
            ("supply", "uint256"),
            ("holderCount", "uint32"),
        ),
    ),
)


def typed_message(chain_id: int, contract: str, head: Head) -> dict[str, Any]:
    """The full EIP-712 message that operator's and auditor's wallets show and sign."""
    return _SIGNABLE.message(chain_id, contract, _values(head))


def hashes(chain_id: int, contract: str, head: Head) -> tuple[bytes, bytes]:
    """Domain separator and struct hash of `typed_message`."""
    return _SIGNABLE.hashes(chain_id, contract, _values(head))


def digest(chain_id: int, contract: str, head: Head) -> str:
    """The hash that operator and auditor sign; the contract computes the same."""
    return _SIGNABLE.digest(chain_id, contract, _values(head))


def anchoring(contract: str, head: Head, operator: tuple[str, str], auditor: tuple[str, str]) -> Outgoing:
    """The call that anchors a head; operator and auditor are each an address and its signature."""
    args = [tuple(_values(head).values()), *operator, *auditor]
    return Outgoing(contract, REGISTRY_ANCHOR.encode("anchor", args))


def require_role(node: Node, contract: str, role: str, account: str) -> None:
    """Raises unless the anchor takes signatures of an account in this role.

    Raises:
        AuthorisationError: it does not.
    """
    role_id = keccak(text=f"{role.upper()}_ROLE")
    (has_role,) = REGISTRY_ANCHOR.call(node, contract, "hasRole", ["0x" + role_id.hex(), account])
    if not has_role:
        raise AuthorisationError(
            f"{checksummed(account)} is no {role} of the registry anchor {checksummed(contract)}",
            f"Sign with a key that is, or have the anchor's admin grant it {role.upper()}_ROLE.",
        )


def last_sequence(node: Node, contract: str, instrument: str, block: int | str = "latest") -> int:
    """The sequence of an instrument's last head; 0 where there is none."""
    (sequence,) = REGISTRY_ANCHOR.call(node, contract, "lastSequence", [instrument], block)
    return int(sequence)


def head_of(
    node: Node, contract: str, instrument: str, sequence: int, block: int | str = "latest"
) -> AnchoredHead | None:
    """The head anchored under a sequence; None where there is none."""
    ((head, block_hash, supply, operator, number, holders, auditor),) = REGISTRY_ANCHOR.call(
        node, contract, "headOf", [instrument, sequence], block
    )
    if not any(head):
        return None
    return AnchoredHead("0x" + head.hex(), "0x" + block_hash.hex(), supply, operator, number, holders, auditor)


def _values(head: Head) -> dict[str, Any]:
    """In the order of the contract's struct."""
    return {
        "instrument": head.instrument,
        "sequence": head.sequence,
        "previousHead": head.previous_head,
        "head": head.head,
        "blockNumber": head.block_number,
        "blockHash": head.block_hash,
        "supply": head.supply_units,
        "holderCount": head.holder_count,
    }
