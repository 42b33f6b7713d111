"""A report is built from a reconciliation and its register, whatever state the register is in."""

from __future__ import annotations

import json as json_reader

import pytest
from sqlalchemy import delete, update

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.addresses import checksummed
from rwaledger.domain.errors import RegisterConflict
from rwaledger.registry import tables
from rwaledger.registry.database import Database
from rwaledger.report import csv, html, json, model, terminal
from rwaledger.report.model import NO_HOLDER, share_percent
from tests.audit import tampering
from tests.audit.test_reconcile import copied
from tests.audit.world import HUGE_UNITS, World


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
    assert [(holding.units, holding.share_percent) for holding in unit.holdings] == [
        (100, "62.5000"),
        (60, "37.5000"),
    ]


def test_without_the_privacy_key_holders_bear_their_short_names(world: World) -> None:
    world.steal("BIG", "mint", world.holders[3], 1_000)
    world.sync()
    report = model.build(world.database, reconcile(world.database, world.node))
    assert {holding.holder for holding in report.instruments[1].holdings} == {"holder-0 (sealed)", "holder-1 (sealed)"}
    assert report.findings[0].holder == "holder-3 (sealed)"
    for form in (terminal, json, csv, html):
        assert "Holder No." not in form.render(report)


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
    for form in (terminal, json, csv, html):
        assert form.render(report) == form.render(expected)


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
    assert big.supply_note in html.render(report).replace("&#39;", "'")


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
    assert html.render(report)


def test_findings_carry_names_and_readable_addresses(world: World) -> None:
    world.steal("BIG", "mint", world.holders[3], 1_000)
    world.sync()
    report = model.build(world.database, reconcile(world.database, world.node), world.seal)
    (root,) = report.findings
    assert (root.holder, root.account) == ("Holder No. 3 Ltd", checksummed(world.holders[3]))
    assert {each.check for each in root.consequences} == {"C01"}
    document = json_reader.loads(json.render(report))
    assert document["result"] == "FAIL"
    assert len(document["findings"]) == 1 + len(root.consequences)


@pytest.mark.parametrize(
    ("units", "total", "percent"),
    [
        (1, 3, "33.3333"),
        (2, 3, "66.6667"),
        (5, 5, "100.0000"),
        (0, 7, "0.0000"),
        (1, 2_000_000, "0.0001"),
        (1, 0, "0.0000"),
    ],
)
def test_shares_are_exact_to_four_digits(units: int, total: int, percent: str) -> None:
    assert share_percent(units, total) == percent
