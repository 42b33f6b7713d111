"""Is a stored instruction what the checker signed? Asked of every row before anything of it leaves the house."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rwaledger.chain import typed_data
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.chain.signatures import contract_accepts, is_contract, recovered
from rwaledger.domain.errors import AuthorisationError
from rwaledger.registry.instructions import StoredInstruction

_RESTORE = "Find out who changed the row, and restore it; or reject the instruction, and make a new one."


def require_unaltered(stored: Sequence[StoredInstruction]) -> None:
    """Raises unless each row still has the digest that was computed when it was written.

    Raises:
        AuthorisationError: naming the reference of the one that was altered.
    """
    for each in stored:
        if typed_data.digest(each.instruction) != each.digest:
            raise AuthorisationError(
                f"instruction {each.instruction.ref} was altered in the register: its digest is no more that of what"
                " it says; nothing was sent",
                _RESTORE,
            )


def require_authentic(node: Node, approved: Sequence[StoredInstruction]) -> None:
    """Raises unless each row is what its checker, who is not its maker, has signed.

    Raises:
        AuthorisationError: naming the reference of the one that is not.
    """
    require_unaltered(approved)
    is_signed = {account: _judge(node, account) for account in {each.instruction.checker for each in approved}}
    for each in approved:
        instruction = each.instruction
        if instruction.maker == instruction.checker:
            raise AuthorisationError(
                f"instruction {instruction.ref} has the same account as maker and checker,"
                f" {checksummed(instruction.maker)}; nothing was sent",
                _RESTORE,
            )
        if not is_signed[instruction.checker](each):
            raise AuthorisationError(
                f"instruction {instruction.ref} does not bear the signature of its checker"
                f" {checksummed(instruction.checker)}: it was altered after it was approved; nothing was sent",
                _RESTORE,
            )


def is_signed_by_its_checker(node: Node, each: StoredInstruction) -> bool:
    """Whether the signature is its checker's, whose key or whose contract (ERC-1271) answers for it."""
    return _judge(node, each.instruction.checker)(each)


def _judge(node: Node, checker: str) -> Callable[[StoredInstruction], bool]:
    if is_contract(node, checker):
        return lambda each: contract_accepts(node, checker, each.digest, each.signature or "0x")
    return lambda each: recovered(typed_data.hashes(each.instruction), each.signature or "0x") == checker
