"""A reconciliation pins a block, covers what it says it covers, and says the same of the same."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update

from rwaledger.audit.checks import discover
from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.errors import ChainMismatch, UnknownName, UsageError
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.reconciliation import Outcome
from rwaledger.registry import tables
from rwaledger.registry.database import Database
from tests.audit import tampering
from tests.audit.world import HUGE_UNITS, World
from tests.mirror.anvil import anvil

CHECKS = [each.ID for each in discover()]


def copied(world: World, target: Database) -> Database:
    """Another register with the same rows."""
    for table in tables.metadata.sorted_tables:
        with world.database.read() as c:
            rows = [dict(row) for row in c.execute(select(table)).mappings()]
        with target.begin() as c:
            if rows:
                c.execute(insert(table), rows)
    return target


def test_agreeing_records_pass_every_check_and_say_what_was_covered(world: World) -> None:
    found = reconcile(world.database, world.node)
    assert [(result.check, result.outcome) for result in found.results] == [(id_, Outcome.PASS) for id_ in CHECKS]
    assert found.passed
    coverage = {result.check: result.coverage for result in found.results}
    assert coverage["C01"] == {"instruments": 2, "totals": 12, "pairs": 30}
    accounts = 2 * (len(world.holders) + 1)  # and the issuance account
    posted = len(tampering.postings(world)) + len(tampering.postings(world, "UNIT"))
    assert coverage["C02"]["accounts"] == accounts
    assert coverage["C03"]["postings"] == posted
    assert coverage["C04"] == {"groups": posted // 2, "postings": posted}
    assert coverage["C05"]["privileged_moves"] == 3 + 2 + 1 + 2  # issued to three and two, redeemed, forced twice
    assert coverage["C12"]["transfers"] == posted // 2
    assert coverage["C13"]["logs"] == coverage["C12"]["logs"]
    assert coverage["C13"]["stored_headers"] == coverage["C13"]["blocks"] > 20
    assert coverage["C16"] == {"contracts": 4}
    assert found.pin.block_number == world.node.head()


def test_the_largest_amounts_stay_exact(world: World) -> None:
    (big, _) = load(world.database, world.node).instruments
    assert big.book.authorised_units == big.replayed.supply_units == HUGE_UNITS + 11_000_000


def test_every_earlier_block_reconciles_too(world: World) -> None:
    last = world.node.head()
    first = max(each.deploy_block for each in world.instruments.values())
    found = [reconcile(world.database, world.node, block=block) for block in range(first, last)]
    assert all(each.passed for each in found)
    assert all("earlier block" in each.results[0].note for each in found)
    assert [each.pin.block_number for each in found] == list(range(first, last))


def test_a_tampered_position_is_not_judged_at_an_earlier_block(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 1)
    assert reconcile(world.database, world.node, block=world.node.head() - 1).passed
    assert not reconcile(world.database, world.node).passed


def test_the_same_records_give_the_same_result(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 1)
    tampering.unmap(world, world.holders[4])
    assert reconcile(world.database, world.node) == reconcile(world.database, world.node)


def test_each_kind_of_database_gives_the_same_result(world: World, database: Database) -> None:
    tampering.posted_again(world, tampering.transfers(world)[3])
    tampering.edit_position(world, world.holders[0], 1)
    expected = reconcile(world.database, world.node)
    assert reconcile(copied(world, database), world.node) == expected
    assert not expected.passed


def test_two_faults_on_one_account_are_two_roots(world: World) -> None:
    tampering.forget(world, tampering.transfers(world)[3])
    tampering.edit_position(world, world.holders[0], 5)
    found = reconcile(world.database, world.node)
    roots = {each.break_id: each for each in found.breaks if not each.follows_from}
    assert {root.cause for root in roots.values()} == {
        "{}/{}".format(*tampering.transfers_on_chain(world)[3]),
        "postings = position",
    }
    by_pair = {each.cause: roots[each.follows_from].cause for each in found.breaks if each.check == "C01"}
    assert set(by_pair.values()) == {"postings = position"}


def test_an_off_book_mint_hides_no_edited_position(world: World) -> None:
    world.steal("BIG", "mint", world.holders[0], 5)
    world.sync()
    tampering.edit_position(world, world.holders[0], -5)
    found = reconcile(world.database, world.node)
    assert [(each.check, each.cause) for each in found.breaks if not each.follows_from] == [
        ("C02", "postings = position"),
        ("C05", "{}/{}".format(*tampering.transfers(world)[-1])),
    ]


def test_only_checks_asked_for_are_run(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 1)
    found = reconcile(world.database, world.node, checks=["C04", "C03"])
    assert [result.check for result in found.results] == ["C03", "C04"]
    assert found.passed


def test_a_consequence_stands_alone_where_its_root_was_not_asked_for(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 1)
    found = reconcile(world.database, world.node, checks=["C01"])
    assert {each.follows_from for each in found.breaks} == {""}


def test_an_unknown_check_is_refused_with_those_there_are(world: World) -> None:
    with pytest.raises(UnknownName, match="C99") as raised:
        reconcile(world.database, world.node, checks=["C01", "C99"])
    assert ", ".join(CHECKS) in raised.value.next_step


def test_progress_ends_where_everything_is_done(world: World) -> None:
    told: list[tuple[int, int]] = []
    reconcile(world.database, world.node, progress=lambda done, total: told.append((done, total)))
    steps = 4 + 2 + 1 + len(CHECKS)  # contracts, instruments, a range of blocks
    assert told[-1] == (steps, steps)


def test_a_block_beyond_the_register_is_refused(world: World) -> None:
    head = world.node.head()
    with pytest.raises(UsageError, match=f"block {head + 1} is not in the register") as raised:
        reconcile(world.database, world.node, block=head + 1)
    assert "register sync" in raised.value.next_step


def test_a_register_that_was_never_synced_is_refused(world: World) -> None:
    with world.database.begin() as c:
        c.execute(delete(tables.checkpoints))
    with pytest.raises(UsageError, match="not synced") as raised:
        reconcile(world.database, world.node)
    assert "register sync" in raised.value.next_step


def test_the_lowest_checkpoint_is_pinned(world: World) -> None:
    old = world.node.head()
    world.node.request("anvil_mine", ["0x2"])
    world.sync()
    block = world.node.block(old)
    assert block is not None
    behind = tables.checkpoints.c.address == world.instruments["UNIT"].address
    with world.database.begin() as c:
        c.execute(update(tables.checkpoints).where(behind).values(block_number=old, block_hash=block.hash))
    found = reconcile(world.database, world.node)
    assert (found.pin.block_number, found.pin.block_hash) == (old, block.hash)
    assert found.passed


def test_another_chain_is_refused(world: World) -> None:
    with anvil("--timestamp", "1700000000") as other, pytest.raises(ChainMismatch, match="starts with"):
        reconcile(world.database, other)


def test_a_block_that_was_reorganised_away_is_refused(small_world: World) -> None:
    small_world.node.request("anvil_mine", ["0x3"])
    small_world.sync()
    small_world.node.request("anvil_reorg", [2, []])
    with pytest.raises(ChainMismatch, match="on the node and") as raised:
        reconcile(small_world.database, small_world.node, block=small_world.node.head())
    assert "register sync" in raised.value.next_step


def test_a_reorganisation_while_reading_is_read_again_once(small_world: World) -> None:
    """The last blocks are empty, so that nothing but their hashes changes."""
    small_world.node.request("anvil_mine", ["0x3"])
    small_world.sync()
    reorganised: list[int] = []

    def reorganise(done: int, total: int) -> None:
        if done == 2 and not reorganised:
            reorganised.append(done)
            small_world.node.request("anvil_reorg", [2, []])
            small_world.sync()

    found = reconcile(small_world.database, small_world.node, progress=reorganise)
    pinned = small_world.node.block(found.pin.block_number)
    assert reorganised
    assert pinned is not None
    assert found.pin.block_hash == pinned.hash
    assert found.passed


def test_a_chain_that_does_not_settle_is_an_error(small_world: World) -> None:
    small_world.node.request("anvil_mine", ["0x3"])
    small_world.sync()

    def reorganise(done: int, total: int) -> None:
        if done in (2, 9):
            small_world.node.request("anvil_reorg", [2, []])
            small_world.sync()

    with pytest.raises(ChainMismatch, match="2 times"):
        reconcile(small_world.database, small_world.node, progress=reorganise)


def test_instructions_beyond_the_pinned_block_are_no_break(world: World) -> None:
    pinned = world.node.head()
    world.operate(Operation.REDEEM, "BIG", Line(sender=world.holders[0], amount_units=3))
    found = reconcile(world.database, world.node)
    assert found.pin.block_number == pinned
    assert found.passed
    (c05,) = [result for result in found.results if result.check == "C05"]
    assert "beyond this block" in c05.note
