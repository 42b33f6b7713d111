"""A reconciliation's report: from its register, whatever state that is in, to a document with all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import delete, update

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.addresses import checksummed
from rwaledger.chain.keys import dev_signer
from rwaledger.domain.calendar import local_date
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.reconciliation import Outcome
from rwaledger.registry import tables
from rwaledger.registry.database import Database
from rwaledger.registry.exemptions import add_exemption, countersign
from rwaledger.report import model
from rwaledger.report.forms import FORMS, terminal
from rwaledger.report.forms.json import render as json_of
from rwaledger.report.model import NO_HOLDER
from rwaledger.report.parts import Report
from rwaledger.report.reconciliation import document
from rwaledger.report.reconciliation_fields import fields
from tests.audit import tampering
from tests.audit.test_reconcile import copied
from tests.audit.world import HUGE_UNITS, World
from tests.report.reading import flat, pdf_texts, require_ties
from tests.report.samples import ACCOUNT, SIGNERS, excused, exemption, failing, passing

TEXTS = ("terminal", "json", "csv", "html")


def rendered(report: Report, form: str) -> str:
    return FORMS[form].render(document(report)).decode()


def test_holdings_are_those_of_the_register_the_largest_first(world: World) -> None:
    report = model.build(world.database, reconcile(world.database, world.node), world.seal)
    big, unit = report.instruments
    assert report.passed
    assert big.supply_units == big.held_units == HUGE_UNITS + 11_000_000
    assert [holding.units for holding in big.holdings] == sorted((h.units for h in big.holdings), reverse=True)
    assert (big.holdings[0].holder, big.holdings[0].account) == (
        "Holder No. 0 Ltd",
        checksummed(world.holders[0]),
    )
    table = next(each for each in document(report).tables if each.name == "holdings-UNIT")
    assert [row[3:] for row in table.rows] == [(100, Fraction(5, 8)), (60, Fraction(3, 8))]
    assert table.totals == (None, None, None, 160, 1)
    assert unit.held_units == 160


def test_without_the_privacy_key_holders_bear_their_short_names(world: World) -> None:
    world.steal("BIG", "mint", world.holders[3], 1_000)
    world.sync()
    report = model.build(world.database, reconcile(world.database, world.node))
    assert {holding.holder for holding in report.instruments[1].holdings} == {"holder-0 (sealed)", "holder-1 (sealed)"}
    assert report.findings[0].holder == "holder-3 (sealed)"
    for form in TEXTS:
        assert "Holder No." not in rendered(report, form)


def test_supply_over_time_has_a_point_for_each_block_that_touched_it(world: World) -> None:
    report = model.build(world.database, reconcile(world.database, world.node))
    big, _ = report.instruments
    assert [point.units for point in big.history] == [HUGE_UNITS + 12_000_000, HUGE_UNITS + 11_000_000]
    assert big.history[0].timestamp <= big.history[1].timestamp <= report.pin.timestamp


def test_an_earlier_block_is_reported_as_it_was(world: World) -> None:
    redemption = model.build(world.database, reconcile(world.database, world.node)).instruments[0].history[-1]
    found = reconcile(world.database, world.node, block=redemption.block_number - 1)
    report = model.build(world.database, found)
    assert report.instruments[0].supply_units == HUGE_UNITS + 12_000_000
    assert len(report.instruments[0].history) == 1


def test_each_kind_of_database_gives_the_same_bytes(world: World, database: Database) -> None:
    tampering.edit_position(world, world.holders[0], 1)
    target = copied(world, database)
    expected = model.build(world.database, reconcile(world.database, world.node))
    report = model.build(target, reconcile(target, world.node))
    assert document(report) == document(expected)
    for form in TEXTS:
        assert rendered(report, form) == rendered(expected, form)


def test_an_account_without_a_holder_is_listed_as_such(world: World) -> None:
    tampering.unmap(world, world.holders[4])
    report = model.build(world.database, reconcile(world.database, world.node))
    (holding,) = [h for h in report.instruments[0].holdings if h.account == checksummed(world.holders[4])]
    assert (holding.holder, holding.holder_id) == (NO_HOLDER, "")


def test_a_register_without_a_block_is_reported_with_a_note(world: World) -> None:
    block, _ = tampering.transfers(world)[0]
    with world.database.begin() as c:
        c.execute(delete(tables.blocks).where(tables.blocks.c.number == block))
    report = model.build(world.database, reconcile(world.database, world.node))
    big, _ = report.instruments
    assert big.history == ()
    assert f"block {block}" in big.supply_note
    assert big.supply_note in rendered(report, "html").replace("&#39;", "'")


def test_a_register_that_changed_after_its_reconciliation_is_not_reported(world: World) -> None:
    found = reconcile(world.database, world.node)
    tampering.edit_position(world, world.holders[0], 1)
    with pytest.raises(RegisterConflict, match="changed between") as raised:
        model.build(world.database, found)
    assert raised.value.next_step == "Run the command again."


def test_an_account_that_is_no_address_is_reported_as_it_stands(world: World) -> None:
    where = tables.postings.c.account == world.holders[3]
    with world.database.begin() as c:
        c.execute(update(tables.postings).where(where).values(account="zz"))
    report = model.build(world.database, reconcile(world.database, world.node))
    assert not report.passed
    assert "zz" in rendered(report, "csv")


def test_findings_carry_names_and_readable_addresses(world: World) -> None:
    world.steal("BIG", "mint", world.holders[3], 1_000)
    world.sync()
    report = model.build(world.database, reconcile(world.database, world.node), world.seal)
    (root,) = report.findings
    assert (root.holder, root.account) == ("Holder No. 3 Ltd", checksummed(world.holders[3]))
    assert {each.check for each in root.consequences} == {"C01"}
    read = json.loads(json_of(document(report), fields(report)))
    assert read["result"] == "FAIL"
    assert len(read["findings"]) == 1 + len(root.consequences)
    assert [row["number"] for row in read["tables"]["findings"]["rows"]][:2] == ["1", "1.1"]


def test_an_exemption_in_force_is_on_page_one(world: World) -> None:
    pin = reconcile(world.database, world.node).pin
    day = local_date(datetime.fromtimestamp(pin.timestamp, UTC), "Asia/Hong_Kong")
    first, second = (dev_signer(world.node, key) for key in ("dev:1", "dev:2"))
    drafted = replace(exemption(), chain_id=pin.chain_id, valid_from=day, expires_on=day, first_signer=first.address)
    signed = replace(drafted, first_signature=first.sign_text(drafted.preimage))
    with world.database.begin() as c:
        add_exemption(c, replace(signed, second_signer=None, second_signature=None))
        countersign(c, signed.exemption_id, second.address, second.sign_text(signed.preimage))
    found = reconcile(world.database, world.node)
    assert [each.scope for each in model.build(world.database, found).exemptions] == ["C02 on BIG"]
    assert document(model.build(world.database, found)).tables[0].name == "exemptions"
    with world.database.begin() as c:
        c.execute(update(tables.exemptions).values(second_signature=tables.exemptions.c.first_signature))
    assert model.build(world.database, found).exemptions == ()
    tomorrow = replace(signed, valid_from=day + timedelta(days=1), expires_on=day + timedelta(days=1))
    assert not tomorrow.is_in_force(day)


def test_what_is_let_pass_is_no_finding_unless_something_else_follows_from_it(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 1)
    found = reconcile(world.database, world.node)
    (root,) = model.build(world.database, found).findings
    ids = frozenset({root.break_id, *(each.break_id for each in root.consequences)})

    def with_let_pass(some: frozenset[str]) -> Report:
        return model.build(
            world.database, replace(found, results=tuple(replace(each, let_pass=some) for each in found.results))
        )

    assert len(root.consequences) > 0
    assert [each.break_id for each in with_let_pass(ids).let_pass] == [root.break_id]
    assert with_let_pass(ids).findings == ()
    assert [each.break_id for each in with_let_pass(frozenset({root.break_id})).findings] == [root.break_id]


# ------------------------------------------------------------------ what the document says


def test_the_verdict_counts_causes_and_consequences() -> None:
    assert failing().verdict == "FAIL: 1 of 2 checks do not agree; 1 root finding and 1 more that follows"
    assert passing().verdict == "PASS: all 2 checks agree"
    assert excused().verdict == "PASS: 1 of 2 checks agree, 1 exempt; 1 finding let pass; 1 difference of timing"


def test_a_check_that_did_not_run_is_counted() -> None:
    report = failing()
    results = (report.results[0], replace(report.results[1], outcome=Outcome.NOT_RUN, note="no node"))
    assert "1 of 2 checks do not agree, 1 did not run;" in replace(report, results=results).verdict
    assert "no node" in rendered(replace(report, results=results), "terminal")


@pytest.mark.parametrize("form", [*TEXTS, "pdf"])
def test_every_form_shows_every_break_with_both_values(form: str) -> None:
    content = FORMS[form].render(document(failing()))
    text = flat("".join(pdf_texts(content)) if form == "pdf" else content.decode())
    for fact in ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "C05", "C01", "issueof1BIGhasnoinstruction", ACCOUNT):
        assert fact in text
    assert ("1,234,567.50" if form in ("terminal", "html", "pdf") else "1234567.50") in text


def test_scope_reason_expiry_and_both_signers_stand_on_page_one() -> None:
    page = flat(pdf_texts(FORMS["pdf"].render(document(excused())))[0])
    for said in ("C02 on BIG", "the custodian's file comes on Monday", "2026-01-20", *map(checksummed, SIGNERS)):
        assert flat(said) in page
    assert page.index("Exempt,bytwosignatures") < page.index("Checks")


def test_what_is_timing_is_shown_as_that_and_not_as_a_finding() -> None:
    tables = {table.name: table for table in document(excused()).tables}
    assert "findings" not in tables
    assert [row[4] for row in tables["timing"].rows] == ["cccccccccccc"]
    assert [row[4] for row in tables["let-pass"].rows] == ["dddddddddddd"]
    assert [each["class"] for each in fields(excused())["findings"]] == ["UNDUE_CREATION", "TIMING"]


def test_every_holding_is_listed_and_every_total_ties() -> None:
    made = document(passing())
    assert [len(table.rows) for table in made.tables if table.name.startswith("holdings-")] == [3, 30, 0]
    require_ties(made)


def test_findings_follow_their_root_in_the_terminal() -> None:
    lines = terminal.render(document(failing()), width=100).splitlines()
    cards = [(n, line.split()) for n, line in enumerate(lines) if line.startswith("No. ")]
    (root, first), (follows, second) = cards
    assert (first, second) == (["No.", "1", "Check", "C05"], ["No.", "1.1", "Check", "C01"])
    assert follows > root
    assert "Follows from  aaaaaaaaaaaa" in "\n".join(lines[follows:])


def test_pictures_stand_with_their_tables() -> None:
    made = document(passing())
    assert [chart.name for chart in made.charts] == ["supply-BIG", "holdings-BIG", "supply-MANY", "holdings-MANY"]
    names = [point for point, _ in made.charts[3].series[0].points]
    assert names == ["1", "2", "5", "10", "20", "30"]
    assert made.charts[3].series[0].points[-1][1] == 1
