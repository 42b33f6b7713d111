"""Incremental reconciliation: within its part it finds what the full one finds, and of the rest it says nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from rwaledger.audit.incremental import NEEDS_EVERYTHING, reconcile_since
from rwaledger.audit.part import DEFAULT_SHARE, Share
from rwaledger.audit.reconcile import reconcile
from rwaledger.audit.recording import record
from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.tries import keccak
from rwaledger.domain.errors import ChainMismatch, UsageError
from rwaledger.domain.reconciliation import Break, Reconciliation
from rwaledger.registry import ledger
from tests.audit import seeding
from tests.played import Played, json_of

EVERYBODY = Share(1)
FULL_CHECKS = [f"C{number:02}" for number in range(1, 21)]
CHECKS = [check for check in FULL_CHECKS if check not in NEEDS_EVERYTHING]


def since(played: Played, share: Share = EVERYBODY, block: int | None = None) -> Reconciliation:
    return reconcile_since(played.database, played.node, share, block)


def roots(found: Reconciliation) -> list[Break]:
    return [each for each in found.breaks if not each.follows_from]


def base_of(played: Played) -> int:
    found = reconcile_since(played.database, played.node, EVERYBODY, checks=["C16"]).incremental
    assert found is not None
    return found.base_block


def reached(played: Played) -> int:
    """The block that the register has reached."""
    with played.database.read() as c:
        return min(each.block_number for each in ledger.checkpoints(c, played.node.chain_id))


def without_its_turn(played: Played, account: str) -> Share:
    """A share in which it is not the turn of an account at the block that the register has reached."""
    block = reached(played)
    return next(share for parts in range(2, 100) if account not in (share := Share(parts)).takes([account], block))


def with_its_turn(played: Played, account: str) -> Share:
    """A share in which it is; where there is none of few parts, everybody's."""
    block = reached(played)
    some = (Share(parts) for parts in range(2, 200))
    return next((share for share in some if account in share.takes([account], block)), EVERYBODY)


# ---------------------------------------------------------------- shares


@pytest.mark.parametrize("parts", [1, 2, 19, 20, 97])
@pytest.mark.parametrize("first", [0, 1, 17, 12_345_678])
def test_as_many_runs_as_a_share_has_parts_look_at_every_account_once(parts: int, first: int) -> None:
    accounts = {f"0x{number:040x}" for number in range(2_000)}
    taken = [Share(parts).takes(accounts, first + run) for run in range(parts)]
    assert sum(map(len, taken)) == len(accounts)
    assert set().union(*taken) == accounts


@pytest.mark.parametrize("step", [1, 2, 5, 100, 300, 7_200, 50_400])
def test_runs_that_are_equally_far_apart_reach_every_account_with_the_default(step: int) -> None:
    share = Share.of(DEFAULT_SHARE)
    accounts = {f"0x{number:040x}" for number in range(500)}
    taken = [share.takes(accounts, 1_000_000 + run * step) for run in range(share.parts)]
    assert set().union(*taken) == accounts


@pytest.mark.parametrize("text", ["", "20", "2/20", "1/0", "1/-3", "0/20", "1/2/3", "a tenth", "1/10000000"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no share"):
        Share.of(text)


# ---------------------------------------------------------------- what it looks at


def test_the_clean_scenario_passes_and_says_what_was_covered(played: Played) -> None:
    seeding.transfer_by_lantau(played, 5 * 10**6)
    seeding.read_again(played)
    found, full = since(played, Share(7)), reconcile(played.database, played.node)
    assert [(each.check, each.outcome) for each in found.results] == [(check, "PASS") for check in CHECKS]
    of = found.incremental
    assert of is not None
    covered = {each.check: each for each in found.results}
    everything = {each.check: each for each in full.results}
    assert covered["C02"].coverage["accounts"] == of.whole + of.opened < of.known
    assert covered["C02"].out_of["accounts"] == of.known == everything["C02"].coverage["accounts"]
    assert covered["C13"].coverage["blocks"] == found.pin.block_number - of.base_block
    assert covered["C13"].out_of["blocks"] == everything["C13"].coverage["blocks"]
    assert covered["C09"].coverage["transfers"] == 1 < everything["C09"].coverage["transfers"]
    assert covered["C12"].coverage["logs"] < everything["C12"].coverage["logs"]
    assert (found.register_digest, of.left_out[0][:3]) == ("", "C17")


def test_with_everybodys_turn_it_covers_all_accounts_of_the_full_run(played: Played) -> None:
    found, full = since(played), reconcile(played.database, played.node)
    by_check = {each.check: each.coverage for each in full.results}
    for each in found.results:
        if each.check in ("C02", "C03", "C04", "C06", "C11", "C16"):
            same = {name: n for name, n in each.coverage.items() if name in ("accounts", "omnibus_accounts", "clients")}
            assert same == {name: by_check[each.check][name] for name in same}
    assert found.passed


def test_the_same_part_gives_the_same_result(played: Played) -> None:
    share = Share.of(DEFAULT_SHARE)
    assert since(played, share) == since(played, share)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 9, 14, 15])
def test_a_seeded_break_within_the_part_is_found_as_the_full_run_finds_it(played: Played, number: int) -> None:
    """With everybody's turn every account is within it."""
    seeding.SEEDS[number](played)
    found, full = since(played), reconcile(played.database, played.node)
    assert roots(found) == [each for each in roots(full) if each.check not in NEEDS_EVERYTHING]
    assert set(found.breaks) <= set(full.breaks)
    assert found.passed is full.passed


@pytest.mark.parametrize("number", [1, 6, 9, 14])
def test_what_happened_since_is_found_whosever_turn_it_is(played: Played, number: int) -> None:
    seeding.SEEDS[number](played)
    share = without_its_turn(played, seeding.account(played, "retail-a"))
    assert roots(since(played, share)) == roots(reconcile(played.database, played.node))


def test_what_was_done_with_before_is_not_looked_at(played: Played) -> None:
    for number in (8, 10, 12):
        seeding.SEEDS[number](played)
    assert since(played).breaks == ()
    assert {each.check for each in roots(reconcile(played.database, played.node))} == {"C08", "C14", "C20"}


EDITS: dict[str, tuple[str, str]] = {
    "position": (
        "UPDATE positions SET balance_units = '7' WHERE account = :account AND instrument_id = 'GRN28'",
        "C02",
    ),
    "running balance": (
        "UPDATE postings SET balance_after_units = '7' WHERE (account, block_number, log_index) = (SELECT account, "
        "block_number, log_index FROM postings WHERE account = :account AND instrument_id = 'GRN28' "
        "ORDER BY block_number LIMIT 1)",
        "C03",
    ),
    "last standing": (
        "UPDATE standings SET country = 1 WHERE account = :account AND instrument_id = 'GRN28'",
        "C02",
    ),
    "frozen": ("UPDATE standings SET frozen_units = '7' WHERE account = :account AND instrument_id = 'GRN28'", "C11"),
    "holder": ("UPDATE accounts SET holder_id = 'nobody' WHERE address = :account", "C02"),
    "event": (
        "UPDATE events SET data = '0x01' WHERE (block_number, log_index) = (SELECT block_number, log_index FROM "
        "postings WHERE account = :account AND instrument_id = 'GRN28' ORDER BY block_number LIMIT 1)",
        "C12",
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of_an_accounts_rows_is_found_in_its_turn_and_only_then(played: Played, what: str) -> None:
    account = seeding.account(played, "kowloon")
    statement, check = EDITS[what]
    inside, outside = with_its_turn(played, account), without_its_turn(played, account)
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        assert connection.execute(statement, {"account": account}).rowcount > 0
    full = reconcile(played.database, played.node, checks=CHECKS)
    assert check in {each.check for each in roots(full)}
    assert roots(since(played, inside)) == roots(full)
    # The sum of all positions is taken in every run; it names no account.
    assert {each.check for each in since(played, outside).breaks} == ({"C01"} if what == "position" else set())


def test_units_that_moved_without_an_event_are_found_in_the_turn_of_their_account(played: Played) -> None:
    account, token = seeding.account(played, "kowloon"), seeding.token(played, "GRN28")
    give_units(played, token, account)
    seeding.read_again(played)
    inside, outside = with_its_turn(played, account), without_its_turn(played, account)
    (root,) = roots(since(played, inside))
    assert (root.check, root.account, root.cause) == ("C02", account, "state = events")
    assert root in roots(reconcile(played.database, played.node))
    assert since(played, outside).breaks == ()


def give_units(played: Played, token: str, account: str) -> None:
    """A unit more on an account, written into the token's storage."""
    of_accounts = ASSET_TOKEN.artifact.storage_slots["_accounts"]
    slot = "0x" + keccak(bytes.fromhex(account[2:]).rjust(32, b"\0") + of_accounts.to_bytes(32)).hex()
    word = int(played.node.request("eth_getStorageAt", [token, slot, "latest"]), 16) + 1
    played.node.request("anvil_setStorageAt", [token, slot, f"0x{word:064x}"])


# ---------------------------------------------------------------- what it refuses


def test_it_is_never_recorded(played: Played) -> None:
    found = since(played)
    with played.database.begin() as c, pytest.raises(UsageError, match="opens no gate"):
        record(c, found)


@pytest.mark.parametrize("check", NEEDS_EVERYTHING)
def test_a_check_that_needs_everything_is_refused(played: Played, check: str) -> None:
    with pytest.raises(UsageError, match=f"{check} needs"):
        reconcile_since(played.database, played.node, EVERYBODY, checks=["C02", check])


def test_without_a_full_one_that_passed_it_refuses_with_the_next_step(played: Played) -> None:
    first = base_of(played)
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute(
            "UPDATE reconciliations SET passed = 0, failed_checks = '[\"C05\"]' WHERE block_number = ?", (first,)
        )
    earlier = base_of(played)
    assert earlier < first
    with pytest.raises(UsageError, match="no full reconciliation that passed") as refused:
        since(played, block=1)
    assert "reconcile run --record" in refused.value.next_step


def test_it_begins_behind_the_last_that_passed_for_every_instrument(played: Played) -> None:
    first = base_of(played)
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute("DELETE FROM reconciliations WHERE block_number = ? AND instrument_id = 'HKMM'", (first,))
    assert base_of(played) < first
    assert base_of_new(played) > first


def base_of_new(played: Played) -> int:
    assert played.run("register", "sync") == 0
    seeding.read_again(played)
    assert played.run("reconcile", "run", "--record") == 0
    return base_of(played)


def test_a_recorded_block_that_is_another_one_by_now_is_no_base(played: Played) -> None:
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        connection.execute(f"UPDATE reconciliations SET block_hash = '0x{'11' * 32}'")
    with pytest.raises(ChainMismatch, match="was reconciled as 0x1111"):
        since(played)


def test_where_register_and_chain_have_parted_a_full_run_is_needed(played_apart: Played) -> None:
    seeding.SEEDS[11](played_apart)
    with pytest.raises(ChainMismatch, match="have parted"):
        since(played_apart)


# ---------------------------------------------------------------- as it is typed


def test_its_report_says_on_the_first_page_what_it_is(played: Played) -> None:
    shown = json_of(played, "reconcile", "run", "--incremental", "--share", "1/7")
    first = base_of(played)
    assert shown["title"] == "Incremental reconciliation report"
    assert shown["verdict"].startswith(f"PASS: INCREMENTAL since block {first}, all 18 checks agree")
    facts = shown["facts"]
    assert facts["mode"].startswith(f"INCREMENTAL since block {first} (0x")
    assert "among them turn" in facts["looked at"]
    assert "C17 (what everybody held on a record date)" in facts["not looked at"]
    assert "register digest" not in facts
    assert (shown["incremental"]["since_block"], shown["incremental"]["share"]) == (first, "1/7")
    of_c02 = next(each for each in shown["checks"] if each["check"] == "C02")
    assert of_c02["coverage"]["accounts"] < of_c02["out_of"]["accounts"]
    assert [row["covered"].split(",")[0] for row in shown["tables"]["checks"]["rows"] if row["check"] == "C02"] == [
        f"{of_c02['coverage']['accounts']} of {of_c02['out_of']['accounts']} accounts"
    ]
    assert list(shown["tables"]) == ["checks"]


def test_the_exit_code_is_that_of_a_full_run(played: Played) -> None:
    assert played.run("reconcile", "run", "--incremental") == 0
    seeding.SEEDS[1](played)
    assert played.run("reconcile", "run", "--incremental") == 3


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--incremental", "--record"], "opens no gate"),
        (["--incremental", "--expected-head", f"HKDS=0x{'11' * 32}"], "leaves it out"),
        (["--share", "1/20"], "takes no --share"),
        (["--incremental", "--share", "20"], "is no share"),
        (["--incremental", "--check", "C20"], "C20 needs"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_options_that_do_not_go_together_are_refused(
    played: Played, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    assert played.run("reconcile", "run", *args, "--json") == 2
    assert said in capsys.readouterr().err
