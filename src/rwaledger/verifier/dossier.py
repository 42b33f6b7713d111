"""What the register states of a holder over time, and what that supports on one day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from rwaledger.verifier.case import Case

_DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2149, 6, 6)
"""Days 0 and 65,535: the first and the last that an account word can hold."""


@dataclass(slots=True)
class Dossier:
    """The statements on one holder, the oldest first; a newer one takes the place of an older one of its kind."""

    holder: Any
    residences: list[Any] = field(default_factory=list)
    evidence: list[Any] = field(default_factory=list)
    licences: list[Any] = field(default_factory=list)
    _known: dict[date, date] = field(default_factory=dict)
    _resident: dict[date, set[int]] = field(default_factory=dict)

    def supported_until(self, day: date) -> date:
        """The last day on which the holder could act, by what had begun to count by a day; before it where not.

        Without evidence of its identity the holder could not act. Of licences those that follow one another without a
        gap count together.
        """
        if day not in self._known:
            self._known[day] = self._worked_out(day)
        return self._known[day]

    def _worked_out(self, day: date) -> date:
        until = self._evidenced_until(day)
        newest = {(each.kind, each.number): each for each in self.licences}
        begun = [each for each in newest.values() if each.valid_from <= day]
        licensed = _covered_until([(each.valid_from, _last_day(each)) for each in begun], day) if begun else LAST_DAY
        return min(until, max(FIRST_DAY, min(LAST_DAY, licensed)))

    def _evidenced_until(self, day: date) -> date:
        newest = {each.kind: each for each in self.evidence if each.valid_from <= day}
        if "kyc" not in newest:
            return FIRST_DAY
        ends: list[date] = [each.valid_until for each in newest.values()]
        return min(ends)

    def residences_about(self, day: date) -> set[int]:
        """Countries of residence on a day or the one before: on the day of a move either is right.

        Where nothing is stated of the day, what the register says of the holder stands for it.
        """
        if day not in self._resident:
            found = (self._residence_on(day), self._residence_on(day - _DAY))
            self._resident[day] = {each.country for each in found if each is not None} or {self.holder.country}
        return self._resident[day]

    def _residence_on(self, day: date) -> Any:
        begun = [each for each in self.residences if each.valid_from <= day]
        return max(begun, key=lambda each: (each.valid_from, each.recorded_at), default=None)


def dossiers(case: Case) -> dict[str, Dossier]:
    """The dossiers of all holders, by name."""
    found = {name: Dossier(row) for name, row in case.holders.items()}
    for table in ("residences", "evidence", "licences"):
        for row in sorted(case.pack.table(table), key=lambda each: each.recorded_at):
            if row.holder_id in found:
                getattr(found[row.holder_id], table).append(row)
    return found


def _last_day(licence: Any) -> date:
    end: date = licence.valid_until or LAST_DAY
    return end if licence.suspended_from is None else min(end, licence.suspended_from - _DAY)


def _covered_until(intervals: Sequence[tuple[date, date]], on: date) -> date:
    """The last day up to which there is no gap from a day; the last one before it where that is not covered."""
    if not _covers(intervals, on):
        return max((end for start, end in intervals if start <= end < on), default=on - _DAY)
    last = on
    for start, end in sorted(intervals):
        if start <= last + _DAY:
            last = max(last, end)
    return last


def _covers(intervals: Iterable[tuple[date, date]], day: date) -> bool:
    return any(start <= day <= end for start, end in intervals)
