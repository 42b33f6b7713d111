"""Moves of units with their time, and what was held at a time: from the events alone."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rwaledger.audit.authority import Effect, effects
from rwaledger.audit.records import InstrumentRecords, Place, Records, place_of
from rwaledger.audit.replay import Move
from rwaledger.domain.block import Log
from rwaledger.domain.instruction import Operation, reference
from rwaledger.domain.posting import ISSUANCE_ACCOUNT


@dataclass(frozen=True, slots=True)
class TimedMove:
    """Units that moved: where and when (seconds since 1970), by whose doing."""

    log: Log
    time: int
    operation: Operation
    move: Move

    @property
    def place(self) -> Place:
        """Where its event stands."""
        return place_of(self.log)


def moves(records: Records, each: InstrumentRecords, accounts: Container[str] | None = None) -> Iterator[TimedMove]:
    """The moves of an instrument in the order of the chain, without those that other findings answer for.

    With `accounts`, only what moved into or out of one of them.
    """
    name, excused, times = each.instrument.instrument_id, records.office.excused.places, records.office.times
    for effect in each.effects:
        log, move = effect.event.log, effect.deed.move
        is_wanted = accounts is None or move.sender in accounts or move.recipient in accounts
        if is_wanted and not (excused and (name, place_of(log)) in excused):
            yield TimedMove(log, times[log.block_number], effect.deed.operation, move)


def holdings_at(records: Records, each: InstrumentRecords, moment: int) -> dict[str, int]:
    """Units of every account that held some at the end of a second, in seconds since 1970."""
    held: dict[str, int] = {}
    for found in moves(records, each):
        if found.time > moment:
            break
        for account, units in found.move.legs:
            held[account] = held.get(account, 0) + units
    return {account: units for account, units in held.items() if units and account != ISSUANCE_ACCOUNT}


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried out under an idempotency key: references that were used, and what they did to units."""

    refs: tuple[str, ...]
    used: frozenset[str]
    moves: tuple[Effect, ...]
    is_later: bool
    is_excused: bool


def carried_out(records: Records, each: InstrumentRecords, key: str, parts: int) -> Carried:
    """What instructions under a key did to an instrument; a key has at most as many `parts` as lines.

    The references follow from the key, so that no row of the control book is asked. `is_later` tells that one of them
    was used beyond the pinned block, `is_excused` that other findings answer for one.
    """
    instrument = each.instrument
    refs = tuple(reference(instrument.chain_id, instrument.control_book, key, n) for n in range(max(1, parts)))
    found = [each.executions[ref] for ref in refs if ref in each.executions]
    return Carried(
        refs,
        frozenset(execution.ref for execution in found),
        tuple(effect for execution in found for effect in effects(execution.effects)),
        any(ref in each.book.later for ref in refs),
        any(ref in records.office.excused.refs for ref in refs),
    )


def moves_by_group(found: Iterable[TimedMove], group_of: Mapping[str, str]) -> dict[str, list[tuple[int, int]]]:
    """(time, signed units) of every move into or out of each group of accounts; what moves inside it is nothing."""
    by_group: dict[str, list[tuple[int, int]]] = {}
    for each in found:
        changes: dict[str, int] = {}
        for account, units in each.move.legs:
            if account in group_of:
                changes[group_of[account]] = changes.get(group_of[account], 0) + units
        for group, units in changes.items():
            if units:
                by_group.setdefault(group, []).append((each.time, units))
    return by_group
