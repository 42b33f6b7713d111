"""C06, the sub-ledgers: whose account each is now, what it says of a day, and what is wrong within it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from rwaledger.verifier.case import Case

HOUSE = ""
"""The other side of what clients bring and take."""


@dataclass(frozen=True, slots=True)
class SubLedger:
    """The entries of one instrument behind an account in use and those whose place it took, in their order."""

    account: str
    accounts: frozenset[str]
    instrument_id: str
    legs: tuple[Any, ...]

    def balances(self, upto: date) -> dict[str, int]:
        """Units of each client by entries up to a day."""
        found: dict[str, int] = {}
        for leg in self.legs:
            if leg.client != HOUSE and leg.dated <= upto:
                found[leg.client] = found.get(leg.client, 0) + leg.amount_units
        return found

    @property
    def entries(self) -> dict[tuple[str, int], list[Any]]:
        """The legs of each entry, by account and number."""
        found: dict[tuple[str, int], list[Any]] = {}
        for leg in self.legs:
            found.setdefault((leg.account, leg.entry), []).append(leg)
        return found


def sub_ledgers(case: Case) -> list[SubLedger]:
    """Of every omnibus account in every instrument, and of whatever else has entries."""
    groups: dict[str, set[str]] = {}
    entries: dict[tuple[str, str], list[Any]] = {}
    for leg in case.rows("client_postings"):
        used = in_use(case, leg.account)
        groups.setdefault(used, {used}).add(leg.account)
        entries.setdefault((used, leg.instrument_id), []).append(leg)
    for address, row in case.accounts.items():
        if row.kind == "omnibus" and case.holder_of(address):
            used = in_use(case, address)
            groups.setdefault(used, {used}).add(address)
    keys = {(account, ledger.instrument_id) for account in groups for ledger in case.ledgers} | entries.keys()
    return [SubLedger(a, frozenset(groups[a]), name, tuple(entries.get((a, name), ()))) for a, name in sorted(keys)]


def in_use(case: Case, address: str) -> str:
    """The account that took an account's place in the end; a row that leads in a circle leads nowhere."""
    seen = {address}
    while case.holder_of(address):
        follower = case.accounts[address].replaced_by
        if not follower or follower in seen:
            break
        seen.add(follower)
        address = follower
    return address


def faults(ledger: SubLedger) -> Iterator[tuple[str, int, str, str, str]]:
    """Account, entry, what is wrong, what is due, what is there."""
    running: dict[tuple[str, str], int] = {}
    last: dict[str, int] = {}
    for (account, entry), legs in ledger.entries.items():
        due = last.get(account, 0) + 1
        last[account] = entry
        if entry != due:
            yield account, entry, "an entry of the sub-ledger is missing", f"entry {due}", f"entry {entry}"
        net = sum(leg.amount_units for leg in legs)
        if net:
            yield account, entry, "an entry of the sub-ledger does not net to zero", "0 units", f"{net} units"
        for leg in legs:
            key = account, leg.client
            balance = running.get(key, 0) + leg.amount_units
            # What is there is taken as it is from now on, so that one fault is told once.
            running[key] = leg.balance_after_units
            if leg.balance_after_units != balance:
                who = f"client {leg.client}" if leg.client != HOUSE else "the house"
                summary = f"the balance behind an entry of the sub-ledger is wrong: {who}"
                yield account, entry, summary, f"{balance} units", f"{leg.balance_after_units} units"
