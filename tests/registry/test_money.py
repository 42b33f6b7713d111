"""Reserves, attestations and redemptions in the register: what is on record stays, and of two only one is first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rwaledger.domain.errors import RegisterConflict, UnknownName
from rwaledger.domain.redemption import Redemption, RedemptionStatus, burn_key
from rwaledger.domain.reserve import Attestation, ReserveLine, ReserveStatement, SignedAttestation
from rwaledger.registry import redemptions, reserves
from rwaledger.registry.database import Database
from tests.registry.samples import BOOK, CHAIN, HKDS, NOON, add_instruments, address, hash_of

AS_OF = int(NOON.timestamp())
STATEMENT = ReserveStatement(
    "HKDS",
    AS_OF,
    (
        ReserveLine(2, "bills", "Exchange Fund Bill", "HKD", 2**95 + 1, 180, date(2026, 9, 30)),
        ReserveLine(3, "deposits", "現金", "HKD", 7, 0, None),
    ),
    hash_of("file"),
)
SIGNED = SignedAttestation(
    "HKDS",
    BOOK,
    Attestation(HKDS.address, 2**95, AS_OF, AS_OF + 60, hash_of("report")),
    address(9),
    hash_of("digest"),
    "0x" + "5e" * 65,
)
ASKED = Redemption("R-1", "HKDS", CHAIN, address(1), 2**95 + 1, NOON, date(2026, 1, 16), burn_key("R-1"))


@pytest.fixture
def register(database: Database) -> Database:
    with database.begin() as c:
        add_instruments(c, HKDS)
    return database


def test_a_statement_is_given_back_to_the_unit_and_the_newest_of_a_time_counts(register: Database) -> None:
    corrected = replace(STATEMENT, lines=STATEMENT.lines[:1], source_hash=hash_of("corrected"))
    earlier = replace(STATEMENT, as_of=AS_OF - 1)
    for each in (STATEMENT, corrected, earlier):
        with register.begin() as c:
            reserves.add_statement(c, each)
    with register.read() as c:
        assert reserves.statement(c, "HKDS") == corrected
        assert reserves.statement(c, "HKDS", AS_OF) == corrected
        assert reserves.statement(c, "HKDS", AS_OF - 1) == earlier
        assert reserves.statement(c, "HKDS", AS_OF - 2) is None
        assert reserves.statement(c, "GRN28") is None


def test_an_attestation_of_a_time_is_signed_once(register: Database) -> None:
    with register.begin() as c:
        assert reserves.attestation(c, "HKDS", AS_OF) is None
        reserves.add_attestation(c, SIGNED)
        assert reserves.attestation(c, "HKDS", AS_OF) == SIGNED
    with pytest.raises(RegisterConflict), register.begin() as c:
        reserves.add_attestation(c, SIGNED)
    later = replace(SIGNED, attestation=replace(SIGNED.attestation, as_of=AS_OF + 1))
    with register.begin() as c:
        reserves.add_attestation(c, later)
        assert reserves.attestations(c, "HKDS") == [SIGNED, later]


def test_a_request_goes_from_open_to_paid(register: Database) -> None:
    with register.begin() as c:
        redemptions.add_redemption(c, ASKED)
        assert redemptions.redemption(c, "R-1") == ASKED
        assert redemptions.begin_payment(c, "R-1", "BANK-1", 5)
        assert not redemptions.begin_payment(c, "R-1", "BANK-1", 5)
        assert redemptions.redemption(c, "R-1").status is RedemptionStatus.PAYING
        assert redemptions.finish_payment(c, "R-1", "BANK-1", NOON)
        assert not redemptions.finish_payment(c, "R-1", "BANK-1", NOON)
    with register.read() as c:
        paid = redemptions.redemption(c, "R-1")
    assert (paid.status, paid.paid_at, paid.payment_units) == (RedemptionStatus.PAID, NOON, 2**95 - 4)


def test_of_two_payments_one_is_first(register: Database) -> None:
    with register.begin() as c:
        redemptions.add_redemption(c, ASKED)
        redemptions.begin_payment(c, "R-1", "BANK-1", 0)
    for reference, fee in (("BANK-2", 0), ("BANK-1", 1)):
        with pytest.raises(RegisterConflict, match="R-1 is paying, payment BANK-1"), register.begin() as c:
            redemptions.begin_payment(c, "R-1", reference, fee)
    with register.begin() as c:
        redemptions.finish_payment(c, "R-1", "BANK-1", NOON)
    with pytest.raises(RegisterConflict, match="R-1 is paid"), register.begin() as c:
        redemptions.cancel(c, "R-1", "late")
    with pytest.raises(RegisterConflict, match="in the queue already"), register.begin() as c:
        redemptions.add_redemption(c, ASKED)


def test_what_is_cancelled_or_unknown_is_not_paid(register: Database) -> None:
    with register.begin() as c:
        redemptions.add_redemption(c, ASKED)
        redemptions.add_redemption(c, replace(ASKED, request="R-0", due_on=date(2026, 1, 20)))
        redemptions.cancel(c, "R-1", "withdrawn")
        assert list(redemptions.redemptions(c)) == ["R-1", "R-0"]
        assert list(redemptions.redemptions(c, ["R-0"])) == ["R-0"]
        assert redemptions.redemptions(c, instrument_id="GRN28") == {}
        assert redemptions.redemption(c, "R-1").reason == "withdrawn"
    with pytest.raises(RegisterConflict, match="R-1 is cancelled"), register.begin() as c:
        redemptions.begin_payment(c, "R-1", "BANK-1", 0)
    with pytest.raises(UnknownName), register.begin() as c:
        redemptions.begin_payment(c, "R-9", "BANK-1", 0)
