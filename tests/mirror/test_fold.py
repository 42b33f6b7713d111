"""Folding events in one piece or in several gives the same entries, and never a balance that cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rwaledger.domain.block import ChainEvent, Log
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.domain.posting import ISSUANCE_ACCOUNT, Move
from rwaledger.domain.units import MAX_UNITS
from rwaledger.mirror.fold import Entries, Event, Opening, fold, judged_accounts, moved_accounts

NOTHING = Opening({}, {})
ACCOUNTS = [f"0x{number:040x}" for number in range(1, 5)]


def event(name: str, at: int, **args: Any) -> ChainEvent:
    log = Log("0x" + "70" * 20, (), "0x", at // 10, f"0x{at // 10:064x}", f"0x{at:064x}", 0, at % 10)
    return ChainEvent(name, args, log)


def transfer(at: int, sender: str, recipient: str, units: int) -> Move:
    return Move(at // 10, at % 10, f"0x{at:064x}", sender, recipient, units)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events that a contract could have emitted: nobody sends more than is held."""
    held = dict.fromkeys(ACCOUNTS, 0)
    events: list[Event] = []
    for at in range(draw(st.integers(1, 25))):
        sender, recipient = draw(st.sampled_from([ISSUANCE_ACCOUNT, *ACCOUNTS])), draw(st.sampled_from(ACCOUNTS))
        most = MAX_UNITS - sum(held.values()) if sender == ISSUANCE_ACCOUNT else held[sender]
        units = draw(st.integers(0, most))
        kind = draw(st.sampled_from(["Transfer", "Transfer", "Frozen", "AddressFrozen", "AccountAdmitted", "Paused"]))
        if kind == "Transfer":
            events.append(transfer(at, sender, recipient, units))
            held[recipient] += units
            if sender != ISSUANCE_ACCOUNT:
                held[sender] -= units
        elif kind == "Frozen":
            events.append(event(kind, at, account=recipient, amount=units))
        elif kind == "AddressFrozen":
            events.append(event(kind, at, account=recipient, isFrozen=bool(units % 2), agent=ACCOUNTS[0]))
        elif kind == "AccountAdmitted":
            events.append(event(kind, at, account=recipient, country=344, investorClass=1, validUntilDay=units % 9))
        else:
            events.append(event(kind, at, account=recipient))
    return events


@given(histories(), st.data())
def test_in_pieces_is_as_in_one(events: list[Event], data: st.DataObject) -> None:
    whole = fold("HKDS", events, NOTHING)

    cut = data.draw(st.integers(0, len(events)))
    first = fold("HKDS", events[:cut], NOTHING)
    second = fold("HKDS", events[cut:], opening_behind(first))

    assert first.postings + second.postings == whole.postings
    assert first.standings + second.standings == whole.standings
    assert first.positions | second.positions == whole.positions


def opening_behind(entries: Entries) -> Opening:
    return Opening(
        {account: position.balance_units for account, position in entries.positions.items()},
        {change.account: change.standing for change in entries.standings},
    )


@given(histories())
def test_every_pair_of_postings_and_all_positions_sum_to_nothing(events: list[Event]) -> None:
    entries = fold("HKDS", events, NOTHING)
    for debit, credit in zip(entries.postings[::2], entries.postings[1::2], strict=True):
        assert (debit.leg, credit.leg) == (0, 1)
        assert (debit.block_number, debit.log_index) == (credit.block_number, credit.log_index)
        assert debit.amount_units + credit.amount_units == 0
    assert sum(position.balance_units for position in entries.positions.values()) == 0


@given(histories())
def test_only_the_accounts_asked_for_are_needed(events: list[Event]) -> None:
    entries = fold("HKDS", events, NOTHING)
    assert entries.positions.keys() == moved_accounts(events)
    assert {change.account for change in entries.standings} == judged_accounts(events)


def test_an_opening_is_built_on() -> None:
    a, b = ACCOUNTS[:2]
    opening = Opening({a: 10, b: 1}, {a: Standing(frozen_units=3, country=344)})
    events: list[Event] = [transfer(11, a, b, 4), event("AccountSuspended", 12, account=a, suspended=True)]
    entries = fold("HKDS", events, opening)
    assert [posting.balance_after_units for posting in entries.postings] == [6, 5]
    assert entries.standings[0].standing == Standing(frozen_units=3, country=344, suspended=True)


@pytest.mark.parametrize(
    ("opening", "move", "account"),
    [
        ({}, (ACCOUNTS[0], ACCOUNTS[1], 1), ACCOUNTS[0]),
        ({ACCOUNTS[0]: 5}, (ACCOUNTS[0], ACCOUNTS[0], 6), ACCOUNTS[0]),
        ({ISSUANCE_ACCOUNT: -MAX_UNITS}, (ISSUANCE_ACCOUNT, ACCOUNTS[0], 1), ISSUANCE_ACCOUNT),
        ({ISSUANCE_ACCOUNT: -1, ACCOUNTS[0]: MAX_UNITS}, (ISSUANCE_ACCOUNT, ACCOUNTS[0], 1), ACCOUNTS[0]),
        ({ACCOUNTS[0]: 2, ISSUANCE_ACCOUNT: -1}, (ACCOUNTS[0], ISSUANCE_ACCOUNT, 2), ISSUANCE_ACCOUNT),
    ],
    ids=["overdrawn", "overdrawn to oneself", "supply too large", "balance too large", "more redeemed than issued"],
)
def test_a_balance_that_cannot_be_names_account_block_and_log(
    opening: dict[str, int], move: tuple[str, str, int], account: str
) -> None:
    with pytest.raises(RegisterConflict, match=f"HKDS: the transfer in block 7, log 3 would leave {account}"):
        fold("HKDS", [transfer(73, *move)], Opening(opening, {}))
