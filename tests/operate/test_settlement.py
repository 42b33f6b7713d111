"""Trades settle whole and once, and what is closed stays closed, whatever register asks."""

from __future__ import annotations

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.keys import dev_address, dev_signer
from rwaledger.chain.local import let_pass
from rwaledger.domain.errors import AuthorisationError, IdempotencyConflict, NotSettleable
from rwaledger.domain.settlement import TradeState
from rwaledger.operate.activate import activation_plan
from rwaledger.operate.admissions import read_admissions
from rwaledger.operate.admit import admission_plan
from rwaledger.operate.deploy import Offices, deploy
from rwaledger.operate.descriptions import read_descriptions
from rwaledger.operate.execute import run
from rwaledger.operate.settlement import Conditions, add_signature, sign
from rwaledger.operate.settlement_close import cancel
from rwaledger.operate.settlement_state import states
from rwaledger.registry import audit_log, transactions
from tests.market import SMALL, Market
from tests.office import ADMIN, CHECKER, MAKER, Office

SETTLED = [(90, 60_015_500_000), (110, 39_984_500_000)]


@pytest.fixture
def market(office: Office) -> Market:
    return Market.open(office)


def test_both_legs_of_a_trade_move_in_one_transaction_and_only_once(market: Market) -> None:
    assert market.ready("T-1").state is TradeState.SIGNED

    closed = market.settle("T-1")
    again = market.settle("T-1", "lantau")

    assert market.held("kowloon", "lantau") == SETTLED
    assert (closed.before, again.before) == (False, True)
    assert closed.standing.closing == again.standing.closing
    assert market.standing("T-1").stored.status is TradeState.SETTLED
    with market.office.database.read() as connection:
        sent = transactions.transactions(connection, purpose="settle T-1")
        log = [each.action for each in audit_log.entries(connection, subject="T-1")]
    assert [each.status.value for each in sent] == ["mined"]
    assert log == ["trade proposed", "trade signed", "trade signed", "trade settled"]


def test_a_settled_trade_reconciles(market: Market) -> None:
    market.ready("T-1")
    market.settle("T-1")
    market.office.back()
    market.office.settle_and_sync()

    found = reconcile(market.office.database, market.office.node)

    assert found.passed, found.breaks


def test_a_trade_settles_on_each_database(office_on_each: Office) -> None:
    market = Market.open(office_on_each)
    market.ready("T-1")
    market.settle("T-1")
    assert market.held("kowloon", "lantau") == SETTLED
    assert market.propose("T-1")[0].known
    assert [state for _, state in states(office_on_each.desk)] == [TradeState.SETTLED]


USDS = """
[[instrument]]
id = "USDS"
name = "Harbour US Dollar"
symbol = "USDS"
decimals = 2
kind = "stablecoin"
record_of_truth = "chain"
domicile = "HK"
"""


def test_two_stablecoins_are_paid_against_one_another(market: Market) -> None:
    office = market.office
    descriptions = read_descriptions(office.write("usds.toml", USDS))
    offices = Offices(dev_address(ADMIN), (dev_address(MAKER),), (dev_address(CHECKER),), admin_delay_s=60)
    (deployed,) = deploy(office.database, office.node, dev_signer(office.node, ADMIN), descriptions, offices)
    run(office.desk, activation_plan(office.folder / "usds.toml", descriptions, office.names(), "activate-usds"))
    admissions = read_admissions(office.folder / "holders.csv", office.node.chain_id)
    run(office.desk, admission_plan(office.folder / "holders.csv", admissions, [deployed.instrument], "admit-usds"))
    office.issue("USDS,kowloon,2000", "issue-usds")
    market.ready("FX-1", "HKDS,lantau,kowloon,7801.2\nUSDS,kowloon,lantau,1000")

    market.settle("FX-1", "lantau")

    assert (office.balance("lantau", "USDS"), office.balance("kowloon", "USDS")) == (100_000, 100_000)
    assert (office.balance("lantau"), office.balance("kowloon")) == (42_198_800_000, 57_801_200_000)


def test_a_settlement_that_a_reorganisation_drops_is_sent_again(market: Market) -> None:
    market.ready("T-1")
    first = market.settle("T-1").standing.closing
    market.office.node.request("anvil_reorg", [1, []])
    assert market.standing("T-1").state is TradeState.SIGNED

    again = market.settle("T-1")

    assert first is not None
    assert again.standing.closing is not None
    assert again.standing.closing.tx_hash == first.tx_hash
    assert market.held("kowloon", "lantau") == SETTLED


def test_a_register_that_was_lost_cannot_settle_a_trade_twice(market: Market) -> None:
    market.ready("T-1")
    market.settle("T-1")
    with market.office.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM trade_signatures")
        connection.exec_driver_sql("DELETE FROM trades")

    (found,) = market.propose("T-1")

    assert (found.known, found.stored.status) == (False, TradeState.SETTLED)
    assert market.settle("T-1").before
    with market.office.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM trades")
    with pytest.raises(IdempotencyConflict, match="a trade in transaction 0x"):
        market.propose("T-1", SMALL)


def test_a_wallet_that_is_a_contract_signs_by_its_code(market: Market) -> None:
    """ERC-1271: this one answers for every signature."""
    magic = "1626ba7e".ljust(64, "0")
    market.propose("T-1", SMALL)
    market.approve("kowloon", "GRN28", 1)
    market.approve("lantau", "HKDS", 1_001_500_000)
    kowloon = market.office.address("kowloon")
    with pytest.raises(AuthorisationError):
        add_signature(market.office.desk, "T-1", kowloon, "0x1234")
    market.office.node.request("anvil_setCode", [kowloon, f"0x7f{magic}60005260206000f3"])

    add_signature(market.office.desk, "T-1", kowloon, "0x1234")
    market.sign("T-1", "lantau")
    market.settle("T-1", "lantau")

    assert market.held("kowloon") == [(99, 51_001_500_000)]


def test_the_initiator_cancels_at_any_time_and_nothing_follows(market: Market) -> None:
    market.propose("T-1")
    kowloon = market.signer("kowloon")

    first = cancel(market.office.desk, "T-1", kowloon.address, lambda: kowloon)
    again = cancel(market.office.desk, "T-1", kowloon.address, lambda: kowloon)

    assert (first.before, again.before) == (False, True)
    assert market.standing("T-1").stored.status is TradeState.CANCELLED
    with pytest.raises(NotSettleable, match="cancelled in transaction"):
        market.sign("T-1", "lantau")
    with pytest.raises(NotSettleable, match="cancelled in transaction"):
        market.settle("T-1")


def test_another_giver_cancels_with_the_initiators_signature_only(market: Market) -> None:
    market.propose("T-1", conditions=Conditions(lifetime_s=1_000))
    lantau, peak = market.signer("lantau"), market.signer("peak")
    with pytest.raises(NotSettleable, match="so only it can cancel"):
        cancel(market.office.desk, "T-1", lantau.address, lambda: lantau)
    market.sign("T-1", "kowloon")
    with pytest.raises(NotSettleable, match="neither gives in it nor is its venue"):
        cancel(market.office.desk, "T-1", peak.address, lambda: peak)
    let_pass(market.office.node, 2_000)

    cancel(market.office.desk, "T-1", lantau.address, lambda: lantau)

    assert market.standing("T-1").state is TradeState.CANCELLED


def test_the_statuses_follow_the_contract_and_the_chains_time(market: Market) -> None:
    market.propose("OPEN")
    market.propose("LATE", conditions=Conditions(lifetime_s=1_000))
    market.ready("SIGNED", SMALL)
    market.ready("DONE", SMALL)
    market.settle("DONE")
    let_pass(market.office.node, 2_000)

    found = {stored.trade_id: state.value for stored, state in states(market.office.desk)}

    assert found == {"OPEN": "proposed", "LATE": "expired", "SIGNED": "signed", "DONE": "settled"}
    with pytest.raises(NotSettleable, match="expired"):
        sign(market.office.desk, "LATE", market.signer("kowloon"))
