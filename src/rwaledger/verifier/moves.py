"""Moves of units with their times, and what was held, outstanding or frozen at a moment: from the events alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rwaledger.verifier.book import Effect, Execution, effects
from rwaledger.verifier.ledger import Ledger, place_of
from rwaledger.verifier.replay import Replay, Standing
from rwaledger.verifier.values import ZERO_ADDRESS


class TimedMove(NamedTuple):
    """A deed and the time of its block, in seconds since 1970."""

    effect: Effect
    time: int


class Outstanding(NamedTuple):
    """Units in issue, and how many of them are frozen."""

    units: int
    frozen: int


class Carried(NamedTuple):
    """What was carried out under an idempotency key: the references used, and what they did to units."""

    refs: tuple[str, ...]
    used: frozenset[str]
    deeds: tuple[Effect, ...]
    is_later: bool
    is_excused: bool


def moves(ledger: Ledger) -> Iterator[TimedMove]:
    """The deeds on an instrument but for those that other findings answer for."""
    case = ledger.case
    for effect in ledger.effects:
        if (ledger.instrument_id, place_of(effect.event)) not in case.excused.places:
            yield TimedMove(effect, case.time_of(effect.event.log.block_number))


def held_at(ledger: Ledger, moment: int) -> dict[str, int]:
    """Units of every account that held some at the end of a second."""
    held: dict[str, int] = {}
    for effect, time in moves(ledger):
        if time > moment:
            break
        for account, units in effect.deed.move.legs:
            held[account] = held.get(account, 0) + units
    return {account: units for account, units in held.items() if units and account != ZERO_ADDRESS}


def moved_by_group(ledger: Ledger, group_of: Mapping[str, str]) -> dict[str, list[tuple[int, int]]]:
    """(time, signed units) of each move into or out of a group of accounts; what stays within it is none."""
    found: dict[str, list[tuple[int, int]]] = {}
    for effect, time in moves(ledger):
        sender, recipient, units = effect.deed.move
        giver, taker = group_of.get(sender), group_of.get(recipient)
        if giver == taker or not units:
            continue
        if giver is not None:
            found.setdefault(giver, []).append((time, -units))
        if taker is not None:
            found.setdefault(taker, []).append((time, units))
    return found


def outstanding_at(ledger: Ledger, moments: Sequence[int]) -> list[Outstanding]:
    """What was outstanding at the end of each of these seconds, which are in their order."""
    case = ledger.case
    found: list[Outstanding] = []
    played = Replay()
    for event in ledger.events:
        while len(found) < len(moments) and case.time_of(event.log.block_number) > moments[len(found)]:
            found.append(_outstanding(played))
        excused = (ledger.instrument_id, place_of(event)) in case.excused.places
        if not (excused and event.name == "Transfer"):
            played.take(event)
    return found + [_outstanding(played)] * (len(moments) - len(found))


def _outstanding(played: Replay) -> Outstanding:
    frozen = sum(
        _frozen(standing, played.balances.get(account, 0))
        for account, standing in played.standings.items()
        if account != ZERO_ADDRESS
    )
    return Outstanding(played.supply, frozen)


def _frozen(standing: Standing, held: int) -> int:
    """All of an account that is frozen whole; else what is frozen of it, which may be more than it holds."""
    return held if standing.address_frozen else min(standing.frozen_units, held)


def carried_out(ledger: Ledger, key: str, parts: int) -> Carried:
    """What instructions under an idempotency key did; their references follow from the key (book.py)."""
    case = ledger.case
    refs = tuple(case.reference(ledger.row.control_book, key, chunk) for chunk in range(max(1, parts)))
    done = {execution.ref: execution for execution in ledger.executions}
    found = [done[ref] for ref in refs if ref in done]
    return Carried(
        refs,
        frozenset(each.ref for each in found),
        tuple(effect for each in found for effect in effects(each.effects)),
        any(ref in case.mined_later for ref in refs),
        any(ref in case.excused.refs for ref in refs),
    )


def redemptions_in(execution: Execution) -> list[Effect]:
    """What an instruction took out of issue."""
    return [effect for effect in effects(execution.effects) if effect.deed.operation == "redeem"]


def total(effects_: Iterable[Effect]) -> int:
    """Units of some deeds together."""
    return sum(effect.deed.move.units for effect in effects_)
