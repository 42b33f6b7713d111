"""Where the four records come from: the register in one snapshot, state, code and events from the node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.authority import control_book, since
from rwaledger.audit.blocks import Begun, Blocks, BlocksExtract, begin_blocks, extract_blocks, read_blocks
from rwaledger.audit.books import Book, book_of, licences_of
from rwaledger.audit.chain_logs import decoded, events_beyond
from rwaledger.audit.contract_records import contract_records, is_there, logs_and_start
from rwaledger.audit.faults import (
    Fault,
    unlisted_executions,
    unlisted_instructions,
    unlisted_rows,
    wrong_description,
)
from rwaledger.audit.office import OfficeExtract, OnChain, extract_office, read_office
from rwaledger.audit.part import Opening, Part
from rwaledger.audit.past import PastExtract, Seen, extract_past, read_past
from rwaledger.audit.periods import PeriodsExtract, extract_periods, read_anchored
from rwaledger.audit.pin import choose_pin
from rwaledger.audit.records import ContractRecords, InstrumentRecords, Records, Register
from rwaledger.audit.register_part import registers_of
from rwaledger.audit.replay import Replay, replay
from rwaledger.audit.reversals import without_reversals
from rwaledger.audit.steps import Steps
from rwaledger.audit.token_state import state_of
from rwaledger.audit.waivers import Waivers, extract_waivers
from rwaledger.chain.executors import Spread
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Log, Pin
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
    """All that the register says, as of one snapshot; registers and logs by address of their contract.

    `begun` is the examination of the blocks, where that goes on already.
    """

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
    begun: Begun | None = None


def extract_register(c: Connection, node: Node, block: int | None, spread: Spread | None = None) -> RegisterExtract:
    """The register up to the block to be pinned. Contracts that were deployed later, and have no code, are left out.

    Where there is a `spread`, the blocks are examined there meanwhile.

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
    blocks = extract_blocks(c, pin, contracts, chosen.fork)
    begun = begin_blocks(node, blocks, contracts, spread)
    current = {each.address for each in ledger.checkpoints(c, chain_id) if each.block_number == number}
    logs = {each.address: _stored_logs(c, each, None if each.address in current else number) for each in contracts}
    waivers = extract_waivers(c, chain_id)
    registers, postings = registers_of(c, known, current, number, waivers)
    office = extract_office(c, pin, known, contracts)
    return RegisterExtract(
        pin,
        tuple(contracts),
        tuple(known),
        logs,
        registers,
        holders.accounts(c, chain_id),
        {holder_id: dossier.holder for holder_id, dossier in office.dossiers.items()},
        tuple(instructions.instructions(c)),
        tuple(survey.unlisted(c, chain_id)),
        acted_on(c, chain_id, listed),
        register_digest(c, number, postings=postings),
        _orphaned_refs(c, pin, contracts) if chosen.fork else frozenset(),
        office,
        extract_past(c, pin, known, contracts),
        blocks,
        extract_periods(c, pin, known, contracts),
        waivers,
        begun,
    )


def read_records(extract: RegisterExtract, node: Node, steps: Steps, terms: Terms, part: Part | None = None) -> Records:
    """The records of an extract, with what the node says at its pinned block; the logs of a `part` are read already."""
    steps.expect(len(extract.contracts) + len(extract.instruments))
    by_address = {each.address: each for each in extract.instruments}
    contracts: dict[str, ContractRecords] = {}
    faults = list(unlisted_rows(extract.unlisted))
    told = part.logs if part else _told(node, extract)
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
    others = {address: each for address, each in contracts.items() if address not in by_address}
    books = {address: book_of(node, each, extract.pin, extract.orphaned_refs) for address, each in others.items()}
    found: list[InstrumentRecords] = []
    for each in extract.instruments:
        book = books.get(each.control_book)
        found.append(_instrument_records(node, extract, each, contracts[each.address], book, part))
        steps.did_one()
    headers = {**part.headers, **blocks.headers} if part else blocks.headers
    mapped = {a: account for a, account in extract.accounts.items() if account.holder_id in extract.holders}
    return Records(
        extract.pin,
        tuple(found),
        tuple(others.values()),
        mapped,
        extract.digest,
        read_office(node, extract.office, extract.pin, _on_chain(node, extract, contracts, headers)),
        read_past(node, extract.past, extract.pin, _seen(node, extract, contracts, books, headers)),
        blocks,
        read_anchored(node, extract.periods, extract.pin, terms.expected_heads, _trusted(contracts)),
        terms.policy,
        extract.holders,
        tuple(faults),
        extract.waivers,
        part.first_block if part else 0,
    )


def acted_on(c: Connection, chain_id: int, listed: Sequence[Instrument]) -> frozenset[tuple[int, str]]:
    """What an instruction may be on: instruments and settlement contracts, deployed by the pinned block or later."""
    settlements = [each for each in instruments.contracts(c, chain_id) if each.kind is ContractKind.SETTLEMENT]
    named = frozenset((each.chain_id, each.address) for each in listed)
    return named.union((each.chain_id, each.address) for each in settlements)


def _told(node: Node, extract: RegisterExtract) -> dict[str, tuple[list[Log], bool]]:
    """The logs of each contract, and whether they begin where the register says."""
    last = extract.pin.block_number
    return {contract.address: logs_and_start(node, contract, last) for contract in extract.contracts}


def _blocks(node: Node, extract: RegisterExtract, told: Mapping[str, Sequence[Log]], steps: Steps) -> Blocks:
    steps.expect(len(extract.blocks_read.ranges))
    return read_blocks(node, extract.blocks_read, extract.pin, told, steps.did_one, extract.begun)


def _on_chain(
    node: Node, extract: RegisterExtract, contracts: Mapping[str, ContractRecords], headers: Mapping[int, Block]
) -> OnChain:
    """What the office is held against."""
    events = {address: each.events for address, each in contracts.items() if each.is_trusted}
    later = [
        event for address in sorted(extract.office.attestors) for event in events_beyond(node, address, extract.pin)
    ]
    return OnChain(events, headers, later)


def _seen(
    node: Node,
    extract: RegisterExtract,
    contracts: Mapping[str, ContractRecords],
    books: Mapping[str, Book],
    headers: Mapping[int, Block],
) -> Seen:
    """What the past is judged by."""
    settlements = [each for each in extract.contracts if each.kind is ContractKind.SETTLEMENT]
    stored = extract.instructions
    later = [event for each in settlements for event in events_beyond(node, each.address, extract.pin)]
    return Seen(
        {address: each.events for address, each in contracts.items()},
        later,
        headers,
        _trusted(contracts),
        {each.address: licences_of(stored, each, contracts[each.address].events, books) for each in settlements},
    )


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


def _orphaned_refs(c: Connection, pin: Pin, contracts: Sequence[Contract]) -> frozenset[str]:
    """References used in blocks that the register has read and the chain has replaced; they are judged once rewound."""
    stored = [log for each in contracts for _, log in positions.events(c, each.chain_id, each.address)]
    events, _ = decoded([log for log in stored if log.block_number > pin.block_number])
    return frozenset(str(event.args["ref"]) for event in events if event.name == "InstructionExecuted")


def _stored_logs(c: Connection, contract: Contract, upto: int | None) -> tuple[tuple[str, Log], ...]:
    """Without a bound where the register ends at the pinned block: what stands beyond it has no business there."""
    return tuple(positions.events(c, contract.chain_id, contract.address, upto))


def _instrument_records(
    node: Node,
    extract: RegisterExtract,
    instrument: Instrument,
    token: ContractRecords,
    book: Book | None,
    part: Part | None,
) -> InstrumentRecords:
    found, register = book or Book(), extract.registers[instrument.address]
    opening = part.openings[instrument.instrument_id] if part else Opening()
    replayed = replay(token.events, opening.start)
    looked_at = part.accounts[instrument.instrument_id] if part else None
    accounts = looked_at or _accounts(extract, register, replayed)
    state = state_of(node, instrument, accounts, extract.pin.block_number) if token.is_trusted else None
    stored = {each.instruction.ref: each for each in extract.instructions}
    authority = control_book(stored, found.events, token.events, instrument, found.later, found.sent)
    authority = since(authority, opening.supply_units, part.first_block) if part else authority
    authority = without_reversals(authority, extract.waivers.reversals(instrument.instrument_id), token.events)
    # Beyond a fork the register has read another chain, and of this one nothing.
    ends_here = register.positions is not None or extract.blocks_read.fork is not None
    unread = tuple(events_beyond(node, instrument.address, extract.pin)) if ends_here else ()
    first = part.first_block if part else 0
    return InstrumentRecords(instrument, token, state, replayed, register, authority, accounts, unread, first, opening)


def _accounts(extract: RegisterExtract, register: Register, replayed: Replay) -> tuple[str, ...]:
    """Every account that any record knows: a full outer join, the issuance account included.

    Whom events touch has a balance or a standing behind them.
    """
    found = {ISSUANCE_ACCOUNT, *extract.accounts, *replayed.balances, *replayed.standings, *register.standings}
    found.update(posting.account for posting in register.postings)
    found.update(register.positions or ())
    return tuple(sorted(found))
