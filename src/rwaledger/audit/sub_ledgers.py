"""The sub-ledger behind an omnibus account: whose it is now, what it says of a day, and what is wrong within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rwaledger.audit.records import Records
from rwaledger.domain.clients import HOUSE, ClientPosting
from rwaledger.domain.holder import Account, AccountKind


@dataclass(frozen=True, slots=True)
class SubLedger:
    """What is entered of one instrument behind an account and those whose place it took.

    `account` is the one that is in use; after a recovery the entries stay under the address that was lost, and count
    for the new one. `postings` are in the order of account, entry and leg.
    """

    account: str
    accounts: frozenset[str]
    instrument_id: str
    postings: tuple[ClientPosting, ...]

    def balances(self, upto: date) -> dict[str, int]:
        """Units of each client, the house not among them, by the entries of a day or earlier."""
        found: dict[str, int] = {}
        for each in self.postings:
            if each.client != HOUSE and each.dated <= upto:
                found[each.client] = found.get(each.client, 0) + each.amount_units
        return found

    def total(self, upto: date) -> int:
        """Units of all clients together."""
        return sum(self.balances(upto).values())

    @property
    def entries(self) -> dict[tuple[str, int], list[ClientPosting]]:
        """The legs of each entry, by account and number."""
        found: dict[tuple[str, int], list[ClientPosting]] = {}
        for each in self.postings:
            found.setdefault((each.account, each.entry), []).append(each)
        return found


@dataclass(frozen=True, slots=True)
class EntryFault:
    """What is wrong with an entry by itself: `due` and `found` are units, or days, in words."""

    account: str
    entry: int
    summary: str
    due: str
    found: str


def sub_ledgers(records: Records) -> dict[tuple[str, str], SubLedger]:
    """The sub-ledgers by account in use and instrument: of every omnibus account in every instrument, and any other."""
    groups = _groups(records.accounts, {each.account for each in records.office.register.client_postings})
    postings: dict[tuple[str, str], list[ClientPosting]] = {}
    for each in records.office.register.client_postings:
        postings.setdefault((_in_use(each.account, records.accounts), each.instrument_id), []).append(each)
    names = [each.instrument.instrument_id for each in records.instruments]
    wanted = {(account, name) for account in groups for name in names} | postings.keys()
    return {
        key: SubLedger(key[0], groups.get(key[0], frozenset([key[0]])), key[1], tuple(postings.get(key, ())))
        for key in sorted(wanted)
    }


def faults(ledger: SubLedger) -> Iterator[EntryFault]:
    """Entries that are missing, do not net to zero, or carry a balance or a day that cannot be."""
    running: dict[tuple[str, str], int] = {}
    numbers: dict[str, int] = {}
    for (account, entry), legs in ledger.entries.items():
        due = numbers.get(account, 0) + 1
        numbers[account] = entry
        if entry != due:
            yield EntryFault(account, entry, "an entry of the sub-ledger is missing", f"entry {due}", f"entry {entry}")
        net = sum(leg.amount_units for leg in legs)
        if net:
            yield EntryFault(account, entry, "an entry of the sub-ledger does not net to zero", "0 units", _units(net))
        yield from _wrong_balances(legs, running)


def _wrong_balances(legs: Sequence[ClientPosting], running: dict[tuple[str, str], int]) -> Iterator[EntryFault]:
    """A balance that is wrong is taken as it is from then on, so that one fault is told once."""
    for leg in legs:
        key = leg.account, leg.client
        due = running.get(key, 0) + leg.amount_units
        running[key] = leg.balance_after_units
        if leg.balance_after_units != due:
            who = f"client {leg.client}" if leg.client != HOUSE else "the house"
            summary = f"the balance behind an entry of the sub-ledger is wrong: {who}"
            yield EntryFault(leg.account, leg.entry, summary, _units(due), _units(leg.balance_after_units))


def _units(units: int) -> str:
    return f"{units} units"


def _groups(accounts: Mapping[str, Account], with_entries: set[str]) -> dict[str, frozenset[str]]:
    """Omnibus accounts in use, and any other with a sub-ledger, each with all whose place it took."""
    known = {address for address, each in accounts.items() if each.kind is AccountKind.OMNIBUS}
    found: dict[str, set[str]] = {}
    for address in known | with_entries:
        found.setdefault(_in_use(address, accounts), set()).add(address)
    return {account: frozenset({account, *members}) for account, members in found.items()}


def _in_use(address: str, accounts: Mapping[str, Account]) -> str:
    """The account that took the place of another one in the end; a row that leads in a circle leads nowhere."""
    seen = {address}
    while (known := accounts.get(address)) and known.replaced_by and known.replaced_by not in seen:
        address = known.replaced_by
        seen.add(address)
    return address
