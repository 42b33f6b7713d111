"""What registrar, issuer and enforcer do to a register: judged and carried out on a model, from their description.

Each act gives `Restriction.NONE` where it was carried out, or why it was refused; then it changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rwaledger.domain.holder import LockUp, Standing
from rwaledger.domain.instrument import Document, Particulars, Rules
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.restriction import Refusal, Restriction, Verdict
from rwaledger.domain.rules import Move, RegisterModel
from rwaledger.domain.units import MAX_UNITS

COUNTRY_MAX = 1023
CLASS_MAX = 15
RECORD_DATES_AHEAD_MAX = 64
NO_HASH = "0x" + "0" * 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everybody's balance and the supply at the end of a record date."""

    balances: dict[str, int]
    supply_units: int


@dataclass(slots=True)
class InstrumentModel(RegisterModel):
    """A whole instrument in memory: its register, its particulars and documents, its record dates.

    `retired` are accounts that were lost and recovered. `ordered` are senders of forced transfers after a record date
    has passed: even one of nothing leaves a trace, so that they count as used. `record_dates` are the times scheduled,
    number 1 first; `snapshots` those of them that have passed: every balance is copied, which is what a contract
    cannot afford.
    """

    retired: set[str] = field(default_factory=set)
    ordered: set[str] = field(default_factory=set)
    particulars: Particulars | None = None
    documents: dict[str, Document] = field(default_factory=dict)
    record_dates: list[int] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)

    # ---------------------------------------------------------------- time and record dates

    def advance_to(self, now: int) -> None:
        """Lets time pass; a record date has passed once it is later, and what was held until then counts."""
        self.now = now
        for recorded in self.record_dates[len(self.snapshots) :]:
            if recorded < now:
                self.snapshots.append(Snapshot(dict(self.balances), self.supply_units))

    def schedule_record_date(self, recorded: int) -> Verdict:
        """Announces a record date."""
        if len(self.record_dates) - len(self.snapshots) >= RECORD_DATES_AHEAD_MAX:
            return Refusal.TOO_MANY_RECORD_DATES
        if recorded <= max([self.now, *self.record_dates[-1:]]):
            return Refusal.INVALID_RECORD_DATE
        self.record_dates.append(recorded)
        return Restriction.NONE

    def cancel_record_date(self, number: int) -> Verdict:
        """Takes the last record date back."""
        if number == 0 or number != len(self.record_dates) or number <= len(self.snapshots):
            return Refusal.RECORD_DATE_NOT_CANCELLABLE
        self.record_dates.pop()
        return Restriction.NONE

    # ---------------------------------------------------------------- the register

    def admit(self, account: str, standing: Standing) -> Verdict:
        """Admits an account, or renews class, country and validity; the rest of its standing stays."""
        named = account != ISSUANCE_ACCOUNT and 0 < standing.investor_class <= CLASS_MAX
        if not named or standing.country > COUNTRY_MAX:
            return Refusal.INVALID_ADMISSION
        if account in self.retired:
            return Refusal.ACCOUNT_RETIRED
        self.standings[account] = replace(
            self.standing(account),
            investor_class=standing.investor_class,
            country=standing.country,
            valid_until_day=standing.valid_until_day,
        )
        return Restriction.NONE

    def set_suspended(self, account: str, suspended: bool) -> Verdict:
        """Suspends or reinstates an account."""
        return self._change_admitted(account, suspended=suspended)

    def set_lock_up(self, account: str, lock_up: LockUp) -> Verdict:
        """Locks units up in place of any former lock-up; zeros end it."""
        if not self.standing(account).admitted:
            return Refusal.ACCOUNT_NOT_ADMITTED
        if lock_up != LockUp() and (not lock_up.amount_units or lock_up.until <= self.now):
            return Refusal.INVALID_LOCK_UP
        self.lock_ups[account] = lock_up
        return Restriction.NONE

    # ---------------------------------------------------------------- enforcement

    def freeze(self, account: str, amount_units: int) -> Verdict:
        """Freezes more of an account, or with a negative amount releases some of what is frozen."""
        return self.set_frozen(account, self.standing(account).frozen_units + amount_units)

    def set_frozen(self, account: str, amount_units: int) -> Verdict:
        """Overwrites what is frozen of an account, which may be more than it holds."""
        if not 0 <= amount_units <= MAX_UNITS:
            return Refusal.FROZEN_AMOUNT_OUT_OF_RANGE
        self.standings[account] = replace(self.standing(account), frozen_units=amount_units)
        return Restriction.NONE

    def set_account_frozen(self, account: str, frozen: bool) -> Verdict:
        """Freezes or releases the whole of an account."""
        self.standings[account] = replace(self.standing(account), address_frozen=frozen)
        return Restriction.NONE

    def force_transfer(self, move: Move) -> Verdict:
        """Moves units by order: free ones first, then frozen ones, which are frozen no more."""
        if move.sender == ISSUANCE_ACCOUNT:
            return Refusal.INVALID_SENDER
        if move.sender == move.recipient:
            return Refusal.SAME_ACCOUNT
        restriction = self.judge_recipient(move.recipient)
        if restriction is not Restriction.NONE:
            return restriction
        held, standing = self.balance(move.sender), self.standing(move.sender)
        if move.amount_units > held:
            return Restriction.INSUFFICIENT_BALANCE
        taken = max(0, move.amount_units - max(0, held - standing.frozen_units))
        self.standings[move.sender] = replace(standing, frozen_units=standing.frozen_units - taken)
        if self.snapshots:
            self.ordered.add(move.sender)
        self.carry_out(move)
        return Restriction.NONE

    def recover(self, lost: str, new: str) -> Verdict:
        """Gives the holder of a lost wallet all of it in a new one."""
        if not self.standing(lost).admitted:
            return Refusal.ACCOUNT_NOT_ADMITTED
        if new == ISSUANCE_ACCOUNT or self._was_used(new):
            return Refusal.WALLET_IN_USE
        self.balances[new] = self.balances.pop(lost, 0)
        self.standings[new] = self.standings.pop(lost)
        self.lock_ups[new] = self.lock_ups.pop(lost, LockUp())
        self.retired.add(lost)
        return Restriction.NONE

    # ---------------------------------------------------------------- the instrument

    def activate(self, particulars: Particulars) -> Verdict:
        """Settles what the instrument stands for, once."""
        if self.active:
            return Refusal.ALREADY_ACTIVE
        if not 0 < particulars.domicile <= COUNTRY_MAX:
            return Refusal.INVALID_COUNTRY
        if particulars.domicile == self.rules.guarded_country and particulars.filing == NO_HASH:
            return Refusal.FILING_REQUIRED
        self.particulars, self.active = particulars, True
        return Restriction.NONE

    def set_paused(self, paused: bool) -> Verdict:
        """Stops moves, or lets them go on."""
        self.paused = paused
        return Restriction.NONE

    def set_rules(self, rules: Rules) -> Verdict:
        """Replaces the rule set; the list of countries and what deployment settled stay."""
        closes_early = rules.closes_at and rules.closes_at < rules.opens_at
        if closes_early or (rules.holder_cap and not self.rules.counts_holders):
            return Refusal.INVALID_RULES
        kept = self.rules
        self.rules = replace(
            rules,
            countries=kept.countries,
            guarded_country=kept.guarded_country,
            counts_holders=kept.counts_holders,
        )
        return Restriction.NONE

    def set_country(self, country: int, allowed: bool) -> Verdict:
        """Puts a country on the list of allowed ones, or takes it off."""
        if country > COUNTRY_MAX:
            return Refusal.INVALID_COUNTRY
        listed = self.rules.countries | {country} if allowed else self.rules.countries - {country}
        self.rules = replace(self.rules, countries=frozenset(listed))
        return Restriction.NONE

    def set_document(self, name: str, document: Document) -> Verdict:
        """Sets a document, or replaces it; `name` is 32 bytes in hex."""
        if name == NO_HASH or not document.uri:
            return Refusal.INVALID_DOCUMENT
        self.documents[name] = replace(document, last_modified=self.now)
        return Restriction.NONE

    def remove_document(self, name: str) -> Verdict:
        """Removes a document."""
        if name not in self.documents:
            return Refusal.UNKNOWN_DOCUMENT
        del self.documents[name]
        return Restriction.NONE

    def _change_admitted(self, account: str, *, suspended: bool) -> Verdict:
        standing = self.standing(account)
        if not standing.admitted:
            return Refusal.ACCOUNT_NOT_ADMITTED
        self.standings[account] = replace(standing, suspended=suspended)
        return Restriction.NONE

    def _was_used(self, account: str) -> bool:
        known = self.balance(account) or self.standing(account) != Standing() or self.lock_up(account) != LockUp()
        held = any(snapshot.balances.get(account) for snapshot in self.snapshots)
        return bool(known or held or account in self.retired | self.ordered)
