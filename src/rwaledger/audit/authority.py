"""Which events of an instrument an instruction of the control book stands behind, and what they were to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from rwaledger.audit.replay import RECOVERY, Move, move_of
from rwaledger.audit.signatures import Sent, carried_signature
from rwaledger.chain.typed_data import digest
from rwaledger.domain.block import ChainEvent
from rwaledger.domain.instruction import Instruction, InstructionStatus, Line, Operation
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.instruments import Contract

CARRIED_OUT = frozenset({InstructionStatus.MINED, InstructionStatus.FINAL})
_MOVING = frozenset(
    {Operation.ISSUE, Operation.REDEEM, Operation.TRANSFER, Operation.FORCE_TRANSFER, Operation.RECOVER}
)
_WITHDRAWN = frozenset({InstructionStatus.DRAFT, InstructionStatus.FAILED, InstructionStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Execution:
    """An instruction that the control book carried out.

    `event` is its InstructionExecuted, `effects` the instrument's events behind it, `stored` what the register knows
    under the same reference, `stored_digests` the digest that it recorded and the one that it ought to have.
    `signature` is that in the transaction behind it; None where the node does not have the transaction.
    """

    event: ChainEvent
    effects: tuple[ChainEvent, ...]
    stored: StoredInstruction | None
    stored_digests: frozenset[str]
    signature: str | None

    @property
    def ref(self) -> str:
        """The one-time reference."""
        return str(self.event.args["ref"])

    @property
    def objection(self) -> str:
        """Why the register's control book does not authorise it; empty where it does."""
        if self.stored is None:
            return "the register has no such instruction"
        if self.stored.signature is None:
            return "no checker signed it"
        if self.stored.status in _WITHDRAWN:
            return f"the register calls it {self.stored.status.value}"
        return ""


class Deed(NamedTuple):
    """What is done to whose units, by authority or by a holder: issue, redemption, transfer, forced move, recovery.

    A tuple, as events are: a history has millions of them.
    """

    operation: Operation
    move: Move

    @property
    def account(self) -> str:
        """The account that it is told of: who received, unless it was redeemed."""
        return self.move.sender if self.operation is Operation.REDEEM else self.move.recipient

    @property
    def as_ordered(self) -> Deed:
        """The deed as a line orders it: a recovery moves all there is, and its line names no amount."""
        if self.operation is not Operation.RECOVER:
            return self
        return self._replace(move=self.move._replace(amount_units=0))


class Effect(NamedTuple):
    """A deed on the chain, and the event that reports it."""

    deed: Deed
    event: ChainEvent


@dataclass(frozen=True, slots=True)
class ControlBook:
    """What was authorised on one instrument, or on a settlement contract.

    `stored` are the register's instructions by reference, `executions` those carried out up to the pinned block,
    `later` the references carried out beyond it, `authorised_units` the net issuance that was authorised and
    carried out, without what took back undue deeds: `reversed_units` of it, by the instructions `reversing`, which did
    nothing else. `unclear` are accounts whose orders another check has found at fault already.
    """

    stored: Mapping[str, StoredInstruction]
    executions: tuple[Execution, ...]
    later: frozenset[str]
    authorised_units: int
    unclear: frozenset[str] = frozenset()
    reversed_units: int = 0
    reversing: frozenset[str] = frozenset()


def control_book(
    everything: Mapping[str, StoredInstruction],
    book_events: Iterable[ChainEvent],
    token_events: Sequence[ChainEvent],
    on: Instrument | Contract,
    later: frozenset[str],
    sent: Mapping[str, Sent],
) -> ControlBook:
    """What was authorised on an instrument or a settlement contract, out of the events of both contracts.

    `everything` are all instructions on the register, by reference: one that was carried out here belongs here,
    whatever its row says.
    """
    token = on.address
    spans = list(_spans([*book_events, *token_events], token))
    executions = tuple(_execution(everything, sent, *span) for span in spans if span[0].args["instrument"] == token)
    authorised = sum(net_issuance(each.stored) for each in executions if each.stored and not each.objection)
    elsewhere = {str(event.args["ref"]) for event, _ in spans if event.args["instrument"] != token}
    here = {each.ref for each in executions}
    stored = {
        ref: each for ref, each in everything.items() if ref in here or (_is_of(each, on) and ref not in elsewhere)
    }
    return ControlBook(stored, executions, later, authorised)


def since(book: ControlBook, opening_units: int, first_block: int) -> ControlBook:
    """The control book with what was in issue before a block in place of what was authorised before it."""
    earlier = (each for each in book.executions if each.event.log.block_number < first_block)
    known = sum(net_issuance(each.stored) for each in earlier if each.stored and not each.objection)
    return replace(book, authorised_units=book.authorised_units - known + opening_units)


def _is_of(stored: StoredInstruction, on: Instrument | Contract) -> bool:
    instruction = stored.instruction
    return (instruction.chain_id, instruction.instrument) == (on.chain_id, on.address)


def _execution(
    everything: Mapping[str, StoredInstruction],
    sent: Mapping[str, Sent],
    event: ChainEvent,
    behind: Sequence[ChainEvent],
) -> Execution:
    known = everything.get(str(event.args["ref"]))
    digests = frozenset({known.digest, _digest(known.instruction)} if known else ())
    signature = carried_signature(sent, event, (known and known.signature) or "")
    return Execution(event, tuple(behind), known, digests, signature)


def _digest(instruction: Instruction) -> str:
    """The digest of an instruction, or, where its row holds what nobody can sign, none."""
    try:
        return digest(instruction)
    except (OverflowError, ValueError, TypeError):
        return "impossible"


def net_issuance(stored: StoredInstruction) -> int:
    """Units that the lines of an instruction issue, less those that they redeem."""
    instruction = stored.instruction
    sign = {Operation.ISSUE: 1, Operation.REDEEM: -1}.get(instruction.operation, 0)
    return sign * sum(line.amount_units for line in instruction.lines)


def deeds_of(stored: StoredInstruction) -> list[Deed]:
    """The deeds that the lines of an instruction stand for, one a line; none where it moves nothing."""
    operation = stored.instruction.operation
    if operation not in _MOVING:
        return []
    return [Deed(operation, _move_of_line(operation, line)) for line in stored.instruction.lines]


def _move_of_line(operation: Operation, line: Line) -> Move:
    if operation is Operation.ISSUE:
        return Move(ISSUANCE_ACCOUNT, line.recipient, line.amount_units)
    if operation is Operation.REDEEM:
        return Move(line.sender, ISSUANCE_ACCOUNT, line.amount_units)
    return Move(line.sender, line.recipient, line.amount_units)


def effects(events: Iterable[ChainEvent]) -> list[Effect]:
    """The deeds in a row of events."""
    found: list[Effect] = []
    for event in events:
        if event.name in _ORDERED:
            ordered = _ORDERED[event.name](event)
            if found and _belong_together(found[-1], ordered):
                found[-1] = Effect(ordered.deed._replace(move=found[-1].deed.move), found[-1].event)
            else:
                found.append(ordered)
        elif (move := move_of(event)) is not None:
            found.append(Effect(Deed(_operation_of(move), move), event))
    return found


def _forced(event: ChainEvent) -> Effect:
    args = event.args
    move = Move(str(args["from"]), str(args["to"]), cast(int, args["amount"]))
    return Effect(Deed(Operation.FORCE_TRANSFER, move), event)


def _recovery(event: ChainEvent) -> Effect:
    move = Move(str(event.args["lostWallet"]), str(event.args["newWallet"]), 0)
    return Effect(Deed(Operation.RECOVER, move), event)


_ORDERED = {"ForcedTransfer": _forced, RECOVERY: _recovery}
"""Events that tell of the Transfer before them that it was by order."""


def _belong_together(transfer: Effect, ordered: Effect) -> bool:
    """The contract emits such an event right behind the Transfer that it tells of."""
    first, second = transfer.event.log, ordered.event.log
    adjacent = (first.tx_hash, first.log_index + 1) == (second.tx_hash, second.log_index)
    told = transfer.deed._replace(operation=ordered.deed.operation).as_ordered
    return adjacent and told == ordered.deed


def _operation_of(move: Move) -> Operation:
    if move.sender == ISSUANCE_ACCOUNT:
        return Operation.ISSUE
    return Operation.REDEEM if move.recipient == ISSUANCE_ACCOUNT else Operation.TRANSFER


def _spans(events: Iterable[ChainEvent], token: str) -> Iterator[tuple[ChainEvent, list[ChainEvent]]]:
    """Each execution, with the token's events behind it in its transaction and before the next execution."""
    current: ChainEvent | None = None
    behind: list[ChainEvent] = []
    for event in sorted(events, key=lambda each: (each.log.block_number, each.log.log_index)):
        starts = event.log.address != token and event.name == "InstructionExecuted"
        if current is not None and (starts or event.log.tx_hash != current.log.tx_hash):
            yield current, behind
            current = None
        if starts:
            current, behind = event, []
        elif current is not None and event.log.address == token:
            behind.append(event)
    if current is not None:
        yield current, behind
