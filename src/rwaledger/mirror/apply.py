"""Apply: write one validated and decoded span into the register, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rwaledger.domain.block import ChainEvent, Checkpoint
from rwaledger.mirror.decode import Decoded
from rwaledger.mirror.fold import Entries, Opening, fold, judged_accounts, moved_accounts
from rwaledger.mirror.identity import Mirrored
from rwaledger.mirror.streams import Stream
from rwaledger.registry import ledger
from rwaledger.registry.database import Connection
from rwaledger.registry.opening import opening_balances, opening_standings


@dataclass(frozen=True, slots=True)
class Added:
    """How much was added to the register."""

    blocks: int = 0
    events: int = 0
    postings: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(self.blocks + other.blocks, self.events + other.events, self.postings + other.postings)


NOTHING = Added()


def apply(c: Connection, mirrored: Mirrored, stream: Stream, decoded: Decoded) -> tuple[Stream, Added]:
    """Adds the span to the register and moves the stream's checkpoints to its end.

    The checkpoints go first: they lock out other writers before the balances are read that this span builds on.

    Raises:
        RegisterConflict: another writer was faster, or the register cannot take the span; roll back.
    """
    span = decoded.span
    moved = _advance(c, mirrored.chain_id, stream, decoded)
    ledger.insert_blocks(c, span.headers[1:], mirrored.chain_id)
    ledger.insert_events(c, decoded.named_logs, mirrored.chain_id)
    postings = 0
    for instrument_id, events in decoded.events.items():
        entries = fold(instrument_id, events, _opening(c, instrument_id, events))
        _store(c, entries)
        postings += len(entries.postings)
    return moved, Added(span.last - span.first + 1, len(span.logs), postings)


def _advance(c: Connection, chain_id: int, stream: Stream, decoded: Decoded) -> Stream:
    """In the order of the addresses, so that two writers wait for one another and never in a circle."""
    end = decoded.span.headers[-1]
    moved: dict[str, Checkpoint | None] = {}
    for address, old in sorted(stream.stored.items()):
        generation = 0 if old is None else old.generation + 1
        new = Checkpoint(chain_id, address, end.number, end.hash, generation)
        ledger.advance_checkpoint(c, old, new)
        moved[address] = new
    return Stream(end.number, end.hash, moved)


def _opening(c: Connection, instrument_id: str, events: Sequence[ChainEvent]) -> Opening:
    return Opening(
        balances=opening_balances(c, instrument_id, moved_accounts(events)),
        standings=opening_standings(c, instrument_id, judged_accounts(events)),
    )


def _store(c: Connection, entries: Entries) -> None:
    ledger.insert_postings(c, entries.postings)
    ledger.upsert_positions(c, list(entries.positions.values()))
    ledger.insert_standings(c, entries.standings)
