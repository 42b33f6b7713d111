"""C17, payments: what was due against what was made, account by account: missing, twice, or of another amount."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from rwaledger.verifier.book import Effect
from rwaledger.verifier.case import Case
from rwaledger.verifier.checks.found import EVENTS, REGISTER, Findings
from rwaledger.verifier.ledger import Ledger
from rwaledger.verifier.moves import Carried

Legs = Mapping[str, list[int]]
"""Units by account, one figure for each payment."""


class Payment(NamedTuple):
    """In which instrument, by which name, by which instructions; `is_open` need not have been made yet.

    `follows` are findings, by account, from which others follow.
    """

    ledger: Ledger
    name: str
    carried: Carried
    is_open: bool
    follows: Mapping[str, str]


class Party(NamedTuple):
    """The accounts that are a party's own, and all that it has or had."""

    own: frozenset[str]
    every: frozenset[str]


def party_of(case: Case, text: str) -> Party:
    """A party by its holder's name, or by one of its addresses, which is its own of whatever kind it is."""
    named = frozenset({text.lower()}) if text.startswith("0x") else frozenset()
    holder = case.holder_of(text.lower()) if named else text
    every = {address for address in case.accounts if holder and case.holder_of(address) == holder}
    own = {address for address in every if case.accounts[address].kind == "own"} | named
    return Party(frozenset(own or every), frozenset(every) | named)


def compare(found: Findings, payment: Payment, due: Legs, made: Legs) -> dict[str, str]:
    """One finding for each account in which what was due was not made, or something else was; by account."""
    found.count(payments=sum(map(len, due.values())))
    findings: dict[str, str] = {}
    if payment.carried.is_excused:
        return findings
    for account in sorted(due.keys() | made.keys()):
        wanted, there = Counter(due.get(account, ())), Counter(made.get(account, ()))
        missing, more = wanted - there, there - wanted
        may_wait = payment.is_open or payment.carried.is_later
        if not more and (not missing or may_wait):
            continue
        kind = "AMOUNT" if more else "MISSING_ON_CHAIN"
        if more and not missing and more.keys() <= wanted.keys():
            kind = "DUPLICATE"
        values = (EVENTS, _shown(payment, there)), (f"{REGISTER}: recomputed", _shown(payment, wanted))
        summary = f"{payment.name}: what the chain paid is not what was due"
        ids = payment.ledger.instrument_id, account
        root = payment.follows.get(account, "")
        findings[account] = found.add(kind, *ids, summary, *values, payment.name, root).break_id
    return findings


def _shown(payment: Payment, figures: Counter[int]) -> str:
    """Each by itself: two of the same are not one of twice as much."""
    return " + ".join(payment.ledger.amount(units) for units in sorted(figures.elements())) or "nothing"


def require_party(found: Findings, payment: Payment, party: Collection[str], others: Iterable[str]) -> None:
    """The other side of each payment is the party that the terms name, by any account that it has or had."""
    for account in sorted(set(others) - set(party)):
        if party and not payment.carried.is_excused:
            values = (EVENTS, account), (f"{REGISTER}: terms", ", ".join(sorted(party)))
            summary = f"{payment.name}: the other side was not the party that the terms name"
            ids = payment.ledger.instrument_id, account
            found.add("RULE_BREACH", *ids, summary, *values, f"{payment.name} party")


def brought(deeds: Iterable[Effect]) -> dict[str, list[int]]:
    """What transfers and issues brought, by account."""
    legs: dict[str, list[int]] = {}
    for deed in (effect.deed for effect in deeds):
        if deed.operation != "redeem":
            legs.setdefault(deed.move.recipient, []).append(deed.move.units)
    return legs


def took(deeds: Iterable[Effect]) -> dict[str, list[int]]:
    """What transfers and redemptions took, by account."""
    legs: dict[str, list[int]] = {}
    for deed in (effect.deed for effect in deeds):
        if deed.operation != "issue":
            legs.setdefault(deed.move.sender, []).append(deed.move.units)
    return legs
