"""C10: whoever moved units was known, of a proved class and licensed that day, by the dossiers and not by the chain."""

from __future__ import annotations

from datetime import date

import pytest

from rwaledger.domain.holder import day_number
from rwaledger.domain.reconciliation import Outcome
from tests.audit.office_cases import KOWLOON, LANTAU, Root, edit, found_in, pay, read_again, result, roots, steal
from tests.played import Played

TOLD = "valid until 2028-12-31"
STATED = "'2026-12-01 00:00:00.000000'"
"""When a statement was made is the clock of a machine, and months behind what it is of."""


def stale(instrument_id: str, holder_id: str, left: str, right: str) -> Root:
    return Root("C10", "STALE_REFERENCE", instrument_id, holder_id, left, right)


def test_the_clean_story_passes_and_says_what_it_covered(played: Played) -> None:
    found = result(found_in(played), "C10")
    assert (found.outcome, found.breaks, found.note) == (Outcome.PASS, (), "")
    assert found.coverage == {"moves": 36, "sides": 54, "by_order": 3, "lapsed_holders": 0}


DOSSIERS = {
    "the identity check had lapsed": (
        ["UPDATE evidence SET valid_until = '2026-03-09' WHERE holder_id = 'lantau'"],
        [stale("GRN28", "lantau", TOLD, "valid until 2026-03-09")],
    ),
    "it lapsed with the day": (["UPDATE evidence SET valid_until = '2026-07-20' WHERE holder_id = 'lantau'"], []),
    "nothing had begun to count": (
        ["UPDATE evidence SET valid_from = '2026-02-03' WHERE holder_id = 'retail-b'"],
        [stale("HKDS", "retail-b", "valid until 2027-05-31", "nothing that had begun to count")],
    ),
    "no evidence is kept": (
        ["DELETE FROM evidence WHERE holder_id = 'retail-b'"],
        [stale("HKDS", "retail-b", "valid until 2027-05-31", "nothing that had begun to count")],
    ),
    "the class was proved only until": (
        [f"INSERT INTO evidence VALUES ('chan', 'class', '0x00', '2026-01-05', '2026-03-09', {STATED})"],
        [stale("GRN28", "chan", "valid until 2028-03-31", "valid until 2026-03-09")],
    ),
    "the licence was suspended as from an earlier day": (
        [
            "INSERT INTO licences SELECT holder_id, kind, number, valid_from, valid_until, '2026-03-10', "
            f"{STATED} FROM licences WHERE holder_id = 'lantau'"
        ],
        [stale("GRN28", "lantau", TOLD, "valid until 2026-03-09")],
    ),
    "the licence was suspended by mistake": (
        [
            "INSERT INTO licences SELECT holder_id, kind, number, valid_from, valid_until, '2026-03-10', "
            f"{STATED} FROM licences WHERE holder_id = 'lantau'",
            "INSERT INTO licences SELECT holder_id, kind, number, valid_from, valid_until, NULL, "
            "'2026-12-02 00:00:00.000000' FROM licences WHERE holder_id = 'lantau' AND suspended_from IS NOT NULL",
        ],
        [],
    ),
    "a licence that came later": (
        [f"INSERT INTO licences VALUES ('kowloon', 'type 1', 'X', '2026-07-01', '2028-12-31', NULL, {STATED})"],
        [],
    ),
    "resident elsewhere by then": (
        [f"INSERT INTO residences VALUES ('chan', '2026-03-01', 156, {STATED})"],
        [stale("GRN28", "chan", "country 344", "country 156")],
    ),
    "moved on the day itself": (
        [f"INSERT INTO residences VALUES ('fund-manager', '2026-06-30', 156, {STATED})"],
        [],
    ),
    "lapsed and moved by order alone": (
        ["UPDATE evidence SET valid_until = '2026-06-14' WHERE holder_id = 'chan'"],
        [stale("HKDS", "chan", "valid until 2028-03-31", "valid until 2026-06-14")],
    ),
}


@pytest.mark.parametrize("case", DOSSIERS)
def test_a_move_is_judged_by_the_dossiers_of_its_day(played: Played, case: str) -> None:
    statements, expected = DOSSIERS[case]
    edit(played, *statements)
    assert roots(played) == expected


def test_what_a_holder_moved_later_follows_from_the_first(played: Played) -> None:
    edit(played, *DOSSIERS["the identity check had lapsed"][0])
    first, *others = result(found_in(played), "C10").breaks
    assert "transfer of 4,000 GRN28" in first.summary
    assert [found.instrument_id for found in others] == ["HKDS", "HKDS", "HKDS"]
    assert {found.follows_from for found in others} == {first.break_id}


def test_after_a_recovery_by_order_only_the_coupon_is_left(played: Played) -> None:
    """The lapse was on 14 June; on the 15th the wallet was recovered, and on 20 July the coupon came."""
    edit(played, *DOSSIERS["lapsed and moved by order alone"][0])
    found = result(found_in(played), "C10")
    assert ["redeem" in each.summary or "49,589.04" in each.summary for each in found.breaks] == [True]
    assert found.coverage["by_order"] == 3


def test_who_lapsed_and_still_holds_is_listed_and_breaks_nothing(played: Played) -> None:
    edit(played, "UPDATE evidence SET valid_until = '2026-07-30' WHERE holder_id = 'retail-b'")
    found = result(found_in(played), "C10")
    assert (found.outcome, found.coverage["lapsed_holders"]) == (Outcome.PASS, 1)
    assert found.note == "Lapsed, and still hold units: retail-b (2026-07-30)."


def test_what_was_stated_later_and_told_to_the_chain_makes_nothing_stale(played: Played) -> None:
    """The coupon came on 20 July; on the 31st it is stated that the licence was suspended, and where Lantau went."""
    licence = ("--kind", "type 1", "--number", "AAA001", "--from", "2026-07-15")
    assert played.run("holder", "licence", "suspend", "lantau", *licence, "--yes") == 0
    assert played.run("holder", "move", "lantau", "--country", "SG", "--from", "2026-07-10", "--yes") == 0
    read_again(played)
    found = result(found_in(played), "C10")
    assert (found.outcome, found.coverage["sides_stated_later"]) == (Outcome.PASS, 1)
    assert "Of some sides it was stated after their move" in found.note

    began, of_lantau = "recorded_at = '2026-01-05 00:00:00.000000'", "WHERE holder_id = 'lantau'"
    edit(
        played,
        f"UPDATE evidence SET {began} {of_lantau}",
        f"UPDATE residences SET {began} {of_lantau} AND country = 344",
        f"UPDATE licences SET {began} {of_lantau} AND suspended_from IS NULL",
        "UPDATE licences SET recorded_at = '2026-07-16 00:00:00.000000' WHERE suspended_from IS NOT NULL",
    )
    known = stale("HKDS", "lantau", TOLD, "valid until 2026-07-14")
    assert roots(played) == [known]


def test_an_admission_that_nobody_authorised_supports_nothing(played: Played) -> None:
    """A stolen key says of Lantau what was said before; whatever Lantau moves from then on is unproved."""
    steal(played, "HKDS", "admit", [(LANTAU, 344, 5, day_number(date(2028, 12, 31)))])
    pay(played, 4, "HKDS", KOWLOON, 5_000_000)
    read_again(played)
    assert roots(played) == [stale("HKDS", "lantau", f"class 5, country 344, {TOLD}", "no instruction")]


def test_an_account_of_nobodys_is_one_cause(played: Played) -> None:
    edit(played, "DELETE FROM accounts WHERE holder_id = 'retail-b'")
    found = found_in(played)
    assert {each.check for each in found.breaks if not each.follows_from} == {"C02"}
    assert "C10" in {each.check for each in found.breaks}
