"""Enters what puts a break right, in the transaction of its signed event: rows, a reversing entry, or a link."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from rwaledger.domain.block import Checkpoint
from rwaledger.domain.break_life import Life
from rwaledger.domain.clients import ClientPosting
from rwaledger.domain.correction import CorrectionRow, RegisterEntries, Statement, posting_key, row_key
from rwaledger.domain.errors import UsageError
from rwaledger.operate.break_steps import Entering
from rwaledger.registry import clients, corrections, entering, instruments, ledger, statements
from rwaledger.registry.database import Connection
from rwaledger.registry.types import utc_now

INSTRUCTIONS = "instructions"


def by_entries(entries: RegisterEntries, read_at: Sequence[Checkpoint]) -> Entering:
    """Writes entries that follow from the chain, unless the mirror has moved since they were worked out.

    Its checkpoints get a new generation, so that a mirror that read the old balances keeps nothing of its batch.
    """

    def write(c: Connection, life: Life) -> str:
        for old in read_at:
            ledger.advance_checkpoint(c, old, replace(old, generation=old.generation + 1))
        rows = entering.enter(c, entries, life.record.chain_id, life.break_id, utc_now())
        return f"rows {len(rows)} {rows_hash(entries)}"

    return write


def by_instruction(ref: str) -> Entering:
    """Links the instruction that has reversed it on the chain; that it does is checked before, and in every run."""

    def write(c: Connection, life: Life) -> str:
        taken = {
            row.break_id
            for row in corrections.correction_rows(c)
            if (row.table_name, row.row_key) == (INSTRUCTIONS, ref)
        }
        if taken - {life.break_id}:
            raise UsageError(f"instruction {ref} reverses break {min(taken)} already", "Name another one.")
        if not taken:
            _link(c, life, INSTRUCTIONS, ref)
        return f"instruction {ref}"

    return write


def by_client_entry(account: str, entry: int, dated: date) -> Entering:
    """Takes back an entry of a sub-ledger by one with the opposite legs.

    Raises, when it is written:
        UsageError: there is no such entry, its legs do not net to zero, or a client would owe units.
    """

    def write(c: Connection, life: Life) -> str:
        chain_id, instrument_id = life.record.chain_id, life.record.found.instrument_id
        every = clients.client_postings(c, chain_id, account, instrument_id)
        wrong = [each for each in every if each.entry == entry]
        _require_reversible(account, entry, wrong)
        number = clients.next_entry(c, chain_id, account, instrument_id)
        held = clients.client_balances(c, chain_id, account).get(instrument_id, {})
        reversing = _reversing(life, wrong, number, held, dated)
        clients.add_client_postings(c, reversing)
        for old, new in zip(wrong, reversing, strict=True):
            _link(c, life, "client_postings", _client_key(new), _client_key(old))
        return f"entry {number} reverses entry {entry} of {account}"

    return write


def by_statement(kind: Statement) -> Entering:
    """Links the newest statement of a kind that was recorded since the break was; it is the correction.

    Raises, when it is written:
        UsageError: there is none.
    """

    def write(c: Connection, life: Life) -> str:
        found = statements.newest_since(c, kind, life.record)
        if found is None:
            raise UsageError(
                f"no {kind} statement was recorded since break {life.break_id} was",
                "Record the corrected statement first, and link it then.",
            )
        table, key = found
        _link(c, life, table, key)
        return f"statement {table} {key}"

    return write


def checkpoints_of(c: Connection, chain_id: int, entries: RegisterEntries) -> list[Checkpoint]:
    """The checkpoints that entries rely on: that of the instrument, and of every other contract with a log in them."""
    addresses = {log.address for log, _ in entries.events}
    if entries.instrument_id:
        addresses.add(instruments.instrument(c, entries.instrument_id).address)
    return [each for each in ledger.checkpoints(c, chain_id) if each.address in addresses]


def rows_hash(entries: RegisterEntries) -> str:
    """SHA-256 over the postings that are entered: key, account, units, balance behind, and what each takes back."""
    legs = [(each.by, posting_key(each.original)) for each in entries.reversals]
    legs += [(posting, "") for posting in entries.postings]
    parts = [
        (posting_key(p), p.account, str(p.amount_units), str(p.balance_after_units), p.tx_hash, back)
        for p, back in legs
    ]
    parts += [(log.block_hash, str(log.log_index), log.tx_hash, log.address, name, "") for log, name in entries.events]
    preimage = b"".join(len(cell.encode()).to_bytes(4) + cell.encode() for part in parts for cell in part)
    return "0x" + hashlib.sha256(b"rwaledger-correction-1" + preimage).hexdigest()


def _link(c: Connection, life: Life, table: str, key: str, reverses: str = "") -> None:
    known = {(row.table_name, row.row_key) for row in corrections.correction_rows(c, life.break_id)}
    if (table, key) not in known:
        instrument_id = life.record.found.instrument_id
        row = CorrectionRow(life.break_id, table, key, reverses, instrument_id, 0, utc_now())
        corrections.add_correction_rows(c, [row])


def _require_reversible(account: str, entry: int, wrong: Sequence[ClientPosting]) -> None:
    if not wrong:
        raise UsageError(f"the sub-ledger of {account} has no entry {entry}", "See `rwaledger omnibus show`.")
    if sum(each.amount_units for each in wrong) != 0:
        raise UsageError(
            f"the legs of entry {entry} do not net to zero, so that reversing it would put nothing right",
            "Import a statement of the account's holder (`rwaledger omnibus import`), and link it with --statement.",
        )


def _reversing(
    life: Life, wrong: Sequence[ClientPosting], number: int, held: dict[str, int], dated: date
) -> list[ClientPosting]:
    after, found = dict(held), []
    content = "0x" + hashlib.sha256(f"{life.break_id} {wrong[0].entry} {dated}".encode()).hexdigest()
    for each in wrong:
        after[each.client] = after.get(each.client, 0) - each.amount_units
        found.append(
            replace(
                each,
                entry=number,
                amount_units=-each.amount_units,
                balance_after_units=after[each.client],
                dated=dated,
                key=f"correction:{life.break_id}:{each.entry}",
                content_hash=content,
            )
        )
    owing = [client for client, units in after.items() if client and units < 0]
    if owing:
        raise UsageError(f"client {owing[0]} would owe units", "Correct the later entries first.")
    return found


def _client_key(each: ClientPosting) -> str:
    return row_key(each.chain_id, each.account, each.instrument_id, each.entry, each.leg)
