"""Instructions as the register keeps them: what was proposed, who signed it, how far it came."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, insert, select, update

from rwaledger.domain.errors import AuthorisationError, RegisterConflict, UnknownName
from rwaledger.domain.instruction import Instruction, InstructionStatus, Line, Operation
from rwaledger.registry import tables
from rwaledger.registry.database import Connection
from rwaledger.registry.types import json_text, stored_member, units_of_stored, units_text, utc_now


@dataclass(frozen=True, slots=True)
class StoredInstruction:
    """An instruction and what the register knows of it.

    One input becomes one or more `chunk`s, counted from 0, under one `idempotency_key`; `content_hash` is of
    the whole input. `digest` is what the checker signs, `source` where it came from, such as a file's name,
    `reason` why it was rejected.
    """

    instruction: Instruction
    idempotency_key: str
    chunk: int
    content_hash: str
    digest: str
    signature: str | None
    status: InstructionStatus
    source: str
    created_at: datetime = field(default_factory=utc_now)
    updated_at: datetime = field(default_factory=utc_now)
    reason: str = ""


_AT_A_TIME = 1_000
"""References in one query, below what either database binds."""

_SETTLED = (InstructionStatus.MINED, InstructionStatus.FINAL, InstructionStatus.CANCELLED)


def add_instructions(c: Connection, stored: Sequence[StoredInstruction]) -> None:
    """Stores new instructions.

    Raises:
        RegisterConflict: a reference, or a key with the same chunk, is there. `Database.begin` raises it.
    """
    if stored:
        c.execute(insert(tables.instructions), [_row(one) for one in stored])


def instructions_of_key(c: Connection, chain_id: int, control_book: str, key: str) -> list[StoredInstruction]:
    """The instructions stored under an idempotency key, in order of chunk; none where the key is new."""
    t = tables.instructions.c
    query = select(tables.instructions).where(t.chain_id == chain_id, t.control_book == control_book)
    return _fetch(c, query.where(t.idempotency_key == key))


def instruction(c: Connection, ref: str) -> StoredInstruction:
    """The instruction of that reference.

    Raises:
        UnknownName: there is none.
    """
    found = _fetch(c, select(tables.instructions).where(tables.instructions.c.ref == ref))
    if not found:
        raise _unknown(ref)
    return found[0]


def instructions_named(c: Connection, chain_id: int, name: str) -> list[StoredInstruction]:
    """The instructions of that idempotency key; where there is none, those whose reference begins with `name`."""
    t = tables.instructions.c
    query = select(tables.instructions).where(t.chain_id == chain_id)
    of_key = _fetch(c, query.where(t.idempotency_key == name))
    if of_key or not name.startswith("0x"):
        return of_key
    return _fetch(c, query.where(t.ref.startswith(name.lower(), autoescape=True)))


def instructions(
    c: Connection, instrument_id: str | None = None, status: InstructionStatus | None = None
) -> list[StoredInstruction]:
    """Instructions, of one instrument or in one status where given, oldest first."""
    t = tables.instructions.c
    query = select(tables.instructions)
    if instrument_id is not None:
        query = query.where(t.instrument_id == instrument_id)
    if status is not None:
        query = query.where(t.status == str(status))
    return _fetch(c, query)


def references(c: Connection) -> frozenset[str]:
    """The references of all instructions."""
    return frozenset(c.execute(select(tables.instructions.c.ref)).scalars())


def instructions_of(c: Connection, refs: Collection[str]) -> list[StoredInstruction]:
    """The instructions of these references, oldest first among each thousand."""
    t, listed = tables.instructions, sorted(refs)
    parts = (listed[at : at + _AT_A_TIME] for at in range(0, len(listed), _AT_A_TIME))
    return [each for some in parts for each in _fetch(c, select(t).where(t.c.ref.in_(some)))]


def unsettled_instructions(c: Connection, chain_id: int) -> list[StoredInstruction]:
    """Instructions whose status may still change: all but the final and the cancelled."""
    t = tables.instructions.c
    settled = (str(InstructionStatus.FINAL), str(InstructionStatus.CANCELLED))
    return _fetch(c, select(tables.instructions).where(t.chain_id == chain_id, t.status.not_in(settled)))


def set_approval(c: Connection, approved: StoredInstruction) -> None:
    """Keeps the checker's signature, over the instruction as it was signed: its parties and expiry may be new.

    Raises:
        UnknownName: there is no such instruction.
        RegisterConflict: it was carried out or cancelled, and is not signed anew.
    """
    t = tables.instructions
    ref = approved.instruction.ref
    renewed = ("maker", "checker", "not_after", "digest", "signature", "status")
    row = _row(approved)
    values = {name: row[name] for name in renewed} | {"updated_at": utc_now()}
    change = update(t).where(t.c.ref == ref, t.c.status.not_in([str(status) for status in _SETTLED]))
    if c.execute(change.values(values)).rowcount != 1:
        raise RegisterConflict(f"instruction {ref} is {instruction(c, ref).status}, and takes no signature")


def set_status(c: Connection, ref: str, status: InstructionStatus) -> None:
    """Records how far an instruction has come.

    Raises:
        UnknownName: there is no such instruction.
    """
    t = tables.instructions
    change = update(t).where(t.c.ref == ref).values(status=str(status), updated_at=utc_now())
    if c.execute(change).rowcount != 1:
        raise _unknown(ref)


def set_sent(c: Connection, ref: str) -> None:
    """Records that a transaction of it is signed.

    Raises:
        AuthorisationError: it was rejected.
    """
    t = tables.instructions
    change = update(t).where(t.c.ref == ref, t.c.status != str(InstructionStatus.CANCELLED))
    if c.execute(change.values(status=str(InstructionStatus.SENT), updated_at=utc_now())).rowcount != 1:
        raise AuthorisationError(
            f"instruction {ref} was rejected: {instruction(c, ref).reason}",
            "What was rejected is never carried out; a new request needs a key of its own (--key).",
        )


def change_status(c: Connection, ref: str, status: InstructionStatus) -> bool:
    """Records what the chain says of an instruction, where nobody has written it down yet; whether this did."""
    t = tables.instructions
    known = {str(status)} | ({str(InstructionStatus.FINAL)} if status is InstructionStatus.MINED else set())
    change = update(t).where(t.c.ref == ref, t.c.status.not_in(known))
    return c.execute(change.values(status=str(status), updated_at=utc_now())).rowcount == 1


def cancel(c: Connection, ref: str, reason: str) -> bool:
    """Records that a draft, or what is approved and not sent, or failed, was rejected; whether it could still be.

    It cannot while a transaction of it is signed and in no block: whoever has those bytes can have them mined.
    """
    t = tables.instructions
    open_ = tuple(str(each) for each in (InstructionStatus.DRAFT, InstructionStatus.APPROVED, InstructionStatus.FAILED))
    values = {"status": str(InstructionStatus.CANCELLED), "reason": reason, "updated_at": utc_now()}
    x = tables.transactions.c
    live = exists().where(x.instruction_ref == ref, x.status.in_(("signed", "sent")))
    return c.execute(update(t).where(t.c.ref == ref, t.c.status.in_(open_), ~live).values(values)).rowcount == 1


def reopen(c: Connection, ref: str) -> bool:
    """Makes a draft again of what was rejected, without the signature that it may have had; whether it was rejected."""
    t = tables.instructions
    values = {"status": str(InstructionStatus.DRAFT), "signature": None, "reason": "", "updated_at": utc_now()}
    rejected = (t.c.ref == ref, t.c.status == str(InstructionStatus.CANCELLED))
    return c.execute(update(t).where(*rejected).values(values)).rowcount == 1


def finalise(c: Connection, chain_id: int, block_number: int) -> int:
    """Marks as FINAL what was mined in the register's own blocks at or below a settled one, and returns how many."""
    t, x, blocks = tables.instructions, tables.transactions, tables.blocks
    in_register = (blocks.c.chain_id == x.c.chain_id) & (blocks.c.hash == x.c.block_hash)
    settled = (
        select(x.c.instruction_ref)
        .join(blocks, (blocks.c.number == x.c.block_number) & in_register)
        .where(x.c.chain_id == chain_id, x.c.block_number <= block_number, x.c.status == "mined")
    )
    change = update(t).where(t.c.status == str(InstructionStatus.MINED), t.c.ref.in_(settled))
    return c.execute(change.values(status=str(InstructionStatus.FINAL), updated_at=utc_now())).rowcount


def _unknown(ref: str) -> UnknownName:
    return UnknownName("instruction", ref, "`rwaledger instruction list` shows those there are.")


def _fetch(c: Connection, query: Select[Any]) -> list[StoredInstruction]:
    t = tables.instructions.c
    ordered = query.order_by(t.created_at, t.idempotency_key, t.chunk, t.ref)
    return [_stored(row) for row in c.execute(ordered)]


def _row(stored: StoredInstruction) -> dict[str, Any]:
    i = stored.instruction
    return {
        "ref": i.ref,
        "idempotency_key": stored.idempotency_key,
        "chunk": stored.chunk,
        "content_hash": stored.content_hash,
        "chain_id": i.chain_id,
        "control_book": i.control_book,
        "instrument_id": i.instrument_id,
        "instrument": i.instrument,
        "operation": str(i.operation),
        "maker": i.maker,
        "checker": i.checker,
        "not_after": i.not_after,
        "order_hash": i.order,
        "text": i.text,
        "lines": lines_text(i.lines),
        "digest": stored.digest,
        "signature": stored.signature,
        "status": str(stored.status),
        "source": stored.source,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
        "reason": stored.reason,
    }


def _stored(row: Row[Any]) -> StoredInstruction:
    return StoredInstruction(
        instruction=Instruction(
            ref=row.ref,
            chain_id=row.chain_id,
            control_book=row.control_book,
            instrument_id=row.instrument_id,
            instrument=row.instrument,
            operation=stored_member(Operation, row.operation),
            maker=row.maker,
            checker=row.checker,
            not_after=row.not_after,
            order=row.order_hash,
            lines=_lines(row.ref, row.lines),
            text=row.text,
        ),
        idempotency_key=row.idempotency_key,
        chunk=row.chunk,
        content_hash=row.content_hash,
        digest=row.digest,
        signature=row.signature,
        status=stored_member(InstructionStatus, row.status),
        source=row.source,
        created_at=row.created_at,
        updated_at=row.updated_at,
        reason=row.reason,
    )


def lines_text(lines: Sequence[Line]) -> str:
    """Lines as JSON: an array for each, amounts and details as decimal text, which no reader rounds."""
    return json_text(
        [[line.sender, line.recipient, units_text(line.amount_units), units_text(line.detail)] for line in lines]
    )


def _lines(ref: str, text: str) -> tuple[Line, ...]:
    try:
        lines = json.loads(text)
        if not all(isinstance(address, str) for line in lines for address in line[:2]):
            raise TypeError("an address is text")
        return tuple(
            Line(sender, recipient, units_of_stored(amount), units_of_stored(detail))
            for sender, recipient, amount, detail in lines
        )
    except (ValueError, TypeError) as error:
        raise RegisterConflict(
            f"the register's instructions hold lines that are none: {ref}",
            "A row was changed from outside. Restore the database.",
        ) from error
