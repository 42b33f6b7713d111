"""C06: an omnibus account is the sum of its sub-ledger, entry by entry, and nobody's units lie where others' are."""

from __future__ import annotations

import pytest

from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import let_pass
from rwaledger.chain.times import block_at
from rwaledger.domain.reconciliation import Outcome
from tests.audit.office_cases import (
    LANTAU,
    PEAK,
    VICTORIA,
    Root,
    account,
    edit,
    found_in,
    pay,
    read_again,
    result,
    root_of,
    roots,
    steal,
)
from tests.played import Played

DAY_S = 86_400
PEAK_HKMM = f"account = '{PEAK}' AND instrument_id = 'HKMM'"
PEAK_HKDS = f"account = '{PEAK}' AND instrument_id = 'HKDS'"
BONDS = f"account = '{VICTORIA}' AND instrument_id = 'GRN28'"
NEW = "dev:15"
"""A key that nobody in the story has."""


def entry(number: int, dated: str, *legs: tuple[str, int, int]) -> str:
    """An entry of Peak's sub-ledger in the fund: client, units, balance behind it."""
    rows = ", ".join(
        f"(31337, '{PEAK}', 'HKMM', {number}, {leg}, '{client}', '{units}', '{after}', '{dated}', 'k', 'h', "
        f"'2026-08-01 00:00:00.000000')"
        for leg, (client, units, after) in enumerate(legs)
    )
    return f"INSERT INTO client_postings VALUES {rows}"


def test_the_clean_story_passes_and_says_what_it_covered(played: Played) -> None:
    found = result(found_in(played), "C06")
    assert (found.outcome, found.breaks) == (Outcome.PASS, ())
    assert found.coverage == {"omnibus_accounts": 4, "clients": 14, "entries": 9}


SUB_LEDGER = {
    "two units short": (
        [entry(3, "2026-07-31", ("P-0101", -20_000, 10_999_980_000), ("", 20_000, -29_999_980_000))],
        [Root("C06", "SUBLEDGER", "HKMM", "peak", "3000000.0000", "2999998.0000")],
    ),
    "one leg edited": (
        [f"UPDATE client_postings SET amount_units = '1' WHERE {BONDS} AND client = 'V-0203'"],
        [Root("C06", "SUBLEDGER", "GRN28", "victoria", "100000", "85001")],
    ),
    "the house's leg edited": (
        [f"UPDATE client_postings SET amount_units = '-7', balance_after_units = '-7' WHERE {BONDS} AND client = ''"],
        [Root("C06", "SUBLEDGER", "GRN28", "victoria", "0 units", "99993 units")],
    ),
    "a running balance edited": (
        [f"UPDATE client_postings SET balance_after_units = '7' WHERE {BONDS} AND client = 'V-0202'"],
        [Root("C06", "SUBLEDGER", "GRN28", "victoria", "25000 units", "7 units")],
    ),
    "an entry deleted": (
        [f"DELETE FROM client_postings WHERE {PEAK_HKDS} AND entry = 2"],
        [Root("C06", "SUBLEDGER", "HKDS", "peak", "20000000.000000", "50000000.000000")],
    ),
    "an entry renumbered": (
        [f"UPDATE client_postings SET entry = 9 WHERE {PEAK_HKMM} AND entry = 2"],
        [Root("C06", "SUBLEDGER", "HKMM", "peak", "entry 2", "entry 9")],
    ),
    "no sub-ledger": (
        [f"DELETE FROM client_postings WHERE {PEAK_HKMM}"],
        [Root("C06", "COVERAGE", "HKMM", "peak", "3000000.0000", "none")],
    ),
    "a client overdrawn": (
        [entry(3, "2026-07-31", ("P-0104", -5_000_000_000, -1_000_000_000), ("P-0103", 5_000_000_000, 11_000_000_000))],
        [Root("C06", "SUBLEDGER", "HKMM", "peak", "0 or more", "-100000.0000")],
    ),
    "the house among the clients": (
        [f"UPDATE client_postings SET client = 'peak' WHERE {PEAK_HKMM} AND client = 'P-0104'"],
        [Root("C06", "SUBLEDGER", "HKMM", "peak", "clients' units only", "400000.0000")],
    ),
    "clients in an own account": (
        [f"UPDATE accounts SET kind = 'own' WHERE address = '{VICTORIA}'"],
        [
            Root("C06", "SUBLEDGER", "GRN28", "victoria", "own account", "100000"),
            Root("C06", "SUBLEDGER", "HKDS", "victoria", "own account", "21239726.020000"),
        ],
    ),
    "an own account made an omnibus one": (
        [f"UPDATE accounts SET kind = 'omnibus' WHERE address = '{LANTAU}'"],
        [
            Root("C06", "COVERAGE", "GRN28", "lantau", "46000", "none"),
            Root("C06", "COVERAGE", "HKDS", "lantau", "24576273.970000", "none"),
        ],
    ),
    "of another instrument": (
        [f"UPDATE client_postings SET instrument_id = 'OTHER' WHERE {PEAK_HKMM}"],
        [
            Root("C06", "COVERAGE", "HKMM", "peak", "3000000.0000", "none"),
            Root("C06", "COVERAGE", "OTHER", "peak", "nothing", "2 entries"),
        ],
    ),
    "entries of a day that has not come": (
        [entry(3, "2026-08-01", ("P-0101", -20_000, 10_999_980_000), ("", 20_000, -29_999_980_000))],
        [],
    ),
}


@pytest.mark.parametrize("case", SUB_LEDGER)
def test_a_sub_ledger_that_is_wrong_is_found(played: Played, case: str) -> None:
    statements, expected = SUB_LEDGER[case]
    edit(played, *statements)
    assert roots(played) == expected


def test_what_is_wrong_within_follows_from_a_wrong_total(played: Played) -> None:
    edit(played, *SUB_LEDGER["one leg edited"][0])
    total, *within = found_in(played).breaks
    assert [found.follows_from for found in within] == [total.break_id] * 2
    assert [(found.left.value, found.right.value) for found in within] == [
        ("0 units", "-14999 units"),
        ("1 units", "15000 units"),
    ]


def test_a_recovered_account_keeps_the_sub_ledger_of_the_lost_one(played: Played) -> None:
    new = dev_address(NEW)
    assert played.run("holder", "prove-wallet", "victoria", "--address", new, "--as", NEW) == 0
    order = ("--order", "papers/order-recovery.txt", "--order-ref", "SD-2026-06-15")
    wallets = ("--lost", VICTORIA, "--new", new)
    assert played.run("holder", "recover", "victoria", *wallets, *order, "--key", "recover-victoria", "--yes") == 0
    read_again(played)
    assert roots(played) == []

    edit(played, f"DELETE FROM client_postings WHERE account = '{VICTORIA}' AND instrument_id = 'GRN28'")
    (found,) = found_in(played).breaks
    assert root_of(found) == Root("C06", "COVERAGE", "GRN28", "victoria", "100000", "none")
    assert found.account == new


def test_what_moves_today_is_due_at_the_end_of_the_day(played: Played) -> None:
    pay(played, 4, "HKDS", VICTORIA, 5_000_000)
    read_again(played)
    today = found_in(played)
    assert today.passed
    assert result(today, "C06").coverage["moved_today"] == 1

    let_pass(played.node, DAY_S)
    read_again(played)
    expected = Root("C06", "SUBLEDGER", "HKDS", "victoria", "21239731.020000", "21239726.020000")
    assert roots(played) == [expected]


def test_at_every_block_of_a_day_with_statements_the_accounts_agree(played: Played) -> None:
    """On 2 February both money and fund units moved, and were stated afterwards."""
    first, last = (block_at(played.node, timestamp).number for timestamp in (1_769_990_000, 1_770_040_000))
    assert last - first > 5
    for block in range(first + 1, last + 1):
        assert roots(played, block) == []


def test_an_issue_that_nobody_authorised_is_what_upsets_the_sub_ledger(played: Played) -> None:
    steal(played, "HKMM", "mint", account(played, "peak"), 1_000_0000)
    let_pass(played.node, DAY_S)
    read_again(played)
    found = found_in(played)
    assert [(each.check, each.instrument_id, each.left.value) for each in found.breaks if not each.follows_from] == [
        ("C05", "HKMM", "1000.0000")
    ]
    assert {each.check for each in found.breaks if each.follows_from} >= {"C06"}


def test_that_an_account_is_nobodys_is_one_cause(played: Played) -> None:
    edit(played, f"DELETE FROM accounts WHERE address = '{PEAK}'")
    assert {each.check for each in found_in(played).breaks if not each.follows_from} == {"C02"}
