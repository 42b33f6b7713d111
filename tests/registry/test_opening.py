"""What a batch builds on: the last balance and standing of the accounts asked for, and of no others."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from rwaledger.domain.holder import Standing
from rwaledger.registry import tables
from rwaledger.registry.database import Database
from rwaledger.registry.opening import opening_balances, opening_standings
from rwaledger.registry.positions import balances_at, standings_at
from tests.registry.samples import GRN28, HKDS, Mirror, Move, add_instruments, address, issue

FROZEN, SUSPENDED = Standing(2, 344, 20_000, 2**96 - 1, True, False), Standing(1, 156, 0, 0, False, True)


@pytest.fixture(autouse=True)
def _batches(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c, HKDS, GRN28)
        stablecoin, bond = Mirror(), Mirror(instrument=GRN28, first_log_index=100)
        stablecoin.apply(c, 1, [issue(1, 2**96 - 1), Move(1, 2, 5), Move(1, 1, 3)], [FROZEN, FROZEN, SUSPENDED])
        stablecoin.apply(c, 2, [Move(2, 3, 5), Move(3, 2, 1)], [FROZEN, SUSPENDED])
        bond.apply(c, 2, [issue(1, 9)], [SUSPENDED, SUSPENDED])


def test_the_accounts_asked_for_have_their_last_balance(database: Database) -> None:
    with database.read() as c:
        found = opening_balances(c, "HKDS", {address(number) for number in (1, 2, 99)})
        assert found == {address(1): 2**96 - 6, address(2): 1}
        everybody = opening_balances(c, "HKDS", [address(number) for number in range(5_000)])
        assert everybody == balances_at(c, "HKDS", 2)


def test_the_accounts_asked_for_have_their_last_standing(database: Database) -> None:
    with database.read() as c:
        found = opening_standings(c, "HKDS", {address(number) for number in (1, 2, 99)})
        assert found == {address(1): SUSPENDED, address(2): SUSPENDED}
        everybody = opening_standings(c, "HKDS", [address(number) for number in range(5_000)])
        assert everybody == standings_at(c, "HKDS", 2)


def test_nobody_asked_for_is_nobody(database: Database) -> None:
    with database.read() as c:
        assert opening_balances(c, "HKDS", set()) == {}
        assert opening_standings(c, "HKDS", set()) == {}


def test_a_position_that_was_edited_does_not_spread(database: Database) -> None:
    with database.begin() as c:
        c.execute(update(tables.positions).values(balance_units=77))
        assert opening_balances(c, "HKDS", {address(2)}) == {address(2): 1}
