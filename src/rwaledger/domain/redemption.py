"""A request to be paid back at par: who wants how much, by when it is due, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rwaledger.domain.calendar import end_of_day


class RedemptionStatus(StrEnum):
    """How far a request has come. PAYING means that its payment has begun and is not on record yet."""

    OPEN = "open"
    PAYING = "paying"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Redemption:
    """A holder's request to redeem units at par.

    `request` is its own reference, `due_on` the last local day on which it is paid in time. `burn_key` is the
    idempotency key of the instruction that takes the units out of issue; `payment_reference` the bank's for the money;
    `fee_units` what is kept back of it.
    """

    request: str
    instrument_id: str
    chain_id: int
    account: str
    amount_units: int
    requested_at: datetime
    due_on: date
    burn_key: str
    status: RedemptionStatus = RedemptionStatus.OPEN
    fee_units: int = 0
    paid_at: datetime | None = None
    payment_reference: str = ""
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the holder still waits for the money."""
        return self.status in (RedemptionStatus.OPEN, RedemptionStatus.PAYING)

    @property
    def payment_units(self) -> int:
        """What the holder is paid: the amount at par, less the fee."""
        return self.amount_units - self.fee_units

    def lateness(self, now: datetime, zone: str) -> timedelta:
        """How long after the due day's end it was paid, or is still open `now`; negative for time that is left."""
        return (self.paid_at or now) - end_of_day(self.due_on, zone)

    def is_late(self, now: datetime, zone: str) -> bool:
        """Whether the due day had ended when it was paid, or has ended now; a cancelled one is never late."""
        return self.status is not RedemptionStatus.CANCELLED and self.lateness(now, zone) >= timedelta()


def burn_key(request: str) -> str:
    """The idempotency key of the instruction that redeems what a request asks for."""
    return f"redemption:{request}"
