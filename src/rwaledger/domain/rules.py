"""The rules of an instrument in Python, written from their description and not from the contract.

They answer what the contract would answer (same codes, same order), so that a whole file can be judged before
anything is sent, and so that each of the two can be tested against the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from rwaledger.domain.holder import LockUp, Standing, day_of_timestamp
from rwaledger.domain.instrument import Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.units import MAX_UNITS

_STRANGER = Standing()
_NO_LOCK_UP = LockUp()


class Move(NamedTuple):
    """Units to be moved; the issuance account as sender is an issue, as recipient a redemption.

    A tuple, since a history has millions of them.
    """

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
        return self._broken(move) or Restriction.NONE

    def apply(self, move: Move) -> Restriction:
        """Judges the move, and carries it out where no rule is broken."""
        restriction = self.judge(move)
        if restriction is Restriction.NONE:
            self.carry_out(move)
        return restriction

    def judge_recipient(self, account: str) -> Restriction:
        """Whether the account may receive at all; what an enforcement order is held to."""
        return self._broken_by_recipient(account) or Restriction.NONE

    def judge_sender(self, account: str) -> Restriction:
        """Whether the account may send at all."""
        return self._broken_by_sender(account) or Restriction.NONE

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
        self.shift(*move)

    def shift(self, sender: str, recipient: str, amount_units: int) -> None:
        """The same, for whoever has no need of a move otherwise: a history has millions of them."""
        balances, counts = self.balances, self.rules.counts_holders
        if sender == ISSUANCE_ACCOUNT:
            self.supply_units += amount_units
        else:
            held = balances.get(sender, 0)
            balances[sender] = left = held - amount_units
            if counts and (left > 0) is not (held > 0):
                self.holder_count += 1 if left > 0 else -1
        if recipient == ISSUANCE_ACCOUNT:
            self.supply_units -= amount_units
        else:
            held = balances.get(recipient, 0)
            balances[recipient] = left = held + amount_units
            if counts and (left > 0) is not (held > 0):
                self.holder_count += 1 if left > 0 else -1

    def _broken(self, move: Move) -> Restriction | None:
        """The first rule broken, in the order in which the contract tries them."""
        sender, recipient, _ = move
        is_issue, is_redemption = sender == ISSUANCE_ACCOUNT, recipient == ISSUANCE_ACCOUNT
        if self.paused:
            return Restriction.PAUSED
        if is_issue and not self.active:
            return Restriction.NOT_ACTIVE
        return (
            (None if is_issue or is_redemption else self._broken_by_time())
            or (None if is_issue else self._broken_by_sender(sender))
            or (None if is_redemption else self._broken_by_recipient(recipient))
            or (None if is_issue else self._broken_by_amount(move))
            or (None if is_redemption or move.changes_nothing else self._broken_by_caps(move))
            or (self._broken_by_supply(move) if is_issue and not move.changes_nothing else None)
        )

    def _broken_by_time(self) -> Restriction | None:
        """The window binds transfers between holders; both of its ends are in it."""
        if self.now < self.rules.opens_at:
            return Restriction.NOT_YET_OPEN
        if self.rules.closes_at and self.rules.closes_at < self.now:
            return Restriction.CLOSED
        return None

    def _broken_by_sender(self, account: str) -> Restriction | None:
        standing = self.standings.get(account, _STRANGER)
        if not standing.admitted:
            return Restriction.SENDER_NOT_ADMITTED
        if standing.suspended:
            return Restriction.SENDER_SUSPENDED
        if day_of_timestamp(self.now) > standing.valid_until_day:
            return Restriction.SENDER_LAPSED
        return Restriction.SENDER_FROZEN if standing.address_frozen else None

    def _broken_by_recipient(self, account: str) -> Restriction | None:
        standing = self.standings.get(account, _STRANGER)
        if not standing.admitted:
            return Restriction.RECIPIENT_NOT_ADMITTED
        if standing.suspended:
            return Restriction.RECIPIENT_SUSPENDED
        if day_of_timestamp(self.now) > standing.valid_until_day:
            return Restriction.RECIPIENT_LAPSED
        return Restriction.RECIPIENT_FROZEN if standing.address_frozen else self._broken_by_offer(standing)

    def _broken_by_offer(self, standing: Standing) -> Restriction | None:
        """Residents of where, and investors of which class, may receive.

        A list of countries, where it is on, decides alone; else only the guarded country is kept out.
        """
        rules, country = self.rules, standing.country
        guarded = rules.guarded_country != 0 and country == rules.guarded_country
        if country not in rules.countries if rules.countries_restricted else guarded:
            return Restriction.COUNTRY_NOT_ALLOWED
        if rules.classes and standing.investor_class not in rules.classes:
            return Restriction.CLASS_NOT_ALLOWED
        return None

    def _broken_by_amount(self, move: Move) -> Restriction | None:
        """What is frozen and what is locked up may be the same units: the account keeps the larger of the two."""
        sender, held = move.sender, self.balances.get(move.sender, 0)
        standing, lock_up = self.standings.get(sender, _STRANGER), self.lock_ups.get(sender, _NO_LOCK_UP)
        if move.amount_units > held:
            return Restriction.INSUFFICIENT_BALANCE
        if move.amount_units > max(0, held - standing.frozen_units):
            return Restriction.INSUFFICIENT_UNFROZEN_BALANCE
        is_locked = self.now < lock_up.until and move.amount_units > max(0, held - lock_up.amount_units)
        return Restriction.LOCKED_UP if is_locked else None

    def _broken_by_caps(self, move: Move) -> Restriction | None:
        held, rules = self.balance(move.recipient), self.rules
        if rules.max_balance_units and held + move.amount_units > rules.max_balance_units:
            return Restriction.BALANCE_CAP_EXCEEDED
        if not rules.holder_cap or held != 0 or self.holder_count < rules.holder_cap:
            return None
        # Whoever hands over everything makes room for a new holder.
        makes_room = not move.is_issue and move.amount_units == self.balance(move.sender)
        return None if makes_room else Restriction.HOLDER_CAP_EXCEEDED

    def _broken_by_supply(self, move: Move) -> Restriction | None:
        supply = self.supply_units + move.amount_units
        if supply > MAX_UNITS:
            return Restriction.SUPPLY_EXCEEDED
        if self.reserve is None:
            return None
        if self.now > self.reserve.expires_at:
            return Restriction.RESERVE_LAPSED
        return Restriction.RESERVE_EXCEEDED if supply > self.reserve.amount_units else None
