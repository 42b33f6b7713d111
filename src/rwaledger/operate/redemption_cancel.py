"""Cancel a request of the redemption queue: never one whose units are out of issue, or about to be."""

from __future__ import annotations

from dataclasses import replace

from rwaledger.domain.errors import UsageError
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.domain.redemption import Redemption, RedemptionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import REJECTED, chain_time, open_plan
from rwaledger.operate.plan import Plan
from rwaledger.operate.redemption_pay import burn_plan
from rwaledger.operate.store import draft
from rwaledger.registry import audit_log, instructions, instruments, redemptions
from rwaledger.registry.database import Connection
from rwaledger.registry.locks import hold


def cancel(desk: Desk, request: str, reason: str, *, dry_run: bool = False) -> bool:
    """Takes a request out of the queue; False where it is out already.

    Its instruction is rejected with it, stored or not, so that a payment which has just begun elsewhere cannot be
    carried out either.

    Raises:
        UnknownName: there is no such request.
        UsageError: no reason is given, or it is paid, or its units are out of issue or on the way.
    """
    if not reason.strip():
        raise UsageError("a request is not cancelled without a reason", "Give it with --reason.")
    with desk.database.read() as connection:
        found = redemptions.redemption(connection, request)
        instrument = instruments.instrument(connection, found.instrument_id)
    if found.status is RedemptionStatus.CANCELLED:
        return False
    plan = burn_plan(found, instrument)
    if found.status is RedemptionStatus.PAID or not open_plan(desk.node, plan).parts:
        raise _under_way(found, "its units are redeemed on the chain")
    if not dry_run:
        with desk.database.begin() as connection:
            hold(connection, "key", desk.node.chain_id, plan.control_book, plan.key)
            _reject(connection, desk, found, plan, reason)
            redemptions.cancel(connection, request, reason)
            audit_log.record(connection, desk.maker, "redemption cancelled", request, {"reason": reason})
    return True


def _reject(connection: Connection, desk: Desk, found: Redemption, plan: Plan, reason: str) -> None:
    """Leaves the key with a rejected instruction, whatever there was of it."""
    stored = instructions.instructions_of_key(connection, desk.node.chain_id, plan.control_book, plan.key)
    if not stored:
        (part,) = plan.parts
        rejected = draft(desk, plan, part, chain_time(desk.node))
        rejected = replace(rejected, status=InstructionStatus.CANCELLED, reason=reason)
        instructions.add_instructions(connection, [rejected])
        audit_log.record(connection, desk.maker, REJECTED, part.ref, {"reason": reason})
    for each in stored:
        ref = each.instruction.ref
        if each.status is InstructionStatus.CANCELLED:
            continue
        if not instructions.cancel(connection, ref, reason):
            raise _under_way(found, "its units are about to be redeemed")
        audit_log.record(connection, desk.maker, REJECTED, ref, {"reason": reason})


def _under_way(found: Redemption, why: str) -> UsageError:
    return UsageError(
        f"redemption {found.request} cannot be cancelled: {why}",
        "Finish it with `rwaledger redemption pay`; money that was paid in error is claimed back outside.",
    )
