"""The rules of an instrument in Python, written from their description and not from the contract.

They answer what the contract would answer (same codes, same order), so that a whole file can be judged before
anything is sent, and so that each of the two can be tested against the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Restriction
from rwaledger.domain.units import MAX_UNITS


@dataclass(frozen=True, slots=True)
class Move:
    """Units to be moved; the issuance account as sender is an issue, as recipient a redemption."""

    sender: str
    recipient: str
    amount_units: int


@dataclass(slots=True)
class RegisterModel:
    """An instrument's register in memory, on which moves can be judged and carried out one after another."""

    rules: Rules
    today: int
    paused: bool = False
    supply_units: int = 0
    balances: dict[str, int] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)

    def judge(self, move: Move) -> Restriction:
        """The first rule that the move would break, or NONE."""
        return next(self._broken(move), Restriction.NONE)

    def apply(self, move: Move) -> Restriction:
        """Judges the move, and carries it out where no rule is broken."""
        restriction = self.judge(move)
        if restriction is Restriction.NONE:
            self._carry_out(move)
        return restriction

    def judge_recipient(self, account: str) -> Restriction:
        """Whether the account may receive at all; what an enforcement order is held to."""
        return next(self._recipient_breaks(account), Restriction.NONE)

    def exceeds_supply(self, move: Move) -> bool:
        """Whether an issue would pass the largest supply. No rule, but a limit of the account word."""
        return move.sender == ISSUANCE_ACCOUNT and self.supply_units + move.amount_units > MAX_UNITS

    def _standing(self, account: str) -> Standing:
        return self.standings.get(account, Standing())

    def _broken(self, move: Move) -> Iterator[Restriction]:
        if self.paused:
            yield Restriction.PAUSED
        issue = move.sender == ISSUANCE_ACCOUNT
        redemption = move.recipient == ISSUANCE_ACCOUNT
        if not issue:
            yield from self._sender_breaks(move.sender)
        if not redemption:
            yield from self._recipient_breaks(move.recipient)
        if not issue:
            held = self.balances.get(move.sender, 0)
            free = max(0, held - self._standing(move.sender).frozen_units)
            if move.amount_units > held:
                yield Restriction.INSUFFICIENT_BALANCE
            if move.amount_units > free:
                yield Restriction.INSUFFICIENT_UNFROZEN_BALANCE
        if not redemption and self._passes_cap(move):
            yield Restriction.BALANCE_CAP_EXCEEDED

    def _sender_breaks(self, account: str) -> Iterator[Restriction]:
        standing = self._standing(account)
        if not standing.admitted:
            yield Restriction.SENDER_NOT_ADMITTED
        if standing.suspended:
            yield Restriction.SENDER_SUSPENDED
        if self.today > standing.valid_until_day:
            yield Restriction.SENDER_LAPSED
        if standing.address_frozen:
            yield Restriction.SENDER_FROZEN

    def _recipient_breaks(self, account: str) -> Iterator[Restriction]:
        standing = self._standing(account)
        if not standing.admitted:
            yield Restriction.RECIPIENT_NOT_ADMITTED
        if standing.suspended:
            yield Restriction.RECIPIENT_SUSPENDED
        if self.today > standing.valid_until_day:
            yield Restriction.RECIPIENT_LAPSED
        if standing.address_frozen:
            yield Restriction.RECIPIENT_FROZEN
        if self.rules.countries_restricted and standing.country not in self.rules.countries:
            yield Restriction.COUNTRY_NOT_ALLOWED
        if self.rules.classes and standing.investor_class not in self.rules.classes:
            yield Restriction.CLASS_NOT_ALLOWED

    def _passes_cap(self, move: Move) -> bool:
        """A move of nothing, or to oneself, raises no balance and passes no cap."""
        cap = self.rules.max_balance_units
        if not cap or not move.amount_units or move.sender == move.recipient:
            return False
        return self.balances.get(move.recipient, 0) + move.amount_units > cap

    def _carry_out(self, move: Move) -> None:
        if move.sender == ISSUANCE_ACCOUNT:
            self.supply_units += move.amount_units
        else:
            self.balances[move.sender] = self.balances.get(move.sender, 0) - move.amount_units
        if move.recipient == ISSUANCE_ACCOUNT:
            self.supply_units -= move.amount_units
        else:
            self.balances[move.recipient] = self.balances.get(move.recipient, 0) + move.amount_units
