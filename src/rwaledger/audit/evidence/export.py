"""Export: a reconciliation, and all that it looked at, as one file that proves it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rwaledger.audit.evidence import container
from rwaledger.audit.evidence.chain_part import is_address, slots_of_token, write_blocks, write_proof
from rwaledger.audit.evidence.manifest import manifest
from rwaledger.audit.evidence.parts import Workshop, canonical
from rwaledger.audit.evidence.results import policy as policy_document
from rwaledger.audit.evidence.results import results
from rwaledger.audit.evidence.signing import signed
from rwaledger.audit.pin import still_pinned
from rwaledger.audit.reconcile import examine
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.audit.sources import Terms
from rwaledger.audit.steps import Progress
from rwaledger.chain.headers import headers
from rwaledger.chain.keys import Signer
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import head_slots
from rwaledger.domain.errors import ChainMismatch, RegisterConflict
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Reconciliation
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.digest import register_digest
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
    progress: Progress | None = None,
) -> Exported:
    """Reconciles by all checks at `block` and writes the pack to `path`, whatever the result.

    The same register, chain and key give the same bytes. Without an operator's key the pack is unsigned; whoever may
    read the register and has a node can make it.

    Raises:
        ChainMismatch, RegisterConflict: the chain or the register changed while it was written.
        As `reconcile` raises, and RwaledgerError where the file cannot be written.
    """
    records, found = examine(database, node, block, None, progress, terms)
    with tempfile.TemporaryDirectory(prefix="rwaledger-evidence-") as folder:
        workshop = Workshop(Path(folder))
        heads = _write_register(workshop, database, records)
        _write_chain(workshop, node, records, heads)
        _write_results(workshop, node, records, found, terms)
        if not still_pinned(node, records.pin):
            raise ChainMismatch(
                f"block {records.pin.block_number} was replaced while its evidence was collected",
                "Wait until the chain has settled, run `rwaledger register sync` and export again.",
            )
        instruments = [each.instrument for each in records.instruments]
        first_page = canonical(manifest(found, _contracts(records), instruments, heads, workshop.parts))
        signatures = UNSIGNED if operator is None else signed(first_page, UNSIGNED, "operator", operator)
        container.write(path, first_page, signatures, workshop.parts)
    return Exported(path, container.manifest_sha256(first_page), path.stat().st_size, found)


def _write_register(workshop: Workshop, database: Database, records: Records) -> list[tuple[str, int, str]]:
    """All tables, in one snapshot that is the one reconciled; the last signed head of each instrument."""
    heads: dict[str, tuple[int, str]] = {}
    with database.read() as c:
        _require_unchanged(c, records)
        for table in extract(c, records.pin):
            rows = table.rows
            if table.name == "periods":
                rows = _noting_heads(table.columns, rows, heads)
            workshop.lines(f"register/{table.name}.jsonl", _with_header(table.columns, rows))
    return [(instrument_id, *head) for instrument_id, head in sorted(heads.items())]


def _require_unchanged(c: Connection, records: Records) -> None:
    if register_digest(c, records.pin.block_number) != records.register_digest:
        raise RegisterConflict("the register was written to while it was reconciled", "Export again.")


def _with_header(columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[Row]:
    yield list(columns)
    yield from rows


def _noting_heads(columns: tuple[str, ...], rows: Iterator[Row], heads: dict[str, tuple[int, str]]) -> Iterator[Row]:
    """Passes the periods on, and remembers the last head of each instrument: they come in their sequence."""
    for row in rows:
        cell = dict(zip(columns, row, strict=True))
        heads[cell["instrument_id"]] = cell["sequence"], cell["head"]
        yield row


def _write_chain(workshop: Workshop, node: Node, records: Records, heads: Sequence[tuple[str, int, str]]) -> None:
    contracts = _contracts(records)
    write_blocks(workshop, node, min(each.deploy_block for each in contracts), records.pin)
    tokens = {each.instrument.address: each for each in records.instruments}
    for contract in contracts:
        slots: list[int] = []
        if contract.address in tokens:
            slots = slots_of_token(node, contract.address, _named(tokens[contract.address]), records.pin)
        elif contract.kind is ContractKind.REGISTRY_ANCHOR:
            slots = _anchored(records, heads)
        write_proof(workshop, node, contract, slots, records.pin)


def _anchored(records: Records, heads: Sequence[tuple[str, int, str]]) -> list[int]:
    """Every head that there may be of every instrument, and how many there are."""
    last = {instrument_id: sequence for instrument_id, sequence, _ in heads}
    return [
        slot
        for each in records.instruments
        for sequence in range(1, last.get(each.instrument.instrument_id, 0) + 2)
        for slot in head_slots(each.instrument.address, sequence)
    ]


def _named(token: InstrumentRecords) -> set[str]:
    """Every address that any record names, be it an account or not: a word that is left out would prove nothing."""
    in_events = (arg for event in token.token.events for arg in event.args.values() if isinstance(arg, str))
    return {*token.accounts, *filter(is_address, in_events)} - {ISSUANCE_ACCOUNT}


def _write_results(workshop: Workshop, node: Node, records: Records, found: Reconciliation, terms: Terms) -> None:
    (first,) = headers(node, [min(each.deploy_block for each in _contracts(records))])
    workshop.document("policy.json", policy_document(terms.policy, first.timestamp, records.pin.timestamp))
    workshop.document("reconciliation.json", results(found))


def _contracts(records: Records) -> list[Contract]:
    """In order of their addresses."""
    return [each.contract for each in records.contracts]
