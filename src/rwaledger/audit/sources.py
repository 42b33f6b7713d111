"""Where the four records come from: the register in one snapshot, state, code and events from the node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rwaledger.audit.authority import control_book
from rwaledger.audit.bytecode import ARTIFACTS, is_released, wrong_immutables
from rwaledger.audit.chain_logs import decoded, logs_of
from rwaledger.audit.pin import choose_pin
from rwaledger.audit.records import ContractRecords, InstrumentRecords, Records, Register, State
from rwaledger.audit.replay import Replay, accounts_of, replay
from rwaledger.audit.steps import Steps
from rwaledger.chain.deploy import code_hash
from rwaledger.chain.rpc import Node
from rwaledger.chain.state import account_states, total_supply
from rwaledger.domain.block import ChainEvent, Log, Pin
from rwaledger.domain.holder import Account
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import holders, instructions, instruments, ledger, positions
from rwaledger.registry.database import Connection
from rwaledger.registry.digest import register_digest
from rwaledger.registry.instructions import StoredInstruction
from rwaledger.registry.instruments import Contract


@dataclass(frozen=True, slots=True)
class RegisterExtract:
    """All that the register says, as of one snapshot; registers and logs by address of their contract."""

    pin: Pin
    contracts: tuple[Contract, ...]
    instruments: tuple[Instrument, ...]
    logs: Mapping[str, tuple[tuple[str, Log], ...]]
    registers: Mapping[str, Register]
    accounts: Mapping[str, Account]
    holder_ids: frozenset[str]
    instructions: tuple[StoredInstruction, ...]
    digest: str


def extract_register(c: Connection, node: Node, block: int | None) -> RegisterExtract:
    """The register up to the block to be pinned. Contracts that were deployed later are left out.

    Raises:
        UsageError, ChainMismatch: as `choose_pin`.
    """
    pin = choose_pin(c, node, block)
    chain_id, number = pin.chain_id, pin.block_number
    contracts = [each for each in instruments.contracts(c, chain_id) if each.deploy_block <= number]
    known = [i for i in instruments.instruments(c) if i.chain_id == chain_id and i.deploy_block <= number]
    current = {each.address for each in ledger.checkpoints(c, chain_id) if each.block_number == number}
    return RegisterExtract(
        pin,
        tuple(contracts),
        tuple(known),
        {each.address: _stored_logs(c, each, None if each.address in current else number) for each in contracts},
        {i.address: _register(c, i.instrument_id, number, is_current=i.address in current) for i in known},
        holders.accounts(c, chain_id),
        frozenset(holder.holder_id for holder in holders.holders(c)),
        tuple(instructions.instructions(c)),
        register_digest(c, number),
    )


def read_records(extract: RegisterExtract, node: Node, steps: Steps) -> Records:
    """The records of an extract, with what the node says at its pinned block."""
    steps.expect(len(extract.contracts) + len(extract.instruments))
    by_address = {each.address: each for each in extract.instruments}
    contracts: dict[str, ContractRecords] = {}
    for contract in extract.contracts:
        logs = extract.logs[contract.address]
        contracts[contract.address] = _contract_records(node, contract, by_address, logs, extract.pin)
        steps.did_one()
    books = sorted({each.control_book for each in extract.instruments})
    later = {book: frozenset(_later_refs(node, book, extract.pin)) for book in books}
    found: list[InstrumentRecords] = []
    for instrument in extract.instruments:
        found.append(_instrument_records(node, extract, instrument, contracts, later[instrument.control_book]))
        steps.did_one()
    others = tuple(each for address, each in contracts.items() if address not in by_address)
    mapped = {a: account for a, account in extract.accounts.items() if account.holder_id in extract.holder_ids}
    return Records(extract.pin, tuple(found), others, mapped, extract.digest)


def _stored_logs(c: Connection, contract: Contract, upto: int | None) -> tuple[tuple[str, Log], ...]:
    """Without a bound where the register ends at the pinned block: what stands beyond it has no business there."""
    return tuple(positions.events(c, contract.chain_id, contract.address, upto))


def _register(c: Connection, instrument_id: str, block: int, *, is_current: bool) -> Register:
    postings = tuple(positions.postings(c, instrument_id, None if is_current else block))
    current = {p.account: p.balance_units for p in positions.positions(c, instrument_id)} if is_current else None
    return Register(postings, current, positions.standings_at(c, instrument_id, block))


def _contract_records(
    node: Node,
    contract: Contract,
    instruments_by_address: Mapping[str, Instrument],
    register_logs: tuple[tuple[str, Log], ...],
    pin: Pin,
) -> ContractRecords:
    code = node.code(contract.address, pin.block_number)
    logs = tuple(logs_of(node, contract.address, contract.deploy_block, pin.block_number))
    events, undecoded = decoded(logs)
    released = is_released(contract, code)
    instrument = instruments_by_address.get(contract.address)
    return ContractRecords(
        contract,
        ARTIFACTS[contract.kind],
        code_hash(code),
        released,
        wrong_immutables(contract, instrument, code) if released else (),
        logs,
        events,
        undecoded,
        register_logs,
    )


def _instrument_records(
    node: Node,
    extract: RegisterExtract,
    instrument: Instrument,
    contracts: Mapping[str, ContractRecords],
    later: frozenset[str],
) -> InstrumentRecords:
    token, book = contracts[instrument.address], contracts.get(instrument.control_book)
    register = extract.registers[instrument.address]
    replayed = replay(token.events)
    accounts = _accounts(extract, register, replayed, token.events)
    state = _state(node, instrument, accounts, extract.pin.block_number) if token.is_trusted else None
    stored = {s.instruction.ref: s for s in extract.instructions if _is_of(s, instrument)}
    authority = control_book(stored, book.events if book else (), token.events, instrument.address, later)
    return InstrumentRecords(instrument, token, state, replayed, register, authority, accounts)


def _is_of(stored: StoredInstruction, instrument: Instrument) -> bool:
    instruction = stored.instruction
    return (instruction.chain_id, instruction.instrument) == (instrument.chain_id, instrument.address)


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
    words = account_states(node, instrument.address, list(accounts), block)
    return State(
        total_supply(node, instrument.address, block),
        {account: balance for account, (balance, _) in words.items()},
        {account: standing for account, (_, standing) in words.items()},
    )


def _later_refs(node: Node, book: str, pin: Pin) -> Iterator[str]:
    """References that the control book used beyond the pinned block."""
    events, _ = decoded(list(logs_of(node, book, pin.block_number + 1, node.head())))
    return (str(event.args["ref"]) for event in events if event.name == "InstructionExecuted")
