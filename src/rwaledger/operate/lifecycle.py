"""An instruction's life when maker and checker sit apart: drafted, approved or rejected, and sent; each step alone.

The register is what they share. Each needs no key but their own, and what one did not do the other cannot do alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.errors import AuthorisationError, RegisterConflict, UnknownName, UsageError
from rwaledger.domain.instruction import Instruction, InstructionStatus
from rwaledger.operate.approve import approve, is_late, require_four_eyes
from rwaledger.operate.authentic import require_authentic, require_unaltered
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import REJECTED, chain_time, require_not_rejected, stored_instructions
from rwaledger.operate.execute import Outcome, not_done, preview_all
from rwaledger.operate.follow import write_statuses
from rwaledger.operate.plan import Plan
from rwaledger.operate.send import resend, send
from rwaledger.operate.store import renewed, store
from rwaledger.registry import audit_log, instructions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.locks import hold

_EXPORT = "export"
"""Stands for whoever hands out a file: no key is opened for it, and so nobody is named."""


def draft_all(desk: Desk, plans: Sequence[Plan]) -> list[StoredInstruction]:
    """Stores the instructions of plans for the checker to see; nothing is signed, and nothing is sent.

    The lines of a later plan are judged on what the earlier ones will have done. What is stored already stays as it
    is, but what was drafted for another checker or by another maker, and is not sent, becomes a draft of these two.

    Raises:
        RwaledgerError: what `preview_all` would raise; nothing was stored.
    """
    preview_all(desk, plans)
    return [each for plan in plans for each in _draft(desk, plan)]


def _draft(desk: Desk, plan: Plan) -> list[StoredInstruction]:
    stored = stored_instructions(desk, plan) or store(desk, plan, is_judged=True)
    parties, now = (desk.maker, desk.checker), chain_time(desk.node)
    changed = {
        each.instruction.ref: renewed(desk, each, now)
        for each in stored
        if each.status in (InstructionStatus.DRAFT, InstructionStatus.APPROVED)
        and (each.instruction.maker, each.instruction.checker) != parties
    }
    _write_drafts(desk, list(changed.values()), desk.maker)
    return [changed.get(each.instruction.ref, each) for each in stored]


def chosen(database: Database, chain_id: int, names: Sequence[str]) -> list[StoredInstruction]:
    """The instructions that names stand for, in order: an idempotency key for all of it, or the start of a reference.

    Raises:
        UnknownName: one stands for nothing, or for several references.
    """
    found: dict[str, StoredInstruction] = {}
    with database.read() as connection:
        for name in names:
            of_name = instructions.instructions_named(connection, chain_id, name)
            if not any(each.idempotency_key == name for each in of_name) and len(of_name) != 1:
                reason = f"{len(of_name)} begin so" if of_name else "no key is this, and no reference begins so"
                raise UnknownName("instruction", name, f"{reason}; see `rwaledger instruction list`.")
            found |= {each.instruction.ref: each for each in of_name}
    return list(found.values())


def require_approvable(desk: Desk, selected: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """Those that this desk's checker has still to sign, in order, and as they would be signed.

    What expires too soon has a new expiry, so that the digest that is shown is the one that is signed.

    Raises:
        AuthorisationError: one was rejected or altered, is for another checker, or is of the checker's own making.
    """
    with desk.database.read() as connection:
        require_not_rejected(connection, selected)
    now = chain_time(desk.node)
    for each in selected:
        require_is_checker(each.instruction, desk.checker)
    for maker, control_book in {(e.instruction.maker, e.instruction.control_book) for e in not_done(selected)}:
        require_four_eyes(replace(desk, maker=maker), control_book)
    todo = [each for each in not_done(selected) if not each.signature or is_late(each, now)]
    require_unaltered(todo)
    return [_renewed_if_late(desk, each, now) for each in todo]


def require_is_checker(instruction: Instruction, checker: str) -> None:
    """Raises unless an instruction is for this checker to judge.

    Raises:
        AuthorisationError: it is for another one, or its maker is its checker.
    """
    if instruction.maker == checker:
        raise AuthorisationError(
            f"{checksummed(checker)} has made instruction {instruction.ref}, and cannot check it",
            "Another one has to check it.",
        )
    if instruction.checker != checker:
        raise AuthorisationError(
            f"instruction {instruction.ref} is for the checker {checksummed(instruction.checker)},"
            f" not for {checksummed(checker)}",
            "Name the right keystore (setting checker), or have the maker draft it anew for this one.",
        )


def approve_chosen(desk: Desk, selected: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """Has the checker sign, with no other key; what expires too soon is signed with a new expiry.

    Raises:
        AuthorisationError: see `require_approvable`; or a row was altered. Nothing was signed.
    """
    todo = require_approvable(desk, selected)
    signed: dict[str, StoredInstruction] = {}
    for maker in dict.fromkeys(each.instruction.maker for each in todo):
        of_maker = [each for each in todo if each.instruction.maker == maker]
        signed |= {each.instruction.ref: each for each in approve(replace(desk, maker=maker), of_maker)}
    return [signed.get(each.instruction.ref, each) for each in selected]


def reject(
    database: Database, actor: str, selected: Sequence[StoredInstruction], reason: str
) -> list[StoredInstruction]:
    """Takes drafts, and what is approved and not sent, out of the world for good; returns what was rejected now.

    Raises:
        UsageError: no reason is given.
        RegisterConflict: it is too late for one of them; nothing was rejected.
    """
    if not reason.strip():
        raise UsageError("a rejection needs a reason", "Say why, for whoever made the instruction.")
    todo = [each for each in selected if each.status is not InstructionStatus.CANCELLED]
    with database.begin() as connection:
        for each in todo:
            ref = each.instruction.ref
            if not instructions.cancel(connection, ref, reason.strip()):
                raise _too_late(connection, ref)
            audit_log.record(connection, actor, REJECTED, ref, {"reason": reason.strip()})
    return todo


def reopen(
    database: Database, actor: str, selected: Sequence[StoredInstruction], reason: str
) -> list[StoredInstruction]:
    """Takes a rejection back: a payment whose key is fixed, such as a coupon's, could else never be made.

    What was rejected is a draft again, and has to be approved anew. Its one-time reference is the same, so that
    nothing signed before can make it happen twice.

    Raises:
        UsageError: no reason is given, or what stands behind the key has been decided elsewhere.
    """
    if not reason.strip():
        raise UsageError("to take a rejection back needs a reason", "Say why, for whoever reads the log.")
    todo = [each for each in selected if each.status is InstructionStatus.CANCELLED]
    for each in todo:
        if _is_of_requests(each.idempotency_key):
            raise UsageError(
                f"key {each.idempotency_key!r} stands for requests that may have been cancelled since",
                "Take the requests into the queue anew, under names of their own.",
            )
    with database.begin() as connection:
        for each in todo:
            if instructions.reopen(connection, each.instruction.ref):
                detail = {"reason": reason.strip(), "was": each.reason}
                audit_log.record(connection, actor, "rejection taken back", each.instruction.ref, detail)
    return todo


def _is_of_requests(key: str) -> bool:
    """Orders of a fund, or one request to redeem a stablecoin; `redemption:BOND:DAY` is the maturity of a bond."""
    return key.startswith("deal:") or (key.startswith("redemption:") and key.count(":") == 1)


def _too_late(connection: Connection, ref: str) -> RegisterConflict:
    status = instructions.instruction(connection, ref).status
    if status in (InstructionStatus.DRAFT, InstructionStatus.APPROVED, InstructionStatus.FAILED):
        # It was approved anew, or failed and was sent again; what was signed of it before can still be mined.
        return RegisterConflict(
            f"instruction {ref} has a transaction that is signed and in no block; nothing was rejected",
            "The next command of its maker sends it, or sync tells what became of it; then reject.",
        )
    return RegisterConflict(
        f"instruction {ref} is {status}, and cannot be rejected any more; nothing was rejected",
        "Reject by reference what is not sent yet; undo the rest with an instruction of its own.",
    )


def require_sendable(desk: Desk, selected: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """Those that are approved and not carried out, in order, with what the chain says of them.

    Raises:
        AuthorisationError: one is rejected, not approved, expired, altered, or of another maker; nothing was sent.
    """
    with desk.database.read() as connection:
        require_not_rejected(connection, selected)
    todo = not_done(write_statuses(desk.database, desk.node, selected))
    now = chain_time(desk.node)
    for each in todo:
        _require_sendable(each, desk.maker, now)
    for checker, control_book in {(e.instruction.checker, e.instruction.control_book) for e in todo}:
        require_four_eyes(replace(desk, checker=checker), control_book)
    require_authentic(desk.node, todo)
    return todo


def send_chosen(desk: Desk, selected: Sequence[StoredInstruction]) -> Outcome:
    """Carries out what is approved, with the maker's key alone.

    Raises:
        AuthorisationError: see `require_sendable`.
        TransactionFailed, ContractRevert: the chain refused.
    """
    todo = require_sendable(desk, selected)
    mined = resend(desk, todo)
    still = not_done(write_statuses(desk.database, desk.node, todo))
    if still:
        mined += send(desk, still)
    return replace(
        foreseen(selected, todo),
        tx_hashes=tuple(receipt.tx_hash for receipt in mined if receipt.succeeded),
        gas_used=sum(receipt.gas_used for receipt in mined),
    )


def foreseen(selected: Sequence[StoredInstruction], todo: Sequence[StoredInstruction]) -> Outcome:
    """The outcome of sending `todo` out of `selected`, before anything is sent."""
    done, total = (sum(len(each.instruction.lines) or 1 for each in group) for group in (todo, selected))
    keys = dict.fromkeys(each.idempotency_key for each in selected)
    refs = tuple(each.instruction.ref for each in selected)
    return Outcome(", ".join(keys), refs, known=True, lines_done=done, lines_before=total - done)


def renew_late(desk: Desk, selected: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """The same, where one expires too soon as a draft with a new expiry; its parties stay."""
    now = chain_time(desk.node)
    fresh = [_renewed_if_late(desk, each, now) for each in selected]
    _write_drafts(desk, [new for new, old in zip(fresh, selected, strict=True) if new is not old], _EXPORT)
    return fresh


def _renewed_if_late(desk: Desk, each: StoredInstruction, now: int) -> StoredInstruction:
    parties = replace(desk, maker=each.instruction.maker, checker=each.instruction.checker)
    return renewed(parties, each, now) if is_late(each, now) else each


def _require_sendable(each: StoredInstruction, maker: str, now: int) -> None:
    ref, key = each.instruction.ref, each.idempotency_key
    if each.instruction.maker != maker:
        raise AuthorisationError(
            f"instruction {ref} is of the maker {checksummed(each.instruction.maker)}, not of {checksummed(maker)}",
            "Its maker sends it (setting maker), or drafts it anew.",
        )
    if not each.signature:
        raise AuthorisationError(
            f"instruction {ref} is not approved; nothing was sent",
            f"Its checker runs `rwaledger instruction approve {key}`.",
        )
    if is_late(each, now):
        raise AuthorisationError(
            f"the approval of instruction {ref} has expired; nothing was sent",
            f"Have it approved anew: `rwaledger instruction approve {key}`.",
        )


def _write_drafts(desk: Desk, drafts: Sequence[StoredInstruction], actor: str) -> None:
    if not drafts:
        return
    with desk.database.begin() as connection:
        for name in sorted({(e.instruction.chain_id, e.instruction.control_book, e.idempotency_key) for e in drafts}):
            hold(connection, "key", *name)
        for each in drafts:
            instructions.set_approval(connection, each)
            detail = {"maker": each.instruction.maker, "checker": each.instruction.checker}
            audit_log.record(connection, actor, "instruction drafted anew", each.instruction.ref, detail)
