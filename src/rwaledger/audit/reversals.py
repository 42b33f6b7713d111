"""Deeds that nobody authorised, and the instructions that took them back: which reversal holds, and what it counts.

An undue creation stays on the chain for ever. An instruction that redeems the same units of the same account takes it
back; then supply is what was authorised again, if neither of the two is counted. So the lines of a reversal are left
out of the net authorised issuance, as long as the chain shows both, and three keys have signed that they belong
together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from rwaledger.audit.authority import ControlBook, Deed, Execution, deeds_of, effects
from rwaledger.audit.replay import Move
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reconciliation import Break

_OPPOSITE = {
    Operation.ISSUE: Operation.REDEEM,
    Operation.REDEEM: Operation.ISSUE,
    Operation.FORCE_TRANSFER: Operation.FORCE_TRANSFER,
}


def opposite(deed: Deed) -> Deed | None:
    """What takes a deed back: the same units of the same accounts the other way; None where nothing can."""
    operation, move = _OPPOSITE.get(deed.operation), deed.move
    return Deed(operation, Move(move.recipient, move.sender, move.amount_units)) if operation else None


def undue_deeds(found: Break, book: ControlBook, events: Iterable[ChainEvent]) -> tuple[Deed, ...]:
    """What a break under C05 is about: its deed, or all that an unauthorised instruction did; empty for anything else.

    Only what no authorised instruction stands behind: a deed that is authorised needs no reversal.
    """
    authorised = {id(event) for each in book.executions if _is_authorised(each) for event in each.effects}
    unclaimed = [event for event in events if id(event) not in authorised]
    at_place = [effect.deed for effect in effects(unclaimed) if _place(effect.event) == found.cause]
    if at_place:
        return tuple(at_place)
    behind = [each for each in book.executions if _place(each.event) == found.cause and not _is_authorised(each)]
    return tuple(effect.deed for each in behind for effect in effects(each.effects))


def takes_back(deeds: Iterable[Deed], execution: Execution) -> bool:
    """Whether an authorised instruction that was carried out reverses every one of the deeds, line by line."""
    if execution.stored is None or not _is_authorised(execution):
        return False
    wanted = [opposite(deed) for deed in deeds]
    if not wanted or any(deed is None for deed in wanted):
        return False
    ordered = Counter(deeds_of(execution.stored))
    done = Counter(effect.deed for effect in effects(execution.effects))
    needed = Counter(deed for deed in wanted if deed is not None)
    return needed <= ordered and needed <= done


def holds(found: Break, book: ControlBook, events: Iterable[ChainEvent], refs: Iterable[str]) -> bool:
    """Whether one of the linked instructions takes back, on the chain, what the break is about."""
    deeds, linked = undue_deeds(found, book, events), frozenset(refs)
    return any(each.ref in linked and takes_back(deeds, each) for each in book.executions)


def without_reversals(
    book: ControlBook, linked: Iterable[tuple[Break, frozenset[str]]], events: tuple[ChainEvent, ...]
) -> ControlBook:
    """The control book without the units of instructions that are linked to breaks, and do take them back."""
    units, used = 0, Counter[tuple[str, Deed]]()
    for found, refs in linked:
        deeds = undue_deeds(found, book, events)
        execution = next((each for each in book.executions if each.ref in refs and takes_back(deeds, each)), None)
        if execution is not None:
            units += _net(deeds, execution, used)
    whole = frozenset(each.ref for each in book.executions if _is_used_up(each, used))
    return replace(book, authorised_units=book.authorised_units - units, reversed_units=units, reversing=whole)


def _net(deeds: Iterable[Deed], execution: Execution, used: Counter[tuple[str, Deed]]) -> int:
    """Net units that an instruction has issued to take deeds back; each of its lines counts once."""
    assert execution.stored is not None
    there, net = Counter(deeds_of(execution.stored)), 0
    for deed in deeds:
        back = opposite(deed)
        if back is not None and used[execution.ref, back] < there[back]:
            used[execution.ref, back] += 1
            net += _SIGN.get(back.operation, 0) * back.move.amount_units
    return net


def _is_used_up(execution: Execution, used: Counter[tuple[str, Deed]]) -> bool:
    """Whether all that an instruction orders takes something back."""
    ordered = deeds_of(execution.stored) if execution.stored else []
    return bool(ordered) and sum(n for (ref, _), n in used.items() if ref == execution.ref) == len(ordered)


_SIGN: Mapping[Operation, int] = {Operation.ISSUE: 1, Operation.REDEEM: -1}


def _is_authorised(execution: Execution) -> bool:
    return execution.stored is not None and not execution.objection


def _place(event: ChainEvent) -> str:
    """As a break names the place of an event."""
    return f"{event.log.block_number}/{event.log.log_index}"
