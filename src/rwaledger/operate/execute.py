"""Carry out a plan, once: store, approve, send; each step can be cut off and the whole run again.

The chain decides what has been done: a reference that the control book has used is done, whatever the register
remembers, and one that it has not used is still to do. So a crash, a reorganisation and even a lost database end in
the same place: every line carried out exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rwaledger.chain.sender import Receipt
from rwaledger.domain.errors import UsageError
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
    (outcome,) = preview_all(desk, [plan])
    return outcome


def preview_all(desk: Desk, plans: Sequence[Plan]) -> list[Outcome]:
    """`preview` of plans that are to be run one after another: a later one sees what an earlier one will have done.

    Raises:
        RwaledgerError: what the run of one would raise before it sends anything.
    """
    _require_distinct_keys(plans)
    seen = [_look(desk, plan) for plan in plans]
    if any(not each.is_known for each in seen):
        # What is known already was judged before it was stored; only what it will do counts for the others.
        ahead = [part for each in seen for part in each.still_open.parts]
        precheck(desk.node, replace(plans[0], parts=tuple(ahead)))
    for control_book in {each.still_open.control_book for each in seen if each.still_open.parts}:
        require_four_eyes(desk, control_book)
    return [_outcome(plan, each.still_open, each.is_known, []) for plan, each in zip(plans, seen, strict=True)]


def run(desk: Desk, plan: Plan) -> Outcome:
    """Carries out what of the plan is not done yet.

    Raises:
        IdempotencyConflict: the key stands for another request, here or on the chain.
        InputFileError: a line would be refused; nothing was sent.
        AuthorisationError: maker or checker lack their role or key, the key was rejected, or a row was altered.
        ChainMismatch: the register is that of another chain.
        TransactionFailed, ContractRevert: the chain refused after all.
    """
    known = stored_instructions(desk, plan)
    open_at_start = open_plan(desk.node, plan)
    if open_at_start.parts:
        require_four_eyes(desk, plan.control_book)
    stored = _take_over(desk, plan, known, open_at_start) if known else store(desk, plan)
    stored = write_statuses(desk.database, desk.node, stored)
    mined = resend(desk, not_done(stored))
    todo = not_done(write_statuses(desk.database, desk.node, stored))
    if todo:
        mined += send(desk, approve(desk, todo))
    return _outcome(plan, open_at_start, bool(known), mined)


def run_all(desk: Desk, plans: Sequence[Plan]) -> list[Outcome]:
    """Previews all plans, then runs one after another.

    One that is refused on the way leaves those before it carried out; the same call again goes on from there.

    Raises:
        RwaledgerError: as `run`.
    """
    preview_all(desk, plans)
    return [run(desk, plan) for plan in plans]


def not_done(stored: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """Those that the chain has not carried out."""
    return [each for each in stored if not each.status.is_carried_out]


@dataclass(frozen=True, slots=True)
class _Seen:
    still_open: Plan
    is_known: bool


def _look(desk: Desk, plan: Plan) -> _Seen:
    stored = stored_instructions(desk, plan)
    still_open = open_plan(desk.node, plan)
    _as_carried_out(desk, plan, stored, still_open)
    return _Seen(still_open, bool(stored))


def _require_distinct_keys(plans: Sequence[Plan]) -> None:
    keys = [(plan.control_book, plan.key) for plan in plans]
    for key in keys:
        if keys.count(key) > 1:
            raise UsageError(f"idempotency key {key[1]!r} stands for two requests at once", "Give each its own.")


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
    """The instructions of the register, with the chain's word for those whose reference is used.

    Raises:
        IdempotencyConflict: a reference has carried out something else.
    """
    now = chain_time(desk.node)
    by_ref = {each.instruction.ref: each for each in stored}
    free = {part.ref for part in still_open.parts}
    actual = []
    for part in plan.parts:
        known = by_ref.get(part.ref)
        if known is not None and (part.ref in free or known.status.is_carried_out):
            actual.append(known)
        elif part.ref not in free:
            actual.append(recover(desk.node, known or draft(desk, plan, part, now), part.instrument.deploy_block))
    return actual


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
