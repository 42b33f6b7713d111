"""Going back: exactly to where the register was, at a cost of what is taken back."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from rwaledger.domain.block import Checkpoint
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.holder import Standing
from rwaledger.registry import ledger, tables
from rwaledger.registry.database import Connection, Database
from rwaledger.registry.positions import balances_at, positions
from tests.registry.samples import CHAIN, GRN28, HKDS, Mirror, Move, add_instruments, address, hash_of, issue

REPLACEMENT = hash_of("replacement")
MIRRORED = ("blocks", "checkpoints", "events", "positions", "postings", "standings")

amounts = st.one_of(st.sampled_from([0, 1, 2**63, 2**64, 2**96 - 1]), st.integers(0, 2**96 - 1))
moves = st.builds(Move, st.integers(0, 4), st.integers(0, 4), amounts)
standings = st.builds(Standing, st.integers(0, 5), st.just(344), st.integers(0, 2**16 - 1), amounts)
blocks = st.lists(st.tuples(st.lists(moves, max_size=4), st.lists(standings, max_size=3)), max_size=4)


class RollBack(Exception):
    """Ends an example without a trace."""


def contents(c: Connection) -> dict[str, list[Any]]:
    found = {name: sorted(map(tuple, c.execute(select(tables.metadata.tables[name])))) for name in MIRRORED}
    found["checkpoints"] = [(chain, at, number, hash_) for chain, at, number, hash_, _ in found["checkpoints"]]
    return found


def apply_all(c: Connection, mirror: Mirror, first: int, batch: Sequence[Any]) -> None:
    for number, (moves_, standings_) in enumerate(batch, first):
        mirror.apply(c, number, moves_, standings_)


@pytest.fixture(autouse=True)
def _instruments(database: Database) -> None:
    with database.begin() as c:
        add_instruments(c, HKDS, GRN28)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(before=blocks, after=blocks)
def test_what_was_applied_and_rewound_leaves_no_trace(database: Database, before: Any, after: Any) -> None:
    with pytest.raises(RollBack), database.begin() as c:
        mirror, bond = Mirror(), Mirror(instrument=GRN28, first_log_index=100)
        apply_all(c, mirror, 1, [([issue(1, 7)], []), *before])
        apply_all(c, bond, 1, [([issue(1, 9)], []), *before])
        there = 1 + len(before)
        expected = contents(c)
        for one in (mirror, bond):
            apply_all(c, copy.deepcopy(one), there + 1, after)
        ledger.rewind(c, CHAIN, there, REPLACEMENT)
        assert contents(c) == expected
        raise RollBack


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=blocks, orphans=blocks, replacement=blocks)
def test_a_fork_that_was_rewound_ends_as_if_it_had_never_been(
    database: Database, history: Any, orphans: Any, replacement: Any
) -> None:
    found = []
    forks: tuple[Any, Any] = (orphans, [])
    for fork in forks:
        with pytest.raises(RollBack), database.begin() as c:
            mirror = Mirror()
            apply_all(c, mirror, 1, [([issue(1, 7)], []), *history])
            there = 1 + len(history)
            lost = copy.deepcopy(mirror)
            lost.fork = "lost"
            apply_all(c, lost, there + 1, fork)
            ledger.rewind(c, CHAIN, there, REPLACEMENT)
            mirror.checkpoint = ledger.checkpoint(c, CHAIN, HKDS.address)
            apply_all(c, mirror, there + 1, replacement)
            assert balances_at(c, "HKDS", there + len(replacement)) == mirror.balances
            found.append(contents(c))
            raise RollBack
    assert found[0] == found[1]


def test_an_account_that_appeared_above_has_no_position_any_more(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 1, [issue(1, 10)])
        mirror.apply(c, 2, [Move(1, 2, 10)])
        ledger.rewind(c, CHAIN, 1, REPLACEMENT)
        assert [(p.account, p.balance_units, p.block_number) for p in positions(c, "HKDS")] == [
            (address(0), -10, 1),
            (address(1), 10, 1),
        ]


def test_checkpoints_above_are_set_back_and_fenced_those_below_stay(database: Database) -> None:
    mirror, bond = Mirror(), Mirror(instrument=GRN28, first_log_index=100)
    with database.begin() as c:
        bond.apply(c, 1, [issue(1, 1)])
        for number in (1, 2, 3):
            mirror.apply(c, number, [issue(1, 1)])
        held, kept = mirror.checkpoint, bond.checkpoint
        back = Checkpoint(CHAIN, HKDS.address, 2, mirror.block(2).hash, 3)
        assert ledger.rewind(c, CHAIN, 2, REPLACEMENT) == [back]
        assert ledger.checkpoint(c, CHAIN, HKDS.address) == back
        assert ledger.checkpoint(c, CHAIN, GRN28.address) == kept
    with pytest.raises(RegisterConflict, match="another process"), database.begin() as c:
        mirror.checkpoint = held
        mirror.apply(c, 4, [issue(1, 1)])


def test_orphaned_events_are_kept_with_what_replaced_them(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        for number in (1, 2, 3):
            mirror.apply(c, number, [issue(1, 1), issue(2, 1)])
        ledger.rewind(c, CHAIN, 1, REPLACEMENT)
        orphans = c.execute(select(tables.orphaned_events).order_by(tables.orphaned_events.c.id)).all()
    assert [(row.block_number, row.log_index) for row in orphans] == [(2, 0), (2, 1), (3, 0), (3, 1)]
    assert {row.replaced_by_block_hash for row in orphans} == {REPLACEMENT}
    assert orphans[0].tx_hash == hash_of("tx", Mirror().block(2).hash, 0)


def test_a_block_that_is_not_known_is_nothing_to_go_back_to(database: Database) -> None:
    mirror = Mirror()
    with database.begin() as c:
        mirror.apply(c, 5, [issue(1, 1)])
        before = contents(c)
        with pytest.raises(RegisterConflict, match="does not know block 4"):
            ledger.rewind(c, CHAIN, 4, REPLACEMENT)
        assert contents(c) == before


def test_the_cost_follows_the_depth_and_not_the_history(database: Database) -> None:
    """Ten times the history, the same depth, and the same issuance account in all of it."""
    mirror, work = Mirror(), []
    for first, last in ((1, 20), (21, 200)):
        with database.begin() as c:
            apply_all(c, mirror, first, [([issue(n % 10, 1) for n in range(20)], [])] * (last + 1 - first))
        with pytest.raises(RollBack), database.begin() as c:
            work.append(work_of_rewind(c, last - 5))
            raise RollBack
    assert work[1] < 2 * work[0], work


def work_of_rewind(c: Connection, to_block: int) -> int:
    """Steps of SQLite's machine, or rows that PostgreSQL read."""
    if c.dialect.name == "postgresql":
        before = rows_read(c)
        ledger.rewind(c, CHAIN, to_block, REPLACEMENT)
        return rows_read(c) - before
    steps: list[None] = []
    driver: Any = c.connection.driver_connection
    driver.set_progress_handler(lambda: steps.append(None), 10)
    ledger.rewind(c, CHAIN, to_block, REPLACEMENT)
    driver.set_progress_handler(None, 0)
    return len(steps)


def rows_read(c: Connection) -> int:
    counted = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    return int(c.execute(text(counted)).scalar_one())
