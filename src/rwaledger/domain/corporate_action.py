"""What a bond pays: its terms, and each coupon and redemption from declaration to payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from rwaledger.domain.day_count import DayCount
from rwaledger.domain.schedule import CouponPeriod, coupon_periods


@dataclass(frozen=True, slots=True)
class BondTerms:
    """The terms of a bond; once set they do not change.

    `currency` is the instrument in which it pays, `payer` the holder who does (or an address), `nominal_units` the
    currency's base units for one whole bond. `rate` is a year's, as a fraction: 1/40 for 2.5 %. The record day is
    `record_days` business days before the pay day. Amounts are rounded down to multiples of `rounding_units`.
    """

    instrument_id: str
    currency: str
    payer: str
    nominal_units: int
    rate: Fraction
    day_count: DayCount
    periods_a_year: int
    issued_on: date
    matures_on: date
    business_day_rule: str
    record_days: int
    rounding_units: int
    source_hash: str

    def periods(self) -> tuple[CouponPeriod, ...]:
        """The coupon periods from issue to maturity."""
        return coupon_periods(self.issued_on, self.matures_on, self.periods_a_year)

    def coupon_per_unit(self, period: CouponPeriod, decimals: int) -> Fraction:
        """What one base unit of the bond, which has `decimals`, earns in the period, in the currency's base units."""
        years = period.fraction(self.day_count, self.periods_a_year)
        return self.rate * years * Fraction(self.nominal_units, 10**decimals)

    def nominal_per_unit(self, decimals: int) -> Fraction:
        """What one base unit of the bond is redeemed at, in the currency's base units."""
        return Fraction(self.nominal_units, 10**decimals)


class ActionKind(StrEnum):
    """What is paid: interest for a period, or the nominal at maturity."""

    COUPON = "coupon"
    REDEMPTION = "redemption"


class ActionStatus(StrEnum):
    """How far an action has come: its record date is scheduled, its amounts are settled, all of them are paid."""

    DECLARED = "declared"
    ENTITLED = "entitled"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """One payment of an instrument to all who held it on its record date.

    `record_at` is the last second (since 1970) that counts, `record_date` the number that the contract gave it. From
    the entitlement on there are `supply_units` at that time, `exact_amount` before rounding, `funded_units` after,
    both in the currency's base units.
    """

    instrument_id: str
    kind: ActionKind
    period_from: date
    period_to: date
    pays_on: date
    record_at: int
    record_date: int
    supply_units: int | None = None
    exact_amount: Fraction | None = None
    funded_units: int | None = None
    status: ActionStatus = ActionStatus.DECLARED

    @property
    def action_id(self) -> str:
        """Its name, which is the idempotency key of its payment as well: `coupon:GRN28:2026-07-20`."""
        return action_id(self.kind, self.instrument_id, self.pays_on)


def action_id(kind: ActionKind, instrument_id: str, pays_on: date) -> str:
    """The name of an action."""
    return f"{kind.value}:{instrument_id}:{pays_on.isoformat()}"
