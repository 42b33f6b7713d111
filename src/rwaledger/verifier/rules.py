"""The rules of an instrument once more, from docs/contracts.md and contracts/token, so that history can be judged.

Codes are those of ERC-1404 in the order of contracts/token/Restriction.sol: the first rule that is broken gives the
code, 0 is none. Amounts are base units, times seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ZERO = "0x" + "0" * 40
"""The zero address: who sends in an issue, and who receives in a redemption."""

DAY_S = 86_400
UNITS_MAX = 2**96 - 1

(
    NONE,
    PAUSED,
    NOT_ACTIVE,
    NOT_YET_OPEN,
    CLOSED,
    SENDER_NOT_ADMITTED,
    SENDER_SUSPENDED,
    SENDER_LAPSED,
    SENDER_FROZEN,
    RECIPIENT_NOT_ADMITTED,
    RECIPIENT_SUSPENDED,
    RECIPIENT_LAPSED,
    RECIPIENT_FROZEN,
    COUNTRY_NOT_ALLOWED,
    CLASS_NOT_ALLOWED,
    BALANCE_TOO_SMALL,
    UNFROZEN_TOO_SMALL,
    LOCKED_UP,
    OVER_BALANCE_CAP,
    OVER_HOLDER_CAP,
    OVER_SUPPLY,
    RESERVE_LAPSED,
    OVER_RESERVE,
) = range(23)

MESSAGES = (
    "no restriction",
    "instrument paused",
    "instrument not active yet",
    "transfers not open yet",
    "transfers closed",
    "sender not admitted",
    "sender suspended",
    "sender lapsed",
    "sender frozen",
    "recipient not admitted",
    "recipient suspended",
    "recipient lapsed",
    "recipient frozen",
    "country not allowed",
    "class not allowed",
    "balance too small",
    "unfrozen balance too small",
    "balance locked up",
    "over balance cap",
    "over holder cap",
    "supply over 2^96-1 units",
    "reserve attestation lapsed",
    "supply over reserve",
)


@dataclass(slots=True)
class Account:
    """All that a rule may ask of one account. Class 0 is "not admitted"; the last valid day counts from 1970, UTC."""

    balance: int = 0
    frozen: int = 0
    valid_day: int = 0
    country: int = 0
    investor_class: int = 0
    frozen_whole: bool = False
    suspended: bool = False
    locked: int = 0
    locked_until: int = 0


@dataclass(slots=True)
class Rules:
    """What holds for the instrument as a whole. A zero turns a rule off; class n may receive where bit n is set."""

    max_balance: int = 0
    holder_cap: int = 0
    opens_at: int = 0
    closes_at: int = 0
    class_mask: int = 0
    countries_restricted: bool = False
    countries: frozenset[int] = frozenset()
    guarded_country: int = 0
    paused: bool = False
    active: bool = False


@dataclass(slots=True)
class Instrument:
    """An instrument at a moment: rules, accounts, and the totals that caps look at.

    `reserve` is the amount attested and the last second at which it counts; None where issuing needs none.
    """

    rules: Rules = field(default_factory=Rules)
    accounts: dict[str, Account] = field(default_factory=dict)
    supply: int = 0
    holders: int = 0
    reserve: tuple[int, int] | None = None

    def account(self, address: str) -> Account:
        """The account of an address; one of nothing where none was heard of."""
        found = self.accounts.get(address)
        if found is None:
            found = self.accounts[address] = Account()
        return found

    def judge(self, sender: str, recipient: str, amount: int, now: int) -> int:
        """The first rule that an issue, a redemption or a holder's transfer would break."""
        if self.rules.paused:
            return PAUSED
        if sender == ZERO:
            return self._judge_issue(self.account(recipient), amount, now)
        giver = self.account(sender)
        if recipient == ZERO:
            return _judge_sender(giver, now) or _judge_amount(giver, amount, now)
        return self._judge_transfer(giver, self.account(recipient), amount, now)

    def judge_forced(self, sender: str, recipient: str, amount: int, now: int) -> int:
        """What binds a transfer by order: who receives must be able to, and the units must be there."""
        found = self.judge_recipient(self.account(recipient), now)
        return found or (BALANCE_TOO_SMALL if amount > self.account(sender).balance else NONE)

    def judge_recipient(self, taker: Account, now: int) -> int:
        """Why an account may not receive at all."""
        standing = _judge_standing(taker, now)
        if standing:
            return standing + RECIPIENT_NOT_ADMITTED - SENDER_NOT_ADMITTED
        if not self._may_be_resident(taker.country):
            return COUNTRY_NOT_ALLOWED
        mask = self.rules.class_mask
        return NONE if not mask or mask >> taker.investor_class & 1 else CLASS_NOT_ALLOWED

    def move(self, sender: str, recipient: str, amount: int) -> None:
        """Carries out a move, whatever the rules say."""
        if sender == recipient or not amount:
            return
        if sender == ZERO:
            self.supply += amount
        else:
            giver = self.account(sender)
            giver.balance -= amount
            self.holders -= giver.balance == 0
        if recipient == ZERO:
            self.supply -= amount
        else:
            taker = self.account(recipient)
            self.holders += taker.balance == 0
            taker.balance += amount

    def _judge_issue(self, taker: Account, amount: int, now: int) -> int:
        if not self.rules.active:
            return NOT_ACTIVE
        found = self.judge_recipient(taker, now)
        if found or not amount:
            return found
        return self._judge_caps(taker, amount, makes_room=False) or self._judge_supply(amount, now)

    def _judge_transfer(self, giver: Account, taker: Account, amount: int, now: int) -> int:
        rules = self.rules
        if now < rules.opens_at:
            return NOT_YET_OPEN
        if rules.closes_at and now > rules.closes_at:
            return CLOSED
        found = _judge_sender(giver, now) or self.judge_recipient(taker, now) or _judge_amount(giver, amount, now)
        # To oneself, or of nothing, raises no balance.
        if found or not amount or giver is taker:
            return found
        return self._judge_caps(taker, amount, makes_room=amount == giver.balance)

    def _may_be_resident(self, country: int) -> bool:
        """A list that is on decides alone; otherwise the guarded country alone is shut out."""
        if self.rules.countries_restricted:
            return country in self.rules.countries
        return country != self.rules.guarded_country or not self.rules.guarded_country

    def _judge_caps(self, taker: Account, amount: int, *, makes_room: bool) -> int:
        rules = self.rules
        if rules.max_balance and taker.balance + amount > rules.max_balance:
            return OVER_BALANCE_CAP
        full = rules.holder_cap and self.holders >= rules.holder_cap
        return OVER_HOLDER_CAP if full and not taker.balance and not makes_room else NONE

    def _judge_supply(self, amount: int, now: int) -> int:
        after = self.supply + amount
        if after > UNITS_MAX:
            return OVER_SUPPLY
        if self.reserve is None:
            return NONE
        backed, until = self.reserve
        if now > until:
            return RESERVE_LAPSED
        return OVER_RESERVE if after > backed else NONE


def _judge_standing(account: Account, now: int) -> int:
    """Why an account may take no part, in the words for a sender."""
    if not account.investor_class:
        return SENDER_NOT_ADMITTED
    if account.suspended:
        return SENDER_SUSPENDED
    if now >= (account.valid_day + 1) * DAY_S:
        return SENDER_LAPSED
    return SENDER_FROZEN if account.frozen_whole else NONE


def _judge_sender(giver: Account, now: int) -> int:
    return _judge_standing(giver, now)


def _judge_amount(giver: Account, amount: int, now: int) -> int:
    if amount > giver.balance:
        return BALANCE_TOO_SMALL
    if not amount:
        return NONE
    left = giver.balance - amount
    if left < giver.frozen:
        return UNFROZEN_TOO_SMALL
    return LOCKED_UP if now < giver.locked_until and left < giver.locked else NONE
