"""A trade: who gives, who takes part, and the reference that its name stands for."""

from __future__ import annotations

import hashlib

import pytest

from rwaledger.domain.settlement import NO_VENUE, Leg, Trade, TradeState, trade_reference

TRADE = Trade(
    "0x" + "01" * 32,
    NO_VENUE,
    100,
    (Leg("bond", "a", "b", 5), Leg("cash", "b", "a", 7), Leg("bond", "a", "c", 3), Leg("cash", "c", "a", 2)),
)


def test_each_giver_signs_once_in_the_order_of_the_legs() -> None:
    assert TRADE.initiator == "a"
    assert TRADE.givers == ("a", "b", "c")
    assert TRADE.parties == ("a", "b", "c")
    assert TRADE.given == {("a", "bond"): 8, ("b", "cash"): 7, ("c", "cash"): 2}


def test_a_reference_is_of_its_chain_its_contract_and_its_name() -> None:
    """Written out by hand once: version, then each part with its length in four bytes."""
    settlement = "0x" + "ab" * 20
    preimage = b"rwaledger-trade-1" + b"\0\0\0\x05" + b"31337" + b"\0\0\0\x2a" + settlement.encode() + b"\0\0\0\x03T-1"

    assert trade_reference(31337, settlement, "T-1") == "0x" + hashlib.sha256(preimage).hexdigest()
    others = {trade_reference(1, settlement, "T-1"), trade_reference(31337, "0x" + "cd" * 20, "T-1")}
    assert len(others | {trade_reference(31337, settlement, "T-11")}) == 3


@pytest.mark.parametrize("state", TradeState)
def test_only_what_is_settled_or_cancelled_is_closed(state: TradeState) -> None:
    assert state.is_closed == (state.value in ("settled", "cancelled"))
