"""What the register has of a request, and what the chain has carried out of it: the two questions before every step."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rwaledger.chain import instructions as book
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import AuthorisationError, IdempotencyConflict
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.plan import Part, Plan
from rwaledger.registry import audit_log, instructions, instruments
from rwaledger.registry.database import Connection
from rwaledger.registry.instructions import StoredInstruction

REJECTED = "instruction rejected"
"""The action in the audit log; its detail has the reason."""


def stored_instructions(desk: Desk, plan: Plan) -> list[StoredInstruction]:
    """The instructions that the register has of the plan's key; none where the key is new.

    Raises:
        IdempotencyConflict: they are those of another request.
        AuthorisationError: one was rejected, or is no more what the request says.
        ChainMismatch: the register is that of another chain.
    """
    with desk.database.read() as connection:
        instruments.require_genesis(connection, desk.node.chain_id, desk.node.genesis_hash)
        return instructions_of_plan(connection, plan)


def instructions_of_plan(connection: Connection, plan: Plan) -> list[StoredInstruction]:
    """The same, of a register whose chain is known to be the right one."""
    chain_id = plan.parts[0].instrument.chain_id
    stored = instructions.instructions_of_key(connection, chain_id, plan.control_book, plan.key)
    for each in stored:
        if each.content_hash != plan.content_hash:
            raise IdempotencyConflict(plan.key, f"{each.instruction.operation} from {each.source}")
    require_not_rejected(connection, stored)
    _require_same(plan, stored)
    return stored


def require_not_rejected(connection: Connection, stored: Sequence[StoredInstruction]) -> None:
    """Raises where one was rejected.

    Raises:
        AuthorisationError: with who rejected it, and why.
    """
    for each in stored:
        if each.status is InstructionStatus.CANCELLED:
            entries = audit_log.entries(connection, action=REJECTED, subject=each.instruction.ref)
            by = f" by {checksummed(entries[-1].actor)}" if entries else ""
            raise AuthorisationError(
                f"key {each.idempotency_key!r} was rejected{by}: {each.reason}; nothing was sent",
                "Ask for it anew under a key of its own (--key); or the checker takes the rejection back:"
                f" `rwaledger instruction reopen {shlex.quote(each.idempotency_key)} --reason WHY`.",
            )


def open_plan(node: Node, plan: Plan) -> Plan:
    """The plan without the instructions whose reference the chain has used."""
    used = book.used_digests(node, plan.control_book, [part.ref for part in plan.parts])
    return replace(plan, parts=tuple(part for part, digest in zip(plan.parts, used, strict=True) if digest is None))


def taken_back(desk: Desk, control_book: str, keys: Iterable[str]) -> bool:
    """Whether the chain has not carried out all that the register has of these keys, or has it no more.

    A payment is written down as soon as a block has it; a reorganisation can take it back after that.
    """
    with desk.database.read() as connection:
        of_keys = [instructions.instructions_of_key(connection, desk.node.chain_id, control_book, key) for key in keys]
    refs = [each.instruction.ref for stored in of_keys for each in stored]
    return None in book.used_digests(desk.node, control_book, refs)


def chain_time(node: Node) -> int:
    """The time of the latest block, by which the control book judges expiry."""
    latest = node.block("latest")
    assert latest is not None, "every chain has a latest block"
    return latest.timestamp


def _require_same(plan: Plan, stored: Sequence[StoredInstruction]) -> None:
    """The row of an instruction says what the request says, whatever its hash claims."""
    parts = {part.ref: part for part in plan.parts}
    for each in stored:
        if each.status.is_carried_out:
            continue  # what the chain has is for the reconciliation to judge
        if each.instruction.ref not in parts or not _is_of(parts[each.instruction.ref], each):
            raise AuthorisationError(
                f"instruction {each.instruction.ref} of key {plan.key!r} was altered in the register: it is not what"
                f" {plan.source} says; nothing was sent",
                "Find out who changed the row, and restore it; or reject the key, and use another one.",
            )


def _is_of(part: Part, each: StoredInstruction) -> bool:
    stored = each.instruction
    return stored == part.instruction(stored.maker, stored.checker, stored.not_after)
