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
from rwaledger.operate.done import open_instructions, open_plan, stored_instructions
from rwaledger.operate.plan import Plan
from rwaledger.operate.precheck import precheck
from rwaledger.operate.send import resend, send
from rwaledger.operate.store import store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did. `lines_before` were carried out by an earlier run of the same request."""

    key: str
    refs: tuple[str, ...]
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
    if not stored:
        precheck(desk.node, still_open)
    if still_open.parts:
        require_four_eyes(desk, plan.control_book)
    return _outcome(plan, still_open, [])


def run(desk: Desk, plan: Plan) -> Outcome:
    """Carries out what of the plan is not done yet.

    Raises:
        IdempotencyConflict: the key stands for another request.
        InputFileError: a line would be refused; nothing was sent.
        AuthorisationError: maker or checker lack their role or key.
        TransactionFailed, ContractRevert: the chain refused after all.
    """
    open_at_start = open_plan(desk.node, plan)
    stored = stored_instructions(desk, plan)
    if open_at_start.parts:
        require_four_eyes(desk, plan.control_book)
    if not stored:
        stored = store(desk, plan)
    resend(desk, stored)
    todo = open_instructions(desk.node, stored)
    mined = send(desk, approve(desk, todo)) if todo else []
    return _outcome(plan, open_at_start, mined)


def _outcome(plan: Plan, open_at_start: Plan, mined: list[Receipt]) -> Outcome:
    return Outcome(
        key=plan.key,
        refs=tuple(part.ref for part in plan.parts),
        lines_done=open_at_start.line_count,
        lines_before=plan.line_count - open_at_start.line_count,
        tx_hashes=tuple(receipt.tx_hash for receipt in mined),
        gas_used=sum(receipt.gas_used for receipt in mined),
    )
