"""What a person may write for an instrument, an account or a country, and what it stands for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pycountry

from rwaledger.chain.addresses import parse_address
from rwaledger.domain.errors import UsageError
from rwaledger.domain.holder import Account, AccountKind, InvestorClass
from rwaledger.domain.instrument import Instrument
from rwaledger.registry import holders, instruments
from rwaledger.registry.database import Connection


@dataclass(frozen=True, slots=True)
class Names:
    """The instruments and accounts of one chain, by every name under which a file may give them."""

    chain_id: int
    instruments: dict[str, Instrument]
    accounts: dict[str, Account]
    accounts_by_holder: dict[str, list[str]]

    @classmethod
    def load(cls, connection: Connection, chain_id: int) -> Names:
        """All names that the register knows."""
        accounts = holders.accounts(connection, chain_id)
        by_holder: dict[str, list[str]] = defaultdict(list)
        for account in accounts.values():
            if not account.replaced_by:
                by_holder[account.holder_id].append(account.address)
        found = {i.instrument_id: i for i in instruments.instruments(connection) if i.chain_id == chain_id}
        return cls(chain_id, found, accounts, dict(by_holder))

    def instrument(self, text: str) -> Instrument:
        """The instrument of that name.

        Raises:
            ValueError: there is none.
        """
        if text not in self.instruments:
            raise ValueError(f"no instrument {text!r} (known: {', '.join(sorted(self.instruments)) or 'none'})")
        return self.instruments[text]

    def account(self, text: str) -> str:
        """The address that a holder's name or an address stands for; it must be on the register.

        Raises:
            ValueError: unknown, ambiguous, or a mistyped address.
        """
        if text.lower().startswith("0x"):
            address = parse_address(text)
            if address not in self.accounts:
                raise ValueError(f"{text} is no account on the register; admit its holder first")
            return address
        addresses = self.accounts_by_holder.get(text, [])
        if not addresses:
            raise ValueError(f"no holder {text!r} on the register; admit the holder first")
        if len(addresses) > 1:
            raise ValueError(f"holder {text!r} has {len(addresses)} accounts; give the address")
        return addresses[0]


def party_account(names: Names, text: str) -> str:
    """The account of a party that terms name, as it is by now: what took the place of a lost one stands for it.

    A name stands for the holder's own account; what it holds for others is not its to pay from.

    Raises:
        UsageError: the holder has none of its own, or several by now.
    """
    if text.lower().startswith("0x"):
        address = names.account(text)
        while names.accounts[address].replaced_by:
            address = names.accounts[address].replaced_by
        return address
    addresses = names.accounts_by_holder.get(text, [])
    own = [each for each in addresses if names.accounts[each].kind is AccountKind.OWN] or addresses
    if len(own) != 1:
        raise UsageError(
            f"the terms name {text}, which has {len(own)} accounts of its own, so nobody can say which of them pays",
            "Terms name a holder with one account, or an address.",
        )
    return own[0]


def parse_country(text: str) -> int:
    """The ISO 3166-1 numeric code of an alpha-2 or alpha-3 code.

    Raises:
        ValueError: no such country.
    """
    code = text.upper()
    country = pycountry.countries.get(alpha_2=code) or pycountry.countries.get(alpha_3=code)
    if country is None:
        raise ValueError(f"{text!r} is no ISO 3166-1 country code, such as HK")
    return int(country.numeric)


def country_code(numeric: int) -> str:
    """The alpha-2 code of a numeric one; the number itself where ISO 3166-1 has none."""
    country = pycountry.countries.get(numeric=f"{numeric:03d}")
    return str(country.alpha_2) if country else str(numeric)


def parse_class(text: str) -> InvestorClass:
    """An investor class by its name.

    Raises:
        ValueError: no such class.
    """
    try:
        return InvestorClass[text.upper()]
    except KeyError:
        known = ", ".join(member.name.lower() for member in InvestorClass)
        raise ValueError(f"{text!r} is no investor class ({known})") from None
