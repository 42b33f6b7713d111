"""Periods are closed on a reconciliation that passed, signed by two keys, and anchored once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from rwaledger.chain import anchor as chain
from rwaledger.registry import audit_log, instruments
from tests.audit.seeding import office_key, read_again
from tests.audit.signing import forget_periods, last_period, signed_periods
from tests.played import Played, json_of

BEFORE = 6
"""Periods that the story signs: two of each instrument."""


@pytest.fixture
def reconciled(played: Played) -> Played:
    """The scenario, whose two periods are anchored, with a reconciliation of a new block on record: it passed."""
    read_again(played)
    assert played.run("reconcile", "run", "--record") == 0
    return played


def fails(played: Played, capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The words of a refusal."""
    capsys.readouterr()
    assert played.run(*args) != 0
    return capsys.readouterr().err


def edit(played: Played, statement: str) -> None:
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        assert connection.execute(statement).rowcount > 0


def test_a_period_is_closed_countersigned_and_anchored_and_each_step_again_changes_nothing(
    reconciled: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    operator, auditor = (office_key(reconciled, name).address for name in ("operator", "auditor"))
    again = json_of(reconciled, "period", "deploy-anchor", "--yes")
    assert again["created"] is False
    (dry,) = json_of(reconciled, "period", "close", "HKDS", "--dry-run")
    (closed,) = json_of(reconciled, "period", "close", "HKDS", "--yes")
    assert {**closed, "countersigned": False} == dry
    assert (closed["period"], closed["supply"], closed["holders"]) == (3, "103899315.060000", 9)
    first, second = json_of(reconciled, "period", "list", "HKDS")[:2]
    assert first["previous_head"] == "0x" + "00" * 32
    assert (second["previous_head"], closed["previous_head"]) == (first["head"], second["head"])
    assert json_of(reconciled, "period", "close", "HKDS", "--yes") == [closed]
    assert json_of(reconciled, "period", "anchor", "--yes")["transactions"] == []
    signed = json_of(reconciled, "period", "countersign", "HKDS", "3", "--yes")
    assert (signed["countersigned"], signed["auditor"].lower()) == (True, auditor)
    assert json_of(reconciled, "period", "countersign", "HKDS", "3", "--yes") == signed
    waiting = json_of(reconciled, "period", "anchor", "--dry-run")
    assert waiting["waiting"] == [{"instrument": "HKDS", "period": 3, "head": closed["head"]}]
    sent = json_of(reconciled, "period", "anchor", "--yes")
    assert (len(sent["transactions"]), sent["anchored"]) == (1, waiting["waiting"])
    once_more = json_of(reconciled, "period", "anchor", "--yes")
    assert (once_more["transactions"], once_more["anchored_before"]) == ([], BEFORE + 1)
    with reconciled.database.read() as c:
        token = instruments.instrument(c, "HKDS").address
        told = [each.action for each in audit_log.entries(c, subject="HKDS 3")]
    there = chain.head_of(reconciled.node, last_period(reconciled).anchor, token, 3)
    assert there is not None
    assert (there.head, there.supply_units, there.holder_count) == (closed["head"], 103_899_315_060_000, 9)
    assert (there.operator, there.auditor) == (operator, auditor)
    assert told == ["period closed", "period countersigned", "head anchored"]
    assert json_of(reconciled, "period", "list", "HKDS") == [first, second, signed]
    shown = json_of(reconciled, "period", "show", "HKDS")
    assert shown["head"] == closed["head"]
    assert {each["table"] for each in shown["sections"]} >= {"redemptions", "postings", "transactions"}


UNFIT = {
    "DELETE FROM reconciliations": "has none on record",
    "UPDATE reconciliations SET failed_checks = '[\"C02\"]'": "failed C02 at block",
    "UPDATE redemptions SET reason = 'another'": "the register has changed since",
    "UPDATE reconciliations SET block_hash = '0x77'": "is another one in the register by now",
    "DELETE FROM contracts WHERE kind = 'registry_anchor'": "`rwaledger period deploy-anchor` deploys one",
}


def test_a_period_is_not_closed_on_what_was_not_reconciled(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    register = played.folder / "register.db"
    with closing(sqlite3.connect(register)) as before, closing(sqlite3.connect(":memory:")) as kept:
        before.backup(kept)
        for statement, words in UNFIT.items():
            edit(played, statement)
            assert words in fails(played, capsys, "period", "close", "HKDS", "--yes")
            kept.backup(before)
    assert len(signed_periods(played)) == BEFORE


def test_keys_without_the_role_or_with_both_sign_nothing(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no operator" in fails(played, capsys, "period", "close", "HKDS", "--operator", "dev:25", "--yes")
    assert played.run("period", "close", "HKDS", "--yes") == 0
    same = fails(played, capsys, "period", "countersign", "HKDS", "3", "--as", "operator", "--yes")
    assert "as its operator" in same
    assert "is no auditor" in fails(played, capsys, "period", "countersign", "HKDS", "3", "--as", "dev:25", "--yes")
    assert "signed period" in fails(played, capsys, "period", "countersign", "HKDS", "4", "--yes")
    assert json_of(played, "period", "list", "HKDS")[-1]["countersigned"] is False


def test_an_auditor_does_not_sign_what_the_register_no_longer_says(
    played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    assert played.run("period", "close", "HKDS", "--yes") == 0
    edit(played, "UPDATE redemptions SET payment_reference = 'x' WHERE request = 'R-2026-002'")
    words = fails(played, capsys, "period", "countersign", "HKDS", "3", "--yes")
    assert "a row of redemptions signed with period 1 was changed" in words
    edit(played, "UPDATE redemptions SET payment_reference = 'FPS-20260202-1' WHERE request = 'R-2026-002'")
    edit(played, "UPDATE postings SET tx_hash = '0x77' WHERE instrument_id = 'HKDS'")
    words = fails(played, capsys, "period", "countersign", "HKDS", "3", "--yes")
    assert "what the mirror keeps up to its block is not what was signed" in words


def test_a_head_that_the_anchor_has_otherwise_is_not_sent(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    edit(played, f"UPDATE periods SET head = '0x{'11' * 32}' WHERE instrument_id = 'HKDS' AND sequence = 2")
    assert "the anchor has head" in fails(played, capsys, "period", "anchor", "--yes")


def test_operator_and_auditor_are_two(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    settings = played.folder / "rwaledger.toml"
    settings.write_text('operator = "dev:20"\nauditor = "dev:20"\n' + settings.read_text())
    assert "the same key" in fails(played, capsys, "period", "deploy-anchor", "--yes")


def test_there_is_nothing_to_show_before_the_first(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    forget_periods(played)
    shown: Any = json_of(played, "period", "list")
    assert shown == []
    assert "no period of HKDS is signed" in fails(played, capsys, "period", "show", "HKDS")
