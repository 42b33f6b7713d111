"""A break's life as its events prove it: what was edited, forged or taken out is not part of it, and is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rwaledger.domain.break_events import BreakEvent, BreakRecord, StoredBreak, StoredEvent
from rwaledger.domain.breaks import BreakState, Role, may_step
from rwaledger.domain.reconciliation import BreakClass

Signer = Callable[[str, str], str | None]
"""The address whose key made a signature over a text; None where it is no signature."""


@dataclass(frozen=True, slots=True)
class Life:
    """A break and the events that hold. `faults` say what is wrong with the rest; with any, nobody may build on it."""

    record: BreakRecord
    events: tuple[BreakEvent, ...]
    faults: tuple[str, ...] = ()

    @property
    def break_id(self) -> str:
        """The id that the break has in every run."""
        return self.record.break_id

    @property
    def has_own_life(self) -> bool:
        """Whether it was ever a root finding; what only follows from another break lives with that one."""
        return bool(self.events) or not self.record.found.follows_from

    @property
    def state(self) -> BreakState:
        """How far it has come."""
        return self.events[-1].state if self.events else BreakState.OPEN

    @property
    def break_class(self) -> BreakClass:
        """The class under which a run saw it last."""
        return self.events[-1].break_class if self.events else self.record.found.break_class

    @property
    def head(self) -> str:
        """The hash that the next event names."""
        return self.events[-1].hash if self.events else self.record.hash

    @property
    def assignee(self) -> str:
        """Whom it was given to last; empty where it was given to nobody."""
        return next((each.assignee for each in reversed(self.events) if each.assignee), "")

    @property
    def corrections(self) -> tuple[str, ...]:
        """Everything that was entered to put it right."""
        return tuple(each.correction for each in self.events if each.correction)

    @property
    def explanation(self) -> BreakEvent | None:
        """The last explanation since it was opened last."""
        return self.last(BreakState.EXPLAINED)

    def last(self, state: BreakState) -> BreakEvent | None:
        """The last event into a state since it was opened last."""
        for each in reversed(self.events):
            if each.state is state:
                return each
            if each.state is BreakState.OPEN:
                return None
        return None

    def role_of(self, actor: str) -> Role | None:
        """What a key is to the break already."""
        return next((each.role for each in self.events if each.actor == actor), None)


def life_of(stored: StoredBreak, signer: Signer) -> Life:
    """The life of a break, up to the first of its events that does not hold."""
    is_itself = stored.key == stored.record.break_id
    faults = [] if is_itself else [f"the record was edited: its id would be {stored.record.break_id}"]
    held: list[BreakEvent] = []
    for number, each in enumerate(stored.events, 1):
        fault = _fault(stored, held, each, signer)
        if fault or not is_itself:
            faults += [f"event {number} is refused: {fault}"] if fault else []
            break
        held.append(each.event)
    faults += _missing(stored, faulty=bool(faults))
    return Life(stored.record, tuple(held), tuple(faults))


def _fault(stored: StoredBreak, held: list[BreakEvent], each: StoredEvent, signer: Signer) -> str:
    """What is wrong with an event behind those that hold; empty where nothing is."""
    event, previous = each.event, held[-1].hash if held else stored.record.hash
    if event.sequence != len(held) + 1:
        return f"it is numbered {event.sequence}; one before it was taken out"
    if event.previous != previous or event.break_id != stored.record.break_id:
        return "it was made for another record, or behind another event"
    if each.preimage != event.preimage:
        return "the row is not what was signed"
    if not _is_signed(each, signer):
        return f"the signature is not that of {event.actor or 'a run, which signs nothing'}"
    before = held[-1] if held else None
    if not _is_step(before, event):
        return f"nobody may move it from {before.state if before else 'nothing'} to {event.state}"
    roles = {other.role for other in held if other.actor and other.actor == event.actor}
    return "" if roles <= {event.role} else f"{event.actor} has another role on this break already"


def _is_signed(each: StoredEvent, signer: Signer) -> bool:
    if each.event.actor is None:
        return not each.signature
    return signer(each.preimage, each.signature) == each.event.actor


def _is_step(before: BreakEvent | None, event: BreakEvent) -> bool:
    if event.actor is None and (event.role is not None or event.assignee or event.evidence_hash or event.correction):
        return False
    if event.state is BreakState.EXPLAINED and not (event.evidence_hash and event.text):
        return False
    if event.state is BreakState.CORRECTED and not event.correction:
        return False
    known = before.break_class if before else event.break_class
    if before is not None and event.state is BreakState.OPEN:
        return before.state.is_closed or event.break_class is not known
    same_class = event.break_class is known
    return same_class and may_step(before.state if before else None, event.state, event.role, known)


def _missing(stored: StoredBreak, *, faulty: bool) -> list[str]:
    """Events that other tables know of and that are not there; told only where all that is there holds."""
    if faulty:
        return []
    hashes = {each.event.hash for each in stored.events}
    lost = [logged for logged in stored.logged if logged not in hashes]
    known = {(each.event.actor, each.event.role) for each in stored.events if each.event.actor}
    absent = sorted(actor for actor, role in stored.actors if (actor, role) not in known)
    found = [f"{len(lost)} events of it that the audit log has are gone"] if lost else []
    unlogged = len(hashes - set(stored.logged))
    found += [f"{unlogged} events of it are not in the audit log"] if unlogged else []
    return found + [f"{actor} has a role on it, and no event of that key is there" for actor in absent]
