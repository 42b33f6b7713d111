"""C17, bonds: every entitlement that is paid was paid on the chain, once, and none that is held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rwaledger.verifier.bond import Distribution
from rwaledger.verifier.checks.c17_payments import Party, Payment, brought, compare, require_party, took
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import Carried, carried_out

ENTITLED = f"{REGISTER}: entitlement"


@dataclass(frozen=True, slots=True)
class Paying:
    """An action whose payments are judged; `due` is by account, `follows` are the findings so far, by account."""

    found: Findings
    bond: Ledger
    currency: Ledger
    action: Any
    payer: Party
    owed: Mapping[str, Any]
    distribution: Distribution
    follows: Mapping[str, str]

    @property
    def is_paid(self) -> bool:
        """Whether the register calls it paid."""
        return bool(self.action.status == "paid")

    def carried(self, ledger: Ledger, suffix: str = "", parts: int = 1) -> Carried:
        """What was carried out for it under the key with this end."""
        return carried_out(ledger, f"{self.action.action_id}{suffix}", parts)

    def payment(self, ledger: Ledger, carried: Carried, what: str, *, is_open: bool) -> Payment:
        """A payment of it to compare."""
        return Payment(ledger, f"{self.action.action_id} {what}", carried, is_open, self.follows)

    def add(self, kind: str, account: str, what: str, values: tuple[Any, Any], cause: str, follows: str = "") -> None:
        """A finding on it."""
        name = self.action.action_id
        ids = self.action.instrument_id, account
        self.found.add(kind, *ids, f"{name}: {what}", *values, f"{name} {cause}", follows)


def compare_payments(paying: Paying) -> None:
    """The common payment and what was released by itself, account by account; in a redemption the units as well."""
    common = paying.carried(paying.currency, parts=len(paying.owed))
    paid = brought(common.deeds)
    amounts = {account: units for account, units in paying.distribution.amounts.items() if units}
    payment = paying.payment(paying.currency, common, "payment", is_open=not paying.is_paid)
    require_party(paying.found, payment, paying.payer.every, took(common.deeds))
    is_written = _compare_status(paying, common)
    total = 0
    for account in sorted(paying.owed.keys() | amounts.keys() | paid.keys()):
        released = paying.carried(paying.currency, f":{account}")
        made = brought(released.deeds)
        together = paid.get(account, [])
        total += sum(map(sum, made.values())) + sum(together)
        row = paying.owed.get(account)
        if row is not None and row.held_back:
            _compare_held_back(paying, row, released, together, amounts.get(account, 0))
        else:
            both = {**made, account: [*together, *made.get(account, [])]}
            due = {account: [amounts[account]]} if account in amounts else {}
            compare(paying.found, payment, due, {a: units for a, units in both.items() if units})
            if is_written and row is not None:
                _compare_paid_to(paying, row)
        require_party(paying.found, payment, paying.payer.every, took(released.deeds))
    _require_funded(paying, total)
    if paying.action.kind == "redemption":
        _compare_units(paying)


def _compare_status(paying: Paying, common: Carried) -> bool:
    """Whether what was paid on the chain is paid in the register."""
    if not common.deeds or paying.is_paid or common.is_excused:
        return True
    values = (EVENTS, f"{len(common.deeds)} payments"), (f"{REGISTER}: action", paying.action.status)
    paying.add("MISSING_IN_REGISTER", "", "it was paid on the chain, not in the register", values, "status")
    return False


def _compare_paid_to(paying: Paying, row: Any) -> None:
    """Whoever is in the common payment was paid itself, and the register says so."""
    due = row.account if paying.is_paid and row.amount_units else None
    if row.paid_to != due:
        values = ("required", due or "nobody"), (ENTITLED, row.paid_to or "nobody")
        what = "the register does not say rightly to whom the entitlement was paid"
        paying.add("TAMPER", row.account, what, values, "paid to", paying.follows.get(row.account, ""))


def _compare_held_back(paying: Paying, row: Any, released: Carried, in_common: list[int], due: int) -> None:
    """Paid by itself once it is released, to whom the register says."""
    by_itself = brought(released.deeds)
    if released.is_excused:
        return
    if in_common or (by_itself and not row.paid_to):
        shown = paying.currency.amount(sum(in_common) + sum(map(sum, by_itself.values())))
        kind = "DUPLICATE" if in_common and by_itself else "MISSING_IN_REGISTER"
        values = (EVENTS, f"{shown} paid"), (ENTITLED, "held back")
        paying.add(kind, row.account, "what is held back was paid on the chain", values, "held back")
        return
    payment = paying.payment(paying.currency, released, f"held back of {row.account}", is_open=False)
    compare(paying.found, payment, {row.paid_to: [due]} if row.paid_to and due else {}, by_itself)


def _require_funded(paying: Paying, paid: int) -> None:
    """The payer provides the exact amount rounded down, and never is more than that paid."""
    most = paying.distribution.funded
    if paid > most:
        name = paying.action.action_id
        earlier = (f.break_id for f in paying.found.found.values() if f.cause.startswith(f"{name} "))
        values = (EVENTS, paying.currency.amount(paid)), ("terms", paying.currency.amount(most))
        paying.add("AMOUNT", "", "more was paid than its exact amount", values, "paid", next(earlier, ""))


def _compare_units(paying: Paying) -> None:
    """What is redeemed at maturity is given up: by all in common, by whoever was held back when it is released."""
    common = paying.carried(paying.bond, ":units", parts=len(paying.owed))
    payment = paying.payment(paying.bond, common, "units", is_open=not paying.is_paid)
    due = {account: [row.holding_units] for account, row in paying.owed.items() if not row.held_back}
    compare(paying.found, payment, due, took(common.deeds))
    for account, row in sorted(paying.owed.items()):
        if row.held_back:
            released = paying.carried(paying.bond, f":{account}:units")
            payment = paying.payment(paying.bond, released, f"units held back of {account}", is_open=False)
            compare(
                paying.found, payment, {row.paid_to: [row.holding_units]} if row.paid_to else {}, took(released.deeds)
            )
