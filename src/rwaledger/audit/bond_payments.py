"""C17, bonds: every entitlement that is paid was paid on the chain, once, and none that is held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount
from rwaledger.audit.moves import Carried, carried_out
from rwaledger.audit.payments_due import Legs, Payment, compare_legs, legs_from, legs_to, party_of, require_party
from rwaledger.audit.records import InstrumentRecords
from rwaledger.domain.corporate_action import ActionKind, ActionStatus, BondTerms, CorporateAction
from rwaledger.domain.entitlement import Distribution, Entitlement
from rwaledger.domain.reconciliation import BreakClass, Value

ENTITLED = f"{REGISTER}: entitlement"


@dataclass(frozen=True, slots=True)
class Paying:
    """An action whose payments are judged: what the register says of it, and what it has to be.

    `due` is by account, in base units of the currency; `follows` are the breaks found so far, by account.
    """

    findings: Findings
    bond: InstrumentRecords
    currency: InstrumentRecords
    action: CorporateAction
    terms: BondTerms
    owed: Mapping[str, Entitlement]
    distribution: Distribution
    follows: Mapping[str, str]

    @property
    def is_paid(self) -> bool:
        """Whether the register calls it paid."""
        return self.action.status is ActionStatus.PAID

    @property
    def due(self) -> dict[str, int]:
        """What is owed to each account, by the terms."""
        return {each.account: each.amount_units for each in self.distribution.entitlements if each.amount_units}

    def carried(self, each: InstrumentRecords, suffix: str = "", parts: int = 1) -> Carried:
        """What was carried out for the action under the key with this end."""
        return carried_out(self.findings.records, each, f"{self.action.action_id}{suffix}", parts)

    def payment(self, each: InstrumentRecords, carried: Carried, what: str, *, is_open: bool) -> Payment:
        """A payment of the action to compare."""
        return Payment(each, f"{self.action.action_id} {what}", carried, is_open, self.follows)


def compare_payments(paying: Paying) -> None:
    """The common payment and what was released by itself, account by account; in a redemption the units as well."""
    common = paying.carried(paying.currency, parts=len(paying.owed))
    paid = legs_to(common.moves)
    payer = party_of(paying.findings.records, paying.terms.payer).every
    payment = paying.payment(paying.currency, common, "payment", is_open=not paying.is_paid)
    require_party(paying.findings, payment, payer, legs_from(common.moves))
    is_written = _compare_status(paying, common)
    total = 0
    for account in sorted(paying.owed.keys() | paying.due.keys() | paid.keys()):
        released = paying.carried(paying.currency, f":{account}")
        made = legs_to(released.moves)
        total += sum(map(sum, made.values())) + sum(paid.get(account, ()))
        entitlement = paying.owed.get(account, Entitlement(account, 0, 0))
        if entitlement.held_back:
            _compare_held_back(paying, entitlement, released, (made, paid.get(account, [])))
        else:
            together = {**made, account: [*paid.get(account, []), *made.get(account, [])]}
            due = {account: [paying.due[account]]} if account in paying.due else {}
            compare_legs(paying.findings, payment, due, {a: units for a, units in together.items() if units})
            if is_written:
                _compare_paid_to(paying, entitlement)
        require_party(paying.findings, payment, payer, legs_from(released.moves))
    _require_funded(paying, total)
    if paying.action.kind is ActionKind.REDEMPTION:
        _compare_units(paying)


def _compare_status(paying: Paying, common: Carried) -> bool:
    """Whether what was paid on the chain is paid in the register."""
    if not common.moves or paying.is_paid or common.is_excused:
        return True
    paying.findings.add(
        BreakClass.MISSING_IN_REGISTER,
        paying.action.instrument_id,
        "",
        f"{paying.action.action_id} was paid on the chain, and the register does not say so",
        (Value(EVENTS, f"{len(common.moves)} payments"), Value(f"{REGISTER}: action", paying.action.status.value)),
        cause=f"{paying.action.action_id} status",
    )
    return False


def _compare_paid_to(paying: Paying, entitlement: Entitlement) -> None:
    """The register says of each account in the common payment that it was paid, itself."""
    due = entitlement.account if paying.is_paid and entitlement.amount_units else None
    if entitlement.paid_to != due:
        paying.findings.add(
            BreakClass.TAMPER,
            paying.action.instrument_id,
            entitlement.account,
            f"{paying.action.action_id}: the register does not say rightly to whom the entitlement was paid",
            (Value("required", due or "nobody"), Value(ENTITLED, entitlement.paid_to or "nobody")),
            cause=f"{paying.action.action_id} paid to",
            follows_from=paying.follows.get(entitlement.account, ""),
        )


def _compare_held_back(
    paying: Paying, entitlement: Entitlement, released: Carried, made: tuple[dict[str, list[int]], list[int]]
) -> None:
    """Held back from the common payment, and paid by itself once it is released, to whom the register says."""
    by_itself, in_common = made
    account, due = entitlement.account, paying.due.get(entitlement.account, 0)
    if released.is_excused:
        return
    if in_common or (by_itself and not entitlement.paid_to):
        units = sum(in_common) + sum(map(sum, by_itself.values()))
        twice = bool(in_common and by_itself)
        paying.findings.add(
            BreakClass.DUPLICATE if twice else BreakClass.MISSING_IN_REGISTER,
            paying.action.instrument_id,
            account,
            f"{paying.action.action_id}: what the register holds back was paid on the chain{' twice' if twice else ''}",
            (Value(EVENTS, f"{amount(paying.currency, units)} paid"), Value(ENTITLED, "held back")),
            cause=f"{paying.action.action_id} held back",
        )
        return
    payment = paying.payment(paying.currency, released, f"held back of {account}", is_open=False)
    expected: Legs = {entitlement.paid_to: [due]} if entitlement.paid_to and due else {}
    compare_legs(paying.findings, payment, expected, by_itself)


def _require_funded(paying: Paying, paid: int) -> None:
    """The payer provides the exact amount rounded down; never more than that is paid, and the rest is its dust."""
    most = paying.distribution.funded_units
    if paid > most:
        name = paying.action.action_id
        earlier = (found.break_id for found in paying.findings.breaks if found.cause.startswith(f"{name} "))
        paying.findings.add(
            BreakClass.AMOUNT,
            paying.action.instrument_id,
            "",
            f"{name}: more was paid than its exact amount",
            (Value(EVENTS, amount(paying.currency, paid)), Value("terms", amount(paying.currency, most))),
            cause=f"{name} paid",
            follows_from=next(earlier, ""),
        )


def _compare_units(paying: Paying) -> None:
    """What is redeemed at maturity is given up: by all in common, by whoever was held back when it is released."""
    bond, owed = paying.bond, paying.owed
    common = paying.carried(bond, ":units", parts=len(owed))
    due = {account: [each.holding_units] for account, each in owed.items() if not each.held_back}
    payment = paying.payment(bond, common, "units", is_open=not paying.is_paid)
    compare_legs(paying.findings, payment, due, legs_from(common.moves))
    for account, each in sorted(owed.items()):
        if each.held_back:
            released = paying.carried(bond, f":{account}:units")
            payment = paying.payment(bond, released, f"units held back of {account}", is_open=False)
            expected: Legs = {each.paid_to: [each.holding_units]} if each.paid_to else {}
            compare_legs(paying.findings, payment, expected, legs_from(released.moves))
