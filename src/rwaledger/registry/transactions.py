"""Transactions that were signed here: kept before they are sent, followed until they are mined."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from rwaledger.domain.errors import UnknownName
from rwaledger.domain.instruction import InstructionStatus
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import stored_member, utc_now


class TransactionStatus(StrEnum):
    """How far a transaction has come. REPLACED means that another one took its nonce."""

    SIGNED = "signed"
    SENT = "sent"
    MINED = "mined"
    REVERTED = "reverted"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A signed transaction. `raw` are its bytes, to be sent again, unchanged, after a crash.

    `instruction_ref` is None where no instruction stands behind it, such as for a deployment; `purpose` says
    why it was made. Block and gas are None until it is mined.
    """

    tx_hash: str
    chain_id: int
    sender: str
    nonce: int
    instruction_ref: str | None
    purpose: str
    raw: str
    status: TransactionStatus
    block_number: int | None = None
    block_hash: str | None = None
    gas_used: int | None = None
    created_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)


_LIVE = (str(TransactionStatus.SIGNED), str(TransactionStatus.SENT))
_FIELDS = tuple(each.name for each in fields(StoredTransaction))


def add_transactions(c: Connection, stored: Sequence[StoredTransaction]) -> None:
    """Stores signed transactions; to be committed before they are sent.

    Raises:
        RegisterConflict: one is there, or its instruction is not; `Database.begin` raises it.
    """
    if stored:
        rows = [{name: getattr(one, name) for name in _FIELDS} | {"status": str(one.status)} for one in stored]
        c.execute(insert(tables.transactions), rows)


def set_transaction_status(
    c: Connection,
    tx_hash: str,
    status: TransactionStatus,
    block_number: int | None = None,
    block_hash: str | None = None,
    gas_used: int | None = None,
) -> None:
    """Records how far a transaction has come, and its block if it has one. What is not given becomes None.

    Raises:
        UnknownName: there is no such transaction.
    """
    t = tables.transactions
    place = {"block_number": block_number, "block_hash": block_hash, "gas_used": gas_used}
    change = update(t).where(t.c.tx_hash == tx_hash).values(status=str(status), updated_at=utc_now(), **place)
    if c.execute(change).rowcount != 1:
        raise UnknownName("transaction", tx_hash, "Only transactions that were made here are in the register.")


def transactions(
    c: Connection,
    *,
    chain_id: int | None = None,
    sender: str | None = None,
    instruction_ref: str | None = None,
    status: TransactionStatus | None = None,
    purpose: str | None = None,
) -> list[StoredTransaction]:
    """Transactions that have every value given, in order of chain, sender, nonce and age."""
    wanted = {
        "chain_id": chain_id,
        "sender": sender,
        "instruction_ref": instruction_ref,
        "status": status,
        "purpose": purpose,
    }
    query = select(*(tables.transactions.c[name] for name in _FIELDS))
    for name, value in wanted.items():
        if value is not None:
            plain = str(value) if isinstance(value, StrEnum) else value
            query = query.where(tables.transactions.c[name] == plain)
    return _fetch(c, query)


def transactions_since(c: Connection, chain_id: int, first_block: int) -> list[StoredTransaction]:
    """What was mined in a block or behind it, or is in none; in order of sender, nonce and age."""
    t = tables.transactions.c
    is_new = t.block_number.is_(None) | (t.block_number >= first_block)
    return _fetch(c, select(*(t[name] for name in _FIELDS)).where(t.chain_id == chain_id, is_new))


def senders(c: Connection, chain_id: int, *, of_instructions: bool = False) -> frozenset[str]:
    """Who has signed the transactions of a chain, or those of instructions alone."""
    t = tables.transactions.c
    query = select(t.sender).where(t.chain_id == chain_id).distinct()
    return frozenset(c.execute(query.where(t.instruction_ref.is_not(None)) if of_instructions else query).scalars())


def unmined_transactions(c: Connection, chain_id: int, sender: str, mined_nonce: int) -> list[StoredTransaction]:
    """What a sender has signed with nonces that no block has used, in order of nonce.

    Also what was in a block that a reorganisation has dropped. What was replaced can never be mined; what was rejected
    behind a failure never leaves again, and its nonce is free.
    """
    t, i = tables.transactions.c, tables.instructions.c
    rejected = select(i.ref).where(i.status == str(InstructionStatus.CANCELLED))
    query = select(*(t[name] for name in _FIELDS)).where(t.chain_id == chain_id, t.sender == sender)
    query = query.where(t.nonce >= mined_nonce, t.status != str(TransactionStatus.REPLACED))
    return _fetch(c, query.where(t.instruction_ref.is_(None) | t.instruction_ref.not_in(rejected)))


def transactions_of_instructions(c: Connection, refs: Collection[str]) -> list[StoredTransaction]:
    """All transactions that were made for any of these instructions, in order of sender and nonce."""
    t = tables.transactions.c
    return _fetch(c, select(*(t[name] for name in _FIELDS)).where(t.instruction_ref.in_(refs)))


def unsettled_transactions(c: Connection, chain_id: int) -> list[StoredTransaction]:
    """What may still change, in order of sender and nonce.

    Of instructions that are not final all but the replaced; of those without an instruction what no block is known
    to have.
    """
    t, i = tables.transactions.c, tables.instructions.c
    settled = (str(InstructionStatus.FINAL), str(InstructionStatus.CANCELLED))
    open_refs = select(i.ref).where(i.status.not_in(settled))
    of_instruction = t.instruction_ref.in_(open_refs) & (t.status != str(TransactionStatus.REPLACED))
    of_none = t.instruction_ref.is_(None) & t.status.in_(_LIVE)
    query = select(*(t[name] for name in _FIELDS)).where(t.chain_id == chain_id, of_instruction | of_none)
    return _fetch(c, query)


def set_transactions_back(c: Connection, chain_id: int, to_block: int) -> None:
    """Marks as sent, and no more, what was mined above a block that the chain went back to.

    An instruction that was final there is only mined again, so that the control book is asked about it once more.
    """
    t, i = tables.transactions, tables.instructions
    orphaned = (t.c.chain_id == chain_id, t.c.block_number > to_block)
    refs = select(t.c.instruction_ref).where(*orphaned, t.c.instruction_ref.is_not(None))
    final = (i.c.status == str(InstructionStatus.FINAL), i.c.ref.in_(refs))
    c.execute(update(i).where(*final).values(status=str(InstructionStatus.MINED), updated_at=utc_now()))
    nowhere = {"block_number": None, "block_hash": None, "gas_used": None}
    c.execute(update(t).where(*orphaned).values(status=str(TransactionStatus.SENT), updated_at=utc_now(), **nowhere))


def _fetch(c: Connection, query: Select[Any]) -> list[StoredTransaction]:
    t = tables.transactions.c
    ordered = query.order_by(t.chain_id, t.sender, t.nonce, t.created_at, t.tx_hash)
    return [_stored(row) for row in c.execute(ordered)]


def _stored(row: Row[Any]) -> StoredTransaction:
    values = row._asdict()
    return StoredTransaction(**values | {"status": stored_member(TransactionStatus, row.status)})
