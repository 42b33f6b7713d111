"""Acts against instructions: which of them an instruction ordered, line for line, and which lines had no effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.audit.acts import Act, Deed, Place, acts_of, place_of_event
from rwaledger.audit.authority import Execution
from rwaledger.audit.past import Answered
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Instruction, Line, Operation

NO_INSTRUCTION = "no instruction"
NO_LINE = "no line in the instruction behind it"

_OF_CONSTRUCTOR = ("RulesChanged", "CountryAllowed")
"""What a constructor tells of the terms of deployment, apart from the roles that it gives."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A line of an authorised instruction that had no effect; lines are counted from 1."""

    execution: Execution
    number: int
    deed: Deed


@dataclass(frozen=True, slots=True)
class Judgement:
    """The acts on a contract, the objection to each by its place, and the lines that had no effect.

    An act without an objection was authorised: by an instruction with maker and checker, or by deployment. What stands
    before the first block that is looked at was judged before, and has none.
    """

    acts: tuple[Act, ...]
    objections: Mapping[Place, str]
    lacking: tuple[Lacking, ...]
    first_block: int = 0

    @property
    def judged(self) -> int:
        """How many acts were judged here."""
        return sum(act.place[0] >= self.first_block for act in self.acts)


def judge_acts(
    events: Sequence[ChainEvent], executions: Iterable[Execution], answered: Answered, first_block: int = 0
) -> Judgement:
    """Holds every act among the events of a contract against the instructions that were carried out on it.

    To what another finding answers for there is no objection.
    """
    acts = tuple(acts_of(events))
    by_place = {act.place: act for act in acts}
    objections = {place: "" if _is_deployment(act, events[0]) else NO_INSTRUCTION for place, act in by_place.items()}
    lacking: list[Lacking] = []
    for execution in executions:
        behind = [act for event in execution.effects if (act := by_place.get(place_of_event(event)))]
        stored = execution.stored
        if execution.ref in answered.refs or stored is None or execution.objection:
            why = "" if execution.ref in answered.refs else execution.objection
            objections.update((act.place, why) for act in behind)
        else:
            left = _match(behind, deeds_of(stored.instruction), objections)
            lacking += [Lacking(execution, number, deed) for number, deed in left]
    judged = {place: why for place, why in objections.items() if place[0] >= first_block}
    objected = {place: why for place, why in judged.items() if why and place not in answered.places}
    return Judgement(acts, objected, tuple(lacking), first_block)


def deeds_of(instruction: Instruction) -> list[Deed]:
    """The deeds that the lines of an instruction stand for, one a line; none where they move units."""
    operation = instruction.operation
    if not operation.has_lines:
        return [(operation, "", ())]
    write = _WRITERS.get(operation)
    return [] if write is None else [(operation, *write(instruction, line)) for line in instruction.lines]


def _match(behind: Sequence[Act], deeds: Sequence[Deed], objections: dict[Place, str]) -> list[tuple[int, Deed]]:
    """Writes down whether each act has a line; returns the lines that are left over, counted from 1.

    Where the acts are the lines, in their order, nothing has to be counted.
    """
    if [_plain(act.deed) for act in behind] == [_plain(deed) for deed in deeds]:
        objections.update((act.place, "") for act in behind)
        return []
    due = Counter(map(_plain, deeds))
    for act in behind:
        deed = _plain(act.deed)
        objections[act.place] = "" if due[deed] > 0 else NO_LINE
        due[deed] -= due[deed] > 0
    left: list[tuple[int, Deed]] = []
    for number, deed in reversed(list(enumerate(deeds, 1))):
        if due[_plain(deed)] > 0:
            due[_plain(deed)] -= 1
            left.append((number, deed))
    return left[::-1]


def _plain(deed: Deed) -> Deed:
    """To freeze nothing and to release nothing are told by the same event."""
    operation, account, values = deed
    return (Operation.FREEZE, account, values) if (operation, values) == (Operation.RELEASE, (0,)) else deed


def _is_deployment(act: Act, first: ChainEvent) -> bool:
    """Whether the constructor did it: it stands in the transaction of the contract's first event."""
    return act.event.name in _OF_CONSTRUCTOR and act.event.log.tx_hash == first.log.tx_hash


_Rest = tuple[str, tuple[object, ...]]
_Writer = Callable[[Instruction, Line], _Rest]


def _of_sender(_: Instruction, line: Line) -> _Rest:
    return line.sender, ()


def _amount_of_sender(_: Instruction, line: Line) -> _Rest:
    return line.sender, (line.amount_units,)


def _detail(_: Instruction, line: Line) -> _Rest:
    return "", (line.detail,)


def _detail_of_recipient(_: Instruction, line: Line) -> _Rest:
    return line.recipient, (line.detail,)


def _packed(_: Instruction, line: Line) -> _Rest:
    return "", (line.amount_units, line.detail)


_WRITERS: Mapping[Operation, _Writer] = {
    Operation.ADMIT: _detail_of_recipient,
    Operation.SUSPEND: _of_sender,
    Operation.REINSTATE: _of_sender,
    Operation.FREEZE: _amount_of_sender,
    Operation.RELEASE: _amount_of_sender,
    Operation.FREEZE_ACCOUNT: _of_sender,
    Operation.RELEASE_ACCOUNT: _of_sender,
    Operation.SET_LOCK_UP: lambda _, line: (line.sender, (line.amount_units, line.detail)),
    Operation.SET_RULES: _packed,
    Operation.SET_COUNTRY: _packed,
    Operation.ACTIVATE: lambda made, line: ("", (line.amount_units, line.detail, made.order)),
    Operation.SET_DOCUMENT: lambda made, line: ("", (line.amount_units, line.detail, made.text)),
    Operation.REMOVE_DOCUMENT: lambda _, line: ("", (line.amount_units,)),
    Operation.SCHEDULE_RECORD_DATE: _detail,
    Operation.CANCEL_RECORD_DATE: _detail,
    Operation.LICENSE_VENUE: _detail_of_recipient,
}
