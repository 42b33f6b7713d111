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
from rwaledger.operate.authentic import require_unaltered
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, require_not_rejected
from rwaledger.operate.store import renewed
from rwaledger.registry import audit_log, instructions
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.locks import hold

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

    What another process has had signed meanwhile is taken over, so that there is one signature in force.

    Raises:
        AuthorisationError: the key is not the checker's, or a row was altered or rejected.
    """
    now = chain_time(desk.node)
    unsigned = [each for each in todo if not (each.signature and is_in_force(each, desk, now))]
    if not unsigned:
        return list(todo)
    require_unaltered(unsigned)
    checker = desk.open_checker()
    if checker.address != desk.checker:
        raise AuthorisationError(
            f"the checker's key is that of {checksummed(checker.address)}", "Name the right keystore."
        )
    signed: list[StoredInstruction] = []
    for each in unsigned:
        signed.append(_signed(each, desk, checker, now))
        desk.progress("approve", len(signed), len(unsigned))
    kept = {each.instruction.ref: each for each in keep_approvals(desk, signed, now)}
    return [kept.get(each.instruction.ref, each) for each in todo]


def keep_approvals(desk: Desk, signed: Sequence[StoredInstruction], now: int) -> list[StoredInstruction]:
    """Stores signatures, but where the register has one in force already: then that one stays, and is returned."""
    kept = []
    with desk.database.begin() as connection:
        for name in sorted({(e.instruction.chain_id, e.instruction.control_book, e.idempotency_key) for e in signed}):
            hold(connection, "key", *name)
        for each in signed:
            theirs = instructions.instruction(connection, each.instruction.ref)
            require_not_rejected(connection, [theirs])
            if theirs.signature and is_in_force(theirs, desk, now):
                kept.append(theirs)
                continue
            instructions.set_approval(connection, each)
            detail = {"digest": each.digest}
            audit_log.record(connection, desk.checker, "instruction approved", each.instruction.ref, detail)
            kept.append(each)
    return kept


def is_in_force(each: StoredInstruction, desk: Desk, now: int) -> bool:
    """Whether the instruction, as it stands, can still be carried out by this maker under this checker's signature."""
    parties = (each.instruction.maker, each.instruction.checker)
    return parties == (desk.maker, desk.checker) and not is_late(each, now)


def is_late(each: StoredInstruction, now: int) -> bool:
    """Whether it expires before it could be sent."""
    return now + SENDING_S >= each.instruction.not_after


def _signed(each: StoredInstruction, desk: Desk, checker: Signer, now: int) -> StoredInstruction:
    draft = each if is_in_force(each, desk, now) else renewed(desk, each, now)
    signature = checker.sign_typed_data(*typed_data.hashes(draft.instruction))
    return replace(draft, signature=signature, status=InstructionStatus.APPROVED)
