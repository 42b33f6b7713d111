"""Deploy a contract to an address that follows from what it is, so that deploying twice finds what is there.

The address comes from CREATE2 (EIP-1014) through the deterministic deployment proxy that anvil and most public
chains carry at a fixed address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.crypto import keccak

from rwaledger.chain.code import code_hash
from rwaledger.chain.contracts import Binding
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Outgoing, send_and_wait
from rwaledger.domain.errors import RwaledgerError

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

PROXY = "0x4e59b44847b379578588920ca78fbf26c0b4956c"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract on the chain. `created` tells whether this run put it there."""

    address: str
    block_number: int
    block_hash: str
    code_hash: str
    created: bool


def planned_address(binding: Binding, args: Sequence[Any], salt: bytes) -> str:
    """Where a contract with these constructor arguments will be, or is."""
    creation_code = bytes.fromhex(binding.creation_code(args)[2:])
    preimage = b"\xff" + bytes.fromhex(PROXY[2:]) + salt + keccak(creation_code)
    return "0x" + keccak(preimage)[12:].hex()


def deploy(
    node: Node,
    signer: Signer,
    binding: Binding,
    args: Sequence[Any],
    salt: bytes,
    send: Callable[[Outgoing], object] | None = None,
) -> Deployed:
    """Deploys the contract, or finds it. `salt` is 32 bytes; `send` stands in for plain sending with the signer's key.

    Raises:
        RwaledgerError: the chain has no deployment proxy, or the constructor refused.
    """
    address = planned_address(binding, args, salt)
    created = node.code(address) == "0x"
    if created:
        _require_proxy(node)
        creation = Outgoing(PROXY, "0x" + salt.hex() + binding.creation_code(args)[2:])
        send(creation) if send else send_and_wait(node, signer, creation)
    return find(node, address, created=created)


def find(node: Node, address: str, *, created: bool = False) -> Deployed:
    """A contract that is on the chain, with the block that its first event is in.

    Raises:
        RwaledgerError: no code at the address, or no event of its deployment.
    """
    code = node.code(address)
    logs = node.logs([address], 0, node.head())
    if code == "0x" or not logs:
        raise RwaledgerError(f"there is no contract of ours at {address}", "Check the address and the node.")
    first = logs[0]
    return Deployed(address, first.block_number, first.block_hash, code_hash(code), created)


def _require_proxy(node: Node) -> None:
    if node.code(PROXY) == "0x":
        raise RwaledgerError(
            f"the chain has no deployment proxy at {PROXY}",
            "Deploy it first (its creation transaction is the same on every chain), or use a chain that has it.",
        )
