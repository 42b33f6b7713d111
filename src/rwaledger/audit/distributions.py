"""What a bond's action has to be by its terms, and by what was held on its record date: nothing of its row is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from rwaledger.audit.payments_due import party_of
from rwaledger.audit.records import Records
from rwaledger.domain.corporate_action import ActionKind, BondTerms, CorporateAction
from rwaledger.domain.entitlement import Distribution, distribute
from rwaledger.domain.policy import Policy
from rwaledger.domain.schedule import pay_day, record_day, record_time


@dataclass(frozen=True, slots=True)
class Schedule:
    """When an action is by the terms, and what it pays for one base unit of the bond."""

    period_from: date
    period_to: date
    pays_on: date
    record_at: int
    per_unit: Fraction


def schedule_of(action: CorporateAction, terms: BondTerms, policy: Policy, decimals: int) -> Schedule | None:
    """The schedule of the period that ends as the action's does; None where the terms have none."""
    periods = terms.periods()
    period = next((each for each in periods if each.ends_on == action.period_to), None)
    if period is None or (action.kind is ActionKind.REDEMPTION and period is not periods[-1]):
        return None
    pays_on = pay_day(period, policy.calendar, terms.business_day_rule)
    record_at = record_time(record_day(pays_on, terms.record_days, policy.calendar), policy.zone)
    if action.kind is ActionKind.REDEMPTION:
        per_unit = terms.nominal_per_unit(decimals)
        return Schedule(terms.issued_on, period.ends_on, pays_on, record_at, per_unit)
    return Schedule(period.starts_on, period.ends_on, pays_on, record_at, terms.coupon_per_unit(period, decimals))


def distribution_of(records: Records, terms: BondTerms, schedule: Schedule, held: dict[str, int]) -> Distribution:
    """Who is owed what for what was held; the payer owes nothing to itself."""
    own = party_of(records, terms.payer).own
    return distribute(held, schedule.per_unit, terms.rounding_units, own)
