"""Step 1: judge what is still to do, then write its instructions into the register, all of them or none."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.chain import typed_data
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, instructions_of_plan, open_plan
from rwaledger.operate.plan import Part, Plan
from rwaledger.operate.precheck import precheck
from rwaledger.operate.recover import recover
from rwaledger.registry import audit_log, instructions
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.locks import hold


def store(desk: Desk, plan: Plan, *, is_judged: bool = False) -> list[StoredInstruction]:
    """Stores the instructions of a new key, and returns them in their order.

    `is_judged` tells that the caller has judged the lines, on a state that is yet to come. A reference that the chain
    has used, unknown to this register, is read back from the chain. Where another process
    has stored the key meanwhile, what it stored is taken over.

    Raises:
        InputFileError: a line would be refused; nothing was stored.
        IdempotencyConflict: a reference has carried out something else, or the key was given to another request.
    """
    still_open = open_plan(desk.node, plan)
    if not is_judged:
        precheck(desk.node, still_open)
    now, free = chain_time(desk.node), {part.ref for part in still_open.parts}
    stored = []
    for part in plan.parts:
        each = draft(desk, plan, part, now)
        stored.append(each if part.ref in free else recover(desk.node, each, part.instrument.deploy_block))
    with desk.database.begin() as connection:
        hold(connection, "key", desk.node.chain_id, plan.control_book, plan.key)
        theirs = instructions_of_plan(connection, plan)
        if theirs:
            return theirs
        instructions.add_instructions(connection, stored)
        for each in stored:
            is_draft = each.status is InstructionStatus.DRAFT
            action = "instruction stored" if is_draft else "instruction read back from the chain"
            audit_log.record(connection, desk.maker, action, each.instruction.ref, _summary(each))
    return stored


def draft(desk: Desk, plan: Plan, part: Part, now: int) -> StoredInstruction:
    """A part of the plan as an instruction that nobody has signed yet."""
    instruction = part.instruction(desk.maker, desk.checker, now + desk.lifetime_s)
    return StoredInstruction(
        instruction=instruction,
        idempotency_key=plan.key,
        chunk=part.chunk,
        content_hash=plan.content_hash,
        digest=typed_data.digest(instruction),
        signature=None,
        status=InstructionStatus.DRAFT,
        source=plan.source,
    )


def renewed(desk: Desk, each: StoredInstruction, now: int) -> StoredInstruction:
    """The instruction as a draft again, of this maker for this checker, with a new expiry."""
    not_after = now + desk.lifetime_s
    instruction = replace(each.instruction, maker=desk.maker, checker=desk.checker, not_after=not_after)
    digest = typed_data.digest(instruction)
    return replace(each, instruction=instruction, digest=digest, signature=None, status=InstructionStatus.DRAFT)


def _summary(each: StoredInstruction) -> dict[str, str]:
    return {
        "operation": each.instruction.operation.value,
        "instrument": each.instruction.instrument_id,
        "lines": str(len(each.instruction.lines)),
        "source": each.source,
    }
