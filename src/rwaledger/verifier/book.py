"""The control book: what the register calls authorised, and what the chain says was carried out of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from rwaledger.verifier.replay import Move
from rwaledger.verifier.signed import INSTRUCTION, line_hashes
from rwaledger.verifier.values import ZERO_ADDRESS, Event

ENFORCEMENT = frozenset({"freeze", "release", "freeze-account", "release-account", "force-transfer", "recover"})
MOVING = frozenset({"issue", "redeem", "transfer", "force-transfer", "recover"})
CARRIED_OUT = frozenset({"mined", "final"})
_WITHDRAWN = frozenset({"draft", "failed", "cancelled"})
_NO_DIGEST = "impossible"


class Line(NamedTuple):
    """One line of an instruction."""

    sender: str
    recipient: str
    amount: int
    detail: int


class Deed(NamedTuple):
    """What was, or was to be, done with units."""

    operation: str
    move: Move

    @property
    def account(self) -> str:
        """Whom it is told of: who received, unless it was redeemed."""
        return self.move.sender if self.operation == "redeem" else self.move.recipient

    @property
    def as_ordered(self) -> Deed:
        """As a line has it: the line of a recovery names no amount, since it moves all there is."""
        return self._replace(move=self.move._replace(units=0)) if self.operation == "recover" else self


class Effect(NamedTuple):
    """A deed on the chain, and the event that tells of it."""

    deed: Deed
    event: Event


@dataclass(frozen=True)
class Instruction:
    """An instruction as the register keeps it."""

    row: Any

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its lines; none where the row holds what are none, which the digest will show."""
        try:
            return tuple(Line(s, r, int(a), int(d)) for s, r, a, d in json.loads(self.row.lines))
        except (ValueError, TypeError):
            return ()

    @cached_property
    def digest(self) -> str:
        """What the checker had to sign, hashed here."""
        try:
            return _digests([self])[0]
        except (ValueError, OverflowError):
            return _NO_DIGEST

    @property
    def deeds(self) -> list[Deed]:
        """One for each line of an operation that moves units."""
        operation = self.row.operation
        return [Deed(operation, _move(operation, line)) for line in self.lines] if operation in MOVING else []

    @property
    def net_issuance(self) -> int:
        """Units that it brings into issue, less those that it takes out."""
        sign = {"issue": 1, "redeem": -1}.get(self.row.operation, 0)
        return sign * sum(line.amount for line in self.lines)

    @property
    def reference(self) -> str:
        """The reference that its book, key and chunk make."""
        return reference(self.row.chain_id, self.row.control_book, self.row.idempotency_key, self.row.chunk)


def hash_together(instructions: Iterable[Instruction]) -> None:
    """Works out the digests of many, which costs far less than one by one."""
    waiting = [each for each in instructions if "digest" not in vars(each)]
    try:
        for each, digest in zip(waiting, _digests(waiting), strict=True):
            vars(each)["digest"] = digest
    except (ValueError, OverflowError):
        return  # One of them is what nobody can sign; each is hashed when it is asked for.


def _digests(instructions: Sequence[Instruction]) -> list[str]:
    hashes = iter(line_hashes([line for each in instructions for line in each.lines]))
    asked = []
    for each in instructions:
        r, lines = each.row, [next(hashes) for _ in each.lines]
        texts = r.operation.encode(), r.text.encode()
        head = (r.ref, r.instrument, texts[0], r.maker, r.checker, r.not_after, r.order_hash, texts[1], lines)
        asked.append((r.chain_id, r.control_book, head))
    return INSTRUCTION.digests(asked)


def reference(chain_id: int, book: str, key: str, chunk: int) -> str:
    """The one-time reference of an instruction: version 1 of SHA-256 over length-prefixed parts."""
    parts = [part.encode() for part in (str(chain_id), book, key, str(chunk))]
    preimage = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return "0x" + sha256(b"rwaledger-reference-1" + preimage).hexdigest()


@dataclass(frozen=True, slots=True)
class Execution:
    """An InstructionExecuted of the chain, the instrument's events behind it, and what the register knows of it."""

    event: Event
    effects: tuple[Event, ...]
    stored: Instruction | None

    @property
    def ref(self) -> str:
        """The one-time reference."""
        return str(self.event.args["ref"])

    @property
    def objection(self) -> str:
        """Why the register does not authorise it; empty where it does."""
        if self.stored is None:
            return "the register has no such instruction"
        if self.stored.row.signature is None:
            return "no checker signed it"
        status = self.stored.row.status
        return f"the register calls it {status}" if status in _WITHDRAWN else ""

    @property
    def authority(self) -> Instruction | None:
        """The instruction that authorises it, or None."""
        return None if self.objection else self.stored


def _move(operation: str, line: Line) -> Move:
    sender = ZERO_ADDRESS if operation == "issue" else line.sender
    recipient = ZERO_ADDRESS if operation == "redeem" else line.recipient
    return Move(sender, recipient, line.amount)


def effects(events: Sequence[Event]) -> list[Effect]:
    """The deeds in a row of one token's events.

    An event of a forced transfer or a recovery stands right behind the Transfer that it tells of (Enforcement.sol).
    """
    found: list[Effect] = []
    for event in events:
        if event.name == "Transfer":
            move = Move(event.args["from"], event.args["to"], event.args["value"])
            found.append(Effect(Deed(_operation(move), move), event))
        elif event.name in ("ForcedTransfer", "RecoverySuccess"):
            ordered = _ordered(event)
            if found and _is_told_of(found[-1], ordered, event):
                found[-1] = Effect(found[-1].deed._replace(operation=ordered.operation), found[-1].event)
            else:
                found.append(Effect(ordered, event))
    return found


def _operation(move: Move) -> str:
    if move.sender == ZERO_ADDRESS:
        return "issue"
    return "redeem" if move.recipient == ZERO_ADDRESS else "transfer"


def _ordered(event: Event) -> Deed:
    args = event.args
    if event.name == "ForcedTransfer":
        return Deed("force-transfer", Move(args["from"], args["to"], args["amount"]))
    return Deed("recover", Move(args["lostWallet"], args["newWallet"], 0))


def _is_told_of(before: Effect, ordered: Deed, event: Event) -> bool:
    first, second = before.event.log, event.log
    adjacent = (first.tx_hash, first.log_index + 1) == (second.tx_hash, second.log_index)
    return adjacent and before.deed._replace(operation=ordered.operation).as_ordered == ordered
