"""Follow what was sent: how each transaction ended, written down once and corrected when the chain changes its mind."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Receipt, await_receipts, failure_of, receipts
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry import audit_log, instructions, transactions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus

RESENDABLE = (TransactionStatus.SIGNED, TransactionStatus.SENT, TransactionStatus.MINED)
"""What may be waiting, or be waiting again after a reorganisation."""


def confirm(database: Database, node: Node, sent: Sequence[StoredTransaction]) -> list[Receipt]:
    """Waits for the receipts and writes down how each transaction ended.

    Raises:
        TransactionFailed: one of them failed; all are written down first.
    """
    mined = await_receipts(node, [transaction.tx_hash for transaction in sent])
    with database.begin() as connection:
        for transaction, receipt in zip(sent, mined, strict=True):
            _write(connection, transaction, receipt)
    for receipt in mined:
        if not receipt.succeeded:
            raise failure_of(node, receipt)
    return mined


def follow(database: Database, node: Node, final_block: int) -> None:
    """Brings what was sent up to date with the chain, and marks as final what is at or below `final_block`.

    It needs no key: a crash between sending and writing down is made good by whoever syncs next. What a
    reorganisation has dropped is `sent` again, until the same command resends it.
    """
    with database.read() as connection:
        waiting = transactions.unfinished_transactions(connection, node.chain_id)
    found = receipts(node, [transaction.tx_hash for transaction in waiting])
    with database.begin() as connection:
        for transaction, receipt in zip(waiting, found, strict=True):
            if receipt is not None:
                _write(connection, transaction, receipt)
            elif transaction.status is TransactionStatus.MINED:
                _write_back(connection, transaction)
        instructions.finalise(connection, node.chain_id, final_block)


def _write_back(connection: Connection, transaction: StoredTransaction) -> None:
    transactions.set_transaction_status(connection, transaction.tx_hash, TransactionStatus.SENT)
    if transaction.instruction_ref is not None:
        instructions.set_status(connection, transaction.instruction_ref, InstructionStatus.SENT)


def _write(connection: Connection, transaction: StoredTransaction, receipt: Receipt) -> None:
    transactions.set_transaction_status(
        connection,
        receipt.tx_hash,
        TransactionStatus.MINED if receipt.succeeded else TransactionStatus.REVERTED,
        block_number=receipt.block_number,
        block_hash=receipt.block_hash,
        gas_used=receipt.gas_used,
    )
    if transaction.instruction_ref is None:
        return
    status = InstructionStatus.MINED if receipt.succeeded else InstructionStatus.FAILED
    instructions.set_status(connection, transaction.instruction_ref, status)
    detail = {"transaction": receipt.tx_hash}
    audit_log.record(connection, transaction.sender, f"instruction {status}", transaction.instruction_ref, detail)
