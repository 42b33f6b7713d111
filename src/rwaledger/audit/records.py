"""The four records of all instruments at one pinned block, loaded once: state, events, register, control book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rwaledger.audit.authority import ControlBook, Effect, Execution, effects
from rwaledger.audit.blocks import Blocks
from rwaledger.audit.faults import Fault
from rwaledger.audit.judgement import Judgement, judge_acts
from rwaledger.audit.office import Office
from rwaledger.audit.openings import Closed, closings
from rwaledger.audit.part import Opening
from rwaledger.audit.past import Past
from rwaledger.audit.periods import Periods
from rwaledger.audit.replay import Replay, Trail, trail
from rwaledger.audit.waivers import Waivers
from rwaledger.chain.executors import Spread
from rwaledger.domain.block import ChainEvent, Log, Pin
from rwaledger.domain.correction import LegKey, Reversal
from rwaledger.domain.holder import Account, Holder, Standing
from rwaledger.domain.instrument import Instrument
from rwaledger.domain.policy import Policy
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Posting
from rwaledger.registry.instruments import Contract

Place = tuple[int, int]
"""Where an event stands on the chain: block number and log index."""


def place_of(log: Log) -> Place:
    """Where a log stands."""
    return log.block_number, log.log_index


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A log that is no event of ours, and why."""

    log: Log
    reason: str


@dataclass(frozen=True, slots=True)
class ContractRecords:
    """A mirrored contract: its code at the pinned block, its logs as the node and as the register have them.

    `released` is whether the code is that of the artifact shipped under `artifact`, `wrong_immutables` what in it
    was filled in otherwise than it had to be.
    """

    contract: Contract
    artifact: str
    code_hash: str
    released: bool
    wrong_immutables: tuple[str, ...]
    chain_logs: tuple[Log, ...]
    events: tuple[ChainEvent, ...]
    undecoded: tuple[Undecoded, ...]
    register_logs: tuple[tuple[str, Log], ...]

    @property
    def is_trusted(self) -> bool:
        """Whether its answers mean anything: the code is the released one, or at least the one deployed."""
        return self.released or self.code_hash == self.contract.code_hash


@dataclass(frozen=True, slots=True)
class State:
    """What the token answers at the pinned block."""

    total_supply_units: int
    balances: Mapping[str, int]
    standings: Mapping[str, Standing]

    def balance(self, account: str) -> int:
        """Units on an account; the issuance account owes the supply."""
        return -self.total_supply_units if account == ISSUANCE_ACCOUNT else self.balances.get(account, 0)


@dataclass(frozen=True, slots=True)
class Register:
    """What the register holds of an instrument up to the pinned block.

    Positions are kept for the checkpoint only, so they are None where the pinned block is older. `history` are all
    rows behind the standings, by place and account, `moved` the places of the last moves that positions name.
    `postings` are those that count: `reversals` are legs that a signed correction has taken back, each with the leg
    that does so, and `corrected` the legs that it has entered for them.
    """

    postings: tuple[Posting, ...]
    positions: Mapping[str, int] | None
    standings: Mapping[str, Standing]
    history: Mapping[Place, Mapping[str, Standing]] = field(default_factory=dict)
    moved: Mapping[str, Place] = field(default_factory=dict)
    reversals: tuple[Reversal, ...] = ()
    corrected: frozenset[LegKey] = frozenset()


@dataclass(frozen=True)
class InstrumentRecords:
    """The four records of one instrument. `state` is None where foreign code stands at its address.

    `unread` are its events beyond the pinned block, where that is as far as the register has read. Of a part, all
    records are there from `first_block` on, and of earlier ones the whole history of some of its `accounts`; the others
    have an `opening`.
    """

    instrument: Instrument
    token: ContractRecords
    state: State | None
    replayed: Replay
    register: Register
    book: ControlBook
    accounts: tuple[str, ...]
    unread: tuple[ChainEvent, ...] = ()
    first_block: int = 0
    opening: Opening = field(default_factory=Opening)

    @cached_property
    def rows(self) -> Sequence[Posting]:
        """The postings of all accounts that are looked at, from their openings on."""
        if not self.first_block:
            return self.register.postings
        return [each for each in self.register.postings if self._is_followed(each)]

    @cached_property
    def _whole(self) -> frozenset[str]:
        return frozenset(self.accounts).difference(self.opening.balances)

    def _is_followed(self, posting: Posting) -> bool:
        """Whether it stands behind the opening of its account: of one that is not looked at it never does."""
        return posting.block_number >= self.first_block or posting.account in self._whole

    @cached_property
    def closing_balances(self) -> dict[str, int]:
        """Balance behind the last posting of each account."""
        return {**self.opening.balances, **{posting.account: posting.balance_after_units for posting in self.rows}}

    @cached_property
    def reversing_legs(self) -> dict[str, list[Posting]]:
        """The legs of each account that have taken others back."""
        found: dict[str, list[Posting]] = {}
        for leg in (reversal.by for reversal in self.register.reversals):
            if self._is_followed(leg):
                found.setdefault(leg.account, []).append(leg)
        return found

    @cached_property
    def groups(self) -> dict[Place, tuple[Posting, ...]]:
        """The postings of each place on the chain, in the order of their legs."""
        found: dict[Place, tuple[Posting, ...]] = {}
        for posting in self.register.postings:
            place = posting.block_number, posting.log_index
            before = found.get(place)
            found[place] = (*before, posting) if before else (posting,)
        return found

    @cached_property
    def trail(self) -> Trail:
        """What the events leave behind, one by one."""
        return trail(self.token.events, self.opening.start)

    @property
    def account_events(self) -> dict[Place, ChainEvent]:
        """The events on the chain that touch a balance or a standing, by their place."""
        return self.trail.touching

    @property
    def standing_rows(self) -> dict[tuple[Place, str], Standing]:
        """What the history of standings has to be, by place and account, in the order of the chain."""
        return self.trail.standings

    @cached_property
    def standings_of(self) -> dict[str, list[tuple[Place, Standing]]]:
        """Every standing that an account has had by the events, with its place, in the order of the chain."""
        found: dict[str, list[tuple[Place, Standing]]] = {}
        for (place, account), standing in self.standing_rows.items():
            found.setdefault(account, []).append((place, standing))
        return found

    @cached_property
    def last_standing(self) -> dict[str, Place]:
        """Where the standing of each account changed last."""
        return {account: place for place, account in self.standing_rows}

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What was done to units, in the order of the chain."""
        return tuple(effects(self.token.events))

    @cached_property
    def new_effects(self) -> tuple[Effect, ...]:
        """Those of them that are judged: from the first block that is looked at on."""
        first = self.first_block
        return tuple(each for each in self.effects if each.event.log.block_number >= first) if first else self.effects

    @cached_property
    def executions(self) -> dict[str, Execution]:
        """The instructions that were carried out, by their references."""
        return {execution.ref: execution for execution in self.book.executions}

    @property
    def last_moves(self) -> dict[str, Place]:
        """Where units of each account moved last."""
        return self.trail.last_moves


@dataclass(frozen=True)
class Records:
    """Everything that a check may look at.

    Instruments are in order of their names; `books` are the other contracts. `accounts` are those that belong to a
    holder on the register; `faults` are what loading them showed. `policy` has the figures by which the office is
    judged. `waivers` are what people have signed of breaks. What stands before `first_block` was judged before.
    `spread` is where long work of a check goes; nothing that it finds depends on that.
    """

    pin: Pin
    instruments: tuple[InstrumentRecords, ...]
    books: tuple[ContractRecords, ...]
    accounts: Mapping[str, Account]
    register_digest: str
    office: Office
    past: Past
    blocks: Blocks
    periods: Periods
    policy: Policy
    holders: Mapping[str, Holder] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    waivers: Waivers = field(default_factory=Waivers)
    first_block: int = 0
    spread: Spread | None = field(default=None, compare=False, repr=False)

    @property
    def contracts(self) -> tuple[ContractRecords, ...]:
        """All mirrored contracts, in order of their addresses."""
        found = [*(each.token for each in self.instruments), *self.books]
        return tuple(sorted(found, key=lambda each: each.contract.address))

    @cached_property
    def judgements(self) -> Mapping[str, Judgement]:
        """Acts against instructions, by address of the instrument or settlement contract."""
        books = {each.instrument.address: each.book for each in self.instruments}
        books |= self.past.licences
        return {
            address: judge_acts(each.events, books[address].executions, self.past.answered, self.first_block)
            for each in self.contracts
            if (address := each.contract.address) in books
        }

    @cached_property
    def closings(self) -> Mapping[str, Sequence[Closed]]:
        """The register at the end of each signed period, by instrument."""
        signed = self.periods.register.signed
        return {
            name: closings(each.register.postings, signed[name])
            for each in self.instruments
            if signed.get(name := each.instrument.instrument_id)
        }

    def holder_id(self, account: str) -> str:
        """The holder of an account, empty where the register maps it to none."""
        known = self.accounts.get(account)
        return known.holder_id if known else ""

    def instrument_of(self, contract: Contract) -> InstrumentRecords | None:
        """The instrument at a contract's address; None for a control book."""
        return next((each for each in self.instruments if each.instrument.address == contract.address), None)
