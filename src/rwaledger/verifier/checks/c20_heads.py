"""C20, heads: what does not hold together in an instrument's periods, by the register alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rwaledger.verifier.checks.found import REGISTER, Findings
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.periods import MIRRORED, NO_HEAD, Changed, Lists, Period, RowsNow, head_of
from rwaledger.verifier.tables import TABLES

SIGNED = "signed period"


def compare_heads(
    found: Findings, ledger: Ledger, periods: Sequence[Period], listed: Mapping[int, Sequence[Any]], now: RowsNow
) -> None:
    """Order, heads and lists of the periods, then the rows that they list."""
    previous, lists = NO_HEAD, Lists()
    for number, period in enumerate(periods, 1):
        _compare_order(found, ledger, period.row, number, previous)
        _compare_head(found, ledger, period)
        lists.add(period, listed.get(period.row.sequence, ()))
        for section in period.sections:
            there = lists.section(section.part)
            if section.part.table not in MIRRORED and there != section:
                summary = f"the rows of {section.part.table} listed for it are not those signed"
                cause = f"list {section.part.table} {section.part.part}"
                tampered(found, ledger, period.row, cause, summary, (SIGNED, section.words), (REGISTER, there.words))
        previous = period.row.head
    name = ledger.instrument_id
    for sequence in sorted(listed.keys() - {period.row.sequence for period in periods}):
        values = (SIGNED, "no such period"), (REGISTER, f"{len(listed[sequence])} rows")
        summary = f"rows are listed for period {sequence} of {name}, which there is not"
        found.add("TAMPER", name, "", summary, *values, f"period {sequence} rows")
    for part, rows in lists.rows.items():
        if not part.columns:
            values = (SIGNED, "nothing"), (REGISTER, f"{len(rows)} rows of {part.table}")
            summary = f"rows of {part.table} are listed, and no head of {name} has such rows"
            found.add("TAMPER", name, "", summary, *values, f"list {part.table}")
    for row in now.changed(lists):
        _changed(found, ledger, row)


def tampered(
    found: Findings, ledger: Ledger, row: Any, what: str, summary: str, left: tuple[str, str], right: tuple[str, str]
) -> None:
    """A finding on a period."""
    name = ledger.instrument_id
    text = f"period {row.sequence} of {name}: {summary}"
    found.add("TAMPER", name, "", text, left, right, f"period {row.sequence} {what}")


def _compare_order(found: Findings, ledger: Ledger, row: Any, number: int, previous: str) -> None:
    if row.sequence != number:
        values = ("required", f"period {number}"), (REGISTER, f"period {row.sequence}")
        tampered(found, ledger, row, "sequence", "the periods are not numbered from 1 without a gap", *values)
    if row.previous_head != previous:
        values = ("head before", previous), (REGISTER, row.previous_head)
        tampered(found, ledger, row, "previous", "it does not continue the one before it", *values)


def _compare_head(found: Findings, ledger: Ledger, period: Period) -> None:
    """The head hashes its preimage, and this says what the row says."""
    row = period.row
    if period.problem:
        values = (SIGNED, f"head {row.head}"), (REGISTER, period.problem)
        tampered(found, ledger, row, "head", "its preimage cannot be read", *values)
        return
    if head_of(period.raw) != row.head:
        values = (SIGNED, f"head {row.head}"), ("preimage", f"head {head_of(period.raw)}")
        tampered(found, ledger, row, "head", "its head is not its preimage's", *values)
        return
    told = row.previous_head, ledger.instrument_id, row.sequence, row.chain_id, ledger.address, row.block_number
    fields = [str(cell) for cell in (*told, row.block_hash, row.block_time, row.supply_units, row.holder_count)]
    if fields != period.fields:
        values = ("preimage", ", ".join(period.fields)), (REGISTER, ", ".join(fields))
        tampered(found, ledger, row, "head", "its row is not what its head hashes", *values)


def _changed(found: Findings, ledger: Ledger, row: Changed) -> None:
    """A row that the periods of several instruments list is told of once, and belongs to none of them."""
    table = row.part.table
    cause = f"{table} {row.key}"
    if (row.account, cause) in found.first:
        return
    own = table == "entitlements" or any(column.name == "instrument_id" for column in TABLES.get(table, ()))
    how = "was changed" if row.now else "is gone"
    summary = f"a row of {table} signed with period {row.sequence} {how}: {row.key}"
    values = (SIGNED, f"SHA-256 {row.signed}"), (REGISTER, f"SHA-256 {row.now}" if row.now else "nothing")
    ids = ledger.instrument_id if own else "", row.account
    found.add("TAMPER", *ids, summary, *values, cause, holder_id=row.holder_id)
