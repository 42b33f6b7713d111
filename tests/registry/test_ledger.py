"""What the mirror writes is what readers get, and one writer alone can move a checkpoint."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from rwaledger.domain.block import Block, Checkpoint
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.registry import ledger
from rwaledger.registry.database import Database
from rwaledger.registry.ledger import StandingChange
from rwaledger.registry.positions import balances_at, events, positions, postings, standings_at, supply_history
from tests.registry.samples import CHAIN, GENESIS, GRN28, TOKEN, Mirror, Move, add_instruments, address, hash_of, issue

MAX = 2**96 - 1
FIRST = Checkpoint(CHAIN, TOKEN, 10, hash_of("block", 10), 0)
SECOND = Checkpoint(CHAIN, TOKEN, 20, hash_of("block", 20), 1)
RIVAL = Checkpoint(CHAIN, TOKEN, 15, hash_of("block", 15), 1)


@pytest.fixture(autouse=True)
def _instruments(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c)


def test_a_checkpoint_is_kept(database: Database) -> None:
    with database.begin() as c:
        assert ledger.checkpoint(c, CHAIN, TOKEN) is None
        ledger.advance_checkpoint(c, None, FIRST)
        ledger.advance_checkpoint(c, FIRST, SECOND)
    with database.read() as c:
        assert ledger.checkpoint(c, CHAIN, TOKEN) == SECOND
        assert ledger.checkpoints(c, CHAIN) == [SECOND]
        assert ledger.checkpoints(c, 1) == []


@pytest.mark.parametrize("old", [None, FIRST])
def test_of_two_writers_at_the_same_checkpoint_the_second_is_stopped(
    database: Database, old: Checkpoint | None
) -> None:
    if old is not None:
        with database.begin() as c:
            ledger.advance_checkpoint(c, None, old)
    refused: list[RegisterConflict] = []

    def second() -> None:
        try:
            with database.begin() as c:
                ledger.advance_checkpoint(c, old, RIVAL)
                ledger.insert_blocks(c, [Block(15, RIVAL.block_hash, GENESIS, 1)], CHAIN)
        except RegisterConflict as error:
            refused.append(error)

    thread = threading.Thread(target=second)
    with database.begin() as c:
        ledger.advance_checkpoint(c, old, SECOND)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()  # it waits to know whether this transaction is committed
    thread.join(10)
    assert len(refused) == 1
    with database.read() as c:
        assert ledger.checkpoint(c, CHAIN, TOKEN) == SECOND
        assert ledger.block_at(c, CHAIN, 15) is None


@pytest.mark.parametrize(
    "stale",
    [
        replace(FIRST, block_number=9),
        replace(FIRST, block_hash=hash_of("other")),
        replace(FIRST, generation=4),
        replace(FIRST, address=GRN28.address),
    ],
)
def test_a_checkpoint_is_swapped_only_for_the_one_that_is_there(database: Database, stale: Checkpoint) -> None:
    following = replace(SECOND, address=stale.address, generation=stale.generation + 1)
    with database.begin() as c:
        ledger.advance_checkpoint(c, None, FIRST)
    with pytest.raises(RegisterConflict, match="another process"), database.begin() as c:
        ledger.advance_checkpoint(c, stale, following)
    with database.read() as c:
        assert ledger.checkpoints(c, CHAIN) == [FIRST]


def test_a_checkpoint_of_another_contract_or_generation_does_not_follow(database: Database) -> None:
    for wrong in (replace(SECOND, generation=0), replace(SECOND, address=GRN28.address)):
        with database.begin() as c, pytest.raises(ValueError, match="does not follow"):
            ledger.advance_checkpoint(c, FIRST, wrong)


def test_blocks_are_kept_once_and_another_hash_is_refused(database: Database) -> None:
    chain = [Block(n, hash_of("block", n), hash_of("block", n - 1), 100 + n) for n in range(1, 6)]
    with database.begin() as c:
        ledger.insert_blocks(c, chain[:3], CHAIN)
        ledger.insert_blocks(c, chain, CHAIN)
        ledger.insert_blocks(c, [], CHAIN)
        assert ledger.block_at(c, CHAIN, 4) == chain[3]
        assert ledger.block_at(c, CHAIN, 6) is None
        assert ledger.block_at(c, 1, 4) is None
        assert ledger.block_hashes(c, CHAIN, 2, 4) == {block.number: block.hash for block in chain[1:4]}
    with pytest.raises(RegisterConflict, match="block 5 is in the register as"), database.begin() as c:
        ledger.insert_blocks(c, [replace(chain[4], hash=hash_of("fork"))], CHAIN)


def test_events_come_back_as_they_were(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 1, [issue(1, 5)] * 6)
        mirror.apply(c, 2, [issue(1, 5)], [Standing()])
        found = events(c, CHAIN, TOKEN)
        assert [name for name, _ in found] == ["Transfer"] * 7 + ["AccountChanged"]
        assert [(log.block_number, log.log_index) for _, log in found] == [(1, n) for n in range(6)] + [(2, 0), (2, 1)]
        block = Mirror().block(1)
        assert found[4][1] == Mirror().log(block, 4)
        assert len(found[4][1].topics) == 4
        assert found[0][1].topics == ()
        assert events(c, CHAIN, TOKEN, upto_block=1) == found[:6]
        assert events(c, CHAIN, GRN28.address) == []


def test_postings_and_positions_come_back_exactly(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 1, [issue(1, MAX), issue(2, MAX)])
        mirror.apply(c, 2, [Move(1, 2, MAX), Move(2, 2, MAX), Move(2, 0, 1), Move(3, 4, 0)])
        stored = list(postings(c, "HKDS"))
        assert [(p.block_number, p.log_index, p.leg) for p in stored] == [
            (block, index, leg) for block, count in ((1, 2), (2, 4)) for index in range(count) for leg in (0, 1)
        ]
        assert sum(p.amount_units for p in stored) == 0
        assert [p for p in stored if p.block_number == 1] == list(postings(c, "HKDS", upto_block=1))
        now = {position.account: position.balance_units for position in positions(c, "HKDS")}
        assert now == mirror.balances == balances_at(c, "HKDS", 2)
        assert now == {
            address(0): -2 * MAX + 1,
            address(1): 0,
            address(2): 2 * MAX - 1,
            address(3): 0,
            address(4): 0,
        }


def test_balances_at_an_earlier_block_are_those_of_its_end(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 3, [issue(1, 100), Move(1, 2, 30), Move(1, 1, 70)])
        mirror.apply(c, 7, [Move(2, 3, 30)])
        assert balances_at(c, "HKDS", 2) == {}
        after_three = {address(0): -100, address(1): 70, address(2): 30}
        assert balances_at(c, "HKDS", 3) == after_three
        assert balances_at(c, "HKDS", 6) == after_three
        assert balances_at(c, "HKDS", 7) == {**after_three, address(2): 0, address(3): 30}
        assert balances_at(c, "GRN28", 7) == {}


def test_a_posting_entered_twice_is_refused(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 1, [issue(1, 5)])
        twice = list(postings(c, "HKDS"))
    with pytest.raises(RegisterConflict, match="refused a row"), database.begin() as c:
        ledger.insert_postings(c, twice)


def test_of_an_account_that_comes_twice_the_last_position_counts(database: Database) -> None:
    mirror = Mirror()
    legs = mirror.legs(mirror.block(1), 0, issue(1, 5)) + mirror.legs(mirror.block(1), 1, issue(1, 6))
    with database.begin() as c:
        mirror.apply(c, 2, [issue(1, 5), issue(1, 6)])
        assert len(legs) == 4
        assert [p.log_index for p in positions(c, "HKDS")] == [1, 1]


def test_a_standing_is_the_latest_at_the_block(database: Database) -> None:
    first = Standing(investor_class=1, country=344, valid_until_day=20_000)
    frozen = replace(first, frozen_units=MAX, address_frozen=True)
    suspended = replace(first, suspended=True)
    changes = [
        StandingChange("HKDS", address(1), 3, 0, first),
        StandingChange("HKDS", address(1), 3, 9, frozen),
        StandingChange("HKDS", address(1), 8, 0, suspended),
        StandingChange("HKDS", address(2), 8, 1, first),
        StandingChange("GRN28", address(1), 3, 1, suspended),
    ]
    with database.begin() as c:
        ledger.insert_standings(c, changes)
        assert standings_at(c, "HKDS", 2) == {}
        assert standings_at(c, "HKDS", 3) == {address(1): frozen}
        assert standings_at(c, "HKDS", 8) == {address(1): suspended, address(2): first}
        assert standings_at(c, "HKDS", 8)[address(1)].address_frozen is False


def test_the_supply_is_given_for_each_block_that_touched_it(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 3, [issue(1, 2**64), issue(1, 2**64)])
        mirror.apply(c, 5, [Move(1, 2, 1)])
        mirror.apply(c, 8, [Move(1, 0, 2**64)])
        times = {number: mirror.block(number).timestamp for number in (3, 8)}
        assert supply_history(c, "HKDS", 8) == [(times[3], 3, 2**65), (times[8], 8, 2**64)]
        assert supply_history(c, "HKDS", 7) == [(times[3], 3, 2**65)]
        assert supply_history(c, "HKDS", 2) == []


def test_a_supply_without_its_block_is_reported(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 3, [issue(1, 5)])
        c.exec_driver_sql("DELETE FROM blocks")
        with pytest.raises(RegisterConflict, match="no such block"):
            supply_history(c, "HKDS", 3)
