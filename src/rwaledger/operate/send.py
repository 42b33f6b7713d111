"""Step 3: the maker sends what is approved; every transaction is stored before it leaves, and followed to its block."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.chain import instructions as book
from rwaledger.chain.sender import (
    Outgoing,
    Receipt,
    broadcast,
    estimate,
    mined_nonce,
    next_nonce,
    receipts,
    sign_calls,
)
from rwaledger.domain.errors import AuthorisationError, RwaledgerError
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.operate.desk import Desk
from rwaledger.operate.follow import RESENDABLE, confirm
from rwaledger.registry import instructions, transactions
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus


def send(desk: Desk, approved: Sequence[StoredInstruction]) -> list[Receipt]:
    """Sends all, as many at once as do not need what an earlier one moves, and waits until they are mined.

    Raises:
        ContractRevert: the next one would fail; it was not sent.
        TransactionFailed: one was sent and failed.
    """
    remaining = list(approved)
    mined: list[Receipt] = []
    while remaining:
        calls, gas = _ready(desk, remaining)
        desk.progress("send", len(mined), len(approved))
        signed = sign_and_store(desk, remaining[: len(calls)], calls, gas)
        broadcast(desk.node, [transaction.raw for transaction in signed])
        mined += confirm(desk.database, desk.node, signed)
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


def resend(desk: Desk, stored: Sequence[StoredInstruction]) -> None:
    """Sends again, byte for byte, what was signed before a crash or lost in a reorganisation, and waits for it.

    A transaction whose nonce another one has taken can never be mined: it is marked as replaced, and its instruction
    is sent anew.
    """
    refs = {each.instruction.ref for each in stored}
    with desk.database.read() as connection:
        known = transactions.transactions(connection, chain_id=desk.node.chain_id)
    sent = [each for each in known if each.instruction_ref in refs and each.status in RESENDABLE]
    found = receipts(desk.node, [each.tx_hash for each in sent])
    lost = [each for each, receipt in zip(sent, found, strict=True) if receipt is None]
    replaced = {each.tx_hash for each in lost if each.nonce < mined_nonce(desk.node, each.sender)}
    broadcast(desk.node, [each.raw for each in lost if each.tx_hash not in replaced])
    with desk.database.begin() as connection:
        for tx_hash in replaced:
            transactions.set_transaction_status(connection, tx_hash, TransactionStatus.REPLACED)
    unwritten = [each for each in sent if each.status is not TransactionStatus.MINED or each in lost]
    confirm(desk.database, desk.node, [each for each in unwritten if each.tx_hash not in replaced])


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
