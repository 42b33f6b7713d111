"""What people have signed of breaks: their lives, as far as signatures hold, and exemptions.

A signed text begins with its version; each further line is a field's name, how many bytes its value takes, and the
value. Here the text is read, held against its row, and its signer recovered (EIP-191). That no event was taken out from
behind the last one is in the log of who did what, which is not in a pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import break_id
from rwaledger.verifier.secp256k1 import recover_bytes
from rwaledger.verifier.signed import personal_hash

_EVENT, _RECORD, _EXEMPTION = "rwaledger-break-event-1", "rwaledger-break-record-1", "rwaledger-exemption-1"
_CLOSED = ("VERIFIED", "SIGNED_OFF")
_BY_HAND = {
    "ASSIGNED": (("OPEN", "ASSIGNED"), "preparer"),
    "EXPLAINED": (("OPEN", "ASSIGNED", "EXPLAINED"), "preparer"),
    "CORRECTED": (("EXPLAINED", "CORRECTED"), "corrector"),
    "SIGNED_OFF": (("VERIFIED",), "approver"),
}
"""What somebody may move a break to: from which states, and in which role. The rest only a recorded run does."""


@dataclass(frozen=True, slots=True)
class Life:
    """A break's record, and its events up to the first that does not hold; `is_whole` where all of them do."""

    record: Any
    events: tuple[Any, ...]
    is_whole: bool

    @property
    def state(self) -> str:
        """How far it has come."""
        return str(self.events[-1].state) if self.events else "OPEN"

    @property
    def break_class(self) -> str:
        """The class under which a run saw it last."""
        return str(self.events[-1].break_class if self.events else self.record.break_class)

    @property
    def reversals(self) -> frozenset[str]:
        """References of instructions that are linked to it as having taken it back."""
        made = (event.correction.split() for event in self.events if event.correction.startswith("instruction "))
        return frozenset(words[1] for words in made)

    @property
    def is_corrected(self) -> bool:
        """Whether a corrector has signed that something was entered for it."""
        return any(event.state == "CORRECTED" for event in self.events)


def lives(case: Case) -> dict[str, Life]:
    """The breaks on record, by id."""
    events: dict[str, list[Any]] = {}
    for row in case.pack.table("break_events"):
        events.setdefault(row.break_id, []).append(row)
    records = (row for row in case.pack.table("breaks") if row.chain_id == case.pin.chain_id)
    return {row.break_id: _life(row, sorted(events.get(row.break_id, ()), key=_sequence)) for row in records}


def _sequence(row: Any) -> int:
    return int(row.sequence)


def _life(record: Any, rows: Sequence[Any]) -> Life:
    own = break_id(record.check_id, record.instrument_id, record.account, record.cause) == record.break_id
    held: list[Any] = []
    previous = _hash(_text(_RECORD, _record_fields(record)))
    for row in rows if own else ():
        if not _holds(record, held, row, previous):
            break
        held.append(row)
        previous = _hash(row.preimage)
    return Life(record, tuple(held), own and len(held) == len(rows))


def _holds(record: Any, held: list[Any], row: Any, previous: str) -> bool:
    if row.sequence != len(held) + 1 or row.preimage != _text(_EVENT, _event_fields(record, row, previous)):
        return False
    if row.actor is None:
        if row.signature or row.role or row.assignee or row.evidence_hash or row.correction:
            return False
    elif signer_of(row.preimage, row.signature) != row.actor:
        return False
    roles = {each.role for each in held if row.actor and each.actor == row.actor}
    return roles <= {row.role} and _is_step(held[-1] if held else None, row)


def _is_step(before: Any, row: Any) -> bool:
    """The table of steps, as docs and domain/breaks.py have it."""
    if before is None:
        return bool(row.state == "OPEN" and row.actor is None)
    if row.state == "OPEN":
        return row.actor is None and (before.state in _CLOSED or row.break_class != before.break_class)
    if row.state == "VERIFIED":
        cleared = before.state in ("OPEN", "ASSIGNED") and row.break_class == "TIMING"
        by_run = row.actor is None and (cleared or before.state in ("EXPLAINED", "CORRECTED"))
        return by_run and row.break_class == before.break_class
    froms, role = _BY_HAND.get(row.state, ((), ""))
    says_why = row.state != "EXPLAINED" or (row.evidence_hash and row.text)
    says_what = row.state != "CORRECTED" or row.correction
    allowed = before.state in froms and (row.role, row.break_class) == (role, before.break_class)
    return bool(allowed and says_why and says_what)


def _record_fields(row: Any) -> Mapping[str, str]:
    return {
        "break": row.break_id,
        "chain": str(row.chain_id),
        "check": row.check_id,
        "class": row.break_class,
        "instrument": row.instrument_id,
        "account": row.account,
        "holder": row.holder_id,
        "cause": row.cause,
        "summary": row.summary,
        "left record": row.left_record,
        "left value": row.left_value,
        "right record": row.right_record,
        "right value": row.right_value,
        "follows from": row.follows_from,
        "block": str(row.first_block_number),
        "block hash": row.first_block_hash,
        "block time": str(row.first_block_time),
        "recorded at": _moment(row.recorded_at),
    }


def _event_fields(record: Any, row: Any, previous: str) -> Mapping[str, str]:
    return {
        "chain": str(record.chain_id),
        "break": row.break_id,
        "sequence": str(row.sequence),
        "previous": previous,
        "state": row.state,
        "class": row.break_class,
        "actor": row.actor or "",
        "role": row.role or "",
        "assignee": row.assignee,
        "text": row.text,
        "evidence": row.evidence_hash,
        "correction": row.correction,
        "block": str(row.block_number),
        "block hash": row.block_hash,
        "block time": str(row.block_time),
        "recorded at": _moment(row.recorded_at),
    }


# ---------------------------------------------------------------- exemptions


def exemptions_in_force(case: Case) -> list[Any]:
    """The exemptions that two different keys have signed and that count on the local day of the pinned block."""
    day = case.calendar.local_day(datetime.fromtimestamp(case.pin.block_time, UTC))
    rows = case.rows("exemptions")
    return [row for row in rows if row.valid_from <= day <= row.expires_on and _is_signed_twice(row)]


def covers(row: Any, check: str, instrument_id: str, ids: Iterable[str]) -> bool:
    """Whether findings of these ids are in its scope: all of a check on an instrument, or a single one."""
    return (row.check_id, row.instrument_id) == (check, instrument_id) and (not row.break_id or row.break_id in ids)


def _is_signed_twice(row: Any) -> bool:
    fields = {
        "chain": str(row.chain_id),
        "check": row.check_id,
        "instrument": row.instrument_id,
        "break": row.break_id,
        "reason": row.reason,
        "evidence": row.evidence_hash,
        "valid from": row.valid_from.isoformat(),
        "expires on": row.expires_on.isoformat(),
        "first signer": row.first_signer,
    }
    text = _text(_EXEMPTION, fields)
    own = text == row.preimage and _hash(text)[2:14] == row.exemption_id and row.check_id != "C01"
    signers = (row.first_signer, row.first_signature), (row.second_signer, row.second_signature)
    two = row.second_signer is not None and row.first_signer != row.second_signer
    return own and two and all(signer_of(text, signature or "") == signer for signer, signature in signers)


# ---------------------------------------------------------------- texts


def signer_of(text: str, signature: str) -> str:
    """The address whose key has signed a text as a wallet does; empty for what is no signature."""
    try:
        return recover_bytes(personal_hash(text), bytes.fromhex(signature.removeprefix("0x")))
    except ValueError:
        return ""


def _text(version: str, fields: Mapping[str, str]) -> str:
    return "\n".join([version, *(f"{name}: {len(value.encode())} {value}" for name, value in fields.items())])


def _hash(text: str) -> str:
    return "0x" + sha256(text.encode()).hexdigest()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
