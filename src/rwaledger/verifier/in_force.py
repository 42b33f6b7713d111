"""What was in force on an instrument: what deployment and authorised acts have set; nothing else counts.

An act without authority is remembered until the chain is as authorised again, so that a move which only it let pass can
name it.
"""

from __future__ import annotations

from collections.abc import Mapping

from rwaledger.verifier import rules
from rwaledger.verifier.acts import Act
from rwaledger.verifier.replay import Move, Place
from rwaledger.verifier.rules import Account, Instrument

Subject = tuple[str, str]
"""A field, and whose it is: an account's, a country's, or (empty) the instrument's."""

_FIELDS: Mapping[str, str] = {
    "admit": "admission",
    "suspend": "suspension",
    "reinstate": "suspension",
    "freeze": "frozen units",
    "release": "frozen units",
    "freeze-account": "frozen whole",
    "release-account": "frozen whole",
    "set-lock-up": "lock-up",
    "set-rules": "rules",
    "set-country": "countries",
    "pause": "pause",
    "unpause": "pause",
    "activate": "activation",
}
"""What can let a move pass; record dates, documents and licences bind none."""

_LIFTED_BY: Mapping[int, tuple[str, ...]] = {
    rules.PAUSED: ("pause",),
    rules.NOT_ACTIVE: ("activation",),
    rules.NOT_YET_OPEN: ("rules",),
    rules.CLOSED: ("rules",),
    rules.SENDER_NOT_ADMITTED: ("admission <",),
    rules.SENDER_SUSPENDED: ("suspension <",),
    rules.SENDER_LAPSED: ("admission <",),
    rules.SENDER_FROZEN: ("frozen whole <",),
    rules.RECIPIENT_NOT_ADMITTED: ("admission >",),
    rules.RECIPIENT_SUSPENDED: ("suspension >",),
    rules.RECIPIENT_LAPSED: ("admission >",),
    rules.RECIPIENT_FROZEN: ("frozen whole >",),
    rules.COUNTRY_NOT_ALLOWED: ("countries", "rules", "admission >"),
    rules.CLASS_NOT_ALLOWED: ("rules", "admission >"),
    rules.UNFROZEN_TOO_SMALL: ("frozen units <",),
    rules.LOCKED_UP: ("lock-up <",),
    rules.OVER_BALANCE_CAP: ("rules",),
    rules.OVER_HOLDER_CAP: ("rules",),
}
"""What, changed by nobody's instruction, could let a move pass: of the sender (<), of the recipient (>), or of all."""


class InForce:
    """An instrument as it would be, had only authorised acts had an effect. Balances are those of the chain."""

    def __init__(self, guarded_country: int, *, needs_reserve: bool) -> None:
        self.model = Instrument(rules.Rules(guarded_country=guarded_country))
        self.model.reserve = (0, 0) if needs_reserve else None
        self._apart: dict[Subject, list[Place]] = {}

    def take(self, act: Act, *, authorised: bool) -> None:
        """Takes in the next act."""
        field = _FIELDS.get(act.deed.operation)
        if field is None:
            return
        subject = field, str(act.event.args["country"]) if field == "countries" else act.deed.account
        if authorised:
            self._apply(act)
        else:
            self._apart.setdefault(subject, []).append(act.place)
        if self._agrees(act):
            self._apart.pop(subject, None)

    def lifted_by(self, code: int, move: Move) -> list[list[Place]]:
        """The acts without authority that may have let a move pass: rows that grow until the last of them undoes it."""
        rows = []
        for what in _LIFTED_BY.get(code, ()):
            field, whose = what.rstrip(" <>"), ""
            if what.endswith("<"):
                whose = move.sender
            elif what.endswith(">"):
                whose = move.recipient
            elif field == "countries":
                whose = str(self.model.account(move.recipient).country)
            rows += [self._apart[field, whose]] if (field, whose) in self._apart else []
        return rows

    def recover(self, lost: str, new: str) -> None:
        """The new wallet has the standing and lock-up of the lost one, which is a stranger's from now on."""
        accounts = self.model.accounts
        old, fresh = self.model.account(lost), self.model.account(new)
        accounts[new] = Account(fresh.balance, *_standing(old))
        accounts[lost] = Account(old.balance)

    def take_frozen(self, move: Move) -> None:
        """What an order takes beyond the free units is frozen no more (Enforcement.sol)."""
        giver = self.model.account(move.sender)
        taken = max(0, move.units - max(0, giver.balance - giver.frozen))
        giver.frozen = max(0, giver.frozen - taken)

    def _apply(self, act: Act) -> None:
        operation, account, values = act.deed
        model = self.model
        match operation:
            case "admit":
                who, (detail,) = model.account(account), values
                who.country, who.investor_class, who.valid_day = detail & 0xFFFF, detail >> 16 & 0xFF, detail >> 24
            case "suspend" | "reinstate":
                model.account(account).suspended = operation == "suspend"
            case "freeze" | "release":
                who = model.account(account)
                who.frozen = max(0, who.frozen + (values[0] if operation == "freeze" else -values[0]))
            case "freeze-account" | "release-account":
                model.account(account).frozen_whole = operation == "freeze-account"
            case "set-lock-up":
                model.account(account).locked, model.account(account).locked_until = values
            case _:
                self._apply_to_all(act)

    def _apply_to_all(self, act: Act) -> None:
        now = self.model.rules
        match act.deed.operation:
            case "set-rules":
                now.max_balance, now.holder_cap, now.opens_at, now.closes_at, now.class_mask = _rule_set(act)[:5]
                now.countries_restricted = bool(_rule_set(act)[5])
            case "set-country":
                allowed, country = act.deed.values
                now.countries = now.countries | {country} if allowed else now.countries - {country}
            case "pause" | "unpause":
                now.paused = act.deed.operation == "pause"
            case "activate":
                now.active = True

    def _agrees(self, act: Act) -> bool:
        """Whether the chain, behind an act, is as it was authorised to be."""
        operation, account, values = act.deed
        if operation in ("pause", "unpause", "activate", "set-rules", "set-country"):
            return self._agrees_for_all(act)
        who = self.model.account(account)
        match operation:
            case "admit":
                return bool(values == (who.valid_day << 24 | who.investor_class << 16 | who.country,))
            case "suspend" | "reinstate":
                return who.suspended is (operation == "suspend")
            case "freeze" | "release":
                return bool(who.frozen == act.event.args["amount"])
            case "set-lock-up":
                return bool((who.locked, who.locked_until) == values)
        return who.frozen_whole is (operation == "freeze-account")

    def _agrees_for_all(self, act: Act) -> bool:
        now, operation = self.model.rules, act.deed.operation
        if operation == "set-rules":
            in_force = now.max_balance, now.holder_cap, now.opens_at, now.closes_at
            return _rule_set(act) == [*in_force, now.class_mask, now.countries_restricted]
        if operation == "set-country":
            allowed, country = act.deed.values
            return (country in now.countries) is bool(allowed)
        return now.active if operation == "activate" else now.paused is (operation == "pause")


def _rule_set(act: Act) -> list[int | bool]:
    now = act.event.args["current"]
    names = "maxBalance", "holderCap", "opensAt", "closesAt", "classMask", "countriesRestricted"
    return [now[name] for name in names]


def _standing(account: Account) -> tuple[int, int, int, int, bool, bool, int, int]:
    flags = account.frozen_whole, account.suspended
    of = account.frozen, account.valid_day, account.country, account.investor_class
    return (*of, *flags, account.locked, account.locked_until)
