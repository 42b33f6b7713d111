"""Who stands behind an account in a report: its holder, by pseudonymous id, or by name where the key is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pycountry

from rwaledger.chain.addresses import checksummed
from rwaledger.domain.holder import Account, AccountKind, Holder, Person
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.registry import holders
from rwaledger.registry.database import Connection
from rwaledger.registry.sealing import Seal
from rwaledger.report.document import Cell, Column, Kind

NOT_ON_REGISTER = "(no holder on the register)"
ISSUANCE = "(issuance)"
SEALED_FACT = ("holders", "by pseudonymous ids; names and addresses are sealed (--names opens them with the key)")
NAMED_FACT = ("holders", "by name, opened with the privacy key: this report holds personal data")


@dataclass(frozen=True, slots=True)
class People:
    """Accounts and holders of a chain as the register has them now; `persons` are None where nobody gave the key.

    The register keeps no history of which account is whose: only a recovery changes it, and is on the chain.
    """

    accounts: Mapping[str, Account]
    holders: Mapping[str, Holder]
    persons: Mapping[str, Person] | None

    @classmethod
    def load(cls, c: Connection, chain_id: int, seal: Seal | None = None, of: str = "") -> People:
        """All of a chain; names of one holder alone where `of` says whose.

        Raises:
            AuthorisationError: the names were sealed with another key.
            UnknownName: there is no holder `of` that id.
        """
        known = {each.holder_id: each for each in holders.holders(c)}
        persons: Mapping[str, Person] | None = None
        if seal is not None:
            persons = {of: holders.person(c, seal, of)} if of else holders.people(c, seal)
        return cls(holders.accounts(c, chain_id), known, persons)

    @property
    def fact(self) -> tuple[str, str]:
        """What page one says of names."""
        return SEALED_FACT if self.persons is None else NAMED_FACT

    def key_of(self, account: str) -> str:
        """The holder of an account; the address itself where it has none on the register."""
        known = self.accounts.get(account)
        return known.holder_id if known else account

    def shown(self, account: str) -> str:
        """Who an account belongs to, in a word."""
        if account == ISSUANCE_ACCOUNT:
            return ISSUANCE
        known = self.accounts.get(account)
        return known.holder_id if known else NOT_ON_REGISTER

    def holder_cell(self, key: str) -> str:
        """A key of `key_of` in a word."""
        return key if key in self.holders else f"{NOT_ON_REGISTER} {checksummed(key)}"

    def person(self, key: str) -> Person:
        """Who that is; an empty person where names are sealed or there is none."""
        return (self.persons or {}).get(key, Person(""))

    def accounts_of(self, holder_id: str) -> list[str]:
        """The addresses of a holder, lost ones included, in their order."""
        return [each.address for each in self.accounts.values() if each.holder_id == holder_id]

    def is_nominee(self, account: str) -> bool:
        """Whether an account holds the assets of its holder's clients together."""
        known = self.accounts.get(account)
        return known is not None and known.kind is AccountKind.OMNIBUS

    def name_columns(self) -> tuple[Column, ...]:
        """Columns for name and address; none where names are sealed."""
        if self.persons is None:
            return ()
        return Column("name", "Name", Kind.TEXT), Column("address", "Address", Kind.TEXT)

    def name_cells(self, key: str) -> tuple[Cell, ...]:
        """What stands in these columns for a holder."""
        if self.persons is None:
            return ()
        person = self.person(key)
        return person.name, person.postal_address


def by_holder(people: People, balances: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Balances of accounts by their holders, in the order of holders and accounts; the issuance account is left out."""
    grouped: dict[str, dict[str, int]] = defaultdict(dict)
    for account, units in balances.items():
        if account != ISSUANCE_ACCOUNT:
            grouped[people.key_of(account)][account] = units
    return {key: dict(sorted(grouped[key].items())) for key in sorted(grouped)}


def country_words(numeric: int) -> str:
    """A country by its alpha-2 code and name; the number itself where ISO 3166-1 has none."""
    country = pycountry.countries.get(numeric=f"{numeric:03d}")
    return f"{country.alpha_2} {country.name}" if country else str(numeric)


def words(parts: Iterable[str]) -> str:
    """Parts that are not empty, one after another."""
    return ", ".join(part for part in parts if part)
