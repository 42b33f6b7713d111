"""A stretch of an instrument's history, judged on its own: a pure function of what was in force when it began.

Whoever has the whole history walks it once without judging, and cuts it into stretches, which can be judged anywhere.
What the walk carries on and what the judging carries on is the same code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rwaledger.audit.acts import Act, Place
from rwaledger.audit.in_force import InForce
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.rules import Move, RegisterModel

Moved = tuple[str, str, int, int, Operation | None]
"""A move: sender, recipient, base units, its time in seconds since 1970, and what ordered it. Plain, and so quick."""


@dataclass(frozen=True, slots=True)
class Acted:
    """An act, and whether it was authorised."""

    act: Act
    authorised: bool

    @property
    def accounts(self) -> tuple[str, ...]:
        """Whose standing it changes."""
        return (self.act.account,)

    def change(self, in_force: InForce) -> None:
        """Takes it in."""
        in_force.take(self.act, authorised=self.authorised)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A wallet was lost, and another one takes its place."""

    lost: str
    new: str

    @property
    def accounts(self) -> tuple[str, ...]:
        """Both of them."""
        return self.lost, self.new

    def change(self, in_force: InForce) -> None:
        """Takes it in."""
        in_force.recover(self.lost, self.new)


@dataclass(frozen=True, slots=True)
class Attested:
    """A reserve is in force from here on."""

    reserve: Reserve

    @property
    def accounts(self) -> tuple[str, ...]:
        """Nobody's standing."""
        return ()

    def change(self, in_force: InForce) -> None:
        """Takes it in."""
        in_force.model.reserve = self.reserve


Step = Moved | Acted | Recovered | Attested | None
"""What one event comes to; None where it binds no move."""


class Broken(NamedTuple):
    """A step of a stretch that broke a rule in force; `lifted_by` is where each episode behind it began."""

    at: int
    operation: Operation
    restriction: Restriction
    lifted_by: tuple[Place, ...]


@dataclass(slots=True)
class Judged:
    """How many moves of each kind were judged, and which of the steps broke a rule."""

    moves: Counter[Operation] = field(default_factory=Counter)
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some steps, one after another, and what was in force before the first of them on the accounts that they name.

    Nothing of it is shared with anybody, since it may be pickled later, or judged twice.
    """

    in_force: InForce
    steps: Sequence[Step]


def stretches(in_force: InForce, steps: Iterable[Sequence[Step]]) -> Iterator[Stretch]:
    """A stretch of each of the rows of steps; what is in force has been carried on behind those that were given out."""
    for row in steps:
        stretch = Stretch(in_force.of(_accounts(row)), row)
        carry(in_force, row)
        yield stretch


def judge_stretch(stretch: Stretch) -> Judged:
    """The same for the same stretch, however often, and wherever."""
    return judge(stretch.in_force.of(), stretch.steps)


def judge(in_force: InForce, steps: Iterable[Step]) -> Judged:
    """Judges each move by what is in force, which is carried on behind the last step."""
    found, model = Judged(), in_force.model
    count = dict.fromkeys(Operation, 0)
    for at, step in enumerate(steps):
        if isinstance(step, tuple):
            sender, recipient, units, model.now, by_order = step
            move = Move(sender, recipient, units)
            operation = by_order or _operation(move)
            count[operation] += 1
            restriction = _by_order(model, by_order, move) if by_order else model.judge(move)
            if restriction is not Restriction.NONE:
                found.broken.append(Broken(at, operation, restriction, in_force.lifted_by(restriction, move)))
            if operation is Operation.FORCE_TRANSFER:
                in_force.force(move)
            model.shift(sender, recipient, units)
        elif step:
            step.change(in_force)
    found.moves += Counter(count)
    return found


def carry(in_force: InForce, steps: Iterable[Step]) -> None:
    """Carries on what is in force behind the last step, and judges nothing."""
    shift = in_force.model.shift
    for step in steps:
        if isinstance(step, tuple):
            sender, recipient, units, _, by_order = step
            if by_order is Operation.FORCE_TRANSFER:
                in_force.force(Move(sender, recipient, units))
            shift(sender, recipient, units)
        elif step:
            step.change(in_force)


def _accounts(steps: Sequence[Step]) -> set[str]:
    found: set[str] = set()
    for step in steps:
        if step:
            found.update(step[:2] if isinstance(step, tuple) else step.accounts)
    return found


def _by_order(model: RegisterModel, operation: Operation, move: Move) -> Restriction:
    """The first rule broken of those that bind a forced move (docs/contracts.md says which bind which)."""
    if operation is Operation.RECOVER:
        return Restriction.NONE
    restriction = model.judge_recipient(move.recipient)
    if restriction is Restriction.NONE and move.amount_units > model.balance(move.sender):
        return Restriction.INSUFFICIENT_BALANCE
    return restriction


def _operation(move: Move) -> Operation:
    if move.is_issue:
        return Operation.ISSUE
    return Operation.REDEEM if move.is_redemption else Operation.TRANSFER
