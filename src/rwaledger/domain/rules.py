"""The rules of an instrument in Python, written from their description and not from the contract.

They answer what the contract would answer (same codes, same order), so that a whole file can be judged before
anything is sent, and so that each of the two can be tested against the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rwaledger.domain.holder import LockUp, Standing, day_of_timestamp
from rwaledger.domain.instrument import Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.units import MAX_UNITS

_STRANGER = Standing()
_NO_LOCK_UP = LockUp()


@dataclass(frozen=True, slots=True)
class Move:
    """Units to be moved; the issuance account as sender is an issue, as recipient a redemption."""

    sender: str
    recipient: str
    amount_units: int

    @property
    def is_issue(self) -> bool:
        """Whether it creates units."""
        return self.sender == ISSUANCE_ACCOUNT

    @property
    def is_redemption(self) -> bool:
        """Whether it ends units."""
        return self.recipient == ISSUANCE_ACCOUNT

    @property
    def changes_nothing(self) -> bool:
        """A move of nothing, or to oneself, raises no balance: what caps balances, holders or supply lets it pass."""
        return not self.amount_units or self.sender == self.recipient


@dataclass(slots=True)
class RegisterModel:
    """An instrument's register in memory, on which moves can be judged and carried out one after another.

    It may hold the accounts in question alone: `supply_units` and `holder_count` stand for all. `now` is the time, in
    seconds since 1970, by which everything is judged. `reserve` is that in force, None where issuing needs none.
    """

    rules: Rules
    now: int
    paused: bool = False
    active: bool = True
    supply_units: int = 0
    holder_count: int = 0
    balances: dict[str, int] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    lock_ups: dict[str, LockUp] = field(default_factory=dict)
    reserve: Reserve | None = None

    def judge(self, move: Move) -> Restriction:
        """The first rule that the move would break, or NONE."""
        return next(self._broken(move), Restriction.NONE)

    def apply(self, move: Move) -> Restriction:
        """Judges the move, and carries it out where no rule is broken."""
        restriction = self.judge(move)
        if restriction is Restriction.NONE:
            self.carry_out(move)
        return restriction

    def judge_recipient(self, account: str) -> Restriction:
        """Whether the account may receive at all; what an enforcement order is held to."""
        return next(self._recipient_breaks(account), Restriction.NONE)

    def judge_sender(self, account: str) -> Restriction:
        """Whether the account may send at all."""
        return next(self._sender_breaks(account), Restriction.NONE)

    def balance(self, account: str) -> int:
        """Units on an account."""
        return self.balances.get(account, 0)

    def standing(self, account: str) -> Standing:
        """What is attested of an account, that of a stranger where nothing is."""
        return self.standings.get(account, _STRANGER)

    def lock_up(self, account: str) -> LockUp:
        """The lock-up of an account, over or not."""
        return self.lock_ups.get(account, _NO_LOCK_UP)

    def carry_out(self, move: Move) -> None:
        """Moves the units, whatever the rules say."""
        before = [self.balance(move.sender) > 0, self.balance(move.recipient) > 0]
        if move.is_issue:
            self.supply_units += move.amount_units
        else:
            self.balances[move.sender] = self.balance(move.sender) - move.amount_units
        if move.is_redemption:
            self.supply_units -= move.amount_units
        else:
            self.balances[move.recipient] = self.balance(move.recipient) + move.amount_units
        if self.rules.counts_holders and move.sender != move.recipient:
            after = [self.balance(move.sender) > 0, self.balance(move.recipient) > 0]
            self.holder_count += sum(after) - sum(before)

    def _broken(self, move: Move) -> Iterator[Restriction]:
        if self.paused:
            yield Restriction.PAUSED
        if move.is_issue and not self.active:
            yield Restriction.NOT_ACTIVE
        if not (move.is_issue or move.is_redemption):
            yield from self._window_breaks()
        if not move.is_issue:
            yield from self._sender_breaks(move.sender)
        if not move.is_redemption:
            yield from self._recipient_breaks(move.recipient)
        if not move.is_issue:
            yield from self._amount_breaks(move)
        if not (move.is_redemption or move.changes_nothing):
            yield from self._cap_breaks(move)
        if move.is_issue and not move.changes_nothing:
            yield from self._supply_breaks(move)

    def _window_breaks(self) -> Iterator[Restriction]:
        """The window binds transfers between holders; both of its ends are in it."""
        if self.now < self.rules.opens_at:
            yield Restriction.NOT_YET_OPEN
        if self.rules.closes_at and self.rules.closes_at < self.now:
            yield Restriction.CLOSED

    def _sender_breaks(self, account: str) -> Iterator[Restriction]:
        standing = self.standing(account)
        if not standing.admitted:
            yield Restriction.SENDER_NOT_ADMITTED
        if standing.suspended:
            yield Restriction.SENDER_SUSPENDED
        if day_of_timestamp(self.now) > standing.valid_until_day:
            yield Restriction.SENDER_LAPSED
        if standing.address_frozen:
            yield Restriction.SENDER_FROZEN

    def _recipient_breaks(self, account: str) -> Iterator[Restriction]:
        standing = self.standing(account)
        if not standing.admitted:
            yield Restriction.RECIPIENT_NOT_ADMITTED
        if standing.suspended:
            yield Restriction.RECIPIENT_SUSPENDED
        if day_of_timestamp(self.now) > standing.valid_until_day:
            yield Restriction.RECIPIENT_LAPSED
        if standing.address_frozen:
            yield Restriction.RECIPIENT_FROZEN
        if not self._is_allowed(standing.country):
            yield Restriction.COUNTRY_NOT_ALLOWED
        if self.rules.classes and standing.investor_class not in self.rules.classes:
            yield Restriction.CLASS_NOT_ALLOWED

    def _is_allowed(self, country: int) -> bool:
        """A list of countries, where it is on, decides alone; else only the guarded country is kept out."""
        if self.rules.countries_restricted:
            return country in self.rules.countries
        return not self.rules.guarded_country or country != self.rules.guarded_country

    def _amount_breaks(self, move: Move) -> Iterator[Restriction]:
        """What is frozen and what is locked up may be the same units: the account keeps the larger of the two."""
        held, lock_up = self.balance(move.sender), self.lock_up(move.sender)
        if move.amount_units > held:
            yield Restriction.INSUFFICIENT_BALANCE
        if move.amount_units > max(0, held - self.standing(move.sender).frozen_units):
            yield Restriction.INSUFFICIENT_UNFROZEN_BALANCE
        is_locked = self.now < lock_up.until and move.amount_units > max(0, held - lock_up.amount_units)
        if is_locked:
            yield Restriction.LOCKED_UP

    def _cap_breaks(self, move: Move) -> Iterator[Restriction]:
        held, rules = self.balance(move.recipient), self.rules
        if rules.max_balance_units and held + move.amount_units > rules.max_balance_units:
            yield Restriction.BALANCE_CAP_EXCEEDED
        # Whoever hands over everything makes room for a new holder.
        makes_room = not move.is_issue and move.amount_units == self.balance(move.sender)
        needs_room = held == 0 and not makes_room
        if rules.holder_cap and needs_room and self.holder_count >= rules.holder_cap:
            yield Restriction.HOLDER_CAP_EXCEEDED

    def _supply_breaks(self, move: Move) -> Iterator[Restriction]:
        supply = self.supply_units + move.amount_units
        if supply > MAX_UNITS:
            yield Restriction.SUPPLY_EXCEEDED
        if self.reserve is None:
            return
        if self.now > self.reserve.expires_at:
            yield Restriction.RESERVE_LAPSED
        if supply > self.reserve.amount_units:
            yield Restriction.RESERVE_EXCEEDED
