"""Holders: legal persons, their accounts, and where an account stands on an instrument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

_EPOCH = date(1970, 1, 1)
_SECONDS_A_DAY = 86_400
FIRST_DAY, LAST_DAY = _EPOCH, date(2149, 6, 6)
"""Days 0 and 65,535: the first and the last that the account word can hold."""


class InvestorClass(IntEnum):
    """Class of an investor, as stored in the account word; the SFC's terms for 1 and 2."""

    RETAIL = 1
    PROFESSIONAL = 2
    INSTITUTION = 3
    ISSUER = 4
    INTERMEDIARY = 5


class AccountKind(StrEnum):
    """Whose assets an account holds: the holder's own, or those of its clients together."""

    OWN = "own"
    OMNIBUS = "omnibus"


@dataclass(frozen=True, slots=True)
class Holder:
    """A legal person on the register, as the chain is to know it; who that is, is said by its `Person`.

    `country` is the ISO 3166-1 numeric code of residence, `valid_until` the last day of evidence or licence.
    """

    holder_id: str
    country: int
    investor_class: InvestorClass
    valid_until: date


@dataclass(frozen=True, slots=True)
class Person:
    """Who a holder is: what never goes on the chain, and into the register only sealed.

    `identifier` is the number of an identity document or of an entry in a register of companies.
    """

    name: str
    postal_address: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An address of a holder on a chain; `replaced_by` is the one that took its place after its wallet was lost."""

    chain_id: int
    address: str
    holder_id: str
    kind: AccountKind
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class WalletProof:
    """The message with which the key of an address said that it is a holder's."""

    chain_id: int
    address: str
    holder_id: str
    message: str
    signature: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register attests of an account, apart from its balance.

    A lost account that was recovered has the standing of a stranger.
    """

    investor_class: int = 0
    country: int = 0
    valid_until_day: int = 0
    frozen_units: int = 0
    address_frozen: bool = False
    suspended: bool = False

    @property
    def admitted(self) -> bool:
        """Whether the account is admitted; it stays so once it is, unless it is lost and recovered."""
        return self.investor_class != 0


@dataclass(frozen=True, slots=True)
class LockUp:
    """Units that may not leave an account before `until`, in seconds since 1970; zeros for none."""

    amount_units: int = 0
    until: int = 0


def day_number(day: date) -> int:
    """Days since 1970-01-01, as the contract counts them."""
    return (day - _EPOCH).days


def date_of_day_number(number: int) -> date:
    """The date of a day number of the contract."""
    return _EPOCH + timedelta(days=number)


def day_of_timestamp(timestamp: int) -> int:
    """The day number, in UTC, of a block's time."""
    return timestamp // _SECONDS_A_DAY
