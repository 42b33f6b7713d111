"""What stands on the chain beyond the pinned block is TIMING: told, no failure, and gone in the next run."""

from __future__ import annotations

from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.breaks import BreakState
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.reconciliation import BreakClass, Outcome, Value
from tests.audit import seeding, tampering
from tests.audit.lives import lives, run_recorded
from tests.audit.world import World
from tests.played import Played

CHECKS = ["C02", "C04"]


def test_a_transfer_after_the_pinned_block_is_timing_and_nothing_else(played: Played) -> None:
    """The scenario's number 14."""
    seeding.after_the_pinned_block(played)
    found = reconcile(played.database, played.node)
    assert found.passed
    assert {result.outcome for result in found.results} == {Outcome.PASS}
    (only,) = found.breaks
    assert (only.check, only.break_class, only.instrument_id) == ("C02", BreakClass.TIMING, "HKDS")
    assert only.holder_id == "kowloon"
    assert (only.left, only.right) == (Value("events", "5.000000"), Value("register", "not yet read"))
    logs = played.node.logs([seeding.token(played, "HKDS")], found.pin.block_number + 1, played.node.head())
    (log,) = [each for each in logs if len(each.topics) == 3 and each.data == f"0x{5_000_000:064x}"]
    assert only.cause == f"{log.block_number}/{log.log_index}"
    assert f"block {log.block_number}, log {log.log_index}, transaction {log.tx_hash}" in only.summary
    assert played.run("reconcile", "run", "--record") == 0
    assert lives(played.database)[only.break_id].state is BreakState.OPEN
    seeding.read_again(played)
    assert reconcile(played.database, played.node).breaks == ()
    assert run_recorded(played.database, played.node).verified == [only.break_id]
    assert lives(played.database)[only.break_id].state is BreakState.VERIFIED


def test_each_movement_and_each_instrument_is_one(world: World) -> None:
    one, _, _, two, three = world.holders
    world.issue("BIG", (one, 5), (two, 6))
    world.operate(Operation.UNPAUSE, "UNIT", Line())
    world.send("dev:4", "UNIT", "transfer", three, 2)
    found = reconcile(world.database, world.node, checks=CHECKS)
    told = [(each.instrument_id, each.account, each.left.value, each.summary.split()[0]) for each in found.breaks]
    assert sorted(told) == sorted(
        [
            ("BIG", one, "0.000005", "issue"),
            ("BIG", two, "0.000006", "issue"),
            ("UNIT", three, "2", "transfer"),
        ]
    )
    assert {each.break_class for each in found.breaks} == {BreakClass.TIMING}
    assert found.results[0].coverage["movements_beyond"] == 3


def test_a_run_at_an_earlier_block_does_not_list_what_came_since(world: World) -> None:
    world.send("dev:4", "BIG", "transfer", world.holders[3], 7)
    pinned = reconcile(world.database, world.node, checks=CHECKS).pin.block_number
    assert reconcile(world.database, world.node, block=pinned - 1, checks=CHECKS).breaks == ()
    assert len(reconcile(world.database, world.node, block=pinned, checks=CHECKS).breaks) == 1


def test_timing_is_the_root_of_nothing(world: World) -> None:
    world.send("dev:4", "BIG", "transfer", world.holders[3], 7)
    tampering.edit_position(world, world.holders[0], 5)
    found = reconcile(world.database, world.node, checks=["C01", "C02"])
    timing = [each.break_id for each in found.breaks if each.break_class is BreakClass.TIMING]
    assert len(timing) == 1
    assert not any(each.follows_from in timing for each in found.breaks)
    assert not found.passed


def test_what_the_register_lacks_once_it_has_passed_the_block_is_reclassified(world: World) -> None:
    world.send("dev:4", "BIG", "transfer", world.holders[3], 7)
    (timing,) = reconcile(world.database, world.node, checks=CHECKS).breaks
    run_recorded(world.database, world.node)
    world.sync()
    tampering.forget(world, tampering.transfers(world)[-1])
    (found,) = [each for each in reconcile(world.database, world.node, checks=CHECKS).breaks if not each.follows_from]
    assert (found.break_class, found.break_id) == (BreakClass.MISSING_IN_REGISTER, timing.break_id)
    recorded = run_recorded(world.database, world.node)
    assert recorded.reclassified == [found.break_id]
    life = lives(world.database)[found.break_id]
    assert life.record.found.break_class is BreakClass.TIMING
    assert (life.state, life.break_class) == (BreakState.OPEN, BreakClass.MISSING_IN_REGISTER)
    assert life.events[-1].text.startswith("it was TIMING, and is MISSING_IN_REGISTER")
    assert run_recorded(world.database, world.node).reclassified == []
