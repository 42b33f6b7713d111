"""What may be stated anew of a holder: each function gives the dossier with the statement, once.

A statement that was made before is not made again, even where a later one has taken its place: so the same command
run twice changes nothing. What restricts a licence is compared with what is in force only, and so always takes effect.
`now` is the time at which it is stated.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from rwaledger.domain.dossier import Dossier, Evidence, EvidenceKind, Licence, Residence
from rwaledger.domain.holder import InvestorClass


def moved(dossier: Dossier, country: int, since: date, now: datetime) -> Dossier:
    """The holder has been resident in a country (ISO 3166-1 numeric) from a day on."""
    if any((each.valid_from, each.country) == (since, country) for each in dossier.residences):
        return dossier
    stated = Residence(dossier.holder.holder_id, since, country, now)
    return replace(dossier, residences=(*dossier.residences, stated))


def renewed(
    dossier: Dossier,
    document: tuple[EvidenceKind, str, date],
    on: date,
    now: datetime,
    investor_class: InvestorClass | None = None,
) -> Dossier:
    """A document was seen on the day `on`: its kind, its SHA-256, and the last day on which it counts.

    `investor_class` is the class that it proves.
    """
    kind, document_hash, until = document
    if any((each.kind, each.document_hash, each.valid_until) == document for each in dossier.evidence):
        return dossier
    stated = Evidence(dossier.holder.holder_id, kind, document_hash, on, until, now)
    holder = replace(dossier.holder, investor_class=investor_class or dossier.holder.investor_class)
    return replace(dossier, holder=holder, evidence=(*dossier.evidence, stated))


def licensed(dossier: Dossier, licence: tuple[str, str], interval: tuple[date, date | None], now: datetime) -> Dossier:
    """The holder has a licence, by kind and number, from and until these days; a suspension of it stays."""
    if any(((each.kind, each.number), (each.valid_from, each.valid_until)) == (licence, interval)
           for each in dossier.licences):  # fmt: skip
        return dossier
    known = dossier.licences_in_force.get(licence)
    suspended_from = known.suspended_from if known else None
    stated = Licence(dossier.holder.holder_id, *licence, *interval, suspended_from, now)
    return replace(dossier, licences=(*dossier.licences, stated))


def licence_suspended(dossier: Dossier, licence: tuple[str, str], since: date, now: datetime) -> Dossier:
    """A licence is suspended from a day on.

    Raises:
        KeyError: the holder has no such licence.
    """
    return _restated(dossier, replace(dossier.licences_in_force[licence], suspended_from=since), now)


def licence_reinstated(dossier: Dossier, licence: tuple[str, str], now: datetime) -> Dossier:
    """The suspension of a licence has ended.

    Raises:
        KeyError: the holder has no such licence.
    """
    return _restated(dossier, replace(dossier.licences_in_force[licence], suspended_from=None), now)


def licence_ended(dossier: Dossier, licence: tuple[str, str], until: date, now: datetime) -> Dossier:
    """A licence ends with a day.

    Raises:
        KeyError: the holder has no such licence.
    """
    return _restated(dossier, replace(dossier.licences_in_force[licence], valid_until=until), now)


def _restated(dossier: Dossier, licence: Licence, now: datetime) -> Dossier:
    if licence in dossier.licences_in_force.values():
        return dossier
    # Never at the time of the statement that it replaces, however coarse or wrong the clock is.
    stated = max(now, licence.recorded_at + timedelta(microseconds=1))
    return replace(dossier, licences=(*dossier.licences, replace(licence, recorded_at=stated)))
