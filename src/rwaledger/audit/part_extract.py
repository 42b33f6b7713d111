"""A part put together: which block it begins behind, what chain and register have of it, and how much that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rwaledger.audit.blocks import BlocksExtract
from rwaledger.audit.chain_logs import decoded
from rwaledger.audit.contract_records import is_there
from rwaledger.audit.part import Opening, Part, Share
from rwaledger.audit.part_accounts import Accounts, accounts_of_part, companions_of
from rwaledger.audit.part_logs import OF_CONTRACTS, PartLogs
from rwaledger.audit.part_office import Done, burn_of, office_of_part, past_of_part
from rwaledger.audit.part_register import opening_of, register_of_part
from rwaledger.audit.periods import PeriodsExtract
from rwaledger.audit.pin import choose_pin
from rwaledger.audit.records import Register
from rwaledger.audit.sources import RegisterExtract, acted_on
from rwaledger.audit.waivers import extract_waivers
from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block, Log, Pin
from rwaledger.domain.errors import ChainMismatch, UsageError
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import holders, instructions, instruments, ledger, part, positions, survey
from rwaledger.registry.database import Connection
from rwaledger.registry.instruments import Contract, ContractKind
from rwaledger.registry.reconciliations import latest_passed

_FULL = "Run `rwaledger reconcile run` without --incremental."
_RECORD = "Run `rwaledger reconcile run --record` once; incremental runs begin behind it."


@dataclass(frozen=True, slots=True)
class PartExtract:
    """The register's and the chain's side of a part; `base` is the block behind which it begins."""

    register: RegisterExtract
    part: Part
    base: Block
    accounts: Mapping[str, Accounts]

    @property
    def lowest(self) -> int:
        """The first block that a full reconciliation would look at."""
        begins = [each.deploy_block for each in self.register.contracts if each.deploy_block >= 0]
        return min(begins, default=self.part.first_block)


def extract_part(c: Connection, node: Node, block: int | None, share: Share) -> PartExtract:
    """What is looked at of chain and register up to the block to be pinned.

    Raises:
        UsageError: no full reconciliation that passed is on record; or nothing is synced, or `block` is beyond what is.
        ChainMismatch: register and node do not agree on the pinned block or on the recorded one, or have parted.
        RegisterConflict: a row cannot be read; the message names its table and key.
    """
    survey.require_readable(c)
    chosen = choose_pin(c, node, block)
    if chosen.fork is not None:
        raise ChainMismatch(f"register and chain have parted at block {chosen.fork.number}", _FULL)
    return _Extracting(c, node, chosen.pin, share, _base(c, node, chosen.pin)).run()


def _base(c: Connection, node: Node, pin: Pin) -> Block:
    """The block of the last full reconciliation on record that passed, which has to be the chain's still."""
    recorded = latest_passed(c, pin.chain_id, pin.block_number)
    if recorded is None:
        what = f"that passed for every instrument of chain {pin.chain_id}"
        raise UsageError(f"no full reconciliation {what} is on record up to block {pin.block_number}", _RECORD)
    number, found = recorded.block_number, node.block(recorded.block_number)
    stored = ledger.block_at(c, pin.chain_id, number)
    hashes = {each.hash if each else "nothing" for each in (found, stored)}
    if found is None or hashes != {recorded.block_hash}:
        raise ChainMismatch(
            f"block {number} was reconciled as {recorded.block_hash}; it is {', '.join(sorted(hashes))} by now", _FULL
        )
    return found


class _Extracting:
    """One extraction, step by step: the chain's logs tell which accounts moved, and these which rows are read."""

    def __init__(self, c: Connection, node: Node, pin: Pin, share: Share, base: Block) -> None:
        self.c, self.node, self.pin, self.share, self.base = c, node, pin, share, base
        self.first = base.number + 1
        every = instruments.contracts(c, pin.chain_id)
        self.contracts = [each for each in every if is_there(node, each, pin.block_number)]
        there = {each.address for each in self.contracts}
        self.listed = instruments.instruments(c)
        self.known = [each for each in self.listed if each.chain_id == pin.chain_id and each.address in there]
        checkpoints = ledger.checkpoints(c, pin.chain_id)
        self.current = {each.address for each in checkpoints if each.block_number == pin.block_number}
        self.mapped = holders.accounts(c, pin.chain_id)
        self.waivers = extract_waivers(c, pin.chain_id)
        self.done = Done.by(c, pin.chain_id, base)
        self.office = office_of_part(c, pin, self.known, self.contracts, self.done)
        self.burns = self.done.refs.intersection(burn_of(each, self.known) for each in self.office.redemptions)
        self.positions = {
            each.instrument_id: positions.positions(c, each.instrument_id) if each.address in self.current else None
            for each in self.known
        }

    def span(self, address: str) -> part.Span:
        """Where the register ends at the pinned block, what stands beyond it has no business there."""
        return part.Span(self.first, None if address in self.current else self.pin.block_number)

    def run(self) -> PartExtract:
        logs = {each.address: PartLogs(self.node, each, self.first, self.pin.block_number) for each in self.contracts}
        accounts = {each.instrument_id: self._accounts(each, logs[each.address]) for each in self.known}
        self._read_earlier(logs, accounts)
        registers, openings = dict[str, Register](), dict[str, Opening]()
        for each in self.known:
            of = accounts[each.instrument_id]
            registers[each.address] = register = self._register(each, logs[each.address], of)
            openings[each.instrument_id] = self._opening(each, logs[each.address], of, register)
        return PartExtract(self._extract(logs, registers), self._part(logs, accounts, openings), self.base, accounts)

    def _read_earlier(self, logs: Mapping[str, PartLogs], accounts: Mapping[str, Accounts]) -> None:
        """What concerns the accounts whose whole history is looked at, and the redemptions that are."""
        for each in self.known:
            logs[each.address].read_accounts(accounts[each.instrument_id].whole)
        books = [each for each in logs.values() if each.contract.kind is ContractKind.CONTROL_BOOK]
        sent = {tx_hash: block for book in books for tx_hash, block in book.executed_in(self.burns).items()}
        for one in logs.values():
            one.read_transactions(sent)

    def _part(
        self, logs: Mapping[str, PartLogs], accounts: Mapping[str, Accounts], openings: Mapping[str, Opening]
    ) -> Part:
        numbers = {number for one in logs.values() for number, _ in one.earlier_places}
        return Part(
            self.first,
            {address: (one.logs, one.begins) for address, one in logs.items()},
            {name: each.looked_at for name, each in accounts.items()},
            openings,
            part.headers_at(self.c, self.pin.chain_id, numbers),
        )

    def _accounts(self, instrument: Instrument, logs: PartLogs) -> Accounts:
        name, stored = instrument.instrument_id, self.positions[instrument.instrument_id]
        universe = {*self.mapped, *part.attested_accounts(self.c, name), *(each.account for each in stored or ())}
        companions = companions_of(self.c, instrument, self.mapped, self.waivers)
        companions.update(each.account for each in self.office.redemptions if each.instrument_id == name)
        taken = self.share.takes(universe, self.pin.block_number)
        return accounts_of_part(self.c, instrument, logs, self.span(instrument.address), universe, taken, companions)

    def _register(self, instrument: Instrument, logs: PartLogs, accounts: Accounts) -> Register:
        name, span = instrument.instrument_id, self.span(instrument.address)
        places, stored = logs.earlier_places, self.positions[instrument.instrument_id]
        return register_of_part(self.c, name, span, places, accounts, stored, self.waivers)

    def _opening(self, instrument: Instrument, logs: PartLogs, accounts: Accounts, register: Register) -> Opening:
        events, _ = decoded([log for log in logs.logs if log.block_number < self.first])
        name, time = instrument.instrument_id, self.base.timestamp
        return opening_of(self.c, name, self.first, accounts, events, register, time)

    def _extract(self, logs: Mapping[str, PartLogs], registers: Mapping[str, Register]) -> RegisterExtract:
        c, chain_id = self.c, self.pin.chain_id
        refs = (instructions.references(c) - self.done.refs) | self.burns
        return RegisterExtract(
            self.pin,
            tuple(self.contracts),
            tuple(self.known),
            {
                each.address: self._logs(each, logs[each.address], registers.get(each.address))
                for each in self.contracts
            },
            registers,
            self.mapped,
            {holder.holder_id: holder for holder in holders.holders(c)},
            tuple(instructions.instructions_of(c, refs)),
            tuple(survey.unlisted(c, chain_id)),
            acted_on(c, chain_id, self.listed),
            "",
            frozenset(),
            self.office,
            past_of_part(c, self.pin, self.known, self.done),
            self._blocks(),
            PeriodsExtract((), {}, 0, (), {}, 0, ()),
            self.waivers,
        )

    def _logs(self, contract: Contract, logs: PartLogs, register: Register | None) -> tuple[tuple[str, Log], ...]:
        """What the register has of the same logs, and of all that its own postings and standings stand behind."""
        posted = {(each.block_number, each.log_index) for each in register.postings} if register else set()
        places = {*logs.earlier_places, *posted, *(register.history if register else ())}
        span = self.span(contract.address)
        return tuple(part.events_of(self.c, self.pin.chain_id, contract.address, span, places, OF_CONTRACTS))

    def _blocks(self) -> BlocksExtract:
        stored = survey.headers_between(self.c, self.pin.chain_id, self.first, self.pin.block_number)
        return BlocksExtract(self.first, self.pin.block_number, stored, None, self.base)
