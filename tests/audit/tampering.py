"""Faults to seed, in the register or on the chain; each is one cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, insert, select, update

from rwaledger.chain.events import decode
from rwaledger.domain.posting import Posting
from rwaledger.registry import positions, tables
from tests.audit.world import World

Place = tuple[int, int]


def transfers(world: World, instrument_id: str = "BIG") -> list[Place]:
    """Places of the instrument's transfers, oldest first."""
    return sorted({(p.block_number, p.log_index) for p in postings(world, instrument_id)})


def transfers_on_chain(world: World, instrument_id: str = "BIG") -> list[Place]:
    """The same, asked of the node."""
    token = world.instruments[instrument_id]
    events = (decode(log) for log in world.node.logs([token.address], 0, world.node.head()))
    return [(e.log.block_number, e.log.log_index) for e in events if e is not None and e.name == "Transfer"]


def postings(world: World, instrument_id: str = "BIG") -> list[Posting]:
    with world.database.read() as c:
        return list(positions.postings(c, instrument_id))


def places_of(world: World, name: str, instrument_id: str = "BIG") -> list[Place]:
    """Places of the events of a name."""
    with world.database.read() as c:
        found = positions.events(c, world.node.chain_id, world.instruments[instrument_id].address)
    return [(log.block_number, log.log_index) for event, log in found if event == name]


def at(table: Table, place: Place) -> ColumnElement[bool]:
    return and_(table.c.block_number == place[0], table.c.log_index == place[1])


def remove(world: World, place: Place, *named: Table) -> None:
    with world.database.begin() as c:
        for table in named:
            assert c.execute(delete(table).where(at(table, place))).rowcount > 0


def change(world: World, table: Table, condition: ColumnElement[bool], **values: Any) -> None:
    with world.database.begin() as c:
        assert c.execute(update(table).where(condition).values(**values)).rowcount == 1


def repost(world: World, rewrite: Callable[[list[Posting]], list[Posting]], instrument_id: str = "BIG") -> None:
    """Replaces all postings, with running balances and positions that fit the new ones: a consistent forgery."""
    balances: dict[str, int] = {}
    rows = []
    for p in rewrite(postings(world, instrument_id)):
        balances[p.account] = balances.get(p.account, 0) + p.amount_units
        rows.append((p.block_number, p.log_index, p.leg, p.account, p.amount_units, balances[p.account], p.tx_hash))
    names = ("block_number", "log_index", "leg", "account", "amount_units", "balance_after_units", "tx_hash")
    with world.database.begin() as c:
        c.execute(delete(tables.postings).where(tables.postings.c.instrument_id == instrument_id))
        values = [dict(zip(names, row, strict=True)) | {"instrument_id": instrument_id} for row in rows]
        c.execute(insert(tables.postings), values)
        for account, units in balances.items():
            where = (tables.positions.c.instrument_id == instrument_id) & (tables.positions.c.account == account)
            c.execute(update(tables.positions).where(where).values(balance_units=units))


def forget(world: World, place: Place, instrument_id: str = "BIG") -> None:
    """As if the mirror had never seen the transfer."""
    remove(world, place, tables.events)
    repost(world, lambda them: [p for p in them if (p.block_number, p.log_index) != place], instrument_id)


def posted_again(world: World, place: Place, log_index: int | None = None, *, legs: int = 2) -> None:
    """The postings of a place once more, unchanged: as further legs there, or at another log of the block."""
    with world.database.begin() as c:
        query = select(tables.postings).where(at(tables.postings, place)).limit(legs)
        for row in c.execute(query.order_by(tables.postings.c.leg)).mappings().all():
            again = {"leg": row["leg"] + 2} if log_index is None else {"log_index": log_index}
            c.execute(insert(tables.postings).values({**row, **again}))


def edit_position(world: World, account: str, by_units: int, instrument_id: str = "BIG") -> None:
    t = tables.positions.c
    where = (t.instrument_id == instrument_id) & (t.account == account)
    with world.database.begin() as c:
        held = c.execute(select(t.balance_units).where(where)).scalar_one()
    change(world, tables.positions, where, balance_units=held + by_units)


def unmap(world: World, account: str) -> None:
    with world.database.begin() as c:
        assert c.execute(delete(tables.accounts).where(tables.accounts.c.address == account)).rowcount == 1


def replace_code(world: World, address: str, code: str) -> None:
    world.node.request("anvil_setCode", [address, code])
    world.node.request("anvil_mine", ["0x1"])


def flipped(code: str) -> str:
    """The code with its last byte changed: only metadata, so that it still runs."""
    return code[:-2] + f"{int(code[-2:], 16) ^ 1:02x}"
