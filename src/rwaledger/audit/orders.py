"""What is frozen by order: freezes, releases, forced transfers and recoveries of authorised instructions, added up.

It reads amounts from the instructions alone. Only how much a forced transfer takes of what is frozen depends on the
balance at that moment, which is replayed beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rwaledger.audit.authority import Execution
from rwaledger.audit.records import place_of
from rwaledger.audit.replay import DEPLOYMENT, Replay, Start
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.holder import Standing
from rwaledger.domain.instruction import Instruction, Line, Operation


@dataclass(frozen=True, slots=True)
class Frozen:
    """How much of an account is frozen, and whether the whole of it is."""

    units: int = 0
    whole: bool = False


@dataclass(slots=True)
class _Orders:
    frozen: dict[str, Frozen] = field(default_factory=dict)

    def carry_out(self, instruction: Instruction, replayed: Replay) -> None:
        """`replayed` is the register just before the instruction; its lines are followed one by one."""
        balances: dict[str, int] = {}
        for line in instruction.lines:
            if instruction.operation is Operation.RECOVER:
                self.frozen[line.recipient] = self.frozen.get(line.sender, Frozen())
                self.frozen[line.sender] = Frozen()
                continue
            balance = balances.get(line.sender, replayed.balance(line.sender))
            self.frozen[line.sender] = _after(self.frozen.get(line.sender, Frozen()), instruction, line, balance)
            if instruction.operation is Operation.FORCE_TRANSFER:
                balances[line.sender] = balance - line.amount_units
                received = balances.get(line.recipient, replayed.balance(line.recipient))
                balances[line.recipient] = received + line.amount_units


def frozen_by_order(
    events: Sequence[ChainEvent], executions: Sequence[Execution], start: Start = DEPLOYMENT, first_block: int = 0
) -> Mapping[str, Frozen]:
    """What authorised instructions leave frozen, by account; those of nothing else may be missing.

    What was frozen when the first block began was found to be ordered before.
    """
    replayed, upcoming = start.replay(), deque(events)
    while upcoming and upcoming[0].log.block_number < first_block:
        replayed.apply(upcoming.popleft())
    standings = replayed.standings.items()
    orders = _Orders({a: Frozen(s.frozen_units, s.address_frozen) for a, s in standings if _is_frozen(s)})
    for execution in sorted(executions, key=lambda each: place_of(each.event.log)):
        stored = execution.stored
        if stored is None or execution.objection or not stored.instruction.operation.needs_order:
            continue
        if execution.event.log.block_number < first_block:
            continue
        while upcoming and place_of(upcoming[0].log) < place_of(execution.event.log):
            replayed.apply(upcoming.popleft())
        orders.carry_out(stored.instruction, replayed)
    return orders.frozen


def _after(before: Frozen, instruction: Instruction, line: Line, balance_units: int) -> Frozen:
    match instruction.operation:
        case Operation.FREEZE:
            return replace(before, units=before.units + line.amount_units)
        case Operation.RELEASE:
            return replace(before, units=before.units - line.amount_units)
        case Operation.FREEZE_ACCOUNT:
            return replace(before, whole=True)
        case Operation.RELEASE_ACCOUNT:
            return replace(before, whole=False)
        case Operation.FORCE_TRANSFER:
            return _after_forced(before, line.amount_units, balance_units)
        case _:
            return before


def _after_forced(before: Frozen, amount_units: int, balance_units: int) -> Frozen:
    """The free units go first; only what was taken beyond them is no longer frozen, as in `forcedTransfer`."""
    free = max(0, balance_units - before.units)
    return replace(before, units=before.units - max(0, amount_units - free))


def _is_frozen(standing: Standing) -> bool:
    return bool(standing.frozen_units or standing.address_frozen)
