"""A trade between parties: legs that all settle in one transaction, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from rwaledger.domain.posting import ISSUANCE_ACCOUNT

NO_VENUE = ISSUANCE_ACCOUNT
"""Stands for the venue of a bilateral trade."""


class TradeStatus(IntEnum):
    """What has become of a trade reference, as the settlement contract counts it."""

    OPEN = 0
    SETTLED = 1
    CANCELLED = 2


@dataclass(frozen=True, slots=True)
class Leg:
    """One movement of a trade: `amount_units` of `token` from one address to another."""

    token: str
    sender: str
    recipient: str
    amount_units: int


@dataclass(frozen=True, slots=True)
class Trade:
    """What the parties sign: `ref` is used once by the giver of the first leg, `not_after` is in seconds since 1970."""

    ref: str
    venue: str
    not_after: int
    legs: tuple[Leg, ...]

    @property
    def initiator(self) -> str:
        """Whose reference it is: the giver of the first leg."""
        return self.legs[0].sender
