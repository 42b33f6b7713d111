"""A finding names what a person needs to act on it: account, holder, amount, event, and both values."""

from __future__ import annotations

from sqlalchemy import update

from rwaledger.audit.checks import discover
from rwaledger.audit.findings import Findings
from rwaledger.audit.load import load
from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.events import decode
from rwaledger.domain.block import Log
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.reconciliation import Break, BreakClass, Outcome, Reconciliation, Value
from rwaledger.registry import tables
from tests.audit import tampering
from tests.audit.world import ORDER, World

# Emits calldata as one log: topics 0 to 2, then 32 bytes of data.
EMITTER = "0x6020606060003760403560203560003560206000a300"


def only_root(found: Reconciliation) -> Break:
    (root,) = [each for each in found.breaks if not each.follows_from]
    return root


def emit(world: World, *words: str) -> None:
    """Makes the token of BIG emit a log that its own code would not; the code is as before then."""
    token = world.instruments["BIG"].address
    code = world.node.code(token)
    world.node.request("anvil_setCode", [token, EMITTER])
    sender = world.node.request("eth_accounts")[9]
    data = "0x" + "".join(word.removeprefix("0x").rjust(64, "0") for word in words)
    tx_hash = world.node.request("eth_sendTransaction", [{"from": sender, "to": token, "data": data}])
    while world.node.request("eth_getTransactionReceipt", [tx_hash]) is None:
        pass
    world.node.request("anvil_setCode", [token, code])


def test_every_check_explains_itself() -> None:
    found = discover()
    assert [check.ID for check in found] == sorted({check.ID for check in found})
    assert all(check.TITLE and check.PURPOSE.endswith(".") for check in found)


def test_an_off_book_mint_names_account_amount_and_transaction(world: World) -> None:
    tx_hash = world.steal("BIG", "mint", world.holders[3], 1_000_000_000)
    world.sync()
    root = only_root(reconcile(world.database, world.node))
    assert (root.account, root.holder_id) == (world.holders[3], "holder-3")
    assert "issue of 1,000.000000 BIG has no instruction" in root.summary
    assert tx_hash in root.summary
    assert (root.left.record, root.left.value) == ("events", "1000.000000")
    assert (root.right.record, root.right.value) == ("control book", "no instruction")


def test_a_lost_event_names_its_block_and_log(world: World) -> None:
    block, log_index = tampering.transfers(world)[3]
    tampering.forget(world, (block, log_index))
    root = only_root(reconcile(world.database, world.node))
    assert root.cause == f"{block}/{log_index}"
    assert f"block {block}, log {log_index}" in root.summary
    assert root.account == world.holders[1]


def test_an_edited_position_shows_both_values(world: World) -> None:
    tampering.edit_position(world, world.holders[0], 5, "UNIT")
    root = only_root(reconcile(world.database, world.node))
    assert (root.left.value, root.right.value) == ("100", "105")
    assert (root.instrument_id, root.holder_id) == ("UNIT", "holder-0")


def test_foreign_code_leaves_the_state_uncompared_and_says_so(world: World) -> None:
    tampering.replace_code(world, world.instruments["BIG"].address, EMITTER)
    found = reconcile(world.database, world.node)
    root = only_root(found)
    assert (root.check, root.account) == ("C16", world.instruments["BIG"].address)
    uncompared = [each for each in found.breaks if each.break_class is BreakClass.COVERAGE]
    assert {each.check for each in uncompared} == {"C01", "C02", "C09", "C11"}
    assert {each.follows_from for each in uncompared} == {root.break_id}


def test_what_foreign_code_did_not_cause_is_a_root_of_its_own(world: World) -> None:
    tampering.replace_code(world, world.instruments["BIG"].address, EMITTER)
    tampering.edit_position(world, world.holders[0], 5)
    found = reconcile(world.database, world.node)
    assert [each.check for each in found.breaks if not each.follows_from] == ["C02", "C16"]


def test_an_unknown_topic_fails(world: World) -> None:
    topic = "0x" + "ab" * 32
    emit(world, topic, "0x0", "0x0", "0x0")
    world.sync()
    found = reconcile(world.database, world.node)
    root = only_root(found)
    assert (root.check, root.break_class) == ("C12", BreakClass.COVERAGE)
    assert root.left.value == topic


def test_a_log_that_does_not_fit_its_event_fails(world: World) -> None:
    """The mirror stops at it; here the checkpoint is moved beyond."""
    frozen = next(log for log in big_logs(world) if (event := decode(log)) and event.name == "Frozen")
    emit(world, frozen.topics[0], "0x01" + "00" * 31, "0x0", "0x0")
    head = world.node.block("latest")
    assert head is not None
    with world.database.begin() as c:
        c.execute(update(tables.checkpoints).values(block_number=head.number, block_hash=head.hash))
    found = reconcile(world.database, world.node)
    assert {(each.check, each.break_class) for each in found.breaks} == {
        ("C12", BreakClass.COVERAGE),
        ("C12", BreakClass.MISSING_IN_REGISTER),
        ("C13", BreakClass.MISSING_IN_REGISTER),  # the header of its block
    }


def test_frozen_units_that_moved_without_an_order_are_named(world: World) -> None:
    frozen, other = world.holders[2], world.holders[4]
    topic = next(log.topics[0] for log in big_logs(world) if (event := decode(log)) and event.name == "Transfer")
    emit(world, topic, frozen, other, hex(500_001))  # 6.75 held, 6.25 of it frozen
    world.sync()
    found = reconcile(world.database, world.node)
    breaches = [each for each in found.breaks if each.break_class is BreakClass.RULE_BREACH]
    breach, again = sorted(breaches, key=lambda each: each.follows_from)
    assert (breach.check, breach.account) == ("C11", frozen)
    assert (again.check, again.follows_from) == ("C09", breach.break_id)
    assert breach.cause == "{}/{}".format(*tampering.transfers(world)[-1])
    assert "0.500001 moved" in breach.left.value


def test_units_that_are_free_beside_frozen_ones_may_move(world: World) -> None:
    world.operate(Operation.FREEZE, "BIG", Line(sender=world.holders[0], amount_units=10), order=ORDER)
    world.send("dev:4", "BIG", "transfer", world.holders[3], 11)
    world.operate(Operation.RELEASE, "BIG", Line(sender=world.holders[0], amount_units=4), order=ORDER)
    world.sync()
    assert reconcile(world.database, world.node).passed


def test_several_forced_moves_in_one_instruction_add_up(world: World) -> None:
    one, _, _, four, five = world.holders
    world.operate(Operation.FREEZE, "BIG", Line(sender=five, amount_units=400_010), order=ORDER)
    lines = Line(five, four, 200_000), Line(four, five, 50_000), Line(five, one, 100_000)
    world.operate(Operation.FORCE_TRANSFER, "BIG", *lines, order=ORDER)
    world.sync()
    found = reconcile(world.database, world.node)
    assert [result.check for result in found.results if result.outcome is not Outcome.PASS] == []


def test_what_is_frozen_beyond_the_balance_stays_frozen_after_a_forced_transfer(world: World) -> None:
    """1,000 held, 1,500 frozen, 400 forced: nothing was free, so that 1,100 stay frozen, as in the contract."""
    four, five = world.holders[3:]
    world.issue("BIG", (four, 1_000))
    world.operate(Operation.FREEZE, "BIG", Line(sender=four, amount_units=1_500), order=ORDER)
    world.operate(Operation.FORCE_TRANSFER, "BIG", Line(four, five, 400), order=ORDER)
    world.sync()
    found = reconcile(world.database, world.node)
    assert [result.check for result in found.results if result.outcome is not Outcome.PASS] == []
    (big, _) = load(world.database, world.node).instruments
    assert big.replayed.standing(four).frozen_units == 1_100


def test_two_breaks_of_one_place_keep_ids_of_their_own(world: World) -> None:
    findings = Findings("C02", "Every account agrees", load(world.database, world.node))
    values = Value("events", "1"), Value("register", "2")
    found = [findings.add(BreakClass.AMOUNT, "BIG", "", "twice", values, cause="1/2") for _ in range(3)]
    assert len({each.break_id for each in found}) == len(findings.result().breaks) == len(found)


def big_logs(world: World) -> list[Log]:
    return world.node.logs([world.instruments["BIG"].address], 0, world.node.head())
