"""What the register states of a legal person over time, and what follows from it on one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from rwaledger.domain.holder import FIRST_DAY, LAST_DAY, Holder

_DAY = timedelta(days=1)


class EvidenceKind(StrEnum):
    """What a document proves: who the holder is (know your customer), or its class."""

    KYC = "kyc"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class Residence:
    """Where a holder has been resident from `valid_from` on (ISO 3166-1 numeric)."""

    holder_id: str
    valid_from: date
    country: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document on a holder and the last day on which it counts.

    `document_hash` is its SHA-256; empty where none was kept.
    """

    holder_id: str
    kind: EvidenceKind
    document_hash: str
    valid_from: date
    valid_until: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence of an intermediary: from and until which day, and from which day on it is suspended.

    `valid_until` is None where it has no end.
    """

    holder_id: str
    kind: str
    number: str
    valid_from: date
    valid_until: date | None
    suspended_from: date | None
    recorded_at: datetime

    @property
    def ends_on(self) -> date:
        """Its last day in force."""
        end = self.valid_until or LAST_DAY
        return end if self.suspended_from is None else min(end, self.suspended_from - _DAY)


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is stated of one holder, the oldest statement first.

    A newer statement takes the place of an older one: of the same day for residence, of the same kind for evidence,
    of the same kind and number for a licence.
    """

    holder: Holder
    residences: tuple[Residence, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    licences: tuple[Licence, ...] = ()

    @property
    def evidence_in_force(self) -> dict[EvidenceKind, Evidence]:
        """The newest statement of each kind."""
        return {each.kind: each for each in self.evidence}

    @property
    def licences_in_force(self) -> dict[tuple[str, str], Licence]:
        """The newest statement on each licence, by its kind and number."""
        return {(each.kind, each.number): each for each in self.licences}

    def residence_on(self, day: date) -> Residence | None:
        """Where the holder is resident on a day, by what is known now; None where nothing is stated."""
        begun = [each for each in self.residences if each.valid_from <= day]
        return max(begun, key=lambda each: (each.valid_from, each.recorded_at), default=None)

    def as_of(self, day: date) -> Dossier:
        """The same, with the holder as the chain has to know it on a day."""
        residence = self.residence_on(day)
        until = valid_until(self.evidence_in_force.values(), self.licences_in_force.values(), day)
        if not self.evidence:
            until = min(until, self.holder.valid_until)
        country = residence.country if residence else self.holder.country
        return replace(self, holder=replace(self.holder, country=country, valid_until=until))


def valid_until(evidence: Iterable[Evidence], licences: Iterable[Licence], on: date) -> date:
    """The last day on which a holder may act, seen from the day `on`: the earlier of its evidence and its licences.

    All evidence has to hold. Of licences one is enough: those that follow one another without a gap count together,
    and on a day without any in force the holder may not act. Without licences evidence alone counts.
    """
    ends = [each.valid_until for each in evidence]
    intervals = [(each.valid_from, each.ends_on) for each in licences]
    if intervals:
        ends.append(_covered_until(intervals, on))
    return max(FIRST_DAY, min([LAST_DAY, *ends]))


def _covered_until(intervals: Sequence[tuple[date, date]], on: date) -> date:
    """The last day up to which there is no gap from `on`; the last one before it where `on` itself is not covered."""
    if not any(start <= on <= end for start, end in intervals):
        return max((end for start, end in intervals if start <= end < on), default=on - _DAY)
    last = on
    for start, end in sorted(intervals):
        if start <= last + _DAY:
            last = max(last, end)
    return last
