"""What the chain has carried out already, and what the register has of it: the two questions before every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rwaledger.chain import instructions as book
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import IdempotencyConflict
from rwaledger.operate.desk import Desk
from rwaledger.operate.plan import Plan
from rwaledger.registry import instructions
from rwaledger.registry.instructions import StoredInstruction


def stored_instructions(desk: Desk, plan: Plan) -> list[StoredInstruction]:
    """The instructions that the register has of the plan's key; none where the key is new.

    Raises:
        IdempotencyConflict: they are those of another request.
    """
    with desk.database.read() as connection:
        stored = instructions.instructions_of_key(connection, desk.node.chain_id, plan.control_book, plan.key)
    for each in stored:
        if each.content_hash != plan.content_hash:
            raise IdempotencyConflict(plan.key, f"{each.instruction.operation} from {each.source}")
    return stored


def open_plan(node: Node, plan: Plan) -> Plan:
    """The plan without the instructions whose reference the chain has used."""
    used = book.used_digests(node, plan.control_book, [part.ref for part in plan.parts])
    return replace(plan, parts=tuple(part for part, digest in zip(plan.parts, used, strict=True) if digest is None))


def open_instructions(node: Node, stored: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """Those whose reference the chain has not used."""
    control_book = stored[0].instruction.control_book
    used = book.used_digests(node, control_book, [each.instruction.ref for each in stored])
    return [each for each, digest in zip(stored, used, strict=True) if digest is None]


def chain_time(node: Node) -> int:
    """The time of the latest block, by which the control book judges expiry."""
    latest = node.block("latest")
    assert latest is not None, "every chain has a latest block"
    return latest.timestamp
