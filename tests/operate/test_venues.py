"""Venues: licensed under four eyes, they alone submit what names them, and only while the licence lasts."""

from __future__ import annotations

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain import settlement as chain
from rwaledger.chain.local import let_pass
from rwaledger.domain.errors import IdempotencyConflict, InputFileError, NotSettleable, UsageError
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.done import chain_time
from rwaledger.operate.execute import Outcome, run
from rwaledger.operate.settlement import Conditions
from rwaledger.operate.settlement_state import settlement_contract
from rwaledger.operate.venues import licence_plan
from rwaledger.registry import instructions
from tests.market import Market
from tests.office import INSTRUMENTS, Office

LIFETIME_S = 1_000


@pytest.fixture
def market(office: Office) -> Market:
    return Market.open(office)


def license_peak(market: Market, until: int, key: str = "licence") -> Outcome:
    office = market.office
    with office.database.read() as connection:
        plan = licence_plan(connection, office.node, office.address("peak"), until, key)
    return run(office.desk, plan)


def test_the_venue_alone_settles_what_names_it_under_its_licence(market: Market) -> None:
    peak = market.office.address("peak")
    market.ready("V-1", conditions=Conditions(venue=peak, lifetime_s=10_000))
    with pytest.raises(NotSettleable, match="has no licence"):
        market.settle("V-1", "peak")
    until = chain_time(market.office.node) + LIFETIME_S

    assert license_peak(market, until).lines_done == 1
    assert license_peak(market, until).lines_done == 0
    with pytest.raises(IdempotencyConflict):
        license_peak(market, until + 1)

    contract = settlement_contract(market.office.desk).address
    assert chain.venue_valid_until(market.office.node, contract, peak) == until
    with pytest.raises(NotSettleable, match="only its venue"):
        market.settle("V-1", "kowloon")
    market.settle("V-1", "peak")
    assert market.held("kowloon") == [(90, 60_015_500_000)]


def test_a_licence_that_has_ended_settles_nothing(market: Market) -> None:
    conditions = Conditions(venue=market.office.address("peak"), lifetime_s=10_000)
    market.ready("V-1", conditions=conditions)
    license_peak(market, chain_time(market.office.node) + LIFETIME_S)
    let_pass(market.office.node, LIFETIME_S + 60)
    with pytest.raises(NotSettleable, match="the licence of its venue ended on"):
        market.settle("V-1", "peak")


def test_a_licence_reconciles_and_one_that_the_register_does_not_know_is_found(market: Market) -> None:
    license_peak(market, chain_time(market.office.node) + LIFETIME_S)
    market.office.settle_and_sync()
    checks = ("C05", "C14", "C15")
    clean = reconcile(market.office.database, market.office.node, checks=checks)
    assert clean.passed, clean.breaks
    with market.office.database.read() as connection:
        assert instructions.instructions(connection, "settlement")[0].status.is_carried_out

    with market.office.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM transactions WHERE purpose = 'license-venue'")
        connection.exec_driver_sql("DELETE FROM instructions WHERE operation = 'license-venue'")
    found = reconcile(market.office.database, market.office.node, checks=checks)
    root, *others = found.breaks
    assert (root.check, root.instrument_id, root.follows_from) == ("C05", "settlement", "")
    assert root.summary.startswith("license-venue of 1 lines was carried out, but the register has no such instruction")
    assert [(each.check, each.follows_from) for each in others] == [("C14", root.break_id), ("C15", root.break_id)]


def test_a_time_that_no_contract_holds_is_refused(market: Market) -> None:
    with pytest.raises(UsageError, match="no licence lasts that long"):
        license_peak(market, 2**48)


def test_no_instrument_may_bear_the_name_of_the_settlement(office: Office) -> None:
    path = office.write("taken.toml", INSTRUMENTS.replace('id = "HKDS"', 'id = "settlement"'))
    with pytest.raises(InputFileError, match="'settlement' stands for the settlement contract"):
        read_descriptions(path)
