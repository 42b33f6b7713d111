"""Read an instruction back from the chain, where it was carried out and this register does not know how."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.chain import instructions as book
from rwaledger.chain import typed_data
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import IdempotencyConflict
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry.instructions import StoredInstruction


def recover(node: Node, stored: StoredInstruction, from_block: int) -> StoredInstruction:
    """The instruction as it was carried out under its reference: parties, expiry and signature are the chain's.

    Raises:
        IdempotencyConflict: the reference has carried out something else.
    """
    wanted = stored.instruction
    found = book.executed(node, wanted.control_book, wanted.ref, from_block)
    same = (wanted.instrument, wanted.operation, wanted.order, wanted.text, wanted.lines)
    if (found.instrument, found.operation, found.order, found.text, found.lines) != same:
        raise IdempotencyConflict(stored.idempotency_key, f"{found.operation} in transaction {found.tx_hash}")
    instruction = replace(wanted, maker=found.maker, checker=found.checker, not_after=found.not_after)
    return replace(
        stored,
        instruction=instruction,
        digest=typed_data.digest(instruction),
        signature=found.signature,
        status=InstructionStatus.MINED,
    )
