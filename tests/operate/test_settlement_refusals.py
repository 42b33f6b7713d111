"""Trades settle only as their parties have signed them; what is missing is named before, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rwaledger.chain import settlement as chain
from rwaledger.chain.local import let_pass
from rwaledger.chain.sender import mined_nonce, send_and_wait
from rwaledger.domain.errors import (
    AuthorisationError,
    ChainMismatch,
    ContractRevert,
    IdempotencyConflict,
    InputFileError,
    NotSettleable,
    RegisterConflict,
    TravelRuleRequired,
    UsageError,
)
from rwaledger.domain.settlement import TradeState
from rwaledger.operate.settlement import Conditions, add_signature, preview
from rwaledger.operate.settlement_close import cancel, settle
from rwaledger.operate.settlement_rows import read_trades, single_trade
from rwaledger.registry import trades
from rwaledger.registry.database import Database
from tests.market import DVP, SMALL, Market
from tests.office import Office

HELD = [(100, 50_000_000_000), (100, 50_000_000_000)]


@pytest.fixture
def market(office: Office) -> Market:
    return Market.open(office)


def stored_trades(market: Market) -> list[str]:
    with market.office.database.read() as connection:
        return [each.trade_id for each in trades.trades(connection, market.office.node.chain_id)]


def test_neither_leg_moves_when_one_cannot(market: Market) -> None:
    """Withdrawn after signing; told before, and refused by the contract when it is sent all the same."""
    found = market.ready("T-1")
    market.approve("lantau", "HKDS", 0)

    with pytest.raises(NotSettleable, match=r"has approved 0\.000000 of 10015\.500000 HKDS"):
        market.settle("T-1")
    ordered = [found.signatures[giver] for giver in found.stored.trade.givers]
    call = chain.settling(found.stored.settlement, found.stored.trade, ordered)
    with pytest.raises(ContractRevert, match="ERC20InsufficientAllowance"):
        send_and_wait(market.office.node, market.signer("kowloon"), call)

    assert market.held("kowloon", "lantau") == HELD


def unsigned(market: Market) -> None:
    market.propose("T-1")
    market.approve("kowloon", "GRN28", 10)
    market.approve("lantau", "HKDS", 10_015_500_000)
    market.sign("T-1", "kowloon")


def expired(market: Market) -> None:
    market.ready("T-1", conditions=Conditions(lifetime_s=1_000))
    let_pass(market.office.node, 2_000)


def not_approved(market: Market) -> None:
    market.ready("T-1")
    market.approve("kowloon", "GRN28", 9)


def no_record(market: Market) -> None:
    market.propose("T-1")
    market.approve("kowloon", "GRN28", 10)
    market.approve("lantau", "HKDS", 10_015_500_000)
    market.sign("T-1", "kowloon", "lantau")


def sold_meanwhile(market: Market) -> None:
    market.ready("T-1")
    market.office.send_as("kowloon", "GRN28", "transfer", market.office.address("peak"), 95)


@pytest.mark.parametrize(
    ("prepare", "error", "words"),
    [
        (unsigned, NotSettleable, "has not signed"),
        (expired, NotSettleable, "expired"),
        (not_approved, NotSettleable, "has approved 9 of 10 GRN28"),
        (no_record, TravelRuleRequired, r"line 2, 10,015\.500000 HKDS"),
        (sold_meanwhile, NotSettleable, "leg 1 would be refused, code 15: balance too small"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_sent(
    market: Market, prepare: Callable[[Market], None], error: type[Exception], words: str
) -> None:
    prepare(market)
    before = mined_nonce(market.office.node, market.signer("lantau").address)

    with pytest.raises(error, match=words):
        market.settle("T-1", "lantau")

    assert mined_nonce(market.office.node, market.signer("lantau").address) == before
    assert market.held("lantau") == HELD[1:]


def test_a_stranger_to_a_trade_cannot_settle_it(market: Market) -> None:
    market.ready("T-1")
    with pytest.raises(NotSettleable, match="is no party to it"):
        market.settle("T-1", "peak")


def test_retail_that_would_buy_the_bond_is_refused_with_the_code_of_the_contract(market: Market) -> None:
    market.office.issue("HKDS,retail-a,5000", "issue-retail")
    with pytest.raises(InputFileError, match=r"R-1\.csv:2: would be refused, code 14: class not allowed"):
        market.propose("R-1", "GRN28,kowloon,retail-a,1\nHKDS,retail-a,kowloon,1001.5")
    assert stored_trades(market) == []


def test_a_leg_is_judged_by_what_the_legs_before_it_have_moved(market: Market) -> None:
    """Kowloon can pass on what it receives, and no more."""
    market.propose("CHAIN", "HKDS,peak,kowloon,50000\nHKDS,kowloon,lantau,100000")
    with pytest.raises(InputFileError, match=r"MORE\.csv:3: would be refused, code 15: balance too small"):
        market.propose("MORE", "HKDS,peak,kowloon,50000\nHKDS,kowloon,lantau,100000.000001")


def test_the_same_trade_again_does_nothing_and_another_of_its_name_is_refused(market: Market) -> None:
    (first,) = market.propose("T-1")
    let_pass(market.office.node, 60)
    (again,) = market.propose("T-1")
    assert again.known
    assert again.stored.trade == first.stored.trade

    for legs, conditions in (
        (SMALL, Conditions()),
        (DVP, Conditions(venue=market.office.address("peak"))),
        (DVP, Conditions(not_after=first.stored.trade.not_after + 1)),
    ):
        with pytest.raises(IdempotencyConflict):
            market.propose("T-1", legs, conditions)
    assert stored_trades(market) == ["T-1"]


def test_bad_rows_are_all_named_and_nothing_is_stored(market: Market) -> None:
    path = market.office.write(
        "bad.csv",
        "trade,instrument,from,to,amount\n"
        "A,GRN28,kowloon,kowloon,1\n"
        "A,HKDS,lantau,nobody,0.0000001\n"
        "0xB,HKDS,lantau,kowloon,1\n"
        "C,HKDS,lantau,kowloon,1\n",
    )
    with pytest.raises(InputFileError) as raised:
        read_trades(path, market.office.names())
    assert [(each.line, each.message.partition(":")[0]) for each in raised.value.problems] == [
        (2, "to"),
        (3, "to"),
        (3, "amount"),
        (4, "trade"),
    ]
    with pytest.raises(InputFileError, match="trade 'C' has one leg"):
        single_trade("C", ["HKDS lantau kowloon 1"], market.office.names())
    with pytest.raises(InputFileError, match="is not written INSTRUMENT FROM TO AMOUNT"):
        single_trade("C", ["HKDS lantau kowloon"], market.office.names())


def test_a_trade_that_would_have_expired_already_is_refused(market: Market) -> None:
    with pytest.raises(UsageError, match="expired already"):
        preview(market.office.desk, market.proposals("T-1", DVP), Conditions(not_after=1))


def test_only_givers_sign_and_only_their_own_signature_counts(market: Market) -> None:
    found = market.propose("T-1")[0].stored
    desk, lantau = market.office.desk, market.office.address("lantau")
    digests = chain.hashes(found.chain_id, found.settlement, found.trade)

    with pytest.raises(AuthorisationError, match="gives nothing in trade"):
        market.sign("T-1", "peak")
    with pytest.raises(AuthorisationError, match="this is not the signature of"):
        add_signature(desk, "T-1", lantau, market.signer("kowloon").sign_typed_data(*digests))
    with pytest.raises(UsageError, match="hex"):
        add_signature(desk, "T-1", lantau, "0xsigned")

    market.sign("T-1", "kowloon", "kowloon")
    assert market.standing("T-1").unsigned == (lantau,)
    after = add_signature(desk, "T-1", lantau, market.signer("lantau").sign_typed_data(*digests))
    assert (after.state, after.stored.status) == (TradeState.SIGNED, TradeState.SIGNED)


def test_a_row_that_was_changed_from_outside_is_neither_signed_nor_settled(market: Market) -> None:
    market.ready("T-1")
    with market.office.database.begin() as connection:
        connection.exec_driver_sql("UPDATE trades SET not_after = not_after + 1")
    with pytest.raises(RegisterConflict, match="do not give its digest"):
        market.sign("T-1", "kowloon")
    with pytest.raises(RegisterConflict):
        market.settle("T-1")


def test_a_trade_of_another_chain_is_left_alone(market: Market) -> None:
    market.propose("T-1")
    with market.office.database.begin() as connection:
        connection.exec_driver_sql("UPDATE trades SET chain_id = 1")
    with pytest.raises(ChainMismatch):
        market.settle("T-1")


def test_what_has_settled_cannot_be_cancelled(market: Market) -> None:
    market.ready("T-1")
    market.settle("T-1")
    kowloon = market.signer("kowloon")
    with pytest.raises(NotSettleable, match="settled in transaction"):
        cancel(market.office.desk, "T-1", kowloon.address, lambda: kowloon)


def test_a_reference_that_another_trade_used_is_said(market: Market) -> None:
    """The initiator closed it around this register, with another trade."""
    stored = market.ready("T-1").stored
    other = replace(stored.trade, not_after=stored.trade.not_after + 1)
    send_and_wait(market.office.node, market.signer("kowloon"), chain.cancelling(stored.settlement, other))
    with pytest.raises(NotSettleable, match="its reference was used by another trade"):
        market.settle("T-1")


def test_a_register_without_the_trade_says_so(market: Market, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = Database(f"sqlite:///{tmp_path_factory.mktemp('empty') / 'register.db'}")
    empty.migrate()
    desk = replace(market.office.desk, database=empty)
    with pytest.raises(ChainMismatch, match="knows nothing of chain"):
        settle(desk, "T-1", desk.maker, lambda: market.signer("peak"), market.policy)
    empty.close()
