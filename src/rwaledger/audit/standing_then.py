"""What a holder's dossier supports on a day of the past: until when, and where the holder was resident."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from rwaledger.domain.dossier import Dossier, Evidence, EvidenceKind, valid_until
from rwaledger.domain.holder import FIRST_DAY

_DAY = timedelta(days=1)


def supported_until(dossier: Dossier, day: date) -> date:
    """The last day on which the holder could act, by what had begun to count by a day; before it where it could not.

    Of each kind of evidence the newest statement that had begun counts; without any of its identity the holder could
    not act. Of a licence the newest statement counts whenever it was made: what it says of the day is what is known
    now. When a statement was made only puts it in order; it is the clock of a machine, and not the chain's.
    """
    licences = [each for each in dossier.licences_in_force.values() if each.valid_from <= day]
    return min(_evidence_until(dossier.evidence, day), valid_until((), licences, day))


def _evidence_until(evidence: Iterable[Evidence], day: date) -> date:
    begun = {each.kind: each for each in evidence if each.valid_from <= day}
    if EvidenceKind.KYC not in begun:
        return FIRST_DAY
    return min(each.valid_until for each in begun.values())


def known_by(dossier: Dossier, moment: datetime) -> Dossier | None:
    """What had been stated by a moment; None where that was nothing, so that the clocks cannot be compared."""
    residences = tuple(each for each in dossier.residences if each.recorded_at <= moment)
    evidence = tuple(each for each in dossier.evidence if each.recorded_at <= moment)
    licences = tuple(each for each in dossier.licences if each.recorded_at <= moment)
    if not (residences or evidence or licences):
        return None
    return Dossier(dossier.holder, residences, evidence, licences)


def residences_about(dossier: Dossier, day: date) -> set[int]:
    """Where the holder was resident on a day or the one before: on the day of a move either is right.

    Where nothing is stated of the day, what the register says of the holder stands for it.
    """
    found = (dossier.residence_on(day), dossier.residence_on(day - _DAY))
    return {each.country for each in found if each} or {dossier.holder.country}
