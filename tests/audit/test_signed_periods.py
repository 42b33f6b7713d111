"""C20: what was signed of the register cannot be changed unseen; what is done in good order later disturbs nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain import anchor as anchor_contract
from rwaledger.chain.contracts import REGISTRY_ANCHOR
from rwaledger.domain.errors import EXIT_USAGE, UsageError
from rwaledger.domain.period import Period
from rwaledger.domain.reconciliation import Break, BreakClass, CheckResult, Reconciliation, Value
from rwaledger.domain.redemption import Redemption
from rwaledger.domain.units import format_amount
from rwaledger.registry import holders, instruments, positions, redemptions
from rwaledger.registry.preimages import parse
from tests.audit import seeding
from tests.audit.signing import close, forget_periods, last_period, signed_periods
from tests.played import Played


def c20(played: Played, **heads: str) -> CheckResult:
    found = reconcile(played.database, played.node, checks=["C20"], expected_heads=heads)
    (result,) = found.results
    return result


def roots(result: CheckResult | Reconciliation) -> list[Break]:
    return [each for each in result.breaks if not each.follows_from]


def sql(played: Played, *statements: str, **names: str) -> None:
    """With a database tool that does not mind foreign keys."""
    with closing(sqlite3.connect(played.folder / "register.db")) as connection, connection:
        for statement in statements:
            assert connection.execute(statement, names).rowcount > 0, statement


def row_hash(played: Played, table: str, part: str, key: str) -> str:
    with closing(sqlite3.connect(played.folder / "register.db")) as connection:
        (found,) = {
            row
            for (row,) in connection.execute(
                "SELECT row_hash FROM period_rows WHERE table_name = ? AND part = ? AND row_key = ?", (table, part, key)
            )
        }
    return f"0x{found}"


def test_the_signed_scenario_passes_every_check(played: Played) -> None:
    found = reconcile(played.database, played.node)
    assert found.passed, found.breaks
    (result,) = [each for each in found.results if each.check == "C20"]
    assert result.coverage | {"rows": 0} == {
        "periods": 6, "rows": 0, "signatures": 12, "anchored": 6, "expected_heads": 0,
    }  # fmt: skip
    assert result.coverage["rows"] > 500
    assert "You gave no head that you have kept" in result.note
    assert "proves nothing against who runs the node" in result.note


def test_without_a_signed_period_it_passes_and_says_so(played: Played) -> None:
    forget_periods(played)
    result = c20(played)
    assert (result.outcome, result.note, set(result.coverage.values())) == ("PASS", "No period is signed.", {0})


def test_a_kept_head_is_found_among_those_of_the_register(played: Played) -> None:
    result = c20(played, HKDS=last_period(played).head, GRN28=last_period(played, "GRN28").head)
    assert (result.outcome, result.coverage["expected_heads"]) == ("PASS", 2)
    assert "no head that you have kept" not in result.note


def test_a_kept_head_of_a_later_period_is_refused_since_nothing_would_look_at_it(played: Played) -> None:
    last = last_period(played)
    with pytest.raises(UsageError, match="no check looks at it"):
        reconcile(played.database, played.node, last.block_number - 1, ["C20"], expected_heads={"HKDS": last.head})
    earlier = next(each.head for each in signed_periods(played) if each.instrument_id == "HKDS")
    assert reconcile(
        played.database, played.node, last.block_number - 1, ["C20"], expected_heads={"HKDS": earlier}
    ).passed
    assert played.run("reconcile", "run", *2 * ["--expected-head", f"HKDS={last.head}"]) == EXIT_USAGE


def test_an_edited_row_of_a_signed_period_is_named_with_both_hashes(played: Played) -> None:
    """Seeded break 12."""
    key = '["R-2026-002"]'
    before = row_hash(played, "redemptions", "settled", key)
    seeding.edited_in_signed_period(played)
    (root,) = roots(reconcile(played.database, played.node))
    assert (root.check, root.break_class) == ("C20", BreakClass.TAMPER)
    assert (root.instrument_id, root.holder_id) == ("HKDS", "fund-manager")
    assert root.cause == f"redemptions {key}"
    assert root.left == Value("signed period", before)
    assert root.right.record == "register"
    assert seeding.matches(root.right.value, "{}")
    assert root.right.value != before
    assert root.summary == f"a row of redemptions signed with period 1 was changed: {key}"


ROWS: dict[str, tuple[str, str, str]] = {
    "evidence": ("UPDATE evidence SET document_hash = '0x77' WHERE holder_id = 'kowloon'", "", "kowloon"),
    "orders": ("UPDATE orders SET document = 'another.pdf' WHERE reference = 'SD-2026-06-15'", "", ""),
    "residences": ("UPDATE residences SET country = 156 WHERE holder_id = 'lantau'", "", "lantau"),
    "licences": ("DELETE FROM licences WHERE holder_id = 'peak'", "", "peak"),
    "accounts": ("UPDATE accounts SET holder_id = 'chan' WHERE holder_id = 'kowloon'", "", "chan"),
    "navs": ("UPDATE navs SET source = 'elsewhere' WHERE dealing_day = '2026-02-27'", "HKMM", ""),
    "bond_terms": ("UPDATE bond_terms SET rate = '0.03'", "GRN28", ""),
    "actions": ("UPDATE actions SET funded_units = '1'", "GRN28", ""),
    "entitlements": (
        "UPDATE entitlements SET amount_units = '1' WHERE account = "
        "(SELECT address FROM accounts WHERE holder_id = 'victoria')",
        *("GRN28", "victoria"),
    ),
    "transactions": ("UPDATE transactions SET gas_used = 1 WHERE purpose = 'deploy HKDS'", "", ""),
    "instructions": ("UPDATE instructions SET reason = 'x' WHERE idempotency_key LIKE 'freeze:%'", "HKDS", ""),
    "travel_records": (
        "DELETE FROM travel_records WHERE (subject, line) = "
        "(SELECT subject, line FROM travel_records ORDER BY subject, line LIMIT 1)",
        "HKDS",
        "",
    ),
    "reconciliations": (
        "DELETE FROM reconciliations WHERE instrument_id = 'GRN28' AND block_number = "
        "(SELECT min(block_number) FROM reconciliations WHERE instrument_id = 'GRN28')",
        *("GRN28", ""),
    ),
}
"""A statement on one row, and the instrument and holder of the finding."""


def test_edited_rows_of_any_kind_are_one_finding_each(played: Played) -> None:
    sql(played, *(statement for statement, _, _ in ROWS.values()))
    found = {each.cause.partition(" ")[0]: each for each in c20(played).breaks}
    assert {table: (each.instrument_id, each.holder_id) for table, each in found.items()} == {
        table: (instrument_id, holder_id) for table, (_, instrument_id, holder_id) in ROWS.items()
    }
    assert len(c20(played).breaks) == len(ROWS)
    for each in found.values():
        assert each.left.record == "signed period"
        assert each.right == Value("register", "nothing") or seeding.matches(each.right.value, "{}")


TAMPERINGS: dict[str, tuple[str, str]] = {
    "head": (f"UPDATE periods SET head = '0x{'11' * 32}' WHERE instrument_id = :name AND sequence = 1", "head"),
    "preimage": (
        "UPDATE periods SET preimage = substr(preimage, 1, length(preimage) - 2) || '00' "
        "WHERE instrument_id = :name AND sequence = 1",
        "head",
    ),
    "preimage that is none": (
        "UPDATE periods SET preimage = 'zz' WHERE instrument_id = :name AND sequence = 1",
        "head",
    ),
    "previous_head": (
        f"UPDATE periods SET previous_head = '0x{'11' * 32}' WHERE instrument_id = :name AND sequence = 1",
        "head",
    ),
    "block_number": (
        "UPDATE periods SET block_number = block_number - 1 WHERE instrument_id = :name AND sequence = 1",
        "head",
    ),
    "block_hash": (
        f"UPDATE periods SET block_hash = '0x{'11' * 32}' WHERE instrument_id = :name AND sequence = 1",
        "head",
    ),
    "block_time": (
        "UPDATE periods SET block_time = block_time + 1 WHERE instrument_id = :name AND sequence = 1",
        "head",
    ),
    "supply_units": ("UPDATE periods SET supply_units = '5' WHERE instrument_id = :name AND sequence = 1", "head"),
    "holder_count": ("UPDATE periods SET holder_count = 5555 WHERE instrument_id = :name AND sequence = 1", "head"),
    "sequence": ("UPDATE periods SET sequence = 3 WHERE instrument_id = :name AND sequence = 2", "head"),
    "anchor": (f"UPDATE periods SET anchor = '0x{'5a' * 20}' WHERE instrument_id = :name AND sequence = 1", "operator"),
    "operator": (
        f"UPDATE periods SET operator = '0x{'5a' * 20}' WHERE instrument_id = :name AND sequence = 1",
        "operator",
    ),
    "operator_signature": (
        "UPDATE periods SET operator_signature = '0x11' WHERE instrument_id = :name AND sequence = 1",
        "operator",
    ),
    "auditor": (
        f"UPDATE periods SET auditor = '0x{'5a' * 20}' WHERE instrument_id = :name AND sequence = 1",
        "auditor",
    ),
    "auditor_signature": (
        "UPDATE periods SET auditor_signature = 'zz' WHERE instrument_id = :name AND sequence = 1",
        "auditor",
    ),
    "all gone": ("DELETE FROM periods WHERE instrument_id = :name", "rows"),
    "a listed row": (
        "UPDATE period_rows SET row_hash = 'aa' WHERE table_name = 'holders' AND instrument_id = :name",
        "list holders recorded",
    ),
    "a row not listed": (
        "DELETE FROM period_rows WHERE table_name = 'evidence' AND instrument_id = :name",
        "list evidence recorded",
    ),
    "a row too many": (
        "INSERT INTO period_rows SELECT instrument_id, sequence, table_name, part, '[\"nobody\"]', row_hash "
        "FROM period_rows WHERE row_key = '[\"kowloon\"]' AND table_name = 'holders' AND instrument_id = :name",
        "list holders recorded",
    ),
    "a row of no part": (
        "INSERT INTO period_rows SELECT instrument_id, sequence, 'blocks', part, row_key, row_hash "
        "FROM period_rows WHERE row_key = '[\"kowloon\"]' AND table_name = 'holders' AND instrument_id = :name",
        "",
    ),
}
"""A statement on what was signed, and what the one finding of each instrument is about."""


NAMES = ("GRN28", "HKDS", "HKMM")


@pytest.mark.parametrize("first", range(0, len(TAMPERINGS), len(NAMES)), ids=lambda n: list(TAMPERINGS)[n])
def test_a_change_of_what_was_signed_is_one_finding(played: Played, first: int) -> None:
    """Of three instruments, three different ones."""
    some = dict(zip(NAMES, list(TAMPERINGS)[first : first + len(NAMES)], strict=False))
    for name, what in some.items():
        sql(played, TAMPERINGS[what][0], name=name)
    found = [(each.instrument_id, each.cause) for each in roots(c20(played))]
    sequence = {name: 3 if what == "sequence" else 1 for name, what in some.items()}
    about = {name: TAMPERINGS[what][1] for name, what in some.items()}
    assert found == [(n, f"period {sequence[n]} {about[n]}" if about[n] else "list blocks") for n in about]


def test_a_head_that_was_changed_is_told_with_the_one_of_its_bytes(played: Played) -> None:
    before = last_period(played).head
    sql(played, f"UPDATE periods SET head = '0x{'11' * 32}' WHERE instrument_id = 'HKDS' AND sequence = 2")
    result = c20(played, HKDS=before)
    (root,) = roots(result)
    assert (root.left, root.right) == (
        Value("signed period", f"head 0x{'11' * 32}"),
        Value("preimage", f"head {before}"),
    )
    assert {each.cause for each in result.breaks} == {
        *("period 2 head", "period 2 operator", "period 2 auditor", "period 2 anchored", "expected head"),
    }


def test_a_period_that_was_taken_out_is_missed_by_its_anchor(played: Played) -> None:
    before = last_period(played).head
    sql(
        played,
        "DELETE FROM period_rows WHERE instrument_id = 'HKDS' AND sequence = 2",
        "DELETE FROM periods WHERE instrument_id = 'HKDS' AND sequence = 2",
    )
    (root,) = roots(c20(played))
    assert (root.break_class, root.cause) == (BreakClass.MISSING_IN_REGISTER, "period 2 anchored")
    assert (root.left, root.right) == (Value("events", before), Value("register", "nothing"))


def test_an_anchor_whose_storage_was_overwritten_is_found_by_its_events(played: Played) -> None:
    before, other = last_period(played).head, "0x" + "11" * 32
    overwrite_anchor(played, "HKDS", other)
    (root,) = roots(c20(played))
    assert (root.instrument_id, root.break_class, root.cause) == ("HKDS", BreakClass.TAMPER, "period 2 anchored")
    assert (root.left, root.right) == (Value("state", other), Value("events", before))


def overwrite_anchor(played: Played, name: str, other: str) -> None:
    """As who runs the node can."""
    period = last_period(played, name)
    for slot in anchor_slots(played, period):
        played.node.request("anvil_setStorageAt", [period.anchor, slot, other])
    seeding.read_again(played)
    there = anchor_contract.head_of(played.node, period.anchor, seeding.token(played, name), period.sequence)
    assert there is not None
    assert there.head == other


def anchor_slots(played: Played, period: Period) -> list[str]:
    """Slots of the anchor that hold the head: looked for in what reading it touches."""
    data = REGISTRY_ANCHOR.encode("headOf", [seeding.token(played, period.instrument_id), period.sequence])
    read = played.node.request("eth_createAccessList", [{"to": period.anchor, "data": data, "gas": hex(10**6)}])
    slots = [key for each in read["accessList"] for key in each["storageKeys"]]
    return [
        slot
        for slot in slots
        if played.node.request("eth_getStorageAt", [period.anchor, slot, "latest"]) == period.head
    ]


def test_other_checks_are_the_roots_of_what_they_find_in_a_signed_row(played: Played) -> None:
    for number in (2, 3, 4, 8, 10):
        seeding.SEEDS[number](played)
    found = reconcile(played.database, played.node)
    assert {each.check for each in roots(found)} == {"C02", "C04", "C08", "C14"}
    by_id = {each.break_id: each for each in found.breaks}
    behind = {
        each.cause.partition(" [")[0]: by_id[each.follows_from].check for each in found.breaks if each.check == "C20"
    }
    assert behind == {
        "period 1 events": "C02",
        "period 1 postings": "C02",
        "period 2 postings": "C04",
        "accounts": "C02",
        "redemptions": "C08",
        "transactions": "C14",
    }


def c03(played: Played, *checks: str) -> CheckResult:
    return reconcile(played.database, played.node, checks=["C03", *checks]).results[0]


def test_every_account_opens_with_what_was_signed(played: Played) -> None:
    result, accounts = c03(played), 0
    with played.database.read() as c:
        for period in signed_periods(played):
            accounts += len(positions.balances_at(c, period.instrument_id, period.block_number))
    assert (result.outcome, result.note) == ("PASS", "")
    assert (result.coverage["signed_closings"], result.coverage["openings"]) == (6, accounts)
    forget_periods(played)
    assert (c03(played).coverage["signed_closings"], c03(played).coverage["openings"]) == (0, 0)


def test_a_closing_supply_that_was_changed_breaks_the_row_of_closings_there_and_back(played: Played) -> None:
    before = last_period(played)
    sql(played, TAMPERINGS["supply_units"][0], name="HKDS")
    away, back = c03(played).breaks
    assert (away.instrument_id, away.break_class, away.cause) == ("HKDS", BreakClass.AMOUNT, "period 1 supply")
    assert (away.left.record, away.right) == (
        "signed period: opening + in - out",
        Value("signed period: closing supply", "0.000005"),
    )
    assert (back.cause, back.follows_from) == ("period 2 supply", away.break_id)
    assert back.right == Value("signed period: closing supply", format_amount(before.supply_units, 6))
    found = reconcile(played.database, played.node)
    (root,) = roots(found)
    assert (root.check, root.cause) == ("C20", "period 1 head")
    assert {each.follows_from for each in found.breaks if each.check == "C03"} == {root.break_id}


def test_the_last_closing_is_held_against_this_block_too(played: Played) -> None:
    sql(played, "UPDATE periods SET supply_units = '5' WHERE instrument_id = 'HKDS' AND sequence = 2")
    away, back = c03(played).breaks
    assert (away.cause, back.cause, back.follows_from) == ("period 2 supply", "period 2 onwards supply", away.break_id)
    assert back.right.record == "register: closing supply"
    assert {each.check for each in roots(reconcile(played.database, played.node))} == {"C20"}


def test_a_number_of_holders_that_was_changed_is_told(played: Played) -> None:
    before = last_period(played).holder_count
    sql(played, "UPDATE periods SET holder_count = 5 WHERE instrument_id = 'HKDS' AND sequence = 2")
    (found,) = c03(played).breaks
    assert (found.cause, found.left, found.right) == (
        "period 2 holders",
        Value("register", f"{before} holders"),
        Value("signed period", "5 holders"),
    )
    assert c03(played, "C20").breaks[0].follows_from


def test_where_postings_are_not_those_signed_no_account_is_said_to_open_with_what_was_signed(played: Played) -> None:
    seeding.SEEDS[2](played)
    found = reconcile(played.database, played.node)
    result = next(each for each in found.results if each.check == "C03")
    assert "when period 1 of GRN28 was signed is not known" in result.note
    assert (result.coverage["signed_closings"], {each.check for each in roots(found)}) == (6, {"C02"})


def test_what_is_done_in_good_order_later_disturbs_no_period(played: Played) -> None:
    """A request that was open when the period was signed is paid; new rows come; a third period follows."""
    second = last_period(played, "GRN28")
    request(played, "R-9")
    seeding.transfer_by_lantau(played, 5 * 10**6)
    third = {each.instrument_id: each for each in close(played) if each.sequence == 3}
    assert third["GRN28"].previous_head == second.head
    assert third["GRN28"].block_number > second.block_number
    with played.database.begin() as c:
        redemptions.begin_payment(c, "R-9", "FPS-9", 0)
        redemptions.finish_payment(c, "R-9", "FPS-9", datetime(2026, 8, 2, tzinfo=UTC))
    sql(played, "UPDATE holders SET valid_until = '2031-01-01'", "UPDATE redemptions SET updated_at = '2027-01-01'")
    result = c20(played, GRN28=second.head)
    assert result.outcome == "PASS", result.breaks
    assert (result.coverage["periods"], result.coverage["anchored"], result.coverage["signatures"]) == (9, 9, 18)
    sections = {(each.table, each.part): each for each in parse(bytes.fromhex(third["HKDS"].preimage))[1]}
    assert sections["redemptions", "recorded"].count == 4
    assert sections["redemptions", "settled"].count == 3


def request(played: Played, name: str) -> None:
    """A request to be paid back that is open."""
    with played.database.begin() as c:
        instrument = instruments.instrument(c, "HKDS")
        account = holders.account_of(c, instrument.chain_id, "lantau").address
        asked = datetime(2026, 7, 31, 10, tzinfo=UTC)
        redemptions.add_redemption(
            c, Redemption(name, "HKDS", instrument.chain_id, account, 1, asked, date(2026, 8, 3), f"redemption:{name}")
        )


def test_an_earlier_block_is_judged_by_the_periods_up_to_it(played: Played) -> None:
    first, second = sorted({each.block_number for each in signed_periods(played)})
    before = c20_at(played, first - 1)
    assert (before.outcome, before.coverage["periods"], before.note) == ("PASS", 0, "No period is signed.")
    between = c20_at(played, second - 1)
    assert (between.outcome, between.coverage["periods"], between.coverage["anchored"]) == ("PASS", 3, 3)
    at = c20_at(played, second)
    assert (at.outcome, at.coverage["periods"], at.coverage["anchored"]) == ("PASS", 6, 3)
    assert "Not anchored at this block: HKDS, period 2." in at.note


def c20_at(played: Played, block: int) -> CheckResult:
    return reconcile(played.database, played.node, block=block, checks=["C20"]).results[0]
