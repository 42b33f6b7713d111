"""Each seeded fault gives one root finding, under its own check; whatever else fails says that it follows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import delete, insert, update

from rwaledger.audit.reconcile import reconcile
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reconciliation import Break, BreakClass, Outcome, Reconciliation
from rwaledger.registry import tables
from tests.audit import tampering
from tests.audit.tampering import places_of, transfers
from tests.audit.world import World

STRANGER = "0x" + "5a" * 20
LAST_DAY = 2**16 - 1


def roots(found: Reconciliation) -> list[Break]:
    return [each for each in found.breaks if not each.follows_from]


def failed(found: Reconciliation) -> set[str]:
    return {result.check for result in found.results if result.outcome is Outcome.FAIL}


def off_book_mint(world: World) -> None:
    world.steal("BIG", "mint", world.holders[0], 1_000)
    world.sync()


def off_book_burn(world: World) -> None:
    world.steal("BIG", "burn", world.holders[0], 1_000)
    world.sync()


def off_book_forced_transfer(world: World) -> None:
    world.steal("BIG", "forcedTransfer", world.holders[0], world.holders[1 + 2], 1_000)
    world.sync()


def off_book_mint_to_a_stranger(world: World) -> None:
    world.steal("BIG", "admit", [(STRANGER, 344, 2, LAST_DAY)])
    world.steal("BIG", "mint", STRANGER, 1_000)
    world.sync()


def off_book_freeze(world: World) -> None:
    world.steal("BIG", "setFrozenTokens", world.holders[0], 77)
    world.sync()


def event_row_lost(world: World) -> None:
    tampering.remove(world, transfers(world)[3], tables.events)


def postings_lost(world: World) -> None:
    tampering.remove(world, transfers(world)[3], tables.postings)


def event_and_postings_lost(world: World) -> None:
    tampering.remove(world, transfers(world)[3], tables.events, tables.postings)


def last_event_and_postings_lost(world: World) -> None:
    tampering.remove(world, transfers(world)[-1], tables.events, tables.postings)


def event_never_seen(world: World) -> None:
    tampering.forget(world, transfers(world)[3])


def issue_never_seen(world: World) -> None:
    tampering.forget(world, transfers(world)[1])


def admission_lost(world: World) -> None:
    tampering.remove(world, places_of(world, "AccountAdmitted")[2], tables.events, tables.standings)


def freeze_lost(world: World) -> None:
    tampering.remove(world, places_of(world, "Frozen")[-1], tables.events, tables.standings)


def log_of_control_book_lost(world: World) -> None:
    place = transfers(world)[0]
    tampering.remove(world, (place[0], place[1] - 1), tables.events)


def posted_twice(world: World) -> None:
    tampering.posted_again(world, transfers(world)[3])


def last_posted_twice(world: World) -> None:
    tampering.posted_again(world, transfers(world)[-1])


def one_leg_posted_twice(world: World) -> None:
    tampering.posted_again(world, transfers(world)[3], legs=1)


def posted_twice_elsewhere(world: World) -> None:
    tampering.posted_again(world, transfers(world)[3], 999)


def posted_twice_and_carried(world: World) -> None:
    place = transfers(world)[3]
    tampering.posted_again(world, place)
    tampering.repost(world, list)


def issue_posted_twice_elsewhere_and_carried(world: World) -> None:
    tampering.posted_again(world, transfers(world)[1], 999)
    tampering.repost(world, list)


def posted_twice_and_position_edited(world: World) -> None:
    place = transfers(world)[3]
    for posting in [p for p in tampering.postings(world) if (p.block_number, p.log_index) == place]:
        tampering.edit_position(world, posting.account, posting.amount_units)
    tampering.posted_again(world, place)


def posted_twice_beyond_the_checkpoint(world: World) -> None:
    block, log_index = transfers(world)[3]
    tampering.posted_again(world, (block, log_index), log_index + 1)
    there = tampering.at(tables.postings, (block, log_index + 1))
    with world.database.begin() as c:
        c.execute(update(tables.postings).where(there).values(block_number=block + 500, tx_hash="0x" + "77" * 32))


def position_invented(world: World) -> None:
    with world.database.begin() as c:
        row = {"instrument_id": "BIG", "account": STRANGER, "balance_units": 7, "block_number": 1, "log_index": 0}
        c.execute(insert(tables.positions).values(row))


def holder_of_wallet_lost(world: World) -> None:
    """As with a database tool that does not mind foreign keys."""
    with closing(sqlite3.connect(world.database.url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("DELETE FROM holders WHERE holder_id = 'holder-4'")


def wallet_with_two_instruments_unmapped(world: World) -> None:
    tampering.unmap(world, world.holders[0])


def posted_without_event(world: World) -> None:
    block, _ = transfers(world)[3]
    tampering.posted_again(world, transfers(world)[3], 999)
    there = tables.postings.c.block_number == block, tables.postings.c.log_index == 999
    for leg, units in ((0, -4), (1, 4)):
        where = there[0] & there[1] & (tables.postings.c.leg == leg)
        tampering.change(world, tables.postings, where, amount_units=units)


def position_edited(world: World) -> None:
    tampering.edit_position(world, world.holders[1], 5)


def supply_position_edited(world: World) -> None:
    tampering.edit_position(world, ISSUANCE_ACCOUNT, 5)


def position_removed(world: World) -> None:
    with world.database.begin() as c:
        c.execute(delete(tables.positions).where(tables.positions.c.account == world.holders[4]))


def running_balance_edited(world: World) -> None:
    of_supply = [p for p in tampering.postings(world) if p.account == ISSUANCE_ACCOUNT][1]
    where = tampering.at(tables.postings, (of_supply.block_number, of_supply.log_index)) & (tables.postings.c.leg == 0)
    tampering.change(world, tables.postings, where, balance_after_units=of_supply.balance_after_units + 3)


def last_running_balance_edited(world: World) -> None:
    last = tampering.postings(world)[-1]
    where = tampering.at(tables.postings, (last.block_number, last.log_index)) & (tables.postings.c.leg == last.leg)
    tampering.change(world, tables.postings, where, balance_after_units=last.balance_after_units + 3)


def one_leg_edited(world: World) -> None:
    place = transfers(world)[3]
    where = tampering.at(tables.postings, place) & (tables.postings.c.leg == 1)
    tampering.change(world, tables.postings, where, amount_units=1)


def both_legs_edited_and_carried(world: World) -> None:
    place = transfers(world)[3]
    for leg, units in ((0, -9), (1, 9)):
        where = tampering.at(tables.postings, place) & (tables.postings.c.leg == leg)
        tampering.change(world, tables.postings, where, amount_units=units)
    tampering.repost(world, list)


def wallet_unmapped(world: World) -> None:
    tampering.unmap(world, world.holders[3 + 1])


def attested_edited(world: World) -> None:
    block, log_index = places_of(world, "AccountAdmitted")[0]
    tampering.change(world, tables.standings, tampering.at(tables.standings, (block, log_index)), country=156)


def event_edited(world: World) -> None:
    place = transfers(world)[3]
    tampering.change(world, tables.events, tampering.at(tables.events, place), data="0x" + "00" * 31 + "01")


def balance_without_event(world: World) -> None:
    """Adds units to the account word of the first holder, straight in the contract's storage."""
    token = world.instruments["BIG"].address
    slot = next(slot for n in range(20) if (slot := account_slot(world, token, n)))
    word = int(world.node.request("eth_getStorageAt", [token, slot, "latest"]), 16) - 6
    world.node.request("anvil_setStorageAt", [token, slot, f"0x{word:064x}"])
    world.node.request("anvil_mine", ["0x1"])
    world.sync()


def account_slot(world: World, token: str, mapping: int) -> str | None:
    key = f"0x{int(world.holders[0], 16):064x}{mapping:064x}"
    slot: str = world.node.request("web3_sha3", [key])
    found = int(world.node.request("eth_getStorageAt", [token, slot, "latest"]), 16)
    return slot if found else None


def token_code_gone(world: World) -> None:
    tampering.replace_code(world, world.instruments["BIG"].address, "0x")


def token_code_foreign(world: World) -> None:
    tampering.replace_code(world, world.instruments["BIG"].address, "0x60016000526001601ff3")


def token_code_changed(world: World) -> None:
    code = world.node.code(world.instruments["BIG"].address)
    tampering.replace_code(world, world.instruments["BIG"].address, tampering.flipped(code))


def book_code_changed(world: World) -> None:
    book = world.instruments["BIG"].control_book
    tampering.replace_code(world, book, tampering.flipped(world.node.code(book)))


def decimals_changed(world: World) -> None:
    """UNIT's code, which has other decimals in it, at the address of BIG."""
    code = world.node.code(world.instruments["UNIT"].address)
    tampering.replace_code(world, world.instruments["BIG"].address, code)


def recorded_code_hash_edited(world: World) -> None:
    token = world.instruments["BIG"].address
    tampering.change(world, tables.contracts, tables.contracts.c.address == token, code_hash="0x" + "00" * 32)


def instruction_lost(world: World) -> None:
    with world.database.begin() as c:
        c.execute(delete(tables.transactions).where(tables.transactions.c.instruction_ref == issue_ref(world)))
        c.execute(delete(tables.instructions).where(tables.instructions.c.ref == issue_ref(world)))


def instruction_unsigned(world: World) -> None:
    tampering.change(world, tables.instructions, tables.instructions.c.ref == issue_ref(world), signature=None)


def instruction_lines_edited(world: World) -> None:
    lines = f'[["{ISSUANCE_ACCOUNT}","{world.holders[0]}","1","0"]]'
    tampering.change(world, tables.instructions, tables.instructions.c.ref == issue_ref(world), lines=lines)


def instruction_never_carried_out(world: World) -> None:
    snapshot = world.node.request("evm_snapshot")
    world.issue("BIG", (world.holders[0], 9))
    world.node.request("evm_revert", [snapshot])


def issue_ref(world: World) -> str:
    with world.database.read() as c:
        t = tables.instructions
        query = t.select().where(t.c.operation == "issue", t.c.instrument_id == "UNIT")
        return str(c.execute(query).mappings().one()["ref"])


Seed = Callable[[World], None]

SEEDS: list[tuple[Seed, str, BreakClass]] = [
    (off_book_mint, "C05", BreakClass.UNDUE_CREATION),
    (off_book_burn, "C05", BreakClass.UNDUE_DELETION),
    (off_book_forced_transfer, "C05", BreakClass.UNAUTHORISED),
    (off_book_mint_to_a_stranger, "C05", BreakClass.UNDUE_CREATION),
    (off_book_freeze, "C15", BreakClass.UNAUTHORISED),
    (event_row_lost, "C02", BreakClass.MISSING_IN_REGISTER),
    (postings_lost, "C02", BreakClass.MISSING_IN_REGISTER),
    (event_and_postings_lost, "C02", BreakClass.MISSING_IN_REGISTER),
    (last_event_and_postings_lost, "C02", BreakClass.MISSING_IN_REGISTER),
    (event_never_seen, "C02", BreakClass.MISSING_IN_REGISTER),
    (issue_never_seen, "C02", BreakClass.MISSING_IN_REGISTER),
    (admission_lost, "C02", BreakClass.MISSING_IN_REGISTER),
    (freeze_lost, "C02", BreakClass.MISSING_IN_REGISTER),
    (log_of_control_book_lost, "C12", BreakClass.MISSING_IN_REGISTER),
    (posted_twice, "C04", BreakClass.DUPLICATE),
    (last_posted_twice, "C04", BreakClass.DUPLICATE),
    (one_leg_posted_twice, "C04", BreakClass.DUPLICATE),
    (posted_twice_elsewhere, "C04", BreakClass.DUPLICATE),
    (posted_twice_and_carried, "C04", BreakClass.DUPLICATE),
    (issue_posted_twice_elsewhere_and_carried, "C04", BreakClass.DUPLICATE),
    (posted_twice_and_position_edited, "C04", BreakClass.DUPLICATE),
    (posted_twice_beyond_the_checkpoint, "C04", BreakClass.DUPLICATE),
    (position_invented, "C02", BreakClass.AMOUNT),
    (holder_of_wallet_lost, "C02", BreakClass.UNMAPPED_HOLDER),
    (wallet_with_two_instruments_unmapped, "C02", BreakClass.UNMAPPED_HOLDER),
    (posted_without_event, "C02", BreakClass.MISSING_ON_CHAIN),
    (position_edited, "C02", BreakClass.AMOUNT),
    (supply_position_edited, "C02", BreakClass.AMOUNT),
    (position_removed, "C02", BreakClass.AMOUNT),
    (running_balance_edited, "C03", BreakClass.AMOUNT),
    (last_running_balance_edited, "C03", BreakClass.AMOUNT),
    (one_leg_edited, "C04", BreakClass.AMOUNT),
    (both_legs_edited_and_carried, "C02", BreakClass.AMOUNT),
    (wallet_unmapped, "C02", BreakClass.UNMAPPED_HOLDER),
    (attested_edited, "C02", BreakClass.STALE_REFERENCE),
    (event_edited, "C12", BreakClass.TAMPER),
    (balance_without_event, "C02", BreakClass.AMOUNT),
    (token_code_gone, "C16", BreakClass.TAMPER),
    (token_code_foreign, "C16", BreakClass.TAMPER),
    (token_code_changed, "C16", BreakClass.TAMPER),
    (book_code_changed, "C16", BreakClass.TAMPER),
    (decimals_changed, "C16", BreakClass.TAMPER),
    (recorded_code_hash_edited, "C16", BreakClass.TAMPER),
    (instruction_lost, "C05", BreakClass.UNAUTHORISED),
    (instruction_unsigned, "C05", BreakClass.UNAUTHORISED),
    (instruction_lines_edited, "C05", BreakClass.TAMPER),
    (instruction_never_carried_out, "C05", BreakClass.MISSING_ON_CHAIN),
]


@pytest.mark.parametrize(("seed", "check", "break_class"), SEEDS, ids=[seed.__name__ for seed, _, _ in SEEDS])
def test_one_fault_has_one_root_under_its_own_check(
    world: World, seed: Seed, check: str, break_class: BreakClass
) -> None:
    seed(world)
    found = reconcile(world.database, world.node)
    assert [(root.check, root.break_class) for root in roots(found)] == [(check, break_class)]
    (root,) = roots(found)
    assert {each.follows_from for each in found.breaks} <= {"", root.break_id}
    assert failed(found) == {each.check for each in found.breaks}
    assert not found.passed
