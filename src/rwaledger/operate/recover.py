"""Read an instruction back from the chain, where a register was lost after it had been carried out."""

from __future__ import annotations

from rwaledger.chain import instructions as book
from rwaledger.chain import typed_data
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import IdempotencyConflict
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.plan import Part, Plan
from rwaledger.registry.instructions import StoredInstruction


def recover(node: Node, plan: Plan, part: Part) -> StoredInstruction:
    """The instruction that has used the part's reference, with the signature that stood behind it.

    Raises:
        IdempotencyConflict: the reference carried out something else.
    """
    instrument = part.instrument
    found = book.executed(node, instrument.control_book, part.ref, from_block=0)
    wanted = (instrument.address, part.operation, part.order, part.lines)
    if (found.instrument, found.operation, found.order, found.lines) != wanted:
        raise IdempotencyConflict(plan.key, f"{found.operation} in transaction {found.tx_hash}")
    instruction = part.instruction(found.maker, found.checker, found.not_after)
    return StoredInstruction(
        instruction=instruction,
        idempotency_key=plan.key,
        chunk=part.chunk,
        content_hash=plan.content_hash,
        digest=typed_data.digest(instruction),
        signature=found.signature,
        status=InstructionStatus.MINED,
        source=plan.source,
    )
