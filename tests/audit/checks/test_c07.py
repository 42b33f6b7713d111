"""C07: the reserve is enough at each count and at the block, its lines count, and what is attested was counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from rwaledger.domain.reconciliation import Outcome
from tests.audit.office_cases import LANTAU, Root, edit, found_in, read_again, read_one, result, roots, steal
from tests.played import Played

JANUARY, JULY, LAST = 1_769_734_800, 1_784_509_200, 1_785_488_400
"""Counts of 30 January, 20 July and 31 July: the first two are attested."""

OUTSTANDING = "103899315.060000"
SHORT = Root("C07", "VALUATION", "HKDS", "", OUTSTANDING, "103793900.000000")


def line(as_of: int, number: int) -> str:
    return f"WHERE as_of = {as_of} AND line = {number}"


def last(number: int, change: str) -> str:
    """A change of a line of the last count: 2 are deposits, 3 bills, 4 an overnight reverse repo."""
    return f"UPDATE reserve_lines SET {change} {line(LAST, number)}"


def policy(break_class: str, left: str, right: str) -> Root:
    return Root("C07", break_class, "HKDS", "", left, right)


def test_the_clean_story_passes_and_says_what_it_covered(played: Played) -> None:
    found = result(found_in(played), "C07")
    assert (found.outcome, found.breaks) == (Outcome.PASS, ())
    assert found.coverage == {"stablecoins": 1, "counts": 4, "lines": 12, "attestations": 3}


def test_bills_marked_down_by_a_count_are_short_once(played: Played) -> None:
    told = (played.folder / "reserve-2026-07-31.csv").read_text()
    path = Path(played.folder, "marked-down.csv")
    path.write_text(told.replace("36450000.00", "35793900.00"))
    as_of = "2026-07-31T17:30:00+08:00"
    assert played.run("reserve", "import", "HKDS", str(path), "--as-of", as_of, "--yes") == 0
    (found,) = found_in(played).breaks
    assert (found.left.value, found.right.value) == (OUTSTANDING, "103793900.000000")
    assert "99.90 % of what is outstanding and short of 105,415.060000 HKDS" in found.summary
    assert "without frozen units it is 99.95 %" in found.summary


COUNTS = {
    "bills marked down in the row": ([last(3, "amount_units = '35793900000000'")], [SHORT]),
    "a haircut": ([last(3, "haircut_bp = 180")], [SHORT]),
    "enough only without what is frozen": (
        [last(2, "amount_units = '61400000000000'")],
        [policy("VALUATION", OUTSTANDING, "103850000.000000")],
    ),
    "one unit short": (
        [last(2, "amount_units = '61449315059999'")],
        [policy("VALUATION", OUTSTANDING, "103899315.059999")],
    ),
    "not a unit short": ([last(2, "amount_units = '61449315060000'")], []),
    "an earlier count short at its own time": (
        [f"UPDATE reserve_lines SET amount_units = '40000000000000' {line(JANUARY, 3)}"],
        [policy("AMOUNT", "161400000.000000", "145400000.000000")],
    ),
    "gold": ([last(3, "kind = 'gold'")], [policy("VALUATION", "one of bills, cash, deposits, reverse-repo", "gold")]),
    "another currency": ([last(3, "currency = 'USD'")], [policy("VALUATION", "bills in HKD", "USD")]),
    "bills of more than a year": (
        [last(3, "matures_on = '2027-08-01'")],
        [policy("VALUATION", "a maturity from 2026-07-31 to 2027-07-31", "2027-08-01")],
    ),
    "bills that are over": (
        [last(3, "matures_on = '2026-07-30'")],
        [policy("VALUATION", "a maturity from 2026-07-31 to 2027-07-31", "2026-07-30")],
    ),
    "bills on demand": (
        [last(3, "matures_on = NULL")],
        [policy("VALUATION", "a maturity from 2026-07-31 to 2027-07-31", "none")],
    ),
    "a repo over two nights": (
        [last(4, "matures_on = '2026-08-04'")],
        [policy("VALUATION", "a maturity from 2026-07-31 to 2026-08-03", "2026-08-04")],
    ),
    "a haircut that adds": (
        [last(3, "haircut_bp = -1")],
        [
            policy(
                "VALUATION",
                "an amount and a haircut of 0 to 10000 basis points",
                "36450000000000 units, haircut -1 basis points",
            )
        ],
    ),
    "no count": (
        ["DELETE FROM reserve_lines"],
        [
            policy("COVERAGE", "402000000.000000", "no count"),
            policy("COVERAGE", "161400000.000000", "no count"),
            policy("COVERAGE", "104450000.000000", "no count"),
            policy("COVERAGE", OUTSTANDING, "none"),
        ],
    ),
    "a count after the block's time": ([f"UPDATE reserve_lines SET as_of = as_of + 86400 WHERE as_of = {LAST}"], []),
}


@pytest.mark.parametrize("case", COUNTS)
def test_each_count_is_judged_line_by_line_and_in_all(played: Played, case: str) -> None:
    statements, expected = COUNTS[case]
    edit(played, *statements)
    assert roots(played) == expected


def test_a_shortfall_for_want_of_an_eligible_line_follows_from_it(played: Played) -> None:
    edit(played, *COUNTS["gold"][0])
    line_, short = found_in(played).breaks
    assert (short.follows_from, short.right.value) == (line_.break_id, "68000000.000000")


ATTESTATIONS = {
    "of another amount": (
        [f"UPDATE attestations SET amount_units = '104450000000001' WHERE as_of = {JULY}"],
        [policy("AMOUNT", "104450000.000000", "104450000.000001")],
    ),
    "good for longer": (
        [f"UPDATE attestations SET expires_at = 1787274001 WHERE as_of = {JULY}"],
        [policy("TAMPER", "1787274000", "1787274001")],
    ),
    "lost": (
        [f"DELETE FROM attestations WHERE as_of = {JULY}"],
        [policy("MISSING_IN_REGISTER", "104450000.000000", "nothing")],
    ),
    "invented": (
        [
            "INSERT INTO attestations SELECT instrument_id, 1785488400, contract, amount_units, expires_at, "
            f"document_hash, attestor, digest || '00', signature, recorded_at FROM attestations WHERE as_of = {JULY}"
        ],
        [policy("MISSING_ON_CHAIN", "nothing", "104450000.000000")],
    ),
}


@pytest.mark.parametrize("case", ATTESTATIONS)
def test_an_attestation_is_what_was_published(played: Played, case: str) -> None:
    statements, expected = ATTESTATIONS[case]
    edit(played, *statements)
    assert roots(played) == expected


def test_an_attestation_is_signed_by_who_published_it(played: Played) -> None:
    attestor = read_one(played, f"SELECT attestor FROM attestations WHERE as_of = {JULY}")
    edit(played, f"UPDATE attestations SET attestor = '{LANTAU}' WHERE as_of = {JULY}")
    assert roots(played) == [policy("TAMPER", attestor, LANTAU)]


def test_an_attestation_on_its_way_is_not_missed(played: Played) -> None:
    report = "papers/reserve-report.txt"
    assert played.run("reserve", "attest", "HKDS", "--document", report, "--yes") == 0
    assert roots(played) == []
    read_again(played)
    found = found_in(played)
    assert found.passed
    assert result(found, "C07").coverage["attestations"] == 4


def test_an_instrument_with_a_reserve_is_a_stablecoin(played: Played) -> None:
    edit(played, "UPDATE instruments SET kind = 'bond' WHERE instrument_id = 'HKDS'")
    assert roots(played) == [
        Root("C07", "COVERAGE", "HKDS", "", "7 counts and attestations", "bond"),
        Root("C08", "COVERAGE", "HKDS", "green-issuer", "no stablecoin", "paid"),
    ]


def test_a_shortfall_by_an_issue_that_nobody_authorised_follows_from_that(played: Played) -> None:
    edit(played, *COUNTS["not a unit short"][0])
    steal(played, "HKDS", "mint", LANTAU, 1_000_000_000)
    read_again(played)
    found = found_in(played)
    assert [each.check for each in found.breaks if not each.follows_from] == ["C05"]
    assert "C07" in {each.check for each in found.breaks}
