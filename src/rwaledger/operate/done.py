"""What the register has of a request, and what the chain has carried out of it: the two questions before every step."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.chain import instructions as book
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import IdempotencyConflict
from rwaledger.operate.desk import Desk
from rwaledger.operate.plan import Plan
from rwaledger.registry import instructions, instruments
from rwaledger.registry.instructions import StoredInstruction


def stored_instructions(desk: Desk, plan: Plan) -> list[StoredInstruction]:
    """The instructions that the register has of the plan's key; none where the key is new.

    Raises:
        IdempotencyConflict: they are those of another request.
        ChainMismatch: the register is that of another chain.
    """
    with desk.database.read() as connection:
        instruments.require_genesis(connection, desk.node.chain_id, desk.node.genesis_hash)
        stored = instructions.instructions_of_key(connection, desk.node.chain_id, plan.control_book, plan.key)
    for each in stored:
        if each.content_hash != plan.content_hash:
            raise IdempotencyConflict(plan.key, f"{each.instruction.operation} from {each.source}")
    return stored


def open_plan(node: Node, plan: Plan) -> Plan:
    """The plan without the instructions whose reference the chain has used."""
    used = book.used_digests(node, plan.control_book, [part.ref for part in plan.parts])
    return replace(plan, parts=tuple(part for part, digest in zip(plan.parts, used, strict=True) if digest is None))


def chain_time(node: Node) -> int:
    """The time of the latest block, by which the control book judges expiry."""
    latest = node.block("latest")
    assert latest is not None, "every chain has a latest block"
    return latest.timestamp
