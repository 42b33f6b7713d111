"""Terms, actions, prices, fund orders and reconciliations, as both databases keep them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from fractions import Fraction

import pytest

from rwaledger.domain.corporate_action import ActionKind, ActionStatus, BondTerms, CorporateAction
from rwaledger.domain.day_count import DayCount
from rwaledger.domain.entitlement import Entitlement
from rwaledger.domain.errors import RegisterConflict, SettledAlready, UnknownName
from rwaledger.domain.fund import Dealt, FundOrder, FundTerms, Nav, OrderSide, OrderStatus
from rwaledger.domain.instrument import InstrumentKind
from rwaledger.domain.units import MAX_UNITS
from rwaledger.registry import actions, fund_orders, navs, terms
from rwaledger.registry.database import Database
from tests.registry.samples import CHAIN, GRN28, HKDS, add_instruments, address

HKMM = replace(HKDS, instrument_id="HKMM", kind=InstrumentKind.FUND, address="0x" + "72" * 20)

BOND = BondTerms(
    instrument_id="GRN28",
    currency="HKDS",
    payer="green",
    nominal_units=MAX_UNITS,
    rate=Fraction(1, 3),
    day_count=DayCount.ACT_ACT_ICMA,
    periods_a_year=2,
    issued_on=date(2026, 1, 20),
    matures_on=date(2028, 1, 20),
    business_day_rule="following",
    record_days=1,
    rounding_units=10_000,
    source_hash="0xab",
)
FUND = FundTerms("HKMM", "HKDS", "manager", 4, time(17, 30), 10_000, 50, "0xab")
COUPON = CorporateAction(
    instrument_id="GRN28",
    kind=ActionKind.COUPON,
    period_from=date(2026, 1, 20),
    period_to=date(2026, 7, 20),
    pays_on=date(2026, 7, 20),
    record_at=1_784_303_999,
    record_date=1,
)
ENTITLED = replace(
    COUPON,
    supply_units=MAX_UNITS,
    exact_amount=Fraction(MAX_UNITS, 3),
    funded_units=MAX_UNITS // 3,
    status=ActionStatus.ENTITLED,
)
OWED = [Entitlement(address(1), MAX_UNITS - 1, MAX_UNITS // 3), Entitlement(address(2), 1, 0)]
NOON = datetime(2026, 2, 2, 12, tzinfo=timezone(timedelta(hours=8)))
ORDER = FundOrder("S1", "HKMM", CHAIN, address(1), OrderSide.SUBSCRIBE, MAX_UNITS, NOON, date(2026, 2, 2))


@pytest.fixture(autouse=True)
def _instruments(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c, HKDS, GRN28, HKMM)


def test_terms_are_set_once(database: Database) -> None:
    with database.begin() as c:
        assert (terms.put_bond_terms(c, BOND), terms.put_fund_terms(c, FUND)) == (True, True)
        again = replace(BOND, source_hash="0xcd")
        assert (terms.put_bond_terms(c, again), terms.put_fund_terms(c, FUND)) == (False, False)
        assert (terms.bond_terms(c, "GRN28"), terms.fund_terms(c, "HKMM")) == (BOND, FUND)
        assert (terms.all_bond_terms(c), terms.all_fund_terms(c)) == ([BOND], [FUND])
        with pytest.raises(SettledAlready, match="rate is 1/3, not 1/4") as caught:
            terms.put_bond_terms(c, replace(BOND, rate=Fraction(1, 4), record_days=2))
        assert caught.value.differences == ["rate is 1/3, not 1/4", "record_days is 1, not 2"]
        with pytest.raises(UnknownName):
            terms.fund_terms(c, "GRN28")


def test_an_action_goes_from_step_to_step_and_never_back(database: Database) -> None:
    with database.begin() as c:
        assert (actions.add_action(c, COUPON), actions.add_action(c, COUPON)) == (True, False)
        with pytest.raises(RegisterConflict, match="with other values"):
            actions.add_action(c, replace(COUPON, record_date=2))
        with pytest.raises(RegisterConflict, match="no longer entitled"):
            actions.set_paid(c, COUPON)
        actions.entitle(c, ENTITLED, OWED)
        assert actions.add_action(c, COUPON) is False
        assert actions.find_action(c, "coupon:GRN28:2026-07-20") == ENTITLED
        assert actions.entitlements(c, ENTITLED.action_id) == OWED
        with pytest.raises(RegisterConflict, match="no longer declared"):
            actions.entitle(c, ENTITLED, [])
        actions.set_paid(c, ENTITLED)
        assert actions.actions(c, "GRN28") == [replace(ENTITLED, status=ActionStatus.PAID)]
        assert [each.paid_to for each in actions.entitlements(c, ENTITLED.action_id)] == [address(1), None]
        with pytest.raises(UnknownName):
            actions.hold_back(c, ENTITLED.action_id, address(1))


def test_what_is_held_back_is_not_paid_with_the_others(database: Database) -> None:
    with database.begin() as c:
        actions.add_action(c, COUPON)
        actions.entitle(c, ENTITLED, OWED)
        actions.hold_back(c, ENTITLED.action_id, address(1))
        actions.set_paid(c, ENTITLED)
        held = replace(OWED[0], held_back=True)
        assert actions.entitlements(c, ENTITLED.action_id)[0] == held
        actions.set_paid_to(c, ENTITLED.action_id, address(1), address(9))
        assert actions.entitlements(c, ENTITLED.action_id)[0] == replace(held, paid_to=address(9))


def test_the_last_statement_of_a_day_is_in_force(database: Database) -> None:
    first = Nav("HKMM", date(2026, 2, 2), 100_000, NOON, "a.txt", "0x01", NOON)
    corrected = replace(first, price_units=100_100, recorded_at=NOON + timedelta(seconds=1))
    later = replace(first, dealing_day=date(2026, 2, 4), price_units=MAX_UNITS)
    with database.begin() as c:
        for each in (corrected, later, first):
            navs.add_nav(c, each)
        assert navs.navs(c, "HKMM") == [first, corrected, later]
        assert navs.nav_of_day(c, "HKMM", date(2026, 2, 2)) == corrected
        assert navs.nav_of_day(c, "HKMM", date(2026, 2, 3)) is None
        assert navs.nav_before(c, "HKMM", date(2026, 2, 4)) == corrected
        assert navs.nav_before(c, "HKMM", date(2026, 2, 2)) is None


def test_orders_change_only_in_their_status(database: Database) -> None:
    priced = replace(ORDER, status=OrderStatus.PRICED, dealt=Dealt(100_000, 1, MAX_UNITS))
    with database.begin() as c:
        assert not fund_orders.is_known(c, ORDER)
        fund_orders.add_order(c, ORDER)
        assert fund_orders.is_known(c, replace(ORDER, received_at=NOON.astimezone(UTC)))
        with pytest.raises(SettledAlready, match="amount_units is"):
            fund_orders.is_known(c, replace(ORDER, amount_units=1))
        fund_orders.change_order(c, priced, OrderStatus.RECEIVED)
        with pytest.raises(RegisterConflict, match="no longer received"):
            fund_orders.change_order(c, priced, OrderStatus.RECEIVED)
        assert fund_orders.is_known(c, ORDER)
        assert fund_orders.orders(c, "HKMM", date(2026, 2, 2)) == [priced]
        assert fund_orders.orders(c, "HKMM", date(2026, 2, 3)) == []
        with pytest.raises(UnknownName):
            fund_orders.find_order(c, "S2")


def test_the_last_block_by_a_time(database: Database) -> None:
    from rwaledger.domain.block import Block
    from rwaledger.registry import ledger

    with database.begin() as c:
        blocks = [Block(number, f"0x{number:064x}", f"0x{number - 1:064x}", 1000 + 10 * number) for number in (1, 2, 3)]
        ledger.insert_blocks(c, blocks, CHAIN)
        assert [actions.last_block_by(c, CHAIN, at) for at in (1009, 1010, 1029, 1030, 9999)] == [None, 1, 2, 3, 3]
