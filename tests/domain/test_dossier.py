"""Dossiers: what follows on a day from evidence, licences and residences, and what may be stated twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from rwaledger.domain.dossier import Dossier, Evidence, EvidenceKind, Licence, valid_until
from rwaledger.domain.dossier_changes import (
    licence_ended,
    licence_reinstated,
    licence_suspended,
    licensed,
    moved,
    renewed,
)
from rwaledger.domain.holder import FIRST_DAY, LAST_DAY, Holder, InvestorClass

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
HK, CN, SG = 344, 156, 702
LANTAU = Dossier(Holder("lantau", HK, InvestorClass.INTERMEDIARY, date(2026, 12, 31)))
DEALER = ("dealer", "AAB123")


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def evidence(kind: EvidenceKind, until: str) -> Evidence:
    return Evidence("lantau", kind, "0x01", day("01-01"), day(until), NOW)


def licence(since: str, until: str | None, suspended_from: str | None = None, number: str = "1") -> Licence:
    suspended = day(suspended_from) if suspended_from else None
    return Licence("lantau", "dealer", number, day(since), day(until) if until else None, suspended, NOW)


KYC_ONLY = [evidence(EvidenceKind.KYC, "10-31")]


@pytest.mark.parametrize(
    ("proved", "licences", "until"),
    [
        (KYC_ONLY, [], "10-31"),
        ([*KYC_ONLY, evidence(EvidenceKind.CLASS, "09-30")], [], "09-30"),
        (KYC_ONLY, [licence("01-01", "08-31")], "08-31"),
        (KYC_ONLY, [licence("01-01", "11-30")], "10-31"),
        (KYC_ONLY, [licence("01-01", None)], "10-31"),
        (KYC_ONLY, [licence("01-01", "08-31", suspended_from="07-15")], "07-14"),
        (KYC_ONLY, [licence("01-01", "08-31", suspended_from="09-15")], "08-31"),
        (KYC_ONLY, [licence("01-01", "08-31"), licence("06-01", "09-15", number="2")], "09-15"),
        (KYC_ONLY, [licence("01-01", "06-30"), licence("07-01", "09-15", number="2")], "09-15"),
        (KYC_ONLY, [licence("01-01", "06-30"), licence("07-02", "09-15", number="2")], "06-30"),
        (KYC_ONLY, [licence("01-01", "05-31")], "05-31"),
        (KYC_ONLY, [licence("01-01", "03-31"), licence("04-02", "05-30", number="2")], "05-30"),
        (KYC_ONLY, [licence("07-01", "09-15")], "06-14"),
        (KYC_ONLY, [licence("02-01", "05-31", suspended_from="01-15")], "06-14"),
    ],
)
def test_a_holder_may_act_until_its_evidence_or_its_licences_end(
    proved: list[Evidence], licences: list[Licence], until: str
) -> None:
    assert valid_until(proved, licences, day("06-15")) == day(until)


def test_validity_stays_among_the_days_that_the_chain_can_hold() -> None:
    assert valid_until([], [], day("06-15")) == LAST_DAY
    assert valid_until([], [licence("01-01", None)], day("06-15")) == LAST_DAY
    assert valid_until([], [licence("07-01", None)], FIRST_DAY) == FIRST_DAY


def test_seen_from_within_a_later_licence_its_own_end_counts() -> None:
    both = [licence("01-01", "06-30"), licence("09-01", "10-15", number="2")]
    assert valid_until(KYC_ONLY, both, day("06-30")) == day("06-30")
    assert valid_until(KYC_ONLY, both, day("08-31")) == day("06-30")
    assert valid_until(KYC_ONLY, both, day("09-01")) == day("10-15")


def test_the_newest_evidence_of_each_kind_counts() -> None:
    first = renewed(LANTAU, (EvidenceKind.KYC, "0x01", day("04-30")), day("01-15"), NOW)
    second = renewed(first, (EvidenceKind.KYC, "0x02", day("10-31")), day("04-20"), NOW)
    assert first.as_of(day("04-20")).holder.valid_until == day("04-30")
    assert second.as_of(day("04-20")).holder.valid_until == day("10-31")
    proved = (EvidenceKind.CLASS, "0x03", day("07-31"))
    professional = renewed(second, proved, day("04-20"), NOW, InvestorClass.PROFESSIONAL).as_of(day("04-20"))
    assert professional.holder.valid_until == day("07-31")
    assert professional.holder.investor_class is InvestorClass.PROFESSIONAL


def test_a_holder_of_whom_nothing_is_stated_stays_as_the_register_has_it() -> None:
    assert LANTAU.as_of(day("06-15")) == LANTAU
    limited = licensed(LANTAU, DEALER, (day("01-01"), day("08-31")), NOW)
    assert limited.as_of(day("06-15")).holder.valid_until == day("08-31")


def test_residence_is_that_of_the_day_by_what_was_stated_last() -> None:
    dossier = moved(LANTAU, HK, day("01-01"), NOW)
    dossier = moved(dossier, CN, day("06-01"), NOW + timedelta(days=1))
    dossier = moved(dossier, SG, day("06-01"), NOW + timedelta(days=2))  # a correction
    dossier = moved(dossier, CN, day("03-01"), NOW + timedelta(days=3))  # learnt of late
    found = {text: dossier.as_of(day(text)).holder.country for text in ("01-01", "02-28", "03-01", "05-31", "06-01")}
    assert found == {"01-01": HK, "02-28": HK, "03-01": CN, "05-31": CN, "06-01": SG}


def test_what_was_stated_before_is_not_stated_again_even_where_a_later_statement_holds() -> None:
    proof = (EvidenceKind.KYC, "0x01", day("04-30"))
    dossier = renewed(moved(LANTAU, HK, day("01-01"), NOW), proof, day("01-15"), NOW)
    dossier = licensed(dossier, DEALER, (day("01-01"), day("08-31")), NOW)
    later = renewed(dossier, (EvidenceKind.KYC, "0x02", day("10-31")), day("04-20"), NOW)
    later = licensed(moved(later, CN, day("06-01"), NOW), DEALER, (day("01-01"), None), NOW)
    assert moved(later, HK, day("01-01"), NOW) == later
    assert renewed(later, proof, day("06-15"), NOW, InvestorClass.RETAIL) == later
    assert licensed(later, DEALER, (day("01-01"), day("08-31")), NOW) == later


def test_a_suspension_stays_until_it_is_ended_and_always_takes_effect() -> None:
    dossier = licensed(LANTAU, DEALER, (day("01-01"), day("08-31")), NOW)
    suspended = licence_suspended(dossier, DEALER, day("06-01"), NOW)
    assert licence_suspended(suspended, DEALER, day("06-01"), NOW) == suspended
    assert licensed(suspended, DEALER, (day("01-01"), day("08-31")), NOW) == suspended
    extended = licensed(suspended, DEALER, (day("01-01"), day("12-31")), NOW)
    assert extended.as_of(day("06-15")).holder.valid_until == day("05-31")
    free = licence_reinstated(suspended, DEALER, NOW)
    assert free.as_of(day("06-15")).holder.valid_until == day("08-31")
    assert licence_suspended(free, DEALER, day("06-01"), NOW).as_of(day("06-15")).holder.valid_until == day("05-31")
    assert licence_ended(free, DEALER, day("07-31"), NOW).as_of(day("06-15")).holder.valid_until == day("07-31")
    with pytest.raises(KeyError):
        licence_ended(free, ("dealer", "other"), day("07-31"), NOW)
