"""What was in force, and who did what, at every block: terms and rules, roles, nonces, settlements, licences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.acts import Place
from rwaledger.audit.authority import ControlBook
from rwaledger.audit.deals import Deals, DealsExtract, extract_deals, read_deals
from rwaledger.audit.in_force import Terms
from rwaledger.audit.senders import Before, Sent, read_sent
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, ChainEvent, Pin
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import instructions, transactions
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract
from rwaledger.registry.transactions import StoredTransaction


@dataclass(frozen=True, slots=True)
class PastExtract:
    """What the register says, as of one snapshot; `before` tells of earlier transactions that are not among these."""

    transactions: tuple[StoredTransaction, ...]
    instruction_refs: frozenset[str]
    deals: DealsExtract
    instruments: tuple[Instrument, ...]
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the chain has shown already: events by contract, those beyond the pinned block, headers by number.

    `trusted` are the contracts whose answers mean anything, `licences` what was authorised on each settlement.
    """

    events: Mapping[str, Sequence[ChainEvent]]
    later: Sequence[ChainEvent]
    headers: Mapping[int, Block]
    trusted: frozenset[str]
    licences: Mapping[str, ControlBook]


@dataclass(frozen=True, slots=True)
class Answered:
    """What root findings answer for: instructions by reference, events by place, transactions by hash."""

    refs: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    tx_hashes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Past:
    """What the checks of the past look at.

    `times` are those of the blocks with events, in seconds since 1970; `terms` are by address of the token, without
    those whose code is foreign; `licences` are by address of the settlement contract; `instruction_refs` are those of
    all instructions of the register.
    """

    times: Mapping[int, int]
    terms: Mapping[str, Terms]
    sent: Sent
    deals: Deals
    licences: Mapping[str, ControlBook]
    instruction_refs: frozenset[str]
    answered: Answered = field(default_factory=Answered)


def extract_past(
    c: Connection, pin: Pin, instruments: Sequence[Instrument], contracts: Sequence[Contract]
) -> PastExtract:
    """The register's part; what of it lies beyond the pinned block is told apart by the checks."""
    rows = transactions.transactions(c, chain_id=pin.chain_id)
    return PastExtract(tuple(rows), instructions.references(c), extract_deals(c, pin), tuple(instruments))


def read_past(node: Node, extract: PastExtract, pin: Pin, seen: Seen) -> Past:
    """The extract, with what the chain says at the pinned block."""
    everything = [event for each in seen.events.values() for event in each]
    trusted = [each.address for each in extract.instruments if each.address in seen.trusted]
    return Past(
        times=_times(node, everything, seen.headers),
        terms={token: _terms(node, token, pin.block_number) for token in trusted},
        sent=read_sent(node, extract.transactions, seen.events, pin, extract.before),
        deals=read_deals(node, extract.deals, everything, seen.later, pin),
        licences=seen.licences,
        instruction_refs=extract.instruction_refs,
    )


def _times(node: Node, events: Sequence[ChainEvent], headers: Mapping[int, Block]) -> dict[int, int]:
    """Of a contract that was there before the register says, the first blocks may be missing among the headers."""
    numbers = {event.log.block_number for event in events}
    found = {number: headers[number].timestamp for number in numbers & headers.keys()}
    return found | {block.number: block.timestamp for block in node.headers(sorted(numbers - headers.keys()))}


def _terms(node: Node, token: str, block: int) -> Terms:
    """Immutables of the token's code, which C16 holds against the released one."""
    calls: list[tuple[str, list[object]]] = [(name, []) for name in ("guardedCountry", "countsHolders")]
    answers = ASSET_TOKEN.call_many(node, token, [*calls, ("reserveAttestor", [])], block)
    (guarded,), (counts,), (attestor,) = answers
    return Terms(guarded, counts, str(attestor))
