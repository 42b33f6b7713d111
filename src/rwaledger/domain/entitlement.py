"""Who is paid how much of a distribution: every amount rounded down, and the dust that is left with the payer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What an account is paid, in base units of the currency, for what it held on the record date.

    `held_back` takes it out of the common payment. `paid_to` is the account that was paid, None before.
    """

    account: str
    holding_units: int
    amount_units: int
    held_back: bool = False
    paid_to: str | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """A whole payment, in base units of the currency.

    `exact` is what the holdings are owed before rounding; `funded_units` that amount rounded down, which the payer
    provides. The entitlements never add up to more, and what they leave is dust.
    """

    exact: Fraction
    funded_units: int
    entitlements: tuple[Entitlement, ...]

    @property
    def paid_units(self) -> int:
        """What all entitlements are together."""
        return sum(each.amount_units for each in self.entitlements)

    @property
    def dust_units(self) -> int:
        """What rounding leaves with the payer."""
        return self.funded_units - self.paid_units


def distribute(
    holdings: Mapping[str, int], per_unit: Fraction, rounding_units: int, unpaid: Collection[str] = ()
) -> Distribution:
    """Divides what is owed for `holdings`, `per_unit` of currency base units for each base unit held.

    Each amount is rounded down to a multiple of `rounding_units`. Accounts in `unpaid`, which are the payer's own,
    are owed nothing, but stand in the list with what they hold. Accounts that hold nothing do not.

    Raises:
        ValueError: a holding, the rate or the rounding is negative.
    """
    if per_unit < 0 or rounding_units < 1 or any(units < 0 for units in holdings.values()):
        raise ValueError("holdings and rate must not be negative, and rounding is to one base unit at least")
    entitlements = tuple(
        Entitlement(account, units, 0 if account in unpaid else round_down(units * per_unit, rounding_units))
        for account, units in sorted(holdings.items())
        if units
    )
    owed = sum(units for account, units in holdings.items() if account not in unpaid) * per_unit
    return Distribution(owed, round_down(owed, rounding_units), entitlements)


def round_down(exact: Fraction, rounding_units: int) -> int:
    """The greatest multiple of `rounding_units` that is not above the amount."""
    return exact // rounding_units * rounding_units


def round_up(exact: Fraction, rounding_units: int) -> int:
    """The least multiple of `rounding_units` that is not below the amount."""
    return -(-exact // rounding_units) * rounding_units
