"""Step 2: the checker signs each instruction that has no signature in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rwaledger.chain import instructions as book
from rwaledger.chain import typed_data
from rwaledger.chain.addresses import checksummed
from rwaledger.domain.errors import AuthorisationError
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.registry import audit_log, instructions
from rwaledger.registry.instructions import StoredInstruction

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

SENDING_S = 60
"""A signature that expires sooner is renewed: sending needs some time too."""


def require_four_eyes(desk: Desk, control_book: str) -> None:
    """Maker and checker are two, and each holds its role.

    Raises:
        AuthorisationError: they are not, or do not.
    """
    if desk.maker == desk.checker:
        raise AuthorisationError(
            f"maker and checker are the same account, {checksummed(desk.maker)}",
            "Name another keystore for one of them (settings maker and checker).",
        )
    offices = ((book.MAKER_ROLE, "maker", desk.maker), (book.CHECKER_ROLE, "checker", desk.checker))
    for role, name, account in offices:
        if not book.has_role(desk.node, control_book, role, account):
            raise AuthorisationError(
                f"{checksummed(account)} is no {name} of the control book {checksummed(control_book)}",
                f"Name the right keystore (setting {name}), or have the admin appoint this one.",
            )


def approve(desk: Desk, todo: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """Has the checker sign what is not signed, stores the signatures, and returns all in their order.

    Raises:
        AuthorisationError: the key is not the checker's.
    """
    now = chain_time(desk.node)
    unsigned = [each for each in todo if not (each.signature and _is_in_force(each, desk, now))]
    if not unsigned:
        return list(todo)
    checker = desk.open_checker()
    if checker.address != desk.checker:
        raise AuthorisationError(f"the checker's key is that of {checker.address}", "Name the right keystore.")
    signed: dict[str, StoredInstruction] = {}
    for each in unsigned:
        signed[each.instruction.ref] = _signed(each, desk, checker, now)
        desk.progress("approve", len(signed), len(unsigned))
    with desk.database.begin() as connection:
        for ref, each in signed.items():
            instructions.set_approval(connection, each)
            audit_log.record(connection, desk.checker, "instruction approved", ref, {"digest": each.digest})
    return [signed.get(each.instruction.ref, each) for each in todo]


def _is_in_force(each: StoredInstruction, desk: Desk, now: int) -> bool:
    """Whether the instruction, as it stands, can still be carried out by this maker under this checker's signature."""
    parties = (each.instruction.maker, each.instruction.checker)
    return parties == (desk.maker, desk.checker) and now + SENDING_S < each.instruction.not_after


def _signed(each: StoredInstruction, desk: Desk, checker: Signer, now: int) -> StoredInstruction:
    instruction = each.instruction
    if not _is_in_force(each, desk, now):
        instruction = replace(instruction, maker=desk.maker, checker=desk.checker, not_after=now + desk.lifetime_s)
    return replace(
        each,
        instruction=instruction,
        digest=typed_data.digest(instruction),
        signature=checker.sign_typed_data(*typed_data.hashes(instruction)),
        status=InstructionStatus.APPROVED,
    )
