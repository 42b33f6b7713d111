"""The verbs of `rwaledger break`: from the finding to the sign-off, exempt in between, each step under another key."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.keys import create_keystore
from rwaledger.chain.local import let_pass
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.instruction import InstructionStatus, Operation
from rwaledger.domain.reconciliation import CheckResult, Outcome
from rwaledger.registry import clients, corrections, instructions
from tests.audit import seeding
from tests.audit.lives import lives, result, run_recorded
from tests.played import Played, json_of

DAY_S = 86_400
KEYS = ("ada", "bo", "cy", "di")
UNDO = ("--instrument", "HKDS", "--account", "retail-a", "--amount", "1000")


@pytest.fixture
def staffed(played: Played) -> Played:
    """The scenario with four more people, and a document."""
    for name in KEYS:
        create_keystore(played.folder / "keystores", name, seeding.PASSWORD, light=True)
    (played.folder / "memo.pdf").write_bytes(b"what was found out")
    return played


def recorded(played: Played) -> list[str]:
    """The checks that fail in a run that goes on record."""
    found = run_recorded(played.database, played.node)
    return sorted({check for each in found.runs for check in each.failed_checks})


def only_break(played: Played) -> str:
    (found,) = json_of(played, "break", "list")
    return str(found["break_id"])


def explained(played: Played, break_id: str, *more: str, key: str = "ada") -> int:
    evidence = ("--text", "a key was stolen", "--evidence", "memo.pdf", *more)
    return played.run("break", "explain", break_id, *evidence, "--as", key, "--yes")


def proposed(played: Played, check: str, break_id: str, until: str = "2026-12-31") -> str:
    words = ("--reason", "reported to the regulator", "--evidence", "memo.pdf", "--until", until, "--as", "ada")
    found = json_of(played, "break", "exempt", check, "HKDS", "--break", break_id, *words, "--yes")
    return str(found["exemption_id"])


def countersigned(played: Played, exemption: str, key: str = "cy") -> int:
    return played.run("break", "countersign", exemption, "--as", key, "--yes")


def c_of(played: Played, check: str) -> CheckResult:
    return result(reconcile(played.database, played.node, checks=[check]).results, check)


def test_an_off_book_mint_comes_all_the_way_and_stays_in_sight(staffed: Played) -> None:
    """Explained, reversed on the chain, exempt, verified, signed off; each under another key, and then for good."""
    played = staffed
    seeding.off_book_mint(played)
    assert recorded(played) == ["C01", "C05"]
    break_id = only_break(played)
    short = break_id[:7]
    (follower, *_) = json_of(played, "break", "show", short)["consequences"]
    assert explained(played, follower) == 2  # what follows from a break lives with it
    assert explained(played, short, "--dry-run") == 0
    assert lives(played.database)[break_id].state is BreakState.OPEN
    assert played.run("break", "assign", short, "--to", "Ada Lam", "--as", "ada", "--yes") == 0
    assert explained(played, short) == 0
    assert played.run("break", "correct", short, "--as", "bo", "--yes") == 2  # nothing that follows from the chain
    assert played.run("units", "redeem", *UNDO, "--key", "undo", "--yes") == 0
    seeding.read_again(played)
    listed = json_of(played, "instruction", "list", "--instrument", "HKDS")
    other = next(each["ref"] for each in listed if each["operation"] == "redeem" and each["key"] != "undo")
    assert played.run("break", "correct", short, "--instruction", other, "--as", "bo", "--yes") == 2
    assert played.run("break", "correct", short, "--instruction", "undo", "--as", "ada", "--yes") == 4
    assert played.run("break", "correct", short, "--instruction", "undo", "--as", "bo", "--yes") == 0
    assert "1,000.000000 HKDS redeemed to take back what nobody authorised" in c_of(played, "C01").note
    exemption = proposed(played, "C05", break_id)
    assert recorded(played) == ["C05"]  # one signature lets nothing pass
    assert countersigned(played, exemption, "ada") == 4
    assert countersigned(played, exemption) == 0
    assert played.run("break", "sign-off", short, "--as", "di", "--yes") == 2
    assert recorded(played) == []
    assert lives(played.database)[break_id].state is BreakState.VERIFIED
    assert played.run("break", "sign-off", short, "--as", "bo", "--yes") == 4
    assert played.run("break", "sign-off", short, "--as", "di", "--yes") == 0
    _require_in_sight_for_good(played, break_id)


def _require_in_sight_for_good(played: Played, break_id: str) -> None:
    edit(played, "DELETE FROM exemptions")
    settled = c_of(played, "C05")
    assert settled.outcome is Outcome.EXEMPT
    assert [each.break_id for each in settled.breaks] == [break_id]
    assert f"break {break_id}, signed off, no expiry" in settled.note
    assert "reversed by instruction 0x" in settled.note
    edit(played, "UPDATE break_events SET text = 'something else' WHERE state = 'EXPLAINED'")
    found = reconcile(played.database, played.node, checks=["C01", "C05"])
    assert {each.outcome for each in found.results} == {Outcome.FAIL}
    assert "Not counted: break" in found.results[0].note
    assert played.run("break", "show", break_id) == 1
    assert played.run("break", "list", "--all") == 1


def test_an_exemption_ends_with_its_last_day_and_none_that_was_edited_counts(staffed: Played) -> None:
    played = staffed
    seeding.redeemed_late(played)
    recorded(played)
    break_id = only_break(played)
    assert countersigned(played, proposed(played, "C08", break_id, until="2026-08-01")) == 0
    let_pass(played.node, DAY_S)
    seeding.read_again(played)
    passed = c_of(played, "C08")
    assert passed.outcome is Outcome.EXEMPT
    assert "until 1 August 2026, because reported to the regulator; signed by 0x" in passed.note
    let_pass(played.node, DAY_S)
    seeding.read_again(played)
    assert c_of(played, "C08").outcome is Outcome.FAIL
    edit(played, "UPDATE exemptions SET expires_on = '2030-12-31'")
    edited = c_of(played, "C08")
    assert edited.outcome is Outcome.FAIL
    assert "the row is not what was signed" in edited.note
    assert played.run("break", "exemptions") == 1


def test_an_exemption_lets_only_its_own_finding_pass(staffed: Played) -> None:
    played = staffed
    words = ("--reason", "why not", "--evidence", "memo.pdf", "--until", "2026-12-31", "--as", "ada", "--yes")
    assert played.run("break", "exempt", "C01", "HKDS", *words) == 2
    seeding.off_book_mint(played)
    recorded(played)
    break_id = only_break(played)
    countersigned(played, proposed(played, "C05", break_id))
    found = reconcile(played.database, played.node, checks=["C01", "C05"])
    assert [each.outcome for each in found.results] == [Outcome.FAIL, Outcome.EXEMPT]
    seeding.off_book_mint(played)
    both = c_of(played, "C05")
    assert (both.outcome, both.let_pass) == (Outcome.FAIL, frozenset({break_id}))


def test_a_missing_event_is_entered_and_clears_in_the_next_recorded_run(staffed: Played) -> None:
    played = staffed
    seeding.missing_event(played)
    assert recorded(played) != []
    break_id = only_break(played)
    explained(played, break_id)
    assert played.run("break", "correct", break_id, "--as", "bo", "--dry-run") == 0
    with played.database.read() as c:
        assert corrections.correction_rows(c) == []
    assert played.run("break", "correct", break_id, "--as", "bo", "--yes") == 0
    assert played.run("reconcile", "run", "--record") == 0
    assert lives(played.database)[break_id].state is BreakState.VERIFIED
    assert played.run("break", "sign-off", break_id, "--as", "cy", "--yes") == 0
    assert json_of(played, "break", "list") == []
    (closed,) = [each for each in json_of(played, "break", "list", "--all") if not each["follows_from"]]
    assert (closed["state"], closed["age"]) == ("SIGNED_OFF", "same day")


def test_a_sub_ledger_is_corrected_by_a_reversing_entry(staffed: Played) -> None:
    """Two units that a client brought by an entry of its own, which should not have been made."""
    played = staffed
    wrong = _booked_by_mistake(played)
    assert recorded(played) == ["C06"]
    break_id = only_break(played)
    explained(played, break_id)
    assert played.run("break", "correct", break_id, "--entry", "99", "--as", "bo", "--yes") == 2
    assert played.run("break", "correct", break_id, "--entry", str(wrong), "--as", "bo", "--yes") == 0
    assert recorded(played) == []
    assert lives(played.database)[break_id].state is BreakState.VERIFIED


def _booked_by_mistake(played: Played) -> int:
    statement = (played.folder / "clients-peak-2026-07-31.csv").read_text()
    path = played.folder / "mistaken.csv"
    path.write_text(statement.replace(",2000000", ",2000002"))
    assert path.read_text() != statement
    assert played.run("omnibus", "import", "peak", str(path), "--on", "2026-07-31", "--yes") == 0
    peak = seeding.account(played, "peak")
    with played.database.read() as c:
        return clients.next_entry(c, played.node.chain_id, peak, "HKDS") - 1


def test_a_newer_statement_corrects_a_reserve(staffed: Played) -> None:
    played = staffed
    seeding.bills_marked_down(played)
    assert recorded(played) == ["C07"]
    break_id = only_break(played)
    explained(played, break_id)
    assert played.run("break", "correct", break_id, "--statement", "reserve", "--as", "bo", "--yes") == 2
    again = ("--as-of", "2026-07-31T17:45:00+08:00", "--yes")
    assert played.run("reserve", "import", "HKDS", "reserve-2026-07-31.csv", *again) == 0
    assert played.run("break", "correct", break_id, "--statement", "reserve", "--as", "bo", "--yes") == 0
    assert lives(played.database)[break_id].corrections[0].startswith("statement reserve_lines HKDS/")


def test_undue_units_left_alone_until_the_next_business_day_has_ended_have_a_pause_prepared(
    staffed: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    """31 July 2026 is a Friday. Nobody's key is opened, and an auditor has not even the addresses."""
    played = staffed
    seeding.off_book_mint(played)
    recorded(played)
    break_id = only_break(played)
    key = f"pause:break:{break_id}"
    let_pass(played.node, 3 * DAY_S)
    seeding.read_again(played)
    assert played.run("reconcile", "run", "--record") == 3
    assert drafted(played, key) == []
    let_pass(played.node, DAY_S)
    seeding.read_again(played)
    shutil.move(played.folder / "password", played.folder / "elsewhere")
    shutil.move(played.folder / "keystores" / "maker", played.folder / "maker")
    capsys.readouterr()
    assert played.run("reconcile", "run", "--record") == 3
    assert f"rwaledger break pause {break_id}" in capsys.readouterr().err
    assert drafted(played, key) == []
    shutil.move(played.folder / "maker", played.folder / "keystores" / "maker")
    assert played.run("reconcile", "run", "--record") == 3
    shutil.move(played.folder / "elsewhere", played.folder / "password")
    (draft,) = drafted(played, key)
    assert (draft.instruction.operation, draft.status) == (Operation.PAUSE, InstructionStatus.DRAFT)
    assert played.run("break", "pause", break_id, "--yes") == 0
    assert drafted(played, key) == [draft]
    assert played.run("instruction", "approve", key, "--yes") == 0
    assert played.run("instruction", "send", key, "--yes") == 0
    (carried_out,) = drafted(played, key)
    assert carried_out.status.is_carried_out


def test_what_comes_back_is_opened_again_under_the_same_id(staffed: Played) -> None:
    played = staffed
    account = seeding.account(played, "retail-b")
    seeding.unmapped_wallet(played)
    recorded(played)
    break_id = only_break(played)
    values = f"({played.node.chain_id}, '{account}', 'retail-b', 'own', '')"
    edit(played, f"INSERT INTO accounts (chain_id, address, holder_id, kind, replaced_by) VALUES {values}")
    assert recorded(played) == []
    assert lives(played.database)[break_id].state is BreakState.OPEN  # gone, and nobody has explained it
    explained(played, break_id)
    assert run_recorded(played.database, played.node).verified == [break_id]
    seeding.unmapped_wallet(played)
    assert run_recorded(played.database, played.node).opened_again == [break_id]
    life = lives(played.database)[break_id]
    assert [event.state.value for event in life.events] == ["OPEN", "EXPLAINED", "VERIFIED", "OPEN"]


def drafted(played: Played, key: str) -> list[Any]:
    with played.database.read() as c:
        return list(instructions.instructions_named(c, played.node.chain_id, key))


def edit(played: Played, statement: str) -> None:
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert connection.execute(statement).rowcount == 1
