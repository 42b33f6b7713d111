"""Funds: terms, net asset values, and what an order gets at a price; rounding never favours it over the fund."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from rwaledger.domain.calendar import BusinessCalendar
from rwaledger.domain.entitlement import round_down, round_up

DEAL = "deal"
"""What the idempotency keys of a deal begin with, as those of a bond's payments do with their kind."""


@dataclass(frozen=True, slots=True)
class FundTerms:
    """The terms of a fund; once set they do not change.

    Orders received up to `cut_off`, local time, of a business day are dealt at that day's price. Cash moves in
    multiples of `rounding_units` of the currency. A price that differs from the last one by more than `deviation_bp`
    basis points has to be accepted by a person.
    """

    instrument_id: str
    currency: str
    manager: str
    price_decimals: int
    cut_off: time
    rounding_units: int
    deviation_bp: int
    source_hash: str


@dataclass(frozen=True, slots=True)
class Nav:
    """A statement of the net asset value of one whole unit, in the currency with `price_decimals` digits.

    A later statement for the same day corrects the earlier one; both stay.
    """

    instrument_id: str
    dealing_day: date
    price_units: int
    valued_at: datetime
    source: str
    source_hash: str
    recorded_at: datetime


class OrderSide(StrEnum):
    """Whether an order brings cash or takes it."""

    SUBSCRIBE = "subscribe"
    REDEEM = "redeem"


class OrderStatus(StrEnum):
    """How far an order has come.

    PRICED: its price, units and cash are settled and being carried out. VOID: at its price it gets nothing, and
    nothing moved.
    """

    RECEIVED = "received"
    PRICED = "priced"
    DEALT = "dealt"
    VOID = "void"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Dealt:
    """What an order gets and gives: `units` of the fund and `cash_units` of the currency, both in base units."""

    price_units: int
    units: int
    cash_units: int

    @property
    def is_void(self) -> bool:
        """Whether one of the two sides would be nothing."""
        return not (self.units and self.cash_units)


@dataclass(frozen=True, slots=True)
class FundOrder:
    """An investor's order. `amount_units` are the currency's in a subscription, the fund's in a redemption.

    `reason` says why it was cancelled.
    """

    order_id: str
    instrument_id: str
    chain_id: int
    account: str
    side: OrderSide
    amount_units: int
    received_at: datetime
    dealing_day: date
    status: OrderStatus = OrderStatus.RECEIVED
    dealt: Dealt | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """A net asset value with what it takes to turn units into cash and back.

    `price_units` are of one whole unit, with `price_decimals`; `fund_decimals` and `cash_decimals` are the two
    instruments', and cash moves in multiples of `rounding_units`.
    """

    price_units: int
    price_decimals: int
    fund_decimals: int
    cash_decimals: int
    rounding_units: int

    def __post_init__(self) -> None:
        if self.price_units < 1 or self.rounding_units < 1:
            raise ValueError("a price and its rounding are at least 1")

    @property
    def cash_per_unit(self) -> Fraction:
        """Base units of cash for one base unit of the fund, exactly."""
        return Fraction(self.price_units * 10**self.cash_decimals, 10 ** (self.price_decimals + self.fund_decimals))

    def subscribe(self, amount_units: int) -> Dealt:
        """What an order over `amount_units` of cash gets: as many base units as that pays for.

        They cost their value rounded up to `rounding_units`, never more than the order; the rest stays with the
        investor.
        """
        spendable = round_down(Fraction(amount_units), self.rounding_units)
        units = spendable // self.cash_per_unit
        return Dealt(self.price_units, units, round_up(units * self.cash_per_unit, self.rounding_units))

    def redeem(self, units: int) -> Dealt:
        """What `units` are paid out at: their value rounded down to `rounding_units`; the rest stays in the fund."""
        return Dealt(self.price_units, units, round_down(units * self.cash_per_unit, self.rounding_units))

    def deal(self, side: OrderSide, amount_units: int) -> Dealt:
        """What an order gets."""
        return self.subscribe(amount_units) if side is OrderSide.SUBSCRIBE else self.redeem(amount_units)


def dealing_day(received_at: datetime, cut_off: time, business_calendar: BusinessCalendar, zone: str) -> date:
    """The day at whose price an order is dealt: its own, where that is a business day and the cut-off not past."""
    local = received_at.astimezone(ZoneInfo(zone))
    day = local.date()
    if business_calendar.is_business_day(day) and local.time() <= cut_off:
        return day
    return business_calendar.add(day, 1)


def deviation_bp(price_units: int, last_units: int) -> Fraction:
    """How far a price is from the last one, in basis points of that, up or down."""
    return Fraction(abs(price_units - last_units) * 10_000, last_units)
