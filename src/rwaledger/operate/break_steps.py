"""Moves a break along its life by hand: who may, the signature, and the event; all in one transaction, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.text_signatures import text_signer
from rwaledger.domain.block import Block
from rwaledger.domain.break_events import BreakEvent
from rwaledger.domain.break_life import Life, life_of
from rwaledger.domain.breaks import ROLE_OF, BreakState, require_step
from rwaledger.domain.errors import AuthorisationError, RegisterConflict, UsageError
from rwaledger.registry import breaks
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.locks import hold
from rwaledger.registry.types import utc_now

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose key moves a break, and the latest block when it does."""

    database: Database
    signer: Signer
    block: Block


@dataclass(frozen=True, slots=True)
class Said:
    """What goes with a step: to whom it is given, the words, the hash of the evidence."""

    assignee: str = ""
    text: str = ""
    evidence_hash: str = ""


Entering = Callable[[Connection, Life], str]
"""Writes what a correction enters, and says in one line what that was."""


def current(c: Connection, break_id: str) -> Life:
    """A break as its events prove it.

    Raises:
        UnknownName: there is none of that id.
        RegisterConflict: an event of it was edited, forged or taken out; nothing may build on it.
    """
    life = life_of(breaks.stored_break(c, break_id), text_signer)
    if life.faults:
        raise RegisterConflict(
            f"break {break_id} was changed from outside: {'; '.join(life.faults)}",
            "Nothing was changed. Find out who did, and restore the rows; `rwaledger break show` has what still holds.",
        )
    return life


def require_may(life: Life, after: BreakState, actor: str) -> None:
    """Raises unless a key may move a break into a state.

    Raises:
        UsageError: it only follows from another break, or is not where the step begins.
        AuthorisationError: the key has another role on it.
    """
    if not life.has_own_life:
        raise UsageError(
            f"break {life.break_id} follows from break {life.record.found.follows_from}, and lives with it",
            f"Name that one: {life.record.found.follows_from}.",
        )
    require_step(life.break_id, life.state, after, life.break_class)
    role, known = ROLE_OF[after], life.role_of(actor)
    if known not in (None, role):
        raise AuthorisationError(
            f"{checksummed(actor)} is the {known} of break {life.break_id}, and cannot be its {role} too",
            "Preparer, corrector and approver hold three keys: name another one with --as.",
        )


def take_step(hand: Hand, break_id: str, after: BreakState, said: Said, entering: Entering | None = None) -> BreakEvent:
    """Signs and stores the next event of a break; `entering` writes the correction that goes with it.

    Raises:
        UnknownName, RegisterConflict, UsageError, AuthorisationError: as `current` and `require_may`.
        RegisterConflict: somebody else was faster.
    """
    if after is BreakState.EXPLAINED and not (said.text.strip() and said.evidence_hash):
        raise UsageError("an explanation needs words and evidence", "Give both, with --text and --evidence.")
    with hand.database.begin() as c:
        hold(c, "break", break_id)
        life = current(c, break_id)
        require_may(life, after, hand.signer.address)
        event = BreakEvent(
            break_id,
            life.record.chain_id,
            len(life.events) + 1,
            after,
            life.break_class,
            life.head,
            hand.block.number,
            hand.block.hash,
            hand.block.timestamp,
            utc_now(),
            hand.signer.address,
            ROLE_OF[after],
            said.assignee,
            said.text,
            said.evidence_hash,
            entering(c, life) if entering else "",
        )
        breaks.add_event(c, event, hand.signer.sign_text(event.preimage))
    return event


def evidence_hash(path: Path) -> str:
    """SHA-256 of a document.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return "0x" + hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"the evidence {path} cannot be read: {error.strerror}", "Correct --evidence.") from None
