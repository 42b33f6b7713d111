"""Corrections: reversing entries that follow from the chain put the register right, and no posting is ever changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from rwaledger.audit.correcting import register_entries
from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.errors import RegisterConflict, UsageError
from rwaledger.domain.posting import Posting
from rwaledger.domain.reconciliation import Break, Reconciliation
from rwaledger.operate.break_correct import by_entries, checkpoints_of
from rwaledger.registry import ledger, positions, tables
from rwaledger.registry.corrections import correction_rows, effective_postings
from rwaledger.registry.instruments import require_genesis
from tests.audit import tampering
from tests.audit.lives import correct, explain, put_on_record, put_right, result
from tests.audit.world import World

CHECKS = ["C01", "C02", "C03", "C04", "C05", "C12"]


def roots(world: World, found: Reconciliation | None = None) -> list[Break]:
    found = found or reconcile(world.database, world.node, checks=CHECKS)
    return [each for each in found.breaks if not each.follows_from]


def forgotten(world: World) -> None:
    tampering.forget(world, tampering.transfers(world)[3])


def forgotten_first_issue(world: World) -> None:
    """The largest amount there is, and every later balance of the account and of the issuance account with it."""
    tampering.forget(world, tampering.transfers(world)[0])


def twice_at_its_place(world: World) -> None:
    tampering.posted_again(world, tampering.transfers(world)[3])


def one_leg_twice(world: World) -> None:
    tampering.posted_again(world, tampering.transfers(world)[3], legs=1)


def twice_at_another_place(world: World) -> None:
    tampering.posted_again(world, tampering.transfers(world)[3], log_index=77)


def other_amounts(world: World) -> None:
    place = tampering.transfers(world)[3]

    def smaller(all_of_them: list[Posting]) -> list[Posting]:
        return [
            p._replace(amount_units=p.amount_units // 2) if (p.block_number, p.log_index) == place else p
            for p in all_of_them
        ]

    tampering.repost(world, smaller)


def another_account(world: World) -> None:
    block, log_index = tampering.transfers(world)[3]
    p = tables.postings.c
    where = (p.instrument_id == "BIG") & (p.block_number == block) & (p.log_index == log_index) & (p.leg == 1)
    tampering.change(world, tables.postings, where, account="0x" + "5a" * 20)


def one_balance(world: World) -> None:
    block, log_index = tampering.transfers(world)[3]
    p = tables.postings.c
    where = (p.instrument_id == "BIG") & (p.block_number == block) & (p.log_index == log_index) & (p.leg == 1)
    tampering.change(world, tables.postings, where, balance_after_units=7)


def position(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 5)


def log_alone(world: World) -> None:
    tampering.remove(world, tampering.transfers(world)[3], tables.events)


def last_standing(world: World) -> None:
    """The last change of an account's standing, with its log."""
    tampering.remove(world, tampering.places_of(world, "AccountSuspended", "UNIT")[-1], tables.events, tables.standings)


FAULTS = (
    forgotten,
    forgotten_first_issue,
    twice_at_its_place,
    one_leg_twice,
    twice_at_another_place,
    other_amounts,
    another_account,
    one_balance,
    position,
    log_alone,
    last_standing,
)


def raw(world: World) -> list[Posting]:
    with world.database.read() as c:
        return list(positions.postings(c, "BIG"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.__name__))
def test_a_wrong_register_is_put_right_by_new_rows_alone(world: World, fault: Callable[[World], None]) -> None:
    honest = {(p.block_number, p.log_index, p.account): p.balance_after_units for p in raw(world)}
    fault(world)
    before = raw(world)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    clean = reconcile(world.database, world.node, checks=CHECKS)
    assert roots(world, clean) == []
    after = raw(world)
    assert [posting for posting in before if posting not in after] == []
    with world.database.read() as c:
        counted = effective_postings(c, "BIG")
        added = [row for row in correction_rows(c) if row.table_name == "postings"]
    assert len(after) - len(before) == len(added)
    assert {(p.block_number, p.log_index, p.account): p.balance_after_units for p in counted.postings} == honest
    covered = result(clean.results, "C04")
    assert covered.coverage.get("corrections", 0) == len([row for row in added if row.reverses])
    assert ("to correct break" in covered.note) == bool(counted.reversals)


def test_a_past_balance_is_right_at_every_block_behind_a_correction(world: World) -> None:
    forgotten_first_issue(world)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    checked = load(world.database, world.node)
    token = next(each for each in checked.instruments if each.instrument.instrument_id == "BIG")
    for block in range(token.instrument.deploy_block, checked.pin.block_number + 1):
        with world.database.read() as c:
            held = {account: units for account, units in positions.balances_at(c, "BIG", block).items() if units}
        replayed: dict[str, int] = {}
        for event in token.token.events:
            if event.name == "Transfer" and event.log.block_number <= block:
                for side, sign in (("from", -1), ("to", 1)):
                    account, units = str(event.args[side]), event.args["value"]
                    assert isinstance(units, int)
                    replayed[account] = replayed.get(account, 0) + sign * units
        assert held == {account: units for account, units in replayed.items() if units}


def test_the_mirror_reads_on_behind_a_correction(world: World) -> None:
    forgotten(world)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    world.send("dev:4", "BIG", "transfer", world.holders[3], 11)
    world.sync()
    assert roots(world) == []


def test_a_second_fault_at_a_corrected_place_is_corrected_too(world: World) -> None:
    forgotten(world)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    place = tampering.transfers_on_chain(world)[3]
    p = tables.postings.c
    (leg,) = [p.leg for p in raw(world) if (p.block_number, p.log_index) == place][-1:]
    where = (p.instrument_id == "BIG") & (p.block_number == place[0]) & (p.log_index == place[1]) & (p.leg == leg)
    tampering.change(world, tables.postings, where, amount_units=3)
    again = roots(world)
    assert [each.check for each in again] == ["C04"]
    put_right(world.database, world.node, again[0])
    assert roots(world) == []


@pytest.mark.parametrize("fault", [twice_at_its_place, another_account], ids=lambda fault: str(fault.__name__))
def test_a_reversal_whose_balance_was_edited_is_found(world: World, fault: Callable[[World], None]) -> None:
    fault(world)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    with world.database.read() as c:
        last = effective_postings(c, "BIG").reversals[-1].by
    p = tables.postings.c
    where = (p.instrument_id == "BIG") & (p.block_number == last.block_number) & (p.leg == last.leg)
    tampering.change(world, tables.postings, where, balance_after_units=last.balance_after_units + 1)
    assert [each.check for each in roots(world)] == ["C03"]


def test_rows_that_nobody_signed_for_are_no_correction(world: World) -> None:
    twice_at_its_place(world)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    with world.database.begin() as c:
        c.execute(update(tables.break_events).where(tables.break_events.c.state == "CORRECTED").values(text="other"))
    assert roots(world) != []


def test_a_reorganisation_takes_corrections_out_as_well(world: World) -> None:
    """The mirror's rewind leaves the register as it was, and reads it again from there."""
    forgotten(world)
    twice = tampering.transfers(world)[-1]
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    with world.database.begin() as c:
        require_genesis(c, world.node.chain_id, world.node.genesis_hash)
        stored = [row.block_number for row in correction_rows(c) if row.table_name == "postings"]
        to_block = min(stored) - 1
        while ledger.block_at(c, world.node.chain_id, to_block) is None:
            to_block -= 1
        ledger.rewind(c, world.node.chain_id, to_block, "0x" + "00" * 32)
        assert [row for row in correction_rows(c) if row.table_name == "postings"] == []
    world.sync()
    assert roots(world) == []
    assert tampering.transfers(world)[-1] == twice


def test_a_reorganisation_sets_positions_back_to_the_last_move_that_counts(world: World) -> None:
    """A posting that was taken back is no move, although it is the last row of its account."""
    moved = tampering.transfers(world)[3]
    tampering.posted_again(world, moved, log_index=77)
    (found,) = roots(world)
    put_right(world.database, world.node, found)
    with world.database.begin() as c:
        later = c.execute(select(tables.blocks.c.number).where(tables.blocks.c.number >= moved[0])).scalars()
        ledger.rewind(c, world.node.chain_id, min(later), "0x" + "00" * 32)
        there = {(each.block_number, each.log_index) for each in positions.positions(c, "BIG")}
    assert (moved[0], 77) not in there
    assert moved in there
    world.sync()
    assert roots(world) == []


def test_nothing_is_made_up_where_nothing_follows_from_the_chain(world: World) -> None:
    tampering.unmap(world, world.holders[0])
    (found,) = [each for each in roots(world) if each.break_class == "UNMAPPED_HOLDER"]
    with pytest.raises(UsageError, match=r"agrees with the chain|no row that follows from the chain"):
        register_entries(load(world.database, world.node), found)


def test_a_stored_log_is_never_changed(world: World) -> None:
    block, log_index = tampering.transfers(world)[3]
    where = (tables.events.c.block_number == block) & (tables.events.c.log_index == log_index)
    tampering.change(world, tables.events, where, data="0x")
    (found,) = roots(world)
    with pytest.raises(UsageError, match="never changed"):
        register_entries(load(world.database, world.node), found)


def test_a_correction_gives_way_to_a_mirror_that_was_faster(world: World) -> None:
    forgotten(world)
    (found,) = roots(world)
    put_on_record(world.database, world.node, found)
    explain(world.database, world.node, found.break_id)
    entries = register_entries(load(world.database, world.node), found)
    with world.database.read() as c:
        read_at = checkpoints_of(c, world.node.chain_id, entries)
    world.send("dev:4", "BIG", "transfer", world.holders[3], 11)
    world.sync()
    with pytest.raises(RegisterConflict, match="moved the checkpoint"):
        correct(world.database, world.node, found.break_id, by_entries(entries, read_at))
    assert [each.break_id for each in roots(world)] == [found.break_id]
