"""Follow what was sent: transactions by their receipts, instructions by what the control book says of their reference.

A receipt tells how one transaction ended. Whether an instruction was carried out only the control book knows: of two
transactions with the same reference one succeeds and one reverts, and a reorganisation can change which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rwaledger.chain import instructions as book
from rwaledger.chain.rpc import Node
from rwaledger.chain.sender import Receipt, receipts
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry import audit_log, instructions, transactions
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.transactions import StoredTransaction, TransactionStatus


def follow(database: Database, node: Node, final_block: int) -> None:
    """Brings what is not final up to date with the chain, and marks as final what is at or below `final_block`.

    It needs no key: a crash between sending and writing down is made good by whoever syncs next. What a
    reorganisation has dropped is `sent` again, until the same command resends it.
    """
    with database.read() as connection:
        waiting = transactions.unsettled_transactions(connection, node.chain_id)
        stored = instructions.unsettled_instructions(connection, node.chain_id)
    found = receipts(node, [transaction.tx_hash for transaction in waiting])
    write_receipts(database, waiting, found)
    write_statuses(database, node, stored)
    with database.begin() as connection:
        instructions.finalise(connection, node.chain_id, final_block)


def write_receipts(database: Database, known: Sequence[StoredTransaction], found: Sequence[Receipt | None]) -> None:
    """Writes down how each transaction ended; one that has no receipt any more is `sent` again."""
    with database.begin() as connection:
        for transaction, receipt in zip(known, found, strict=True):
            _write_receipt(connection, transaction, receipt)


def write_statuses(database: Database, node: Node, stored: Sequence[StoredInstruction]) -> list[StoredInstruction]:
    """The same instructions with the status that the control book gives them; what changed is written down.

    A reference that was used for another digest is left as it is: `recover` or a reconciliation has to look at it. One
    that is free, and all of whose transactions have reverted, has failed.
    """
    asked = {each.instruction.control_book for each in stored}
    digests: dict[str, str | None] = {}
    for control_book in sorted(asked):
        refs = [each.instruction.ref for each in stored if each.instruction.control_book == control_book]
        digests |= dict(zip(refs, book.used_digests(node, control_book, refs), strict=True))
    renewed = [replace(each, status=_status(each, digests[each.instruction.ref])) for each in stored]
    with database.begin() as connection:
        failed = _failed(connection, [each.instruction.ref for each in renewed if _is_under_way(each, digests)])
        renewed = [
            replace(each, status=InstructionStatus.FAILED) if each.instruction.ref in failed else each
            for each in renewed
        ]
        for before, after in zip(stored, renewed, strict=True):
            ref = after.instruction.ref
            # Another process may have written it down meanwhile.
            if before.status is not after.status and instructions.change_status(connection, ref, after.status):
                audit_log.record(connection, "chain", f"instruction {after.status}", ref, {"was": before.status.value})
    return renewed


def _status(each: StoredInstruction, used_digest: str | None) -> InstructionStatus:
    if used_digest is None:
        return InstructionStatus.SENT if each.status.is_carried_out else each.status
    if used_digest == each.digest and each.signature is not None and not each.status.is_carried_out:
        return InstructionStatus.MINED
    return each.status


def _is_under_way(each: StoredInstruction, digests: Mapping[str, str | None]) -> bool:
    return each.status is InstructionStatus.SENT and digests[each.instruction.ref] is None


def _failed(connection: Connection, refs: Sequence[str]) -> set[str]:
    """Those that were sent, and of which nothing can be mined any more."""
    ends: dict[str, set[TransactionStatus]] = {}
    for sent in transactions.transactions_of_instructions(connection, refs):
        ends.setdefault(str(sent.instruction_ref), set()).add(sent.status)
    ended = {TransactionStatus.REVERTED, TransactionStatus.REPLACED}
    return {ref for ref, seen in ends.items() if TransactionStatus.REVERTED in seen and seen <= ended}


def _write_receipt(connection: Connection, transaction: StoredTransaction, receipt: Receipt | None) -> None:
    if receipt is None:
        if transaction.block_hash is not None:
            transactions.set_transaction_status(connection, transaction.tx_hash, TransactionStatus.SENT)
        return
    if receipt.block_hash == transaction.block_hash:
        return
    transactions.set_transaction_status(
        connection,
        receipt.tx_hash,
        TransactionStatus.MINED if receipt.succeeded else TransactionStatus.REVERTED,
        block_number=receipt.block_number,
        block_hash=receipt.block_hash,
        gas_used=receipt.gas_used,
    )
