"""Where the four records come from: the register in one snapshot, state, code and events from the node."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rwaledger.audit.authority import control_book
from rwaledger.audit.blocks import BlocksExtract, extract_blocks, read_blocks
from rwaledger.audit.chain_logs import decoded, logs_of
from rwaledger.audit.contract_records import contract_records, is_there
from rwaledger.audit.faults import (
    Fault,
    unlisted_executions,
    unlisted_instructions,
    unlisted_rows,
    wrong_description,
    wrong_headers,
)
from rwaledger.audit.office import OfficeExtract, extract_office, read_office
from rwaledger.audit.past import PastExtract, extract_past, read_past
from rwaledger.audit.periods import PeriodsExtract, extract_periods, read_periods
from rwaledger.audit.pin import choose_pin
from rwaledger.audit.records import ContractRecords, InstrumentRecords, Place, Records, Register, State
from rwaledger.audit.replay import Replay, accounts_of, replay
from rwaledger.audit.signatures import Sent, transactions_behind
from rwaledger.audit.steps import Steps
from rwaledger.chain.rpc import Node
from rwaledger.chain.state import account_states, total_supply
from rwaledger.domain.block import Block, ChainEvent, Log, Pin
from rwaledger.domain.holder import Account, Holder, Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import holders, instructions, instruments, ledger, positions, survey
from rwaledger.registry.database import Connection
from rwaledger.registry.digest import register_digest
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.instruments import Contract, ContractKind

_ADDRESS = re.compile("0x[0-9a-f]{40}")


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
    headers: Mapping[int, Block]
    blocks: frozenset[int]
    unlisted: tuple[tuple[str, str, int], ...]
    listed: frozenset[tuple[int, str]]
    digest: str
    office: OfficeExtract
    past: PastExtract
    blocks_read: BlocksExtract
    periods: PeriodsExtract


def extract_register(c: Connection, node: Node, block: int | None) -> RegisterExtract:
    """The register up to the block to be pinned. Contracts that were deployed later, and have no code, are left out.

    Raises:
        UsageError, ChainMismatch: as `choose_pin`.
        RegisterConflict: a row cannot be read; the message names its table and key.
    """
    survey.require_readable(c)
    pin = choose_pin(c, node, block)
    chain_id, number = pin.chain_id, pin.block_number
    contracts = [each for each in instruments.contracts(c, chain_id) if is_there(node, each, number)]
    there = {each.address for each in contracts}
    listed = instruments.instruments(c)
    known = [i for i in listed if i.chain_id == chain_id and i.address in there]
    current = {each.address for each in ledger.checkpoints(c, chain_id) if each.block_number == number}
    logs = {each.address: _stored_logs(c, each, None if each.address in current else number) for each in contracts}
    blocks = {log.block_number for stored in logs.values() for _, log in stored if log.block_number <= number}
    return RegisterExtract(
        pin,
        tuple(contracts),
        tuple(known),
        logs,
        {i.address: _register(c, i.instrument_id, number, is_current=i.address in current) for i in known},
        holders.accounts(c, chain_id),
        {holder.holder_id: holder for holder in holders.holders(c)},
        tuple(instructions.instructions(c)),
        survey.stored_headers(c, chain_id, blocks),
        frozenset(blocks),
        tuple(survey.unlisted(c, chain_id)),
        frozenset((each.chain_id, each.address) for each in listed),
        register_digest(c, number),
        extract_office(c, pin, known, contracts),
        extract_past(c, pin, known, contracts),
        extract_blocks(c, pin, known, contracts),
        extract_periods(c, pin, known, contracts),
    )


def read_records(extract: RegisterExtract, node: Node, steps: Steps, terms: Terms) -> Records:
    """The records of an extract, with what the node says at its pinned block."""
    steps.expect(len(extract.contracts) + len(extract.instruments))
    by_address = {each.address: each for each in extract.instruments}
    contracts: dict[str, ContractRecords] = {}
    faults = list(unlisted_rows(extract.unlisted))
    for contract in extract.contracts:
        address = contract.address
        instrument, logs = by_address.get(address), extract.logs[address]
        contracts[address], fault = contract_records(node, contract, instrument, logs, extract.pin)
        faults += [fault] if fault else []
        steps.did_one()
    faults += _faults_of_chain(extract, node, contracts)
    books = {
        address: _book(node, each, extract.pin) for address, each in contracts.items() if address not in by_address
    }
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
        read_office(node, extract.office, extract.pin),
        read_past(node, extract.past, extract.pin),
        read_blocks(node, extract.blocks_read, extract.pin),
        read_periods(node, extract.periods, extract.pin, terms.expected_heads),
        terms.policy,
        extract.holders,
        tuple(faults),
    )


def _faults_of_chain(extract: RegisterExtract, node: Node, contracts: Mapping[str, ContractRecords]) -> Iterator[Fault]:
    """What the chain shows of the register as a whole."""
    yield from wrong_headers(extract.headers, node.headers(sorted(extract.blocks)))
    for instrument in extract.instruments:
        token = contracts[instrument.address]
        if token.is_trusted and not token.wrong_immutables:
            yield from wrong_description(node, instrument, extract.pin.block_number)
    audited = frozenset(each.address for each in extract.instruments)
    settlements = {each.address for each in extract.contracts if each.kind is ContractKind.SETTLEMENT}
    signed = [each for each in extract.instructions if each.signature is not None]
    licensing = {each.digest for each in signed if each.instruction.instrument in settlements}
    executed: set[str] = set()
    for address, each in contracts.items():
        if address not in audited:
            unclaimed = [e for e in each.events if e.args.get("digest") not in licensing]
            yield from unlisted_executions(address, unclaimed, audited)
            executed.update(str(e.args["ref"]) for e in each.events if e.name == "InstructionExecuted")
    yield from unlisted_instructions(extract.instructions, extract.listed, frozenset(executed))


@dataclass(frozen=True, slots=True)
class _Book:
    """A control book: its events, the references that it used beyond the pinned block, and what was sent to it."""

    events: tuple[ChainEvent, ...] = ()
    later: frozenset[str] = frozenset()
    sent: Mapping[str, Sent] = field(default_factory=dict)


def _book(node: Node, records: ContractRecords, pin: Pin) -> _Book:
    later = frozenset(_later_refs(node, records.contract.address, pin))
    return _Book(records.events, later, transactions_behind(node, records.events))


def _stored_logs(c: Connection, contract: Contract, upto: int | None) -> tuple[tuple[str, Log], ...]:
    """Without a bound where the register ends at the pinned block: what stands beyond it has no business there."""
    return tuple(positions.events(c, contract.chain_id, contract.address, upto))


def _register(c: Connection, instrument_id: str, block: int, *, is_current: bool) -> Register:
    upto = None if is_current else block
    postings = tuple(positions.postings(c, instrument_id, upto))
    standings: dict[str, Standing] = {}
    history: dict[Place, dict[str, Standing]] = {}
    for change in survey.standing_history(c, instrument_id, upto):
        history.setdefault((change.block_number, change.log_index), {})[change.account] = change.standing
        if change.block_number <= block:
            standings[change.account] = change.standing
    if not is_current:
        return Register(postings, None, standings, history)
    stored = positions.positions(c, instrument_id)
    balances = {each.account: each.balance_units for each in stored}
    moved = {each.account: (each.block_number, each.log_index) for each in stored}
    return Register(postings, balances, standings, history, moved)


def _instrument_records(
    node: Node, extract: RegisterExtract, instrument: Instrument, token: ContractRecords, book: _Book | None
) -> InstrumentRecords:
    found, register = book or _Book(), extract.registers[instrument.address]
    replayed = replay(token.events)
    accounts = _accounts(extract, register, replayed, token.events)
    state = _state(node, instrument, accounts, extract.pin.block_number) if token.is_trusted else None
    stored = {each.instruction.ref: each for each in extract.instructions}
    authority = control_book(stored, found.events, token.events, instrument, found.later, found.sent)
    return InstrumentRecords(instrument, token, state, replayed, register, authority, accounts)


def _accounts(
    extract: RegisterExtract, register: Register, replayed: Replay, events: Sequence[ChainEvent]
) -> tuple[str, ...]:
    """Every account that any record knows: a full outer join, the issuance account included."""
    found = {ISSUANCE_ACCOUNT, *extract.accounts, *replayed.balances, *replayed.standings, *register.standings}
    found.update(account for event in events for account in accounts_of(event))
    found.update(posting.account for posting in register.postings)
    found.update(register.positions or ())
    return tuple(sorted(found))


def _state(node: Node, instrument: Instrument, accounts: Sequence[str], block: int) -> State:
    """What is no address, as in a row that was changed from outside, holds nothing."""
    addresses = [account for account in accounts if _ADDRESS.fullmatch(account)]
    words = account_states(node, instrument.address, addresses, block)
    return State(
        total_supply(node, instrument.address, block),
        {account: balance for account, (balance, _) in words.items()},
        {account: standing for account, (_, standing) in words.items()},
    )


def _later_refs(node: Node, book: str, pin: Pin) -> Iterator[str]:
    """References that the control book used beyond the pinned block."""
    events, _ = decoded(list(logs_of(node, book, pin.block_number + 1, node.head())))
    return (str(event.args["ref"]) for event in events if event.name == "InstructionExecuted")
