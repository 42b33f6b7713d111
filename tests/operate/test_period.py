"""Periods are closed on a reconciliation that passed, signed by two keys, and anchored once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from rwaledger.chain import anchor as chain
from rwaledger.chain.keys import dev_address
from rwaledger.chain.local import fund, mine
from rwaledger.registry import audit_log, instruments, periods
from tests.audit.signing import forget_periods
from tests.played import Played, json_of

OPERATOR, AUDITOR = "dev:20", "dev:21"


@pytest.fixture
def anchored(played: Played) -> Played:
    """The scenario with an anchor, synced, and a reconciliation of some checks on record: it passed."""
    forget_periods(played)
    settings = played.folder / "rwaledger.toml"
    settings.write_text(f'operator = "{OPERATOR}"\nauditor = "{AUDITOR}"\n' + settings.read_text())
    for name in (OPERATOR, AUDITOR):
        fund(played.node, dev_address(name))
    assert played.run("period", "deploy-anchor", "--yes") == 0
    mine(played.node, 2)
    assert played.run("register", "sync") == 0
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
    anchored: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    again = json_of(anchored, "period", "deploy-anchor", "--yes")
    assert again["created"] is False
    (dry,) = json_of(anchored, "period", "close", "HKDS", "--dry-run")
    (closed,) = json_of(anchored, "period", "close", "HKDS", "--yes")
    assert {**closed, "countersigned": False} == dry
    assert (closed["period"], closed["supply"], closed["holders"]) == (1, "103899315.060000", 9)
    assert closed["previous_head"] == "0x" + "00" * 32
    assert json_of(anchored, "period", "close", "HKDS", "--yes") == [closed]
    assert json_of(anchored, "period", "anchor", "--yes")["transactions"] == []
    signed = json_of(anchored, "period", "countersign", "HKDS", "1", "--yes")
    assert (signed["countersigned"], signed["auditor"].lower()) == (True, dev_address(AUDITOR))
    assert json_of(anchored, "period", "countersign", "HKDS", "1", "--yes") == signed
    waiting = json_of(anchored, "period", "anchor", "--dry-run")
    assert waiting["waiting"] == [{"instrument": "HKDS", "period": 1, "head": closed["head"]}]
    sent = json_of(anchored, "period", "anchor", "--yes")
    assert (len(sent["transactions"]), sent["anchored"]) == (1, waiting["waiting"])
    once_more = json_of(anchored, "period", "anchor", "--yes")
    assert (once_more["transactions"], once_more["anchored_before"]) == ([], 1)
    with anchored.database.read() as c:
        token = instruments.instrument(c, "HKDS").address
        (period,) = periods.periods(c)
        told = [each.action for each in audit_log.entries(c, subject="HKDS 1")]
    there = chain.head_of(anchored.node, period.anchor, token, 1)
    assert there is not None
    assert (there.head, there.supply_units, there.holder_count) == (closed["head"], 103_899_315_060_000, 9)
    assert (there.operator, there.auditor) == (dev_address(OPERATOR), dev_address(AUDITOR))
    assert told[-3:] == ["period closed", "period countersigned", "head anchored"]
    assert json_of(anchored, "period", "list") == [signed]
    shown = json_of(anchored, "period", "show", "HKDS")
    assert shown["head"] == closed["head"]
    assert {each["table"] for each in shown["sections"]} >= {"redemptions", "postings", "transactions"}


UNFIT = {
    "DELETE FROM reconciliations": "has none on record",
    "UPDATE reconciliations SET failed_checks = '[\"C02\"]'": "failed C02 at block",
    "UPDATE redemptions SET reason = 'another'": "the register has changed since",
    "UPDATE reconciliations SET block_hash = '0x77'": "is another one in the register by now",
    "DELETE FROM contracts WHERE kind = 'registry_anchor'": "`rwaledger period deploy-anchor` deploys one",
}


def test_a_period_is_not_closed_on_what_was_not_reconciled(
    anchored: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    register = anchored.folder / "register.db"
    with closing(sqlite3.connect(register)) as before, closing(sqlite3.connect(":memory:")) as kept:
        before.backup(kept)
        for statement, words in UNFIT.items():
            edit(anchored, statement)
            assert words in fails(anchored, capsys, "period", "close", "HKDS", "--yes")
            kept.backup(before)
    with anchored.database.read() as c:
        assert periods.periods(c) == []


def test_keys_without_the_role_or_with_both_sign_nothing(anchored: Played, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no operator" in fails(anchored, capsys, "period", "close", "HKDS", "--operator", "dev:25", "--yes")
    assert anchored.run("period", "close", "HKDS", "--yes") == 0
    same = fails(anchored, capsys, "period", "countersign", "HKDS", "1", "--as", OPERATOR, "--yes")
    assert "as its operator" in same
    assert "is no auditor" in fails(anchored, capsys, "period", "countersign", "HKDS", "1", "--as", "dev:25", "--yes")
    assert "signed period" in fails(anchored, capsys, "period", "countersign", "HKDS", "2", "--yes")
    assert json_of(anchored, "period", "list")[0]["countersigned"] is False


def test_an_auditor_does_not_sign_what_the_register_no_longer_says(
    anchored: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    assert anchored.run("period", "close", "HKDS", "--yes") == 0
    edit(anchored, "UPDATE redemptions SET payment_reference = 'x' WHERE request = 'R-2026-002'")
    words = fails(anchored, capsys, "period", "countersign", "HKDS", "1", "--yes")
    assert "a row of redemptions signed with period 1 was changed" in words
    edit(anchored, "UPDATE redemptions SET payment_reference = 'FPS-20260202-1' WHERE request = 'R-2026-002'")
    edit(anchored, "UPDATE postings SET tx_hash = '0x77' WHERE instrument_id = 'HKDS'")
    words = fails(anchored, capsys, "period", "countersign", "HKDS", "1", "--yes")
    assert "what the mirror keeps up to its block is not what was signed" in words


def test_a_head_that_the_anchor_has_otherwise_is_not_sent(anchored: Played, capsys: pytest.CaptureFixture[str]) -> None:
    close: tuple[str, ...] = ("period", "close", "HKDS", "--auditor", AUDITOR, "--yes")
    assert anchored.run(*close) == 0
    assert anchored.run("period", "anchor", "--yes") == 0
    edit(anchored, f"UPDATE periods SET head = '0x{'11' * 32}'")
    assert "the anchor has head" in fails(anchored, capsys, "period", "anchor", "--yes")


def test_operator_and_auditor_are_two(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    settings = played.folder / "rwaledger.toml"
    settings.write_text('operator = "dev:20"\nauditor = "dev:20"\n' + settings.read_text())
    assert "the same key" in fails(played, capsys, "period", "deploy-anchor", "--yes")


def test_there_is_nothing_to_show_before_the_first(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    forget_periods(played)
    shown: Any = json_of(played, "period", "list")
    assert shown == []
    assert "no period of HKDS is signed" in fails(played, capsys, "period", "show", "HKDS")
