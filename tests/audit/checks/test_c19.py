"""C19: of every larger payment there is a record that is of exactly this payment, whoever made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.policy import Figure, Threshold
from rwaledger.domain.reconciliation import Outcome
from rwaledger.policies.loading import load_policy
from tests.audit.office_cases import CHAN, KOWLOON, LANTAU, Root, edit, found_in, pay, read_again, result, roots, steal
from tests.played import Played

TO_CHAN = f"WHERE recipient = '{CHAN}'"
HASH = "0x" + "77" * 32


def breach(break_class: str, holder_id: str, left: str, right: str) -> Root:
    return Root("C19", break_class, "HKDS", holder_id, left, right)


def issuer(break_class: str, left: str, right: str) -> Root:
    return breach(break_class, "green-issuer", left, right)


def test_the_clean_story_passes_and_says_what_it_covered(played: Played) -> None:
    found = result(found_in(played), "C19")
    assert (found.outcome, found.breaks, found.note) == (Outcome.PASS, (), "")
    assert found.coverage == {"transfers": 14, "records_required": 14, "records": 14}


RECORDS = {
    "lost": (
        [f"DELETE FROM travel_records {TO_CHAN}"],
        [issuer("RULE_BREACH", "49589.040000", "no record")],
    ),
    "of another amount": (
        [f"UPDATE travel_records SET amount_units = '49589050000' {TO_CHAN}"],
        [issuer("AMOUNT", "49589.040000", "49589.050000")],
    ),
    "of another recipient": (
        [f"UPDATE travel_records SET recipient = '{LANTAU}' {TO_CHAN}"],
        [
            issuer(
                "TAMPER",
                f"49589040000 units of HKDS from 0xbcd4042de499d14e55001ccbb24a551f3b954096 to {CHAN}",
                f"49589040000 units of HKDS from 0xbcd4042de499d14e55001ccbb24a551f3b954096 to {LANTAU}",
            )
        ],
    ),
    "of a line that there is not": (
        [
            "INSERT INTO travel_records SELECT subject, 9, instrument_id, sender, recipient, amount_units, sealed, "
            f"payload_hash, recorded_at FROM travel_records {TO_CHAN}",
            "INSERT INTO audit_log (at, actor, action, subject, detail) SELECT l.at, l.actor, l.action, l.subject, "
            "json_set(l.detail, '$.line', '9') FROM audit_log l JOIN travel_records r ON r.subject = l.subject "
            f"AND json_extract(l.detail, '$.line') = CAST(r.line AS TEXT) {TO_CHAN} AND r.line < 9",
        ],
        [issuer("MISSING_ON_CHAIN", "nothing", f"49589040000 units to {CHAN}")],
    ),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_is_of_exactly_one_payment(played: Played, case: str) -> None:
    statements, expected = RECORDS[case]
    edit(played, *statements)
    assert roots(played) == expected


def test_a_payload_that_was_put_in_its_place_is_found(played: Played) -> None:
    edit(played, f"UPDATE travel_records SET payload_hash = '{HASH}' {TO_CHAN}")
    (found,) = roots(played)
    assert (found.check, found.break_class, found.right) == ("C19", "TAMPER", HASH)


def test_a_payment_that_a_holder_makes_by_itself_has_no_record(played: Played) -> None:
    """At 8,000 the rule begins; a unit less needs none."""
    pay(played, 4, "HKDS", KOWLOON, 7_999_999_999)
    pay(played, 4, "HKDS", KOWLOON, 8_000_000_000)
    read_again(played)
    assert roots(played) == [breach("RULE_BREACH", "lantau", "8000.000000", "no record")]
    assert result(found_in(played), "C19").coverage["transfers"] == 16


def test_the_threshold_is_that_of_the_day(played: Played) -> None:
    pay(played, 4, "HKDS", KOWLOON, 5_000_000)
    read_again(played)
    policy = load_policy(None)
    lower = Figure("travel_rule_threshold", Threshold("5", "HKD"), date(2026, 7, 31), "a test")
    later = replace(lower, valid_from=date(2026, 8, 1))
    for figure, expected in ((lower, ["5.000000"]), (later, [])):
        judged_by = replace(policy, thresholds=(*policy.thresholds, figure))
        found = reconcile(played.database, played.node, checks=["C19"], policy=judged_by)
        assert [each.left.value for each in found.breaks] == expected


def test_of_another_currency_every_payment_needs_a_record(played: Played) -> None:
    pay(played, 4, "HKDS", KOWLOON, 1)
    read_again(played)
    edit(played, "UPDATE reserve_lines SET currency = 'USD' WHERE as_of = 1785488400")
    found = reconcile(played.database, played.node, checks=["C19"])
    assert [each.left.value for each in found.breaks] == ["0.000001"]


def test_what_moves_between_accounts_of_one_holder_is_no_payment(played: Played) -> None:
    pay(played, 4, "HKDS", KOWLOON, 9_000_000_000)
    read_again(played)
    edit(played, f"UPDATE accounts SET holder_id = 'lantau' WHERE address = '{KOWLOON}'")
    assert reconcile(played.database, played.node, checks=["C19"]).passed


def test_a_record_of_a_payment_that_was_never_made_is_noted(played: Played) -> None:
    edit(
        played,
        f"INSERT INTO travel_records SELECT '{HASH}', 0, instrument_id, sender, recipient, amount_units, sealed, "
        f"payload_hash, recorded_at FROM travel_records {TO_CHAN}",
        f"INSERT INTO audit_log (at, actor, action, subject, detail) SELECT l.at, l.actor, l.action, '{HASH}', "
        "json_set(l.detail, '$.line', '0') FROM audit_log l JOIN travel_records r ON r.subject = l.subject "
        f"AND json_extract(l.detail, '$.line') = CAST(r.line AS TEXT) {TO_CHAN}",
    )
    found = result(found_in(played), "C19")
    assert (found.outcome, found.coverage["records_without_payment"]) == (Outcome.PASS, 1)
    assert found.note == "Records of payments that were not made by this block: 1."


def test_a_forced_transfer_is_nobodys_payment(played: Played) -> None:
    steal(played, "HKDS", "forcedTransfer", LANTAU, KOWLOON, 9_000_000_000)
    read_again(played)
    assert [root.check for root in roots(played)] == ["C05"]


def test_that_a_payer_is_nobody_is_one_cause(played: Played) -> None:
    pay(played, 4, "HKDS", KOWLOON, 9_000_000_000)
    read_again(played)
    edit(played, f"DELETE FROM accounts WHERE address = '{LANTAU}'")
    assert {root.check for root in roots(played)} == {"C02"}
