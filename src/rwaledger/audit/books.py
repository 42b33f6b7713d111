"""Control books as the chain has them: what they carried out, also beyond the pinned block, and by what calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.authority import ControlBook, control_book
from rwaledger.audit.chain_logs import events_beyond
from rwaledger.audit.records import ContractRecords
from rwaledger.audit.signatures import Sent, transactions_behind
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import ChainEvent, Pin
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class Book:
    """A control book: its events, the references that it used beyond the pinned block, and what was sent to it."""

    events: tuple[ChainEvent, ...] = ()
    later: frozenset[str] = frozenset()
    sent: Mapping[str, Sent] = field(default_factory=dict)


def book_of(node: Node, records: ContractRecords, pin: Pin, orphaned_refs: frozenset[str]) -> Book:
    """The control book of these records; `orphaned_refs` were used in blocks that the chain has replaced."""
    beyond = events_beyond(node, records.contract.address, pin)
    later = (str(event.args["ref"]) for event in beyond if event.name == "InstructionExecuted")
    return Book(records.events, orphaned_refs.union(later), transactions_behind(node, records.events))


def licences_of(
    instructions: Collection[StoredInstruction],
    settlement: Contract,
    events: Sequence[ChainEvent],
    books: Mapping[str, Book],
) -> ControlBook:
    """What was authorised on a settlement contract, by whichever control book."""
    stored = {each.instruction.ref: each for each in instructions}
    executed = [event for address, book in books.items() if address != settlement.address for event in book.events]
    later = frozenset(ref for book in books.values() for ref in book.later)
    sent = {tx_hash: each for book in books.values() for tx_hash, each in book.sent.items()}
    return control_book(stored, executed, events, settlement, later, sent)
