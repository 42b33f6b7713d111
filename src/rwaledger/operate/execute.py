"""Carry out a plan, once: store, approve, send; each step can be cut off and the whole run again.

The chain decides what has been done: a reference that the control book has used is done, whatever the register
remembers, and one that it has not used is still to do. So a crash, a reorganisation and even a lost database end in
the same place: every line carried out exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger.chain.sender import Receipt
from rwaledger.operate.approve import approve, require_four_eyes
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, open_plan, stored_instructions
from rwaledger.operate.follow import write_statuses
from rwaledger.operate.plan import Plan
from rwaledger.operate.precheck import precheck
from rwaledger.operate.recover import recover
from rwaledger.operate.send import resend, send
from rwaledger.operate.store import draft, store
from rwaledger.registry import audit_log, instructions
from rwaledger.registry.instructions import StoredInstruction


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. `lines_before` were carried out by an earlier run of the same request.

    `known` tells whether the register had the request before.
    """

    key: str
    refs: tuple[str, ...]
    known: bool
    lines_done: int
    lines_before: int
    tx_hashes: tuple[str, ...] = ()
    gas_used: int = 0


def preview(desk: Desk, plan: Plan) -> Outcome:
    """Everything of a run but storing, signing and sending.

    Raises:
        RwaledgerError: what the run would raise before it sends anything.
    """
    stored = stored_instructions(desk, plan)
    still_open = open_plan(desk.node, plan)
    _as_carried_out(desk, plan, stored, still_open)
    if not stored:
        precheck(desk.node, still_open)
    if still_open.parts:
        require_four_eyes(desk, plan.control_book)
    return _outcome(plan, still_open, bool(stored), [])


def run(desk: Desk, plan: Plan) -> Outcome:
    """Carries out what of the plan is not done yet.

    Raises:
        IdempotencyConflict: the key stands for another request, here or on the chain.
        InputFileError: a line would be refused; nothing was sent.
        AuthorisationError: maker or checker lack their role or key.
        ChainMismatch: the register is that of another chain.
        TransactionFailed, ContractRevert: the chain refused after all.
    """
    known = stored_instructions(desk, plan)
    open_at_start = open_plan(desk.node, plan)
    if open_at_start.parts:
        require_four_eyes(desk, plan.control_book)
    stored = _take_over(desk, plan, known, open_at_start) if known else store(desk, plan)
    stored = write_statuses(desk.database, desk.node, stored)
    mined = resend(desk, _not_done(stored))
    todo = _not_done(write_statuses(desk.database, desk.node, stored))
    if todo:
        mined += send(desk, approve(desk, todo))
    return _outcome(plan, open_at_start, bool(known), mined)


def _take_over(desk: Desk, plan: Plan, stored: list[StoredInstruction], still_open: Plan) -> list[StoredInstruction]:
    """Writes down what was carried out otherwise than this register remembers: from another one, or after a restore."""
    actual = _as_carried_out(desk, plan, stored, still_open)
    changed = [each for each, before in zip(actual, stored, strict=True) if each != before]
    if changed:
        with desk.database.begin() as connection:
            for each in changed:
                instructions.set_approval(connection, each)
                action = "instruction read back from the chain"
                audit_log.record(connection, desk.maker, action, each.instruction.ref, {"digest": each.digest})
    return actual


def _as_carried_out(
    desk: Desk, plan: Plan, stored: list[StoredInstruction], still_open: Plan
) -> list[StoredInstruction]:
    """The instructions of the register, or drafts of them, with the chain's word for those whose reference is used.

    Raises:
        IdempotencyConflict: a reference has carried out something else.
    """
    now = chain_time(desk.node)
    by_ref = {each.instruction.ref: each for each in stored}
    free = {part.ref for part in still_open.parts}
    return [
        each
        if part.ref in free or each.status.is_carried_out
        else recover(desk.node, each, part.instrument.deploy_block)
        for part in plan.parts
        for each in [by_ref.get(part.ref) or draft(desk, plan, part, now)]
    ]


def _not_done(stored: list[StoredInstruction]) -> list[StoredInstruction]:
    return [each for each in stored if not each.status.is_carried_out]


def _outcome(plan: Plan, open_at_start: Plan, known: bool, mined: list[Receipt]) -> Outcome:
    carried_out = [receipt for receipt in mined if receipt.succeeded]
    return Outcome(
        key=plan.key,
        refs=tuple(part.ref for part in plan.parts),
        known=known,
        lines_done=open_at_start.line_count,
        lines_before=plan.line_count - open_at_start.line_count,
        tx_hashes=tuple(receipt.tx_hash for receipt in carried_out),
        gas_used=sum(receipt.gas_used for receipt in mined),
    )
