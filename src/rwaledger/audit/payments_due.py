"""Payments that were due against those that were made, account by account: missing, twice, or of another amount."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rwaledger.audit.authority import Effect
from rwaledger.audit.findings import EVENTS, REGISTER, Findings, amount
from rwaledger.audit.moves import Carried
from rwaledger.audit.records import InstrumentRecords, Records
from rwaledger.domain.holder import AccountKind
from rwaledger.domain.instruction import Operation
from rwaledger.domain.reconciliation import BreakClass, Value

Legs = Mapping[str, list[int]]
"""Units by account, one figure for each payment."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What is compared: payments in an instrument, how a break names them, and by which instructions they were made.

    `is_open` tells that they need not have been made yet. `follows` are breaks by account from which others follow.
    """

    each: InstrumentRecords
    name: str
    carried: Carried
    is_open: bool
    follows: Mapping[str, str]


def compare_legs(findings: Findings, payment: Payment, due: Legs, made: Legs) -> dict[str, str]:
    """One break for each account in which what was due was not made, or something else was; the breaks by account."""
    findings.count(payments=sum(map(len, due.values())))
    breaks: dict[str, str] = {}
    if payment.carried.is_excused:
        return breaks
    for account in sorted(due.keys() | made.keys()):
        wanted, found = Counter(due.get(account, ())), Counter(made.get(account, ()))
        missing, more = wanted - found, found - wanted
        if not missing and not more:
            continue
        if not more and (payment.is_open or payment.carried.is_later):
            continue
        breaks[account] = findings.add(
            _class_of(wanted, missing, more),
            payment.each.instrument.instrument_id,
            account,
            f"{payment.name}: what the chain paid is not what was due",
            (
                Value(EVENTS, _shown(payment.each, found)),
                Value(f"{REGISTER}: recomputed", _shown(payment.each, wanted)),
            ),
            cause=payment.name,
            follows_from=payment.follows.get(account, ""),
        ).break_id
    return breaks


def _class_of(wanted: Counter[int], missing: Counter[int], more: Counter[int]) -> BreakClass:
    if not more:
        return BreakClass.MISSING_ON_CHAIN
    return BreakClass.DUPLICATE if not missing and more.keys() <= wanted.keys() else BreakClass.AMOUNT


def _shown(each: InstrumentRecords, figures: Counter[int]) -> str:
    """Each payment by itself: two of the same are not one of twice as much."""
    return " + ".join(amount(each, units) for units in sorted(figures.elements())) or "nothing"


def legs_to(moves: Iterable[Effect]) -> dict[str, list[int]]:
    """What transfers and issues brought, by account."""
    found: dict[str, list[int]] = {}
    for effect in moves:
        if effect.deed.operation is not Operation.REDEEM:
            found.setdefault(effect.deed.move.recipient, []).append(effect.deed.move.amount_units)
    return found


def legs_from(moves: Iterable[Effect]) -> dict[str, list[int]]:
    """What transfers and redemptions took, by account."""
    found: dict[str, list[int]] = {}
    for effect in moves:
        if effect.deed.operation is not Operation.ISSUE:
            found.setdefault(effect.deed.move.sender, []).append(effect.deed.move.amount_units)
    return found


def require_party(findings: Findings, payment: Payment, party: Collection[str], others: Iterable[str]) -> None:
    """The other side of each payment is the party that the terms name, by any account that it has or had."""
    for account in sorted(set(others) - set(party)):
        if party and not payment.carried.is_excused:
            findings.add(
                BreakClass.RULE_BREACH,
                payment.each.instrument.instrument_id,
                account,
                f"{payment.name}: the other side was not the party that the terms name",
                (Value(EVENTS, account), Value(f"{REGISTER}: terms", ", ".join(sorted(party)))),
                cause=f"{payment.name} party",
            )


@dataclass(frozen=True, slots=True)
class Party:
    """A party that terms name: the accounts that are its own, and all that it has or had."""

    own: frozenset[str]
    every: frozenset[str]


def party_of(records: Records, text: str) -> Party:
    """The accounts of a holder, by its name or by one of its addresses, which is its own whatever kind it is."""
    named = {text.lower()} if text.startswith("0x") else set[str]()
    holder_id = records.holder_id(text.lower()) if named else text
    every = {a: each for a, each in records.accounts.items() if holder_id and each.holder_id == holder_id}
    own = {address for address, each in every.items() if each.kind is AccountKind.OWN} | named
    return Party(frozenset(own or every), frozenset(every) | named)
