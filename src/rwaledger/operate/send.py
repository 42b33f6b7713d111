"""Step 3: the maker sends what is approved; every transaction is stored before it leaves, and followed to its block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rwaledger.chain import instructions as book
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.sender import Receipt, failure_of, simulate
from rwaledger.domain.errors import AuthorisationError, RwaledgerError
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.authentic import require_authentic
from rwaledger.operate.desk import Desk
from rwaledger.operate.dispatch import ATTEMPTS, Parcel, overtaken, push, sign_and_store
from rwaledger.operate.done import chain_time
from rwaledger.operate.follow import write_statuses
from rwaledger.operate.reprice import reprice
from rwaledger.registry import transactions
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.transactions import TransactionStatus

LINES_AT_ONCE = 1_500
"""Lines of one simulation: 44 million gas for admissions, below the 50 million that geth spends on a question."""

_RESENDABLE = (TransactionStatus.SIGNED, TransactionStatus.SENT, TransactionStatus.MINED)


def send(desk: Desk, approved: Sequence[StoredInstruction]) -> list[Receipt]:
    """Sends all, as many at once as would succeed one after another, and waits until they are mined.

    Raises:
        AuthorisationError: a row is not what its checker signed; nothing was sent.
        ContractRevert: the next one would fail; it was not sent.
        TransactionFailed: one was sent and failed, and nobody else has carried it out.
    """
    require_authentic(desk.node, approved)
    maker = desk.open_maker()
    if maker.address != desk.maker:
        raise AuthorisationError(f"the maker's key is that of {checksummed(maker.address)}", "Name the right keystore.")
    reprice(desk.database, desk.node, desk.maker, lambda: maker)
    remaining, mined, in_vain = list(approved), [], 0
    while remaining:
        desk.progress("send", len(approved) - len(remaining), len(approved))
        parcels = _ready(desk, remaining)
        found = push(desk.database, desk.node, sign_and_store(desk.database, desk.node, maker, parcels))
        sent = [replace(each, status=InstructionStatus.SENT) for each in remaining[: len(parcels)]]
        ready = write_statuses(desk.database, desk.node, sent)
        _require_done(desk, ready, found)
        mined += [receipt for receipt in found if receipt is not None]
        # What another wallet's transaction has pushed out is signed anew.
        undone = [each for each in ready if not each.status.is_carried_out]
        in_vain = in_vain + 1 if len(undone) == len(ready) else 0
        if in_vain == ATTEMPTS:
            raise overtaken(desk.maker)
        remaining = undone + remaining[len(ready) :]
    desk.progress("send", len(approved), len(approved))
    return mined


def resend(desk: Desk, waiting: Sequence[StoredInstruction]) -> list[Receipt]:
    """Sends again, byte for byte, what was signed before a crash or lost in a reorganisation, and waits for it.

    `waiting` are instructions that are not carried out. A transaction whose nonce another one has taken can never be
    mined: it is marked as replaced. One whose instruction has expired would only revert, and is left alone. One that
    pays too little by now is signed anew, at today's fees.

    Raises:
        AuthorisationError: a row is not what its checker signed; nothing was sent.
    """
    now = chain_time(desk.node)
    in_time = {each.instruction.ref: each for each in waiting if each.instruction.not_after >= now}
    if in_time:
        reprice(desk.database, desk.node, desk.maker, desk.open_maker)
    with desk.database.read() as connection:
        known = transactions.transactions_of_instructions(connection, in_time)
    sent = [each for each in known if each.status in _RESENDABLE]
    require_authentic(desk.node, [in_time[ref] for ref in {str(each.instruction_ref) for each in sent}])
    return [receipt for receipt in push(desk.database, desk.node, sent) if receipt is not None]


def _require_done(desk: Desk, sent: Sequence[StoredInstruction], found: Sequence[Receipt | None]) -> None:
    """A transaction may revert because another run was faster; the instruction is done all the same."""
    for each, receipt in zip(sent, found, strict=True):
        if receipt is not None and not receipt.succeeded and not each.status.is_carried_out:
            raise failure_of(desk.node, receipt)


def _ready(desk: Desk, remaining: Sequence[StoredInstruction]) -> list[Parcel]:
    """The calls of the first instructions that succeed one after another, with their gas: at least one.

    Raises:
        ContractRevert: the very first would fail.
    """
    group = _group(remaining)
    calls = [book.execution(each.instruction, each.signature or "") for each in group]
    parcels: list[Parcel] = []
    for each, call, result in zip(group, calls, simulate(desk.node, desk.maker, calls), strict=True):
        if isinstance(result, RwaledgerError):
            if not parcels:
                raise result
            break
        parcels.append(Parcel(call, result, each.instruction.operation.value, each.instruction.ref))
    return parcels


def _group(remaining: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """The first instructions, as many as a node carries out in one simulation: at least one."""
    group: list[StoredInstruction] = []
    lines = 0
    for each in remaining:
        lines += max(1, len(each.instruction.lines))
        if group and lines > LINES_AT_ONCE:
            break
        group.append(each)
    return group
