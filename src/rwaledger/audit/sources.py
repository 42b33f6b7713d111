"""Where the four records come from: the register in one snapshot, state, code and events from the node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.authority import ControlBook, control_book
from rwaledger.audit.blocks import Blocks, BlocksExtract, extract_blocks, read_blocks
from rwaledger.audit.chain_logs import decoded, logs_of
from rwaledger.audit.contract_records import contract_records, is_there, logs_and_start
from rwaledger.audit.faults import (
    Fault,
    unlisted_executions,
    unlisted_instructions,
    unlisted_rows,
    wrong_description,
)
from rwaledger.audit.office import OfficeExtract, OnChain, extract_office, read_office
from rwaledger.audit.past import PastExtract, Seen, extract_past, read_past
from rwaledger.audit.periods import PeriodsExtract, extract_periods, read_anchored
from rwaledger.audit.pin import choose_pin
from rwaledger.audit.records import ContractRecords, InstrumentRecords, Records, Register
from rwaledger.audit.register_part import register_of
from rwaledger.audit.replay import Replay, accounts_of, replay
from rwaledger.audit.reversals import without_reversals
from rwaledger.audit.signatures import Sent, transactions_behind
from rwaledger.audit.steps import Steps
from rwaledger.audit.token_state import state_of
from rwaledger.audit.waivers import Waivers, extract_waivers
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, ChainEvent, Log, Pin
from rwaledger.domain.holder import Account, Holder
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import holders, instructions, instruments, ledger, positions, survey
from rwaledger.registry.database import Connection
from rwaledger.registry.digest import register_digest
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.instruments import Contract, ContractKind


@dataclass(frozen=True, slots=True)
class Terms:
    """What a reconciliation is given to judge by: the figures of the place, and heads that the caller knows.

    `expected_heads` are by instrument, each of a period that the caller has seen signed.
    """

    policy: Policy
    expected_heads: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegisterExtract:
    """All that the register says, as of one snapshot; registers and logs by address of their contract."""

    pin: Pin
    contracts: tuple[Contract, ...]
    instruments: tuple[Instrument, ...]
    logs: Mapping[str, tuple[tuple[str, Log], ...]]
    registers: Mapping[str, Register]
    accounts: Mapping[str, Account]
    holders: Mapping[str, Holder]
    instructions: tuple[StoredInstruction, ...]
    unlisted: tuple[tuple[str, str, int], ...]
    listed: frozenset[tuple[int, str]]
    digest: str
    orphaned_refs: frozenset[str]
    office: OfficeExtract
    past: PastExtract
    blocks_read: BlocksExtract
    periods: PeriodsExtract
    waivers: Waivers


def extract_register(c: Connection, node: Node, block: int | None) -> RegisterExtract:
    """The register up to the block to be pinned. Contracts that were deployed later, and have no code, are left out.

    Raises:
        UsageError, ChainMismatch: as `choose_pin`.
        RegisterConflict: a row cannot be read; the message names its table and key.
    """
    survey.require_readable(c)
    chosen = choose_pin(c, node, block)
    pin = chosen.pin
    chain_id, number = pin.chain_id, pin.block_number
    contracts = [each for each in instruments.contracts(c, chain_id) if is_there(node, each, number)]
    there = {each.address for each in contracts}
    listed = instruments.instruments(c)
    known = [i for i in listed if i.chain_id == chain_id and i.address in there]
    current = {each.address for each in ledger.checkpoints(c, chain_id) if each.block_number == number}
    logs = {each.address: _stored_logs(c, each, None if each.address in current else number) for each in contracts}
    waivers = extract_waivers(c, chain_id)
    return RegisterExtract(
        pin,
        tuple(contracts),
        tuple(known),
        logs,
        {i.address: register_of(c, i.instrument_id, number, waivers, is_current=i.address in current) for i in known},
        holders.accounts(c, chain_id),
        {holder.holder_id: holder for holder in holders.holders(c)},
        tuple(instructions.instructions(c)),
        tuple(survey.unlisted(c, chain_id)),
        _acted_on(c, chain_id, listed),
        register_digest(c, number),
        _orphaned_refs(c, pin, contracts) if chosen.fork else frozenset(),
        extract_office(c, pin, known, contracts),
        extract_past(c, pin, known, contracts),
        extract_blocks(c, pin, contracts, chosen.fork),
        extract_periods(c, pin, known, contracts),
        waivers,
    )


def read_records(extract: RegisterExtract, node: Node, steps: Steps, terms: Terms) -> Records:
    """The records of an extract, with what the node says at its pinned block."""
    steps.expect(len(extract.contracts) + len(extract.instruments))
    by_address = {each.address: each for each in extract.instruments}
    contracts: dict[str, ContractRecords] = {}
    faults = list(unlisted_rows(extract.unlisted))
    told = {
        contract.address: logs_and_start(node, contract, extract.pin.block_number) for contract in extract.contracts
    }
    blocks = _blocks(node, extract, {address: logs for address, (logs, _) in told.items()}, steps)
    for contract in extract.contracts:
        address = contract.address
        logs, begins = told[address]
        contracts[address], fault = contract_records(
            node,
            contract,
            by_address.get(address),
            extract.logs[address],
            blocks.proved_logs.get(address, logs),
            extract.pin,
            begins=begins,
        )
        faults += [fault] if fault else []
        steps.did_one()
    faults += _faults_of_chain(extract, node, contracts)
    books = {address: _book(node, each, extract) for address, each in contracts.items() if address not in by_address}
    found: list[InstrumentRecords] = []
    for each in extract.instruments:
        found.append(_instrument_records(node, extract, each, contracts[each.address], books.get(each.control_book)))
        steps.did_one()
    others = tuple(each for address, each in contracts.items() if address not in by_address)
    mapped = {a: account for a, account in extract.accounts.items() if account.holder_id in extract.holders}
    return Records(
        extract.pin,
        tuple(found),
        others,
        mapped,
        extract.digest,
        read_office(node, extract.office, extract.pin, _on_chain(node, extract, contracts, blocks.headers)),
        read_past(node, extract.past, extract.pin, _seen(node, extract, contracts, books, blocks.headers)),
        blocks,
        read_anchored(node, extract.periods, extract.pin, terms.expected_heads, _trusted(contracts)),
        terms.policy,
        extract.holders,
        tuple(faults),
        extract.waivers,
    )


def _acted_on(c: Connection, chain_id: int, listed: Sequence[Instrument]) -> frozenset[tuple[int, str]]:
    """What an instruction may be on: instruments and settlement contracts, deployed by the pinned block or later."""
    settlements = [each for each in instruments.contracts(c, chain_id) if each.kind is ContractKind.SETTLEMENT]
    named = frozenset((each.chain_id, each.address) for each in listed)
    return named.union((each.chain_id, each.address) for each in settlements)


def _blocks(node: Node, extract: RegisterExtract, told: Mapping[str, Sequence[Log]], steps: Steps) -> Blocks:
    steps.expect(len(extract.blocks_read.ranges))
    return read_blocks(node, extract.blocks_read, extract.pin, told, steps.did_one)


def _on_chain(
    node: Node, extract: RegisterExtract, contracts: Mapping[str, ContractRecords], headers: Mapping[int, Block]
) -> OnChain:
    """What the office is held against."""
    events = {address: each.events for address, each in contracts.items() if each.is_trusted}
    later = [event for address in sorted(extract.office.attestors) for event in _beyond(node, address, extract.pin)]
    return OnChain(events, headers, later)


def _seen(
    node: Node,
    extract: RegisterExtract,
    contracts: Mapping[str, ContractRecords],
    books: Mapping[str, _Book],
    headers: Mapping[int, Block],
) -> Seen:
    """What the past is judged by."""
    settlements = [each for each in extract.contracts if each.kind is ContractKind.SETTLEMENT]
    later = [event for each in settlements for event in _beyond(node, each.address, extract.pin)]
    return Seen(
        {address: each.events for address, each in contracts.items()},
        later,
        headers,
        _trusted(contracts),
        {each.address: _licences(extract, each, contracts[each.address].events, books) for each in settlements},
    )


def _licences(
    extract: RegisterExtract, settlement: Contract, events: Sequence[ChainEvent], books: Mapping[str, _Book]
) -> ControlBook:
    """What was authorised on a settlement contract, by whichever control book."""
    stored = {each.instruction.ref: each for each in extract.instructions}
    executed = [event for address, book in books.items() if address != settlement.address for event in book.events]
    later = frozenset(ref for book in books.values() for ref in book.later)
    sent = {tx_hash: each for book in books.values() for tx_hash, each in book.sent.items()}
    return control_book(stored, executed, events, settlement, later, sent)


def _trusted(contracts: Mapping[str, ContractRecords]) -> frozenset[str]:
    """The contracts whose answers mean anything."""
    return frozenset(address for address, each in contracts.items() if each.is_trusted)


def _faults_of_chain(extract: RegisterExtract, node: Node, contracts: Mapping[str, ContractRecords]) -> Iterator[Fault]:
    """What the chain shows of the register as a whole."""
    for instrument in extract.instruments:
        token = contracts[instrument.address]
        if token.is_trusted and not token.wrong_immutables:
            yield from wrong_description(node, instrument, extract.pin.block_number)
    settlements = [each for each in extract.contracts if each.kind is ContractKind.SETTLEMENT]
    audited = frozenset(each.address for each in extract.instruments).union(each.address for each in settlements)
    executed: set[str] = set()
    for address, each in contracts.items():
        if address not in audited:
            yield from unlisted_executions(address, each.events, audited)
            executed.update(str(e.args["ref"]) for e in each.events if e.name == "InstructionExecuted")
    yield from unlisted_instructions(extract.instructions, extract.listed, frozenset(executed))


@dataclass(frozen=True, slots=True)
class _Book:
    """A control book: its events, the references that it used beyond the pinned block, and what was sent to it."""

    events: tuple[ChainEvent, ...] = ()
    later: frozenset[str] = frozenset()
    sent: Mapping[str, Sent] = field(default_factory=dict)


def _book(node: Node, records: ContractRecords, extract: RegisterExtract) -> _Book:
    later = extract.orphaned_refs.union(_later_refs(node, records.contract.address, extract.pin))
    return _Book(records.events, later, transactions_behind(node, records.events))


def _orphaned_refs(c: Connection, pin: Pin, contracts: Sequence[Contract]) -> frozenset[str]:
    """References used in blocks that the register has read and the chain has replaced; they are judged once rewound."""
    stored = [log for each in contracts for _, log in positions.events(c, each.chain_id, each.address)]
    events, _ = decoded([log for log in stored if log.block_number > pin.block_number])
    return frozenset(str(event.args["ref"]) for event in events if event.name == "InstructionExecuted")


def _stored_logs(c: Connection, contract: Contract, upto: int | None) -> tuple[tuple[str, Log], ...]:
    """Without a bound where the register ends at the pinned block: what stands beyond it has no business there."""
    return tuple(positions.events(c, contract.chain_id, contract.address, upto))


def _instrument_records(
    node: Node, extract: RegisterExtract, instrument: Instrument, token: ContractRecords, book: _Book | None
) -> InstrumentRecords:
    found, register = book or _Book(), extract.registers[instrument.address]
    replayed = replay(token.events)
    accounts = _accounts(extract, register, replayed, token.events)
    state = state_of(node, instrument, accounts, extract.pin.block_number) if token.is_trusted else None
    stored = {each.instruction.ref: each for each in extract.instructions}
    authority = control_book(stored, found.events, token.events, instrument, found.later, found.sent)
    authority = without_reversals(authority, extract.waivers.reversals(instrument.instrument_id), token.events)
    # Beyond a fork the register has read another chain, and of this one nothing.
    ends_here = register.positions is not None or extract.blocks_read.fork is not None
    unread = tuple(_beyond(node, instrument.address, extract.pin)) if ends_here else ()
    return InstrumentRecords(instrument, token, state, replayed, register, authority, accounts, unread)


def _accounts(
    extract: RegisterExtract, register: Register, replayed: Replay, events: Sequence[ChainEvent]
) -> tuple[str, ...]:
    """Every account that any record knows: a full outer join, the issuance account included."""
    found = {ISSUANCE_ACCOUNT, *extract.accounts, *replayed.balances, *replayed.standings, *register.standings}
    found.update(account for event in events for account in accounts_of(event))
    found.update(posting.account for posting in register.postings)
    found.update(register.positions or ())
    return tuple(sorted(found))


def _later_refs(node: Node, book: str, pin: Pin) -> Iterator[str]:
    """References that the control book used beyond the pinned block."""
    return (str(event.args["ref"]) for event in _beyond(node, book, pin) if event.name == "InstructionExecuted")


def _beyond(node: Node, address: str, pin: Pin) -> Sequence[ChainEvent]:
    """The events of a contract beyond the pinned block."""
    events, _ = decoded(list(logs_of(node, address, pin.block_number + 1, node.head())))
    return events
