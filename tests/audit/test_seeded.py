"""The scenario's seeded breaks: each alone yields its finding and no other, and all together yield all of them."""

from __future__ import annotations

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.reconciliation import Reconciliation
from tests.audit import seeding
from tests.audit.forging import forge
from tests.audit.seeding import SEEDS, Found
from tests.audit.signing import last_period
from tests.played import Played

CONTROL_BOOK = "control book"

EXPECTED: dict[int, Found] = {
    1: Found(
        *("C05", "UNDUE_CREATION", "HKDS", "retail-a"),
        left=("events", "1000.000000"),
        right=(CONTROL_BOOK, "no instruction"),
    ),
    2: Found(
        *("C02", "MISSING_IN_REGISTER", "GRN28", "chan"),
        left=("events", "Transfer of 4,000 GRN28"),
        right=("register", "nothing"),
    ),
    3: Found(
        *("C04", "DUPLICATE", "HKDS", "lantau"),
        left=("required", "2 legs, net 0, entered once"),
        right=(
            "register",
            "4 legs (-570273.970000, 570273.970000, -570273.970000, 570273.970000), net 0.000000",
        ),
    ),
    4: Found(
        *("C02", "UNMAPPED_HOLDER", "HKDS", ""), left=("events", "200000.000000"), right=("register", "no holder")
    ),
    5: Found(
        *("C06", "SUBLEDGER", "HKMM", "peak"),
        left=("events", "3000000.0000"),
        right=("register: sub-ledger", "2999998.0000"),
    ),
    6: Found(
        *("C09", "RULE_BREACH", "HKDS", "mainland"),
        left=("chain", "transferred 5.000000"),
        right=("authorised rules", "code 13: country not allowed"),
    ),
    7: Found(
        *("C07", "VALUATION", "HKDS", ""),
        left=("events", "103899315.060000"),
        right=("register: reserve", "103793900.000000"),
    ),
    8: Found(
        *("C08", "SERVICE_LEVEL", "HKDS", "lantau"),
        left=("policy", "due on 2026-07-02"),
        right=("register: redemption", "paid on 2026-07-03"),
    ),
    9: Found(
        *("C15", "UNAUTHORISED", "GRN28", ""),
        left=("events", "ISSUER_ROLE granted in block {}, revoked in block {}"),
        right=(CONTROL_BOOK, "no instruction"),
    ),
    10: Found(*("C14", "MISSING_IN_REGISTER", "", ""), left=("chain", "nonce 7, {}"), right=("register", "nothing")),
    11: Found(*("C13", "TAMPER", "", ""), left=("chain", "{}"), right=("register", "{}")),
    12: Found(*("C20", "TAMPER", "HKDS", "fund-manager"), left=("signed period", "{}"), right=("register", "{}")),
    14: Found(*("C02", "TIMING", "HKDS", "kowloon"), left=("events", "5.000000"), right=("register", "not yet read")),
}
"""Blocks and hashes are not the same in two playings of the story: `{}` stands for them. 13 is below."""

PASSING = {14, 15}


def roots_of(found: Reconciliation) -> list[Found]:
    return [
        Found(
            *(each.check, each.break_class.value, each.instrument_id, each.holder_id),
            left=(each.left.record, each.left.value),
            right=(each.right.record, each.right.value),
        )
        for each in found.breaks
        if not each.follows_from
    ]


def is_as_expected(found: Found, expected: Found) -> bool:
    """Equal in all, but for what `{}` stands for."""
    return (found.check, found.break_class, found.instrument_id, found.holder_id) == (
        *(expected.check, expected.break_class, expected.instrument_id, expected.holder_id),
    ) and all(
        told[0] == due[0] and seeding.matches(told[1], due[1])
        for told, due in ((found.left, expected.left), (found.right, expected.right))
    )


def test_the_scenario_as_it_was_played_passes_every_check(played: Played) -> None:
    found = reconcile(played.database, played.node)
    assert [result.check for result in found.results] == [f"C{number:02}" for number in range(1, 21)]
    assert [result.check for result in found.results if result.outcome != "PASS"] == []
    assert found.breaks == ()


@pytest.mark.parametrize("number", SEEDS)
def test_a_seeded_break_alone_yields_exactly_its_finding(played_apart: Played, number: int) -> None:
    SEEDS[number](played_apart)
    found = reconcile(played_apart.database, played_apart.node)
    due = [EXPECTED[number]] if number in EXPECTED else []
    told = roots_of(found)
    assert len(told) == len(due), told
    assert all(is_as_expected(*pair) for pair in zip(told, due, strict=True)), told
    assert found.passed is (number in PASSING)


def test_all_that_was_signed_rewritten_is_found_with_a_head_that_was_kept_and_only_so(played: Played) -> None:
    """Number 13: rows, hashes, keys and anchor are the forger's, so that all of them agree with one another."""
    kept = last_period(played).head
    seeding.edited_in_signed_period(played)
    forge(played)
    forged = last_period(played).head
    assert forged != kept
    found = reconcile(played.database, played.node)
    assert [result.outcome for result in found.results] == ["PASS"] * 20, found.breaks
    assert found.breaks == ()
    known = reconcile(played.database, played.node, expected_heads={"HKDS": kept})
    due = Found(
        *("C20", "TAMPER", "HKDS", ""), left=("expected", kept), right=("register", f"last head {forged}, of 1")
    )
    assert roots_of(known) == [due]
    assert len(known.breaks) == 1
    assert not known.passed


ORDER = (15, 6, 1, 9, 7, 11, 14, 2, 3, 4, 5, 8, 10, 12)
"""What happens on the chain comes first, and the rows of the register are edited when nothing is read any more."""


def test_all_seeded_breaks_together_yield_every_finding_and_no_other(played_apart: Played) -> None:
    for number in ORDER:
        SEEDS[number](played_apart)
    found = reconcile(played_apart.database, played_apart.node)
    told, due = roots_of(found), [EXPECTED[number] for number in ORDER if number in EXPECTED]
    for expected in due:
        matching = [each for each in told if is_as_expected(each, expected)]
        assert len(matching) == 1, f"{expected} is not among {told}"
        told.remove(matching[0])
    assert told == []
    assert not found.passed
