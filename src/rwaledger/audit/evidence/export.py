"""Export: a reconciliation, and all that it looked at, as one file that proves it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rwaledger.audit.evidence import container
from rwaledger.audit.evidence.chain_part import is_address, slots_of_token, write_blocks, write_proof
from rwaledger.audit.evidence.course import Course
from rwaledger.audit.evidence.manifest import manifest
from rwaledger.audit.evidence.parts import Workshop, canonical
from rwaledger.audit.evidence.results import policy as policy_document
from rwaledger.audit.evidence.results import results
from rwaledger.audit.evidence.signing import signed
from rwaledger.audit.pin import still_pinned
from rwaledger.audit.reconcile import examine
from rwaledger.audit.records import InstrumentRecords
from rwaledger.audit.sources import Terms
from rwaledger.chain.headers import headers
from rwaledger.chain.keys import Signer
from rwaledger.chain.proofs import Further
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import head_slots
from rwaledger.domain.block import Pin
from rwaledger.domain.errors import ChainMismatch
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Reconciliation
from rwaledger.registry import tables
from rwaledger.registry.database import Connection, Database, Readable
from rwaledger.registry.extract import Row, extract
from rwaledger.registry.instruments import Contract, ContractKind

UNSIGNED = canonical([])


@dataclass(frozen=True, slots=True)
class Exported:
    """A pack that was written: where, the hash of its manifest (hex), and what it is the evidence of."""

    path: Path
    manifest_sha256: str
    size_bytes: int
    found: Reconciliation


def export(
    database: Database,
    node: Node,
    path: Path,
    terms: Terms,
    *,
    block: int | None = None,
    operator: Signer | None = None,
    course: Course | None = None,
) -> Exported:
    """Reconciles by all checks at `block` and writes the pack to `path`, whatever the result.

    The same register, chain and key give the same bytes, whatever its `course`. Without an operator's key the pack is
    unsigned; whoever may read the register and has a node can make it.

    Raises:
        ChainMismatch: the chain changed while it was written.
        As `reconcile` raises, and RwaledgerError where the file cannot be written.
    """
    with database.snapshot() as register, tempfile.TemporaryDirectory(prefix="rwaledger-evidence-") as folder:
        how = course or Course()
        subject, found = _examined(register, node, block, how, terms)
        workshop = Workshop(Path(folder))
        with register.read() as c:
            heads = _write_register(workshop, c, subject.pin, how)
        _write_chain(workshop, node, subject, heads, how)
        _write_results(workshop, node, subject, found, terms)
        if not still_pinned(node, subject.pin):
            raise ChainMismatch(
                f"block {subject.pin.block_number} was replaced while its evidence was collected",
                "Wait until the chain has settled, run `rwaledger register sync` and export again.",
            )
        first_page = canonical(manifest(found, subject.contracts, subject.instruments, heads, workshop.parts))
        signatures = UNSIGNED if operator is None else signed(first_page, UNSIGNED, "operator", operator)
        container.write(path, first_page, signatures, workshop.parts)
    return Exported(path, container.manifest_sha256(first_page), path.stat().st_size, found)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is left of the records once they were reconciled, so that their memory is free for what is written.

    `contracts` are in order of their addresses; `accounts` by the address of their instrument.
    """

    pin: Pin
    contracts: list[Contract]
    instruments: list[Instrument]
    accounts: dict[str, set[str]]

    @property
    def first_block(self) -> int:
        """Where the first of the contracts was deployed."""
        return min(each.deploy_block for each in self.contracts)


def _examined(
    register: Readable, node: Node, block: int | None, course: Course, terms: Terms
) -> tuple[_Subject, Reconciliation]:
    records, found = examine(register, node, block, None, partial(course.tell, "reconciliation"), terms, course.spread)
    instruments = [each.instrument for each in records.instruments]
    accounts = {each.instrument.address: _named(each) for each in records.instruments}
    return _Subject(records.pin, [each.contract for each in records.contracts], instruments, accounts), found


def _write_register(workshop: Workshop, c: Connection, pin: Pin, course: Course) -> list[tuple[str, int, str]]:
    """All tables, out of the snapshot that was reconciled; the last signed head of each instrument."""
    heads: dict[str, tuple[int, str]] = {}
    for table in course.told("tables", len(tables.metadata.tables), extract(c, pin)):
        rows = table.rows
        if table.name == "periods":
            rows = _noting_heads(table.columns, rows, heads)
        workshop.lines(f"register/{table.name}.jsonl", _with_header(table.columns, rows))
    return [(instrument_id, *head) for instrument_id, head in sorted(heads.items())]


def _with_header(columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[Row]:
    yield list(columns)
    yield from rows


def _noting_heads(columns: tuple[str, ...], rows: Iterator[Row], heads: dict[str, tuple[int, str]]) -> Iterator[Row]:
    """Passes the periods on, and remembers the last head of each instrument: they come in their sequence."""
    for row in rows:
        cell = dict(zip(columns, row, strict=True))
        heads[cell["instrument_id"]] = cell["sequence"], cell["head"]
        yield row


def _write_chain(
    workshop: Workshop, node: Node, subject: _Subject, heads: Sequence[tuple[str, int, str]], course: Course
) -> None:
    write_blocks(workshop, node, subject.first_block, subject.pin, course)
    for contract in subject.contracts:
        slots: list[int] = []
        further: Further | None = None
        if contract.address in subject.accounts:
            slots, further = slots_of_token(subject.accounts[contract.address])
        elif contract.kind is ContractKind.REGISTRY_ANCHOR:
            slots = _anchored(subject.instruments, heads)
        write_proof(workshop, node, contract, slots, subject.pin, further, course)


def _anchored(instruments: Sequence[Instrument], heads: Sequence[tuple[str, int, str]]) -> list[int]:
    """Every head that there may be of every instrument, and how many there are."""
    last = {instrument_id: sequence for instrument_id, sequence, _ in heads}
    return [
        slot
        for each in instruments
        for sequence in range(1, last.get(each.instrument_id, 0) + 2)
        for slot in head_slots(each.address, sequence)
    ]


def _named(token: InstrumentRecords) -> set[str]:
    """Every address that any record names, be it an account or not: a word that is left out would prove nothing."""
    in_events = (arg for event in token.token.events for arg in event.args.values() if isinstance(arg, str))
    return {*token.accounts, *filter(is_address, in_events)} - {ISSUANCE_ACCOUNT}


def _write_results(workshop: Workshop, node: Node, subject: _Subject, found: Reconciliation, terms: Terms) -> None:
    (first,) = headers(node, [subject.first_block])
    workshop.document("policy.json", policy_document(terms.policy, first.timestamp, subject.pin.timestamp))
    workshop.document("reconciliation.json", results(found))
