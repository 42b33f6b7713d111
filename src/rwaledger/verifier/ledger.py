"""One instrument of a pack with its four records side by side: state, events, register, control book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from rwaledger.verifier.book import Effect, Execution, Instruction, effects
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.exact import power_of_ten
from rwaledger.verifier.release import is_another
from rwaledger.verifier.replay import STRANGER, Leg, Place, Replay, Standing, accounts_in, replay
from rwaledger.verifier.tokens import KIND
from rwaledger.verifier.values import ZERO_ADDRESS, AccountWord, Event, Token

if TYPE_CHECKING:
    from rwaledger.verifier.case import Case


class Position(NamedTuple):
    """What the register says an account holds, and where it moved last; None where it does not say."""

    units: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class State:
    """What the proved words of an instrument say at the pinned block."""

    supply: int
    balances: Mapping[str, int]
    standings: Mapping[str, Standing]

    @classmethod
    def of(cls, token: Token) -> State:
        """Supply, balances and standings out of the words."""
        words = token.accounts
        return cls(
            token.instrument.supply_units,
            {account: word.balance_units for account, word in words.items()},
            {account: _standing(word) for account, word in words.items()},
        )

    def balance(self, account: str) -> int:
        """Units of an account; the issuance account owes the supply."""
        return -self.supply if account == ZERO_ADDRESS else self.balances.get(account, 0)

    def standing(self, account: str) -> Standing:
        """What is attested of an account."""
        return self.standings.get(account, STRANGER)


def _standing(word: AccountWord) -> Standing:
    flags = word.address_frozen, word.suspended
    return Standing(word.investor_class, word.country, word.valid_until_day, word.frozen_units, *flags)


def place_of(event: Event) -> Place:
    """Where an event stands on the chain."""
    return event.log.place


class Governed:
    """A contract that control books act on: its events, and what was authorised and carried out on it."""

    def __init__(self, case: Case, address: str, instrument_id: str, books: Sequence[str]) -> None:
        self.case = case
        self.address = address
        self.instrument_id = instrument_id
        self.books = tuple(books)
        self.events: Sequence[Event] = case.pack.events_of(address)

    @cached_property
    def executions(self) -> tuple[Execution, ...]:
        """What its control books carried out on it, in the order of the chain, with its own events behind each."""
        return tuple(self.case.executions_on(self))

    @cached_property
    def stored(self) -> dict[str, Instruction]:
        """The register's instructions on it, by reference: one that was carried out here belongs here."""
        here = {execution.ref for execution in self.executions}
        elsewhere = {e.args["ref"] for e in self.case.executed_by(self.books) if e.args["instrument"] != self.address}
        return {
            ref: each
            for ref, each in self.case.instructions.items()
            if ref in here or (self._is_named_by(each) and ref not in elsewhere)
        }

    def _is_named_by(self, each: Instruction) -> bool:
        return (each.row.chain_id, each.row.instrument) == (self.case.pin.chain_id, self.address)


class Ledger(Governed):
    """One instrument: state, events, register and control book. `state` is None where its code is foreign."""

    def __init__(self, case: Case, row: Any) -> None:
        super().__init__(case, row.address, row.instrument_id, (row.control_book,))
        self.row = row
        # Accounts whose orders another check has found at fault already, and events entered to see what follows.
        self.unclear: frozenset[str] = frozenset()
        self.entered: frozenset[Place] = frozenset()
        # What people have signed as corrections: legs taken back with their break, right legs, and units reissued.
        self.reversals: Sequence[tuple[str, Place, Leg]] = ()
        self.corrected: frozenset[tuple[Place, int]] = frozenset()
        self.reversed_units = 0
        self.reversing: frozenset[str] = frozenset()
        # What one check has worked out of the postings for another; a copy with other postings begins anew.
        self.worked_out: dict[str, Any] = {}

    @cached_property
    def state(self) -> State | None:
        """The proved words. Foreign code writes what it likes, so that its words mean nothing: None then."""
        pack = self.case.pack
        if not self.case.is_trusted(self.address) or is_another(KIND, pack.proofs[self.address].code):
            return None
        return State.of(pack.tokens[self.instrument_id])

    @cached_property
    def played(self) -> Replay:
        """The events, played from the deployment on."""
        return replay(self.events)

    @cached_property
    def event_at(self) -> dict[Place, Event]:
        """The events that touch a balance or a standing, by their place."""
        return {place_of(event): event for event in self.events if accounts_in(event)}

    @cached_property
    def groups(self) -> Mapping[Place, list[Leg]]:
        """The postings of each place, in order of place and leg."""
        return self.case.postings.get(self.instrument_id, {})

    @cached_property
    def closing(self) -> dict[str, int]:
        """The balance behind the last posting of each account."""
        return {leg.account: leg.balance_after for legs in self.groups.values() for leg in legs}

    @cached_property
    def positions(self) -> dict[str, Position] | None:
        """Positions at the pinned block; None where the register has gone on, and keeps them no more.

        Raises Refuted where there are some then: they are of no block that anything here proves.
        """
        checkpoint, stored = self.case.checkpoints.get(self.address), self.case.positions.get(self.instrument_id, {})
        if checkpoint == self.case.pin.block_number:
            return stored
        if stored:
            message = f"has positions of {self.instrument_id}, which the register keeps for block {checkpoint} alone"
            raise Refuted("register/positions.jsonl", f"{message}, and that is not the pinned one")
        return None

    @cached_property
    def standings(self) -> dict[tuple[Place, str], Standing]:
        """Every standing that the register keeps, by place and account, in the order of the chain."""
        return dict(sorted(self.case.standings.get(self.instrument_id, {}).items()))

    @cached_property
    def standing_now(self) -> dict[str, Standing]:
        """The last standing of each account in the register, up to the pinned block."""
        last = self.case.pin.block_number
        return {account: standing for (place, account), standing in self.standings.items() if place[0] <= last}

    @cached_property
    def effects(self) -> list[Effect]:
        """Every deed on the chain."""
        return effects(self.events)

    @cached_property
    def admissions_to_come(self) -> frozenset[tuple[str, int]]:
        """Account and detail of admissions that are on their way: holders are entered before they are admitted."""
        done = {execution.ref for execution in self.executions}
        waiting = (each for ref, each in self.stored.items() if each.row.operation == "admit" and ref not in done)
        return frozenset((line.recipient, line.detail) for each in waiting for line in each.lines)

    @cached_property
    def authorised_units(self) -> int:
        """Net issuance that was authorised and carried out."""
        return sum(each.authority.net_issuance for each in self.executions if each.authority)

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """Every account that any record knows, the issuance account included."""
        found = {ZERO_ADDRESS, *self.case.accounts, *self.standing_now, *self.closing, *(self.positions or ())}
        found.update(self.played.balances, self.played.standings)
        return tuple(sorted(found))

    def amount(self, units: int) -> str:
        """Units as decimal text."""
        decimals: int = self.row.decimals
        whole, fraction = divmod(abs(units), power_of_ten(decimals))
        sign = "-" if units < 0 else ""
        return f"{sign}{whole}.{fraction:0{decimals}d}" if decimals else f"{sign}{whole}"
