"""What was done to an instrument without moving units, and whether an instruction ordered it, line for line.

One event tells of each act. Those that a recovery or a forced transfer emits on its way (contracts/token/
Enforcement.sol) are parts of that move, which C05 judges, and no acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from rwaledger.verifier.book import Execution, Instruction, Line
from rwaledger.verifier.ledger import place_of
from rwaledger.verifier.replay import Place
from rwaledger.verifier.values import Event

NO_INSTRUCTION = "no instruction"
NO_LINE = "no line in the instruction behind it"

Args = Mapping[str, Any]


class Deed(NamedTuple):
    """The operation, whose standing it changes (empty for the instrument's own), and the values that a line gives."""

    operation: str
    account: str
    values: tuple[Any, ...]


class Act(NamedTuple):
    """A deed on the chain, and the event that tells of it."""

    deed: Deed
    event: Event

    @property
    def place(self) -> Place:
        """Where it stands."""
        return place_of(self.event)


class Lacking(NamedTuple):
    """A line of an authorised instruction that had no effect; lines count from 1."""

    execution: Execution
    number: int
    deed: Deed


@dataclass(slots=True)
class Judgement:
    """The acts on a contract, the objection to each that has one, and lines without effect."""

    acts: list[Act]
    objections: dict[Place, str] = field(default_factory=dict)
    lacking: list[Lacking] = field(default_factory=list)


def judge(
    events: Sequence[Event], executions: Iterable[Execution], refs: frozenset[str], places: frozenset[Place]
) -> Judgement:
    """Holds each act against the lines of the instruction behind it.

    `refs` and `places` are instructions and events that other findings answer for: there is no objection to them.
    """
    found = Judgement(acts_of(events))
    at = {act.place: act for act in found.acts}
    objections = {place: "" if _is_deployment(act, events[0]) else NO_INSTRUCTION for place, act in at.items()}
    for execution in executions:
        behind = [at[place] for event in execution.effects if (place := place_of(event)) in at]
        if execution.ref in refs or execution.authority is None:
            why = "" if execution.ref in refs else execution.objection
            objections.update((act.place, why) for act in behind)
            continue
        due = deeds_of(execution.authority)
        open_lines = Counter(map(_plain, due))
        for act in behind:
            ordered = open_lines[_plain(act.deed)] > 0
            objections[act.place] = "" if ordered else NO_LINE
            open_lines[_plain(act.deed)] -= ordered
        # Of equal lines the last ones are left over.
        for number in range(len(due), 0, -1):
            deed = _plain(due[number - 1])
            if open_lines[deed] > 0:
                open_lines[deed] -= 1
                found.lacking.append(Lacking(execution, number, due[number - 1]))
    found.objections = {place: why for place, why in objections.items() if why and place not in places}
    return found


def _plain(deed: Deed) -> Deed:
    """To freeze nothing and to release nothing emit the same event."""
    return deed._replace(operation="freeze") if deed.operation == "release" and deed.values == (0,) else deed


def _is_deployment(act: Act, first: Event) -> bool:
    """Constructors set rules and countries, in the transaction of the contract's first event."""
    return act.event.name in ("RulesChanged", "CountryAllowed") and act.event.log.tx_hash == first.log.tx_hash


def deeds_of(instruction: Instruction) -> list[Deed]:
    """What the lines order, one deed a line; none where they move units."""
    operation = instruction.row.operation
    if operation in ("pause", "unpause"):
        return [Deed(operation, "", ())]
    write = _LINES.get(operation)
    return [Deed(operation, *write(instruction, line)) for line in instruction.lines] if write else []


_Writer = Callable[[Instruction, Line], tuple[str, tuple[Any, ...]]]

_LINES: Mapping[str, _Writer] = {
    "admit": lambda _, line: (line.recipient, (line.detail,)),
    "suspend": lambda _, line: (line.sender, ()),
    "reinstate": lambda _, line: (line.sender, ()),
    "freeze": lambda _, line: (line.sender, (line.amount,)),
    "release": lambda _, line: (line.sender, (line.amount,)),
    "freeze-account": lambda _, line: (line.sender, ()),
    "release-account": lambda _, line: (line.sender, ()),
    "set-lock-up": lambda _, line: (line.sender, (line.amount, line.detail)),
    "set-rules": lambda _, line: ("", (line.amount, line.detail)),
    "set-country": lambda _, line: ("", (line.amount, line.detail)),
    "activate": lambda made, line: ("", (line.amount, line.detail, made.row.order_hash)),
    "set-document": lambda made, line: ("", (line.amount, line.detail, made.row.text)),
    "remove-document": lambda _, line: ("", (line.amount,)),
    "schedule-record-date": lambda _, line: ("", (line.detail,)),
    "cancel-record-date": lambda _, line: ("", (line.detail,)),
    "license-venue": lambda _, line: (line.recipient, (line.detail,)),
}


def acts_of(events: Sequence[Event]) -> list[Act]:
    """The acts among the events of one contract, in the order of the chain."""
    parts: set[int] = set()
    for at, event in enumerate(events):
        if event.name == "RecoverySuccess":
            parts.update(range(_recovery_from(events, at), at))
        elif event.name == "ForcedTransfer":
            parts.update(range(_forced_from(events, at), at))
    read = ((at, event, _EVENTS.get(event.name)) for at, event in enumerate(events) if at not in parts)
    return [Act(Deed(*deed(event.args, _behind(events, at))), event) for at, event, deed in read if deed]


def follows_at_once(first: Event, second: Event) -> bool:
    """Whether an event is the next log of the same transaction."""
    here, there = first.log, second.log
    return here.tx_hash == there.tx_hash and here.log_index + 1 == there.log_index


def _behind(events: Sequence[Event], at: int) -> Event | None:
    follower = events[at + 1] if at + 1 < len(events) else None
    return follower if follower and follows_at_once(events[at], follower) else None


def _recovery_from(events: Sequence[Event], at: int) -> int:
    """A recovery begins by admitting the new wallet."""
    start = at
    while start and follows_at_once(events[start - 1], events[start]):
        start -= 1
        event = events[start]
        if event.name == "AccountAdmitted" and event.args["account"] == events[at].args["newWallet"]:
            return start
    return at


def _forced_from(events: Sequence[Event], at: int) -> int:
    """A forced transfer begins by releasing what it takes of the frozen units, where it takes any."""
    row = events[max(0, at - 3) : at + 1]
    if [event.name for event in row] != ["Frozen", "TokensUnfrozen", "Transfer", "ForcedTransfer"]:
        return at
    joined = all(follows_at_once(first, second) for first, second in pairwise(row))
    return at - 3 if joined and row[0].args["account"] == row[3].args["from"] else at


def _frozen(args: Args, behind: Event | None) -> tuple[str, str, tuple[Any, ...]]:
    """The event behind it tells by how much; without one nothing changed."""
    account = args["account"]
    if behind and behind.args.get("account") == account and behind.name in ("TokensFrozen", "TokensUnfrozen"):
        return "freeze" if behind.name == "TokensFrozen" else "release", account, (behind.args["amount"],)
    return "freeze", account, (0,)


def _rules(args: Args) -> tuple[int, int]:
    """The amount and the detail of a set-rules line (docs/contracts.md)."""
    now = args["current"]
    detail = now["closesAt"] << 104 | now["opensAt"] << 64 | now["holderCap"] << 32 | now["classMask"]
    return now["maxBalance"], detail | now["countriesRestricted"] << 16


_Reader = Callable[[Args, Event | None], tuple[str, str, tuple[Any, ...]]]

_EVENTS: Mapping[str, _Reader] = {
    "AccountAdmitted": lambda a, _: (
        "admit",
        a["account"],
        (a["validUntilDay"] << 24 | a["investorClass"] << 16 | a["country"],),
    ),
    "AccountSuspended": lambda a, _: ("suspend" if a["suspended"] else "reinstate", a["account"], ()),
    "AddressFrozen": lambda a, _: ("freeze-account" if a["isFrozen"] else "release-account", a["account"], ()),
    "Frozen": _frozen,
    "LockUpSet": lambda a, _: ("set-lock-up", a["account"], (a["amount"], a["until"])),
    "RulesChanged": lambda a, _: ("set-rules", "", _rules(a)),
    "CountryAllowed": lambda a, _: ("set-country", "", (int(a["allowed"]), a["country"])),
    "Paused": lambda _, __: ("pause", "", ()),
    "Unpaused": lambda _, __: ("unpause", "", ()),
    "InstrumentActivated": lambda a, _: (
        "activate",
        "",
        (int(a["isin"], 16) << 72 | int(a["dti"], 16), a["domicile"], a["filing"]),
    ),
    "DocumentUpdated": lambda a, _: ("set-document", "", (int(a["name"], 16), int(a["documentHash"], 16), a["uri"])),
    "DocumentRemoved": lambda a, _: ("remove-document", "", (int(a["name"], 16),)),
    "RecordDateScheduled": lambda a, _: ("schedule-record-date", "", (a["recordDate"],)),
    "RecordDateCancelled": lambda a, _: ("cancel-record-date", "", (a["id"],)),
    "VenueLicensed": lambda a, _: ("license-venue", a["venue"], (a["validUntil"],)),
}
