"""C05, what no signature covers: whose instruction a row is, and instruments that the register does not list."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import CONTROL_BOOK, EVENTS, REGISTER, Findings, where
from rwaledger.verifier.ledger import Governed
from rwaledger.verifier.values import Event

_NOWHERE = (REGISTER, "no such instrument")
NOT_LISTED = "not listed"


def compare_rows(found: Findings, governed: Governed) -> None:
    """The key and chunk of a row make its reference, and its instrument is the one that it was carried out on."""
    edited = {finding.cause: finding.break_id for finding in found.found.values()}
    for ref, stored in sorted(governed.stored.items()):
        row = stored.row
        due = f"{governed.instrument_id}, reference {ref}"
        shown = f"{row.instrument_id}, reference {stored.reference}"
        if shown != due:
            summary = f"instrument, key or chunk of the register's instruction is not what its reference says: {ref}"
            values = ("required", due), (CONTROL_BOOK, shown)
            follows = edited.get(f"instruction {ref}", "")
            ids = governed.instrument_id, row.maker
            found.add("TAMPER", *ids, summary, *values, f"instruction {ref} row", follows)


def unlisted(found: Findings, case: Case) -> None:
    """What was done to, or is meant for, instruments that no check would look at."""
    executed: set[str] = set()
    governed = {*case.ledger_at, *(each.address for each in case.settlements)}
    for address in sorted(set(case.contracts) - governed):
        events = case.events_named("InstructionExecuted", address)
        executed.update(event.args["ref"] for event in events)
        _acted_on(found, governed, address, events)
    settlements = (row for row in case.rows("contracts") if row.kind == "settlement")
    listed = {(row.chain_id, row.address) for row in (*case.pack.table("instruments"), *settlements)}
    for ref, stored in case.instructions.items():
        row = stored.row
        if (row.chain_id, row.instrument) in listed or ref in executed:
            continue
        summary = f"instruction {ref} ({row.status}) is on an instrument that the register does not list"
        values = (CONTROL_BOOK, f"{row.operation} on {row.instrument}"), _NOWHERE
        found.add("COVERAGE", row.instrument_id, row.maker, summary, *values, f"instruction {ref} {NOT_LISTED}")


def _acted_on(found: Findings, governed: set[str], book: str, executed: Sequence[Event]) -> None:
    """One finding for each instrument that a control book acted on unseen."""
    unseen: dict[str, list[Event]] = {}
    for event in executed:
        address = event.args["instrument"]
        if address not in governed:
            unseen.setdefault(address, []).append(event)
    for address, acts in unseen.items():
        summary = (
            f"the control book {book} carried out {len(acts)} instructions on an instrument that the register does "
            f"not list; the first in {where(acts[0].log)}"
        )
        values = (EVENTS, f"{len(acts)} instructions"), _NOWHERE
        found.add("COVERAGE", "", address, summary, *values, f"{NOT_LISTED}: {book}")
