"""Every operation of the control book reconciles: recovery, lock-ups, record dates, documents and rules too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain import state
from rwaledger.domain.holder import Account, AccountKind, Holder, InvestorClass, Standing
from rwaledger.domain.instruction import Line, Operation, rules_line
from rwaledger.domain.instrument import Rules
from rwaledger.domain.reconciliation import BreakClass
from rwaledger.registry import holders, positions
from tests.audit.world import ORDER, World

NEW = "0x" + "ee" * 20
NAME, HASH = int.from_bytes(b"prospectus".ljust(32, b"\0")), 7
FAR_AHEAD = 2**39


def enter_new_wallet(world: World) -> None:
    """The wallet that a lost one is recovered to belongs to the same holder, and is entered before."""
    with world.database.begin() as connection:
        holders.put_account(connection, Account(world.node.chain_id, NEW, "holder-1", AccountKind.OWN))


def test_a_recovered_wallet_reconciles_with_all_that_was_frozen_of_it(world: World) -> None:
    lost = world.holders[1]
    world.operate(Operation.SET_LOCK_UP, "BIG", Line(sender=lost, amount_units=9, detail=FAR_AHEAD))
    world.operate(Operation.FREEZE, "BIG", Line(sender=lost, amount_units=2_000_000), order=ORDER)
    enter_new_wallet(world)
    world.operate(Operation.RECOVER, "BIG", Line(lost, NEW), order=ORDER)
    world.operate(Operation.RELEASE, "BIG", Line(sender=NEW, amount_units=500_000), order=ORDER)
    world.operate(Operation.FORCE_TRANSFER, "BIG", Line(NEW, world.holders[0], 100), order=ORDER)
    world.sync()

    found = reconcile(world.database, world.node)

    assert found.passed, found.breaks
    with world.database.read() as connection:
        standings = positions.standings_at(connection, "BIG", world.node.head())
    assert standings[lost] == Standing()
    assert standings[NEW].frozen_units == 1_500_000
    assert standings[NEW].address_frozen


def test_a_suspended_wallet_reconciles_when_it_is_recovered(world: World) -> None:
    """On UNIT the second holder is suspended, and the instrument paused, which binds no order."""
    enter_new_wallet(world)
    world.operate(Operation.RECOVER, "UNIT", Line(world.holders[1], NEW), order=ORDER)
    world.sync()

    found = reconcile(world.database, world.node)

    assert found.passed, found.breaks


def test_settings_of_an_instrument_move_nothing_and_break_nothing(world: World) -> None:
    token = world.instruments["BIG"].address
    rules = Rules(max_balance_units=5, classes=frozenset({2}), countries_restricted=True, opens_at=7)
    latest = world.node.block("latest")
    assert latest is not None
    world.operate(Operation.SET_RULES, "BIG", rules_line(rules))
    world.operate(Operation.SET_COUNTRY, "BIG", Line(amount_units=1, detail=344))
    world.operate(Operation.SCHEDULE_RECORD_DATE, "BIG", Line(detail=FAR_AHEAD), Line(detail=FAR_AHEAD + 1))
    world.operate(Operation.CANCEL_RECORD_DATE, "BIG", Line(detail=2))
    world.document("BIG", Line(amount_units=NAME, detail=HASH), "ipfs://prospectus")
    world.operate(Operation.SET_LOCK_UP, "BIG", Line(sender=world.holders[2], amount_units=5, detail=FAR_AHEAD))
    world.operate(Operation.SET_LOCK_UP, "BIG", Line(sender=world.holders[2]))
    world.sync()

    found = reconcile(world.database, world.node)

    assert found.passed, found.breaks
    assert state.rules(world.node, token, "latest") == replace(rules, countries=frozenset({344}))
    assert state.record_dates(world.node, token, "latest") == [FAR_AHEAD]
    (document,) = state.documents(world.node, token, "latest").values()
    assert (document.uri, int(document.document_hash, 16)) == ("ipfs://prospectus", HASH)
    world.operate(Operation.REMOVE_DOCUMENT, "BIG", Line(amount_units=NAME))
    assert state.documents(world.node, token, "latest") == {}


def test_a_recovery_that_nobody_authorised_is_found(world: World) -> None:
    enter_new_wallet(world)
    world.steal("BIG", "recoveryAddress", world.holders[2], NEW, NEW)
    world.sync()

    roots = [found for found in reconcile(world.database, world.node).breaks if not found.follows_from]

    by_check = {(found.check, found.break_class) for found in roots}
    assert ("C05", BreakClass.UNAUTHORISED) in by_check
    recovery = next(found for found in roots if found.check == "C05")
    assert recovery.account == NEW
    assert f"recovery of 6.750000 BIG from {world.holders[2]} has no instruction" in recovery.summary


def test_a_recovery_to_another_wallet_than_ordered_is_found(world: World) -> None:
    """The register's line says otherwise than what was signed and carried out."""
    enter_new_wallet(world)
    ref = world.operate(Operation.RECOVER, "BIG", Line(world.holders[2], NEW), order=ORDER)
    world.sync()
    other = world.holders[3]
    with world.database.begin() as connection:
        lines = f"replace(lines, '{NEW}', '{other}')"
        connection.exec_driver_sql(f"UPDATE instructions SET lines = {lines} WHERE ref = '{ref}'")

    found = reconcile(world.database, world.node)

    assert {each.check for each in found.breaks if not each.follows_from} == {"C05"}


def test_a_wallet_that_was_lost_is_nobody_to_the_register(world: World) -> None:
    """The holder's data may change later without making the lost wallet stale."""
    enter_new_wallet(world)
    world.operate(Operation.RECOVER, "BIG", Line(world.holders[1], NEW), order=ORDER)
    world.operate(Operation.RECOVER, "UNIT", Line(world.holders[1], "0x" + "ef" * 20), order=ORDER)
    world.sync()
    with world.database.begin() as connection:
        until = date(2101, 1, 1)
        holders.set_attested(connection, Holder("holder-1", 344, InvestorClass.PROFESSIONAL, until))

    found = reconcile(world.database, world.node)

    assert world.holders[1] not in {each.account for each in found.breaks}
    assert NEW in {each.account for each in found.breaks}
