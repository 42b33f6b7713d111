"""What was done to an instrument without moving units: admissions, freezes, rules, pauses, documents, licences.

One event tells of each such act. What a recovery or a forced transfer tells of on its way is part of that move, which
C05 judges; it is no act here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rwaledger.audit.replay import RECOVERY
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Operation, admission_detail, rules_line
from rwaledger.domain.instrument import Rules, classes_of_mask

Place = tuple[int, int]

Deed = tuple[Operation, str, tuple[object, ...]]
"""What is done, to whose standing (empty for the instrument's own), and the values with which a line says it."""

_DTI_BITS = 72
_COMPANIONS = ("Frozen", "TokensUnfrozen", "Transfer")
"""What comes before a ForcedTransfer that takes frozen units."""


@dataclass(frozen=True, slots=True)
class Act:
    """A deed on the chain, and the event that reports it."""

    deed: Deed
    event: ChainEvent

    @property
    def operation(self) -> Operation:
        """What was done."""
        return self.deed[0]

    @property
    def account(self) -> str:
        """Whose standing it changed; empty where it changed the instrument's own."""
        return self.deed[1]

    @property
    def place(self) -> Place:
        """Where it stands on the chain."""
        return place_of_event(self.event)


def acts_of(events: Sequence[ChainEvent]) -> list[Act]:
    """The acts among the events of a contract, in the order of the chain."""
    found: list[Act] = []
    for at, event in enumerate(events):
        read = _READERS.get(event.name)
        if read is not None:
            found.append(Act(read(event.args, _behind(events, at)), event))
        elif event.name == RECOVERY:
            _drop(found, events[_start_of_recovery(events, at)])
        elif event.name == "ForcedTransfer":
            _drop(found, events[_start_of_forced(events, at)])
    return found


def place_of_event(event: ChainEvent) -> Place:
    """Block number and log index of an event."""
    return event.log.block_number, event.log.log_index


def adjacent(first: ChainEvent, second: ChainEvent) -> bool:
    """Whether an event stands right behind another one in the same transaction."""
    here, there = first.log, second.log
    return here.log_index + 1 == there.log_index and here.tx_hash == there.tx_hash


def rules_of_event(event: ChainEvent) -> Rules:
    """The rule set that a RulesChanged puts in force, as far as it has it."""
    return _rule_set(event.args["current"])


# ---------------------------------------------------------------- parts of a move


def _drop(found: list[Act], start: ChainEvent) -> None:
    """Takes out acts that stand at or behind an event: they are parts of the move that follows."""
    first = place_of_event(start)
    while found and found[-1].place >= first:
        found.pop()


def _start_of_recovery(events: Sequence[ChainEvent], at: int) -> int:
    """A recovery begins with the admission of the new wallet."""
    start = at
    while start > 0 and adjacent(events[start - 1], events[start]):
        start -= 1
        event = events[start]
        if event.name == "AccountAdmitted" and event.args["account"] == events[at].args["newWallet"]:
            return start
    return at


def _start_of_forced(events: Sequence[ChainEvent], at: int) -> int:
    """A forced transfer begins with the release of what it takes of the frozen units, where it takes any."""
    start = at - len(_COMPANIONS)
    row = events[max(start, 0) : at + 1]
    if tuple(event.name for event in row[:-1]) != _COMPANIONS:
        return at
    joined = all(adjacent(first, second) for first, second in pairwise(row))
    of_sender = row[0].args["account"] == row[1].args["account"] == row[-1].args["from"]
    return start if joined and of_sender else at


def _behind(events: Sequence[ChainEvent], at: int) -> ChainEvent | None:
    if at + 1 < len(events) and adjacent(events[at], events[at + 1]):
        return events[at + 1]
    return None


# ---------------------------------------------------------------- what an event says was done

_Args = Mapping[str, Any]
_Reader = Callable[[_Args, ChainEvent | None], Deed]


def _frozen(args: _Args, behind: ChainEvent | None) -> Deed:
    """The event behind it tells by how much; without one, nothing changed."""
    account = args["account"]
    if behind is not None and behind.args.get("account") == account:
        if behind.name == "TokensFrozen":
            return Operation.FREEZE, account, (behind.args["amount"],)
        if behind.name == "TokensUnfrozen":
            return Operation.RELEASE, account, (behind.args["amount"],)
    return Operation.FREEZE, account, (0,)


def _admitted(args: _Args, _: ChainEvent | None) -> Deed:
    detail = admission_detail(args["country"], args["investorClass"], args["validUntilDay"])
    return Operation.ADMIT, args["account"], (detail,)


def _suspended(args: _Args, _: ChainEvent | None) -> Deed:
    return Operation.SUSPEND if args["suspended"] else Operation.REINSTATE, args["account"], ()


def _account_frozen(args: _Args, _: ChainEvent | None) -> Deed:
    return Operation.FREEZE_ACCOUNT if args["isFrozen"] else Operation.RELEASE_ACCOUNT, args["account"], ()


def _rules(args: _Args, _: ChainEvent | None) -> Deed:
    line = rules_line(_rule_set(args["current"]))
    return Operation.SET_RULES, "", (line.amount_units, line.detail)


def _rule_set(fields: Any) -> Rules:
    return Rules(
        max_balance_units=fields["maxBalance"],
        classes=classes_of_mask(fields["classMask"]),
        countries_restricted=fields["countriesRestricted"],
        holder_cap=fields["holderCap"],
        opens_at=fields["opensAt"],
        closes_at=fields["closesAt"],
    )


def _activated(args: _Args, _: ChainEvent | None) -> Deed:
    isin, dti = (int(args[name], 16) for name in ("isin", "dti"))
    return Operation.ACTIVATE, "", (isin << _DTI_BITS | dti, args["domicile"], args["filing"])


def _document(args: _Args, _: ChainEvent | None) -> Deed:
    return Operation.SET_DOCUMENT, "", (int(args["name"], 16), int(args["documentHash"], 16), args["uri"])


_READERS: Mapping[str, _Reader] = {
    "AccountAdmitted": _admitted,
    "AccountSuspended": _suspended,
    "AddressFrozen": _account_frozen,
    "Frozen": _frozen,
    "LockUpSet": lambda args, _: (Operation.SET_LOCK_UP, args["account"], (args["amount"], args["until"])),
    "RulesChanged": _rules,
    "CountryAllowed": lambda args, _: (Operation.SET_COUNTRY, "", (int(args["allowed"]), args["country"])),
    "Paused": lambda _, __: (Operation.PAUSE, "", ()),
    "Unpaused": lambda _, __: (Operation.UNPAUSE, "", ()),
    "InstrumentActivated": _activated,
    "DocumentUpdated": _document,
    "DocumentRemoved": lambda args, _: (Operation.REMOVE_DOCUMENT, "", (int(args["name"], 16),)),
    "RecordDateScheduled": lambda args, _: (Operation.SCHEDULE_RECORD_DATE, "", (args["recordDate"],)),
    "RecordDateCancelled": lambda args, _: (Operation.CANCEL_RECORD_DATE, "", (args["id"],)),
    "VenueLicensed": lambda args, _: (Operation.LICENSE_VENUE, args["venue"], (args["validUntil"],)),
}
