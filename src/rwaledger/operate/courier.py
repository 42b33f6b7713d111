"""Hand instructions to a checker who sees neither node nor register, and take the signatures back in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rwaledger.domain.errors import AuthorisationError
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.approval_file import Paper, Travelling, write_paper
from rwaledger.operate.approve import is_in_force, is_late, keep_approvals, require_four_eyes
from rwaledger.operate.authentic import is_signed_by_its_checker, require_unaltered
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, require_not_rejected
from rwaledger.operate.execute import not_done
from rwaledger.operate.lifecycle import renew_late
from rwaledger.operate.review import labels_of
from rwaledger.registry import instructions
from rwaledger.registry.instructions import StoredInstruction


def hand_out(desk: Desk, selected: Sequence[StoredInstruction]) -> Paper:
    """The file of what waits for its checker; what expires too soon gets a new expiry first, in the register too.

    Raises:
        AuthorisationError: one was rejected or altered.
        UsageError: none waits.
    """
    with desk.database.read() as connection:
        require_not_rejected(connection, selected)
        labels = labels_of(connection, selected)
    now = chain_time(desk.node)
    waiting = [each for each in not_done(selected) if not each.signature or is_late(each, now)]
    require_unaltered(waiting)
    return write_paper(renew_late(desk, waiting), labels)


def take_in(desk: Desk, paper: Paper) -> list[StoredInstruction]:
    """Stores the signatures of a file, all of them or none, and returns the instructions as they are approved.

    Raises:
        UnknownName: an instruction is not in this register.
        AuthorisationError: one is not as the register has it, is not signed by its checker, or has expired.
    """
    now = chain_time(desk.node)
    with desk.database.read() as connection:
        stored = [instructions.instruction(connection, each.instruction.ref) for each in paper.instructions]
        require_not_rejected(connection, stored)
    signed = [_approved(desk, each, row, now) for each, row in zip(paper.instructions, stored, strict=True)]
    kept: list[StoredInstruction] = []
    for parties in dict.fromkeys(_parties(each) for each in signed):
        maker, checker, control_book = parties
        theirs = replace(desk, maker=maker, checker=checker)
        require_four_eyes(theirs, control_book)
        kept += keep_approvals(theirs, [each for each in not_done(signed) if _parties(each) == parties], now)
    return kept


def _approved(desk: Desk, paper: Travelling, stored: StoredInstruction, now: int) -> StoredInstruction:
    ref = paper.instruction.ref
    require_unaltered([stored])
    if (paper.instruction, paper.digest) != (stored.instruction, stored.digest):
        raise AuthorisationError(
            f"instruction {ref} of the file is not what the register has; nothing was stored",
            "It was drafted anew since: export it again, and have that file signed.",
        )
    approved = replace(stored, signature=paper.signature)
    if not (paper.signature and is_signed_by_its_checker(desk.node, approved)):
        raise AuthorisationError(
            f"instruction {ref} of the file does not bear its checker's signature; nothing was stored",
            "Have the file signed with `rwaledger instruction sign`.",
        )
    if stored.status.is_carried_out:
        return stored
    if is_late(stored, now):
        raise AuthorisationError(
            f"instruction {ref} of the file has expired; nothing was stored",
            "Export it again, and have that file signed.",
        )
    parties = replace(desk, maker=stored.instruction.maker, checker=stored.instruction.checker)
    if stored.signature and is_in_force(stored, parties, now):
        return stored
    return replace(approved, status=InstructionStatus.APPROVED)


def _parties(each: StoredInstruction) -> tuple[str, str, str]:
    return each.instruction.maker, each.instruction.checker, each.instruction.control_book
