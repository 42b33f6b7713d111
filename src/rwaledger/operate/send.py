"""Step 3: the maker sends what is approved; every transaction is stored before it leaves, and followed to its block."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.chain import instructions as book
from rwaledger.chain.sender import (
    Outgoing,
    Receipt,
    broadcast,
    estimate,
    failure_of,
    mined_nonce,
    next_nonce,
    receipts,
    sign_calls,
)
from rwaledger.domain.errors import AuthorisationError, RwaledgerError
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.done import chain_time
from rwaledger.operate.follow import confirm, write_statuses
from rwaledger.registry import audit_log, instructions, transactions
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus

_RESENDABLE = (TransactionStatus.SIGNED, TransactionStatus.SENT, TransactionStatus.MINED)


def send(desk: Desk, approved: Sequence[StoredInstruction]) -> list[Receipt]:
    """Sends all, as many at once as do not need what an earlier one moves, and waits until they are mined.

    Raises:
        ContractRevert: the next one would fail; it was not sent.
        TransactionFailed: one was sent and failed, and nobody else has carried it out.
    """
    remaining = list(approved)
    mined: list[Receipt] = []
    while remaining:
        calls, gas = _ready(desk, remaining)
        desk.progress("send", len(mined), len(approved))
        ready = remaining[: len(calls)]
        signed = sign_and_store(desk, ready, calls, gas)
        broadcast(desk.node, [transaction.raw for transaction in signed])
        found = confirm(desk.database, desk.node, signed)
        _require_done(desk, write_statuses(desk.database, desk.node, ready), found)
        mined += found
        desk.progress("send", len(mined), len(approved))
        remaining = remaining[len(calls) :]
    return mined


def sign_and_store(
    desk: Desk, ready: Sequence[StoredInstruction], calls: Sequence[Outgoing], gas: Sequence[int]
) -> list[StoredTransaction]:
    """Signs the transactions and stores them before any is sent, so that what is resent is the same bytes.

    Raises:
        AuthorisationError: the key is not the maker's.
    """
    maker = desk.open_maker()
    if maker.address != desk.maker:
        raise AuthorisationError(f"the maker's key is that of {maker.address}", "Name the right keystore.")
    signed = sign_calls(desk.node, maker, calls, gas, next_nonce(desk.node, maker.address))
    stored = [
        StoredTransaction(
            tx_hash=transaction.tx_hash,
            chain_id=desk.node.chain_id,
            sender=transaction.sender,
            nonce=transaction.nonce,
            instruction_ref=each.instruction.ref,
            purpose=each.instruction.operation.value,
            raw=transaction.raw,
            status=TransactionStatus.SIGNED,
        )
        for each, transaction in zip(ready, signed, strict=True)
    ]
    with desk.database.begin() as connection:
        transactions.add_transactions(connection, stored)
        for each in ready:
            instructions.set_status(connection, each.instruction.ref, InstructionStatus.SENT)
    return stored


def resend(desk: Desk, waiting: Sequence[StoredInstruction]) -> list[Receipt]:
    """Sends again, byte for byte, what was signed before a crash or lost in a reorganisation, and waits for it.

    `waiting` are instructions that are not carried out. A transaction whose nonce another one has taken can never be
    mined: it is marked as replaced. One whose instruction has expired would only revert, and is left alone.
    """
    in_time = {each.instruction.ref for each in waiting if each.instruction.not_after >= chain_time(desk.node)}
    with desk.database.read() as connection:
        known = transactions.unsettled_transactions(connection, desk.node.chain_id)
    sent = [each for each in known if each.instruction_ref in in_time and each.status in _RESENDABLE]
    # The nonces first: of a block between the two questions, the receipts then know as well.
    nonces = {sender: mined_nonce(desk.node, sender) for sender in {each.sender for each in sent}}
    found = receipts(desk.node, [each.tx_hash for each in sent])
    lost = [each for each, receipt in zip(sent, found, strict=True) if receipt is None]
    replaced = [each for each in lost if each.nonce < nonces[each.sender]]
    with desk.database.begin() as connection:
        for each in replaced:
            transactions.set_transaction_status(connection, each.tx_hash, TransactionStatus.REPLACED)
    broadcast(desk.node, [each.raw for each in lost if each not in replaced])
    return confirm(desk.database, desk.node, [each for each in sent if each not in replaced])


def _require_done(desk: Desk, sent: Sequence[StoredInstruction], found: Sequence[Receipt]) -> None:
    """A transaction may revert because another run was faster; the instruction is done all the same."""
    failed = [
        (each.instruction.ref, receipt)
        for each, receipt in zip(sent, found, strict=True)
        if not receipt.succeeded and each.status is not InstructionStatus.MINED
    ]
    if not failed:
        return
    with desk.database.begin() as connection:
        for ref, receipt in failed:
            instructions.set_status(connection, ref, InstructionStatus.FAILED)
            audit_log.record(connection, desk.maker, "instruction failed", ref, {"transaction": receipt.tx_hash})
    raise failure_of(desk.node, failed[0][1])


def _ready(desk: Desk, remaining: Sequence[StoredInstruction]) -> tuple[list[Outgoing], list[int]]:
    """The calls of the first instructions that succeed on the present state, with their gas: at least one.

    Raises:
        ContractRevert: the very first would fail.
    """
    calls: list[Outgoing] = []
    gas: list[int] = []
    for each in remaining:
        call = book.execution(each.instruction, each.signature or "")
        (result,) = estimate(desk.node, desk.maker, [call])
        if isinstance(result, RwaledgerError):
            if not calls:
                raise result
            break
        calls.append(call)
        gas.append(result)
    return calls, gas
