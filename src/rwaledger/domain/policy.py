"""A policy: the figures of a place by which operations are judged, each with its source and since when it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from rwaledger.domain.calendar import BusinessCalendar, add_months, local_date
from rwaledger.domain.errors import SettingsError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Threshold:
    """An amount of money: decimal text in whole units of the currency (ISO 4217)."""

    amount: str
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True, slots=True)
class ReserveKind:
    """A kind of asset that may back a stablecoin.

    `currencies` are those in which it counts; with none it does not count at all. `on_demand` tells whether it may
    have no maturity. A maturity lies at most `max_tenor_months` or `max_tenor_business_days` after the count.
    """

    kind: str
    currencies: frozenset[str]
    on_demand: bool = False
    max_tenor_months: int | None = None
    max_tenor_business_days: int | None = None

    def latest_maturity(self, counted_on: date, calendar: BusinessCalendar) -> date:
        """The last maturity that is eligible on the day of the count; that day itself where there can be none."""
        if self.max_tenor_months is not None:
            return add_months(counted_on, self.max_tenor_months)
        return calendar.add(counted_on, self.max_tenor_business_days or 0)

    def __str__(self) -> str:
        months, days = self.max_tenor_months, self.max_tenor_business_days
        terms = [
            ", ".join(sorted(self.currencies)) or "not eligible",
            "on demand" if self.on_demand else "",
            f"up to {months} month{'s' if months != 1 else ''}" if months is not None else "",
            f"up to {days} business day{'s' if days != 1 else ''}" if days is not None else "",
        ]
        return f"{self.kind}: {', '.join(term for term in terms if term)}"


@dataclass(frozen=True, slots=True)
class ParticipantType:
    """What statistics call holders of a class with a licence of a kind; an empty licence stands for any or none."""

    name: str
    investor_class: str
    licence: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.investor_class}{f', licence {self.licence}' if self.licence else ''}"


@dataclass(frozen=True, slots=True)
class Figure(Generic[T]):
    """One version of a figure. It counts from `valid_from` until a later version does; `source` says who says so."""

    name: str
    value: T
    valid_from: date
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """All figures of a place, with its time zone and its business days.

    The properties give what is in force on `day`; where that is None, the newest version, whenever it counts from.
    What happened at a time is judged by `policy.on_moment(time)`. All raise SettingsError where
    nothing is in force.
    """

    name: str
    zone: str
    calendar: BusinessCalendar
    thresholds: tuple[Figure[Threshold], ...]
    numbers: tuple[Figure[int], ...]
    kinds: tuple[Figure[ReserveKind], ...]
    participants: tuple[Figure[ParticipantType], ...] = ()
    day: date | None = None

    def on(self, day: date) -> Policy:
        """The policy as it is in force on a local day."""
        return replace(self, day=day)

    def on_moment(self, moment: datetime) -> Policy:
        """The policy as it is in force on the local day of a moment."""
        return self.on(local_date(moment, self.zone))

    @property
    def figures(self) -> list[Figure[Any]]:
        """Every version of every figure, whenever it counts."""
        return [*self.thresholds, *self.numbers, *self.kinds]

    @property
    def travel_rule_threshold(self) -> Threshold:
        """From which amount on a transfer needs a travel-rule record."""
        return self._newest("travel_rule_threshold", self.thresholds)

    @property
    def redemption_business_days(self) -> int:
        """Business days after the request within which a stablecoin is paid back."""
        return self._number("redemption_business_days")

    @property
    def redemption_fee_max_bp(self) -> int:
        """Most that a redemption may cost, in hundredths of a per cent of its amount."""
        return self._number("redemption_fee_max_bp")

    @property
    def attestation_lifetime_s(self) -> int:
        """Seconds after the count for which an attestation of the reserve is good."""
        return self._number("attestation_lifetime_s")

    @property
    def nav_deviation_bp(self) -> int:
        """How far a net asset value may move at once without a person's word, in hundredths of a per cent."""
        return self._number("nav_deviation_bp")

    @property
    def reconciliation_age_days(self) -> int:
        """Days for which a reconciliation that passed lets corporate actions through."""
        return self._number("reconciliation_age_days")

    @property
    def pause_business_days(self) -> int:
        """Business days after an undue creation or deletion was found, at whose end a pause is proposed."""
        return self._number("pause_business_days")

    @property
    def reserve_kinds(self) -> dict[str, ReserveKind]:
        """What may back a stablecoin, by its name."""
        names = dict.fromkeys(figure.value.kind for figure in self._in_force(self.kinds))
        return {
            name: self._newest("reserve_kinds", [each for each in self.kinds if each.value.kind == name])
            for name in names
        }

    @property
    def participant_types(self) -> tuple[ParticipantType, ...]:
        """What statistics call holders; the first that fits counts. They judge nothing, so they are no figures."""
        return tuple(figure.value for figure in self._in_force(self.participants))

    def _number(self, name: str) -> int:
        return self._newest(name, [figure for figure in self.numbers if figure.name == name])

    def _in_force(self, versions: Iterable[Figure[T]]) -> list[Figure[T]]:
        return [each for each in versions if self.day is None or each.valid_from <= self.day]

    def _newest(self, name: str, versions: Iterable[Figure[T]]) -> T:
        in_force = self._in_force(versions)
        if not in_force:
            raise SettingsError(
                f"the policy {self.name!r} has no {name} in force on {self.day}",
                "Add a version with an earlier valid_from (setting policy_file).",
            )
        return max(in_force, key=lambda each: each.valid_from).value
