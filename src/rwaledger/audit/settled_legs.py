"""What moved behind each settlement, in the instruments' own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from rwaledger.audit.deals import CLOSINGS
from rwaledger.audit.records import InstrumentRecords, Place, Records, place_of
from rwaledger.audit.replay import move_of
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.settlement import Leg, Trade
from rwaledger.domain.units import format_amount


@dataclass(frozen=True, slots=True)
class Difference:
    """A leg that did not move, or a move between the parties that is no leg; units are those of `instrument`."""

    leg: Leg
    instrument: InstrumentRecords | None
    is_missing: bool

    @property
    def instrument_id(self) -> str:
        """The instrument of the leg; empty where the register lists none at that address."""
        return self.instrument.instrument.instrument_id if self.instrument else ""

    @property
    def words(self) -> str:
        """Amount, from and to."""
        if self.instrument is None:
            amount = f"{self.leg.amount_units} units of {self.leg.token}"
        else:
            amount = f"{format_amount(self.leg.amount_units, self.instrument.instrument.decimals)} {self.instrument_id}"
        return f"{amount} from {self.leg.sender} to {self.leg.recipient}"


def closings_with_moves(records: Records) -> Iterator[tuple[ChainEvent, tuple[Leg, ...]]]:
    """Each end of a trade on the chain, with what moved behind it in its transaction, up to the next such end."""
    closings = [event for book in records.books for event in book.events if event.name in CLOSINGS]
    by_transaction: dict[str, list[ChainEvent]] = {}
    for event in closings:
        by_transaction.setdefault(event.log.tx_hash, []).append(event)
    moves = _moves(records, by_transaction.keys())
    for event in sorted(closings, key=lambda each: place_of(each.log)):
        later = [place_of(other.log) for other in by_transaction[event.log.tx_hash]]
        ends = min((place for place in later if place > place_of(event.log)), default=None)
        yield event, _between(moves.get(event.log.tx_hash, ()), event, ends)


def differences(records: Records, trade: Trade, moved: Sequence[Leg]) -> list[Difference]:
    """Legs that are not among the moves, then moves between the trade's parties that are no legs."""
    by_token = {each.instrument.address: each for each in records.instruments}
    due, left = Counter(trade.legs), Counter(moved)
    missing = (due - left).elements()
    parties = set(trade.parties)
    extra = [leg for leg in (left - due).elements() if {leg.sender, leg.recipient} <= parties]
    found = [Difference(leg, by_token.get(leg.token), is_missing=True) for leg in missing]
    return found + [Difference(leg, by_token.get(leg.token), is_missing=False) for leg in extra]


def _moves(records: Records, tx_hashes: Set[str]) -> dict[str, list[ChainEvent]]:
    found: dict[str, list[ChainEvent]] = {}
    for each in records.instruments if tx_hashes else ():
        for event in each.token.events:
            if event.name == "Transfer" and event.log.tx_hash in tx_hashes:
                found.setdefault(event.log.tx_hash, []).append(event)
    return found


def _between(moves: Sequence[ChainEvent], event: ChainEvent, ends: Place | None) -> tuple[Leg, ...]:
    begins = place_of(event.log)
    behind = (m for m in moves if place_of(m.log) > begins and (ends is None or place_of(m.log) < ends))
    return tuple(_leg(each) for each in sorted(behind, key=lambda each: place_of(each.log)))


def _leg(event: ChainEvent) -> Leg:
    move = move_of(event)
    assert move is not None, "it was chosen for being a Transfer"
    return Leg(event.log.address, move.sender, move.recipient, move.amount_units)
