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


@dataclass(frozen=True, slots=True)
class _Context:
    """An action with its bond, its currency and its payer; `amounts` are what is due by account."""

    found: Findings
    bond: Ledger
    currency: Ledger
    action: Any
    payer: Party
    owed: Mapping[str, Any]
    amounts: Mapping[str, int]
    follows: Mapping[str, str]

    @property
    def is_paid(self) -> bool:
        return bool(self.action.status == "paid")

    def carried(self, ledger: Ledger, suffix: str = "", parts: int = 1) -> Carried:
        return carried_out(ledger, f"{self.action.action_id}{suffix}", parts)

    def payment(self, ledger: Ledger, carried: Carried, what: str, *, is_open: bool) -> Payment:
        return Payment(ledger, f"{self.action.action_id} {what}".strip(), carried, is_open, self.follows)

    def add(self, kind: str, account: str, what: str, values: tuple[Any, Any], cause: str, follows: str = "") -> None:
        name = self.action.action_id
        ids = self.action.instrument_id, account
        self.found.add(kind, *ids, f"{name}: {what}", *values, f"{name} {cause}", follows)


def compare_payments(
    found: Findings,
    instruments: tuple[Ledger, Ledger],
    action: Any,
    payer: Party,
    owed: Mapping[str, Any],
    due: Distribution,
    follows: Mapping[str, str],
) -> None:
    """The common payment, then what was held back and released; in a redemption the units as well."""
    amounts = {account: units for account, units in due.amounts.items() if units}
    context = _Context(found, *instruments, action, payer, owed, amounts, follows)
    common = context.carried(context.currency, parts=len(owed))
    payment = context.payment(context.currency, common, "", is_open=not context.is_paid)
    paid = brought(common.deeds)
    held_back = {account for account, row in owed.items() if row.held_back}
    wanted = {account: [units] for account, units in amounts.items() if account not in held_back}
    compare(found, payment, wanted, {a: units for a, units in paid.items() if a not in held_back})
    require_party(found, payment, payer.every, took(common.deeds))
    if common.deeds and not context.is_paid and not common.is_excused:
        values = (EVENTS, f"{len(common.deeds)} payments"), (f"{REGISTER}: action", action.status)
        context.add("MISSING_IN_REGISTER", "", "it was paid on the chain, not in the register", values, "status")
    total = sum(map(sum, paid.values()))
    for account, row in sorted(owed.items()):
        if row.held_back:
            total += _compare_held_back(context, row, paid.get(account, []))
        else:
            _compare_paid_to(context, row, paid.get(account, []))
    _require_funded(context, due, total)
    if action.kind == "redemption":
        _compare_units(context)


def _compare_paid_to(context: _Context, row: Any, paid: list[int]) -> None:
    """Whoever is in the common payment was paid itself, and the register says so."""
    due = row.account if context.is_paid and row.amount_units else None
    if row.paid_to != due:
        shown = context.currency.amount(sum(paid)) if paid else "nothing"
        kept = f"paid to {row.paid_to or 'nobody'}"
        values = (EVENTS, f"{shown} to {due or 'nobody'}"), (f"{REGISTER}: entitlement", kept)
        what = "the register does not say rightly to whom the entitlement was paid"
        context.add("TAMPER", row.account, what, values, "paid to", context.follows.get(row.account, ""))


def _compare_held_back(context: _Context, row: Any, in_common: list[int]) -> int:
    """Paid by itself once it is released, to whom the register says; the units that were released."""
    released = context.carried(context.currency, f":{row.account}")
    made = brought(released.deeds)
    units = sum(map(sum, made.values()))
    if in_common:
        made.setdefault(row.account, []).extend(in_common)
    due = context.amounts.get(row.account, 0)
    expected = {row.paid_to: [due]} if row.paid_to and due else {}
    if made and not expected and not released.is_excused:
        shown = context.currency.amount(sum(map(sum, made.values())))
        values = (EVENTS, f"{shown} paid"), (f"{REGISTER}: entitlement", "held back")
        context.add("MISSING_IN_REGISTER", row.account, "what is held back was paid on the chain", values, "held back")
        return units
    payment = context.payment(context.currency, released, f"held back of {row.account}", is_open=False)
    compare(context.found, payment, expected, made)
    require_party(context.found, payment, context.payer.every, took(released.deeds))
    return units


def _require_funded(context: _Context, due: Distribution, paid: int) -> None:
    """The payer provides the exact amount rounded down, and never is more than that paid."""
    if paid > due.funded:
        name = context.action.action_id
        earlier = (f.break_id for f in context.found.found.values() if name in f.cause)
        values = (EVENTS, context.currency.amount(paid)), ("terms", context.currency.amount(due.funded))
        context.add("AMOUNT", "", "more was paid than its exact amount", values, "paid", next(earlier, ""))


def _compare_units(context: _Context) -> None:
    """What is redeemed at maturity is given up: by all in common, by whoever was held back when it is released."""
    common = context.carried(context.bond, ":units", parts=len(context.owed))
    payment = context.payment(context.bond, common, "units", is_open=not context.is_paid)
    due = {account: [row.holding_units] for account, row in context.owed.items() if not row.held_back}
    compare(context.found, payment, due, took(common.deeds))
    for account, row in sorted(context.owed.items()):
        if row.held_back:
            released = context.carried(context.bond, f":{account}:units")
            payment = context.payment(context.bond, released, f"units held back of {account}", is_open=False)
            expected = {row.paid_to: [row.holding_units]} if row.paid_to else {}
            compare(context.found, payment, expected, took(released.deeds))
