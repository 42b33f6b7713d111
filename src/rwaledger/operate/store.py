"""Step 1: judge what is still to do, then write its instructions into the register, all of them or none."""

from __future__ import annotations

from rwaledger.chain import typed_data
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time, open_plan
from rwaledger.operate.plan import Part, Plan
from rwaledger.operate.precheck import precheck
from rwaledger.operate.recover import recover
from rwaledger.registry import audit_log, instructions
from rwaledger.registry.instructions import StoredInstruction


def store(desk: Desk, plan: Plan) -> list[StoredInstruction]:
    """Stores the instructions of a new key, and returns them in their order.

    A reference that the chain has used, unknown to this register, is read back from the chain.

    Raises:
        InputFileError: a line would be refused; nothing was stored.
        IdempotencyConflict: a reference has carried out something else.
    """
    still_open = open_plan(desk.node, plan)
    precheck(desk.node, still_open)
    now = chain_time(desk.node)
    stored = []
    for part in plan.parts:
        each = draft(desk, plan, part, now)
        is_open = part in still_open.parts
        stored.append(each if is_open else recover(desk.node, each, part.instrument.deploy_block))
    with desk.database.begin() as connection:
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


def _summary(each: StoredInstruction) -> dict[str, str]:
    return {
        "operation": each.instruction.operation.value,
        "instrument": each.instruction.instrument_id,
        "lines": str(len(each.instruction.lines)),
        "source": each.source,
    }
