"""A trade between parties: legs that all settle in one transaction, or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rwaledger.domain.posting import ISSUANCE_ACCOUNT

NO_VENUE = ISSUANCE_ACCOUNT
"""Stands for the venue of a bilateral trade."""

SETTLEMENT_ID = "settlement"
"""The name under which instructions to the settlement contract stand, so that no instrument may have it."""

LEGS_MIN = 2
NOT_AFTER_MAX = 2**48 - 1
"""Last second that a trade, or the licence of a venue, can name."""


class TradeStatus(IntEnum):
    """What has become of a trade reference, as the settlement contract counts it."""

    OPEN = 0
    SETTLED = 1
    CANCELLED = 2


class TradeState(StrEnum):
    """How far a trade has come. EXPIRED means that the chain's time has passed it by."""

    PROPOSED = "proposed"
    SIGNED = "signed"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_closed(self) -> bool:
        """Whether its reference is used up."""
        return self in (TradeState.SETTLED, TradeState.CANCELLED)


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

    @property
    def givers(self) -> tuple[str, ...]:
        """Who has to sign, each once, in the order of the legs."""
        return tuple(dict.fromkeys(leg.sender for leg in self.legs))

    @property
    def parties(self) -> tuple[str, ...]:
        """Whoever gives or receives."""
        return tuple(dict.fromkeys(party for leg in self.legs for party in (leg.sender, leg.recipient)))

    @property
    def given(self) -> dict[tuple[str, str], int]:
        """Units that each giver gives of each token in all legs, by giver and token."""
        totals: dict[tuple[str, str], int] = {}
        for leg in self.legs:
            totals[leg.sender, leg.token] = totals.get((leg.sender, leg.token), 0) + leg.amount_units
        return totals


def trade_reference(chain_id: int, settlement: str, trade_id: str) -> str:
    """The one-time reference of a trade: SHA-256 over version 1 of its length-prefixed parts."""
    parts = (str(chain_id), settlement, trade_id)
    preimage = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return "0x" + hashlib.sha256(b"rwaledger-trade-1" + preimage).hexdigest()
