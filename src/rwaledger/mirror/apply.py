"""Apply: write one validated and decoded span into the register, inside the transaction of the books."""

from __future__ import annotations

from dataclasses import dataclass

from rwaledger.domain.block import Checkpoint
from rwaledger.mirror.books import Books
from rwaledger.mirror.decode import Decoded
from rwaledger.mirror.identity import Mirrored
from rwaledger.mirror.streams import Stream


@dataclass(frozen=True, slots=True)
class Added:
    """How much was added to the register."""

    blocks: int = 0
    events: int = 0
    postings: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(self.blocks + other.blocks, self.events + other.events, self.postings + other.postings)


NOTHING = Added()


def apply(books: Books, mirrored: Mirrored, stream: Stream, decoded: Decoded) -> tuple[Stream, Added]:
    """Adds the span to the register and moves the stream's checkpoints to its end; the books stay open for the next.

    The checkpoints go first: they lock out other writers before the balances are read that this span builds on.

    Raises:
        RegisterConflict: another writer was faster, or the register cannot take the span; roll back.
    """
    span = decoded.span
    moved = _advance(books, mirrored.chain_id, stream, decoded)
    books.enter_blocks(mirrored.chain_id, span.headers[1:])
    books.enter_events(mirrored.chain_id, list(decoded.named_logs))
    postings = sum(books.enter(instrument_id, events) for instrument_id, events in decoded.events.items())
    return moved, Added(span.last - span.first + 1, len(span.logs), postings)


def _advance(books: Books, chain_id: int, stream: Stream, decoded: Decoded) -> Stream:
    """In the order of the addresses, so that two writers wait for one another and never in a circle."""
    end = decoded.span.headers[-1]
    moved: dict[str, Checkpoint | None] = {}
    for address, old in sorted(stream.stored.items()):
        generation = 0 if old is None else old.generation + 1
        new = Checkpoint(chain_id, address, end.number, end.hash, generation)
        books.move_checkpoint(old, new)
        moved[address] = new
    return Stream(end.number, end.hash, moved)
