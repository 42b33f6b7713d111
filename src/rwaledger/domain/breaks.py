"""The life of a break: its states, who may move it from one to the next, and what each step asks for.

Six states, and this table of steps; nothing else is a step.

| from | to | moved by | asks for |
|---|---|---|---|
| nothing | OPEN | a recorded run | the run found it |
| OPEN, ASSIGNED | ASSIGNED | a preparer | whom it is given to |
| OPEN, ASSIGNED, EXPLAINED | EXPLAINED | a preparer | a text, and the hash of the evidence |
| EXPLAINED, CORRECTED | CORRECTED | a corrector | a correction that was checked and entered |
| EXPLAINED, CORRECTED | VERIFIED | a recorded run | it passes, and the break is gone |
| OPEN, ASSIGNED | VERIFIED | a recorded run | the same, of a break of class TIMING |
| VERIFIED | SIGNED_OFF | an approver | |
| VERIFIED, SIGNED_OFF | OPEN | a recorded run | the run found it again |
| any but VERIFIED, SIGNED_OFF | OPEN | a recorded run | the run found it as a break of another class |

What cleared by itself is explained and then verified, with no correction between. A break that vanished and that
nobody explained stays where it is. One key has one role on a break, for good: preparer, corrector and approver are
three keys. What is in the past cannot go away: see `is_fact`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rwaledger.domain.errors import UsageError
from rwaledger.domain.reconciliation import BreakClass


class BreakState(StrEnum):
    """How far a break has come."""

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    EXPLAINED = "EXPLAINED"
    CORRECTED = "CORRECTED"
    VERIFIED = "VERIFIED"
    SIGNED_OFF = "SIGNED_OFF"

    @property
    def is_closed(self) -> bool:
        """Whether a run has found it gone, so that it ages no more."""
        return self in (BreakState.VERIFIED, BreakState.SIGNED_OFF)


class Role(StrEnum):
    """What a key is to a break. One key has one role on it."""

    PREPARER = "preparer"
    CORRECTOR = "corrector"
    APPROVER = "approver"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the table above; `by` is None where only a recorded run takes it."""

    before: frozenset[BreakState | None]
    after: BreakState
    by: Role | None
    classes: frozenset[BreakClass] = frozenset(BreakClass)


_OPEN, _ASSIGNED, _EXPLAINED = BreakState.OPEN, BreakState.ASSIGNED, BreakState.EXPLAINED
_CORRECTED, _VERIFIED, _SIGNED_OFF = BreakState.CORRECTED, BreakState.VERIFIED, BreakState.SIGNED_OFF

STEPS: tuple[Step, ...] = (
    Step(frozenset({None}), _OPEN, None),
    Step(frozenset({_OPEN, _ASSIGNED}), _ASSIGNED, Role.PREPARER),
    Step(frozenset({_OPEN, _ASSIGNED, _EXPLAINED}), _EXPLAINED, Role.PREPARER),
    Step(frozenset({_EXPLAINED, _CORRECTED}), _CORRECTED, Role.CORRECTOR),
    Step(frozenset({_EXPLAINED, _CORRECTED}), _VERIFIED, None),
    Step(frozenset({_OPEN, _ASSIGNED}), _VERIFIED, None, frozenset({BreakClass.TIMING})),
    Step(frozenset({_VERIFIED}), _SIGNED_OFF, Role.APPROVER),
    Step(frozenset(BreakState), _OPEN, None),
)
"""What may be done. The last one is two rows of the table: what a run finds again, or finds to be something else."""

ROLE_OF: dict[BreakState, Role] = {step.after: step.by for step in STEPS if step.by}
"""Who moves a break into a state; a state that only a run sets is missing."""

_FACTS = frozenset(
    {
        BreakClass.UNDUE_CREATION,
        BreakClass.UNDUE_DELETION,
        BreakClass.UNAUTHORISED,
        BreakClass.RULE_BREACH,
        BreakClass.SERVICE_LEVEL,
    }
)
_CHECK_OF_NONCES = "C14"


def is_fact(check: str, break_class: BreakClass) -> bool:
    """Whether a break tells of what was done once and stays in every later run, whatever is done about it.

    Such a break is verified by a run that passes because it is exempt, and once it is signed off it needs no
    exemption any more. It is shown in every run all the same.
    """
    return break_class in _FACTS or check == _CHECK_OF_NONCES


def needs_reversal(break_class: BreakClass) -> bool:
    """Whether the chain itself has to be put right by an instruction before the break can be signed off."""
    return break_class in (BreakClass.UNDUE_CREATION, BreakClass.UNDUE_DELETION)


def may_step(before: BreakState | None, after: BreakState, by: Role | None, break_class: BreakClass) -> bool:
    """Whether the table has the step."""
    return any(
        before in step.before and step.after is after and step.by is by and break_class in step.classes
        for step in STEPS
    )


def require_step(break_id: str, before: BreakState, after: BreakState, break_class: BreakClass) -> None:
    """Raises unless somebody by hand may move a break so.

    Raises:
        UsageError: the table has no such step; says which state it would have to be in.
    """
    role = ROLE_OF.get(after)
    if role is not None and may_step(before, after, role, break_class):
        return
    froms = sorted({str(state) for step in STEPS if step.after is after and step.by is role for state in step.before})
    raise UsageError(
        f"break {break_id} is {before}, and becomes {after} only from {' or '.join(froms)}",
        _NEXT_STEPS.get(before, ""),
    )


_NEXT_STEPS = {
    _OPEN: "Explain it first: `rwaledger break explain`.",
    _ASSIGNED: "Explain it first: `rwaledger break explain`.",
    _EXPLAINED: "Only `rwaledger reconcile run --record` verifies it, once it is gone.",
    _CORRECTED: "Only `rwaledger reconcile run --record` verifies it, once it is gone.",
    _VERIFIED: "It is gone; an approver signs it off: `rwaledger break sign-off`.",
    _SIGNED_OFF: "Nothing is left to do; a run that finds it again opens it anew.",
}
