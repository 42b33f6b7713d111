"""C08: requests are paid in time, at par and within the cap, and what is paid is what went out of issue."""

from __future__ import annotations

import pytest

from rwaledger.domain.reconciliation import Outcome
from tests.audit.office_cases import LANTAU, Root, edit, found_in, read_again, read_one, result, roots, steal
from tests.played import Played

REQUEST = "WHERE request = 'R-2026-004'"
COLUMNS = (
    "request, instrument_id, chain_id, account, amount_units, requested_at, due_on, status, burn_key, fee_units, "
    "paid_at, payment_reference, reason, recorded_at, updated_at"
)


def another(request: str, requested_at: str, due_on: str, status: str = "open", paid_at: str = "NULL") -> str:
    """A request of Lantau's like R-2026-004, of which nothing went out of issue."""
    values = (
        f"'{request}', instrument_id, chain_id, account, amount_units, '{requested_at}.000000', '{due_on}', "
        f"'{status}', 'redemption:{request}', fee_units, {paid_at}, '', reason, recorded_at, updated_at"
    )
    return f"INSERT INTO redemptions ({COLUMNS}) SELECT {values} FROM redemptions {REQUEST}"


def lantau(break_class: str, left: str, right: str) -> Root:
    return Root("C08", break_class, "HKDS", "lantau", left, right)


def test_the_clean_story_passes_and_says_what_it_covered(played: Played) -> None:
    found = result(found_in(played), "C08")
    assert (found.outcome, found.breaks) == (Outcome.PASS, ())
    assert found.coverage == {"requests": 3, "burns": 3}


REQUESTS = {
    "paid a day late": (
        [f"UPDATE redemptions SET paid_at = '2026-07-03 03:00:00.000000' {REQUEST}"],
        [lantau("SERVICE_LEVEL", "due on 2026-07-02", "paid on 2026-07-03")],
    ),
    "paid in the first second after its day": (
        [f"UPDATE redemptions SET paid_at = '2026-07-02 16:00:00.000000' {REQUEST}"],
        [lantau("SERVICE_LEVEL", "due on 2026-07-02", "paid on 2026-07-03")],
    ),
    "paid in the last second of its day": (
        [f"UPDATE redemptions SET paid_at = '2026-07-02 15:59:59.000000' {REQUEST}"],
        [],
    ),
    "given another day": (
        [f"UPDATE redemptions SET due_on = '2026-07-03' {REQUEST}"],
        [lantau("SERVICE_LEVEL", "due on 2026-07-02", "due on 2026-07-03")],
    ),
    "open and overdue": (
        [another("R-9", "2026-07-29 03:00:00", "2026-07-30")],
        [lantau("SERVICE_LEVEL", "due on 2026-07-30", "open on 2026-07-31")],
    ),
    "open on its due day": ([another("R-9", "2026-07-30 03:00:00", "2026-07-31")], []),
    "made after the block's time": ([another("R-9", "2026-08-29 03:00:00", "2026-08-30")], []),
    "overdue and cancelled": ([another("R-9", "2026-07-01 03:00:00", "2026-07-02", "cancelled")], []),
    "a fee above the cap": (
        [f"UPDATE redemptions SET fee_units = '10000000001' {REQUEST}"],
        [lantau("AMOUNT", "at most 10000.000000", "10000.000001")],
    ),
    "a fee at the cap": ([f"UPDATE redemptions SET fee_units = '10000000000' {REQUEST}"], []),
    "paid and not out of issue": (
        [another("R-9", "2026-07-29 03:00:00", "2026-07-30", "paid", "'2026-07-30 03:00:00.000000'")],
        [lantau("MISSING_ON_CHAIN", "nothing out of issue", "10000000.000000")],
    ),
    "of another amount": (
        [f"UPDATE redemptions SET amount_units = '9999999000000' {REQUEST}"],
        [lantau("AMOUNT", "10000000.000000", "9999999.000000")],
    ),
    "of another account": (
        [f"UPDATE redemptions SET account = (SELECT address FROM accounts WHERE holder_id = 'kowloon') {REQUEST}"],
        [Root("C08", "AMOUNT", "HKDS", "kowloon", "10000000.000000, of another account", "10000000.000000")],
    ),
    "out of issue and cancelled": (
        [f"UPDATE redemptions SET status = 'cancelled', paid_at = NULL {REQUEST}"],
        [lantau("MISSING_IN_REGISTER", "10000000.000000 out of issue", "cancelled")],
    ),
    "out of issue and open": (
        [f"UPDATE redemptions SET status = 'open', paid_at = NULL {REQUEST}"],
        [lantau("MISSING_IN_REGISTER", "10000000.000000 out of issue", "open")],
    ),
    "lost": (
        [f"DELETE FROM redemptions {REQUEST}"],
        [lantau("MISSING_IN_REGISTER", "10000000.000000", "none")],
    ),
    "of another instruction": (
        [f"UPDATE redemptions SET burn_key = 'redemption:R-2026-001' {REQUEST}"],
        [lantau("TAMPER", "redemption:R-2026-004", "redemption:R-2026-001")],
    ),
    "of an instrument that is none": (
        [f"UPDATE redemptions SET instrument_id = 'OTHER' {REQUEST}"],
        [
            Root("C08", "COVERAGE", "OTHER", "lantau", "no stablecoin", "paid"),
        ],
    ),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_is_judged_by_time_fee_and_units(played: Played, case: str) -> None:
    statements, expected = REQUESTS[case]
    edit(played, *statements)
    assert roots(played) == expected


def test_one_that_is_unpaid_is_late_for_that(played: Played) -> None:
    edit(played, *REQUESTS["out of issue and open"][0])
    unpaid, late = found_in(played).breaks
    assert (late.follows_from, late.right.value) == (unpaid.break_id, "open on 2026-07-31")


def test_a_request_that_is_paid_beyond_the_block_is_not_missed(played: Played) -> None:
    path = played.folder / "asked.csv"
    path.write_text("request,instrument,account,amount\nR-9,HKDS,lantau,5\n")
    assert played.run("redemption", "request", str(path), "--yes") == 0
    assert played.run("redemption", "pay", "R-9", "--reference", "FPS-9", "--yes") == 0
    edit(played, "UPDATE redemptions SET requested_at = '2026-07-31 01:00:00.000000' WHERE request = 'R-9'")
    edit(played, "UPDATE redemptions SET paid_at = '2026-07-31 02:00:00.000000' WHERE request = 'R-9'")
    due = read_one(played, "SELECT due_on FROM redemptions WHERE request = 'R-9'")
    assert due == "2026-08-03"
    assert {(root.check, root.break_class) for root in roots(played)} == {("C02", "TIMING")}
    read_again(played)
    found = found_in(played)
    assert found.passed, found.breaks
    assert result(found, "C08").coverage == {"requests": 4, "burns": 4}


def test_units_redeemed_by_instruction_without_a_request_are_found(played: Played) -> None:
    path = played.folder / "redeemed.csv"
    path.write_text("instrument,account,amount\nHKDS,lantau,7\n")
    assert played.run("units", "redeem", str(path), "--yes") == 0
    read_again(played)
    assert roots(played) == [lantau("MISSING_IN_REGISTER", "7.000000", "none")]


def test_a_redemption_that_nobody_authorised_is_a_matter_of_authority_alone(played: Played) -> None:
    steal(played, "HKDS", "burn", LANTAU, 7_000_000)
    read_again(played)
    assert roots(played) == [Root("C05", "UNDUE_DELETION", "HKDS", "lantau", "7.000000", "no instruction")]


def test_an_instruction_that_was_lost_with_its_row_is_one_cause(played: Played) -> None:
    edit(
        played,
        "UPDATE transactions SET instruction_ref = NULL WHERE instruction_ref IN "
        "(SELECT ref FROM instructions WHERE idempotency_key = 'redemption:R-2026-004')",
        "DELETE FROM instructions WHERE idempotency_key = 'redemption:R-2026-004'",
    )
    assert {root.check for root in roots(played)} == {"C05"}
