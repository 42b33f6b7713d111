"""What a register holds, as values that tests compare; and what the chain says of the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from rwaledger.chain.state import account_states, total_supply
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry import ledger, positions, tables
from rwaledger.registry.database import Database
from tests.mirror.asset_token import Token, register

_MIRRORED = (
    tables.blocks,
    tables.events,
    tables.postings,
    tables.positions,
    tables.standings,
)


def books(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that the mirror writes; of checkpoints only where they are, since generations count batches."""
    with database.read() as c:
        content = {
            table.name: [tuple(row) for row in c.execute(select(table).order_by(*table.primary_key))]
            for table in _MIRRORED
        }
        query = select(tables.checkpoints).order_by(tables.checkpoints.c.address)
        content["checkpoints"] = [tuple(row)[:-1] for row in c.execute(query)]
    return content


def orphaned_events(database: Database) -> list[Any]:
    """The events that rewinds took out."""
    with database.read() as c:
        return list(c.execute(select(tables.orphaned_events).order_by(tables.orphaned_events.c.id)))


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, generations included: for what must not change at all."""
    with database.read() as c:
        return {
            table.name: [tuple(row) for row in c.execute(select(table).order_by(*table.primary_key))]
            for table in tables.metadata.sorted_tables
        }


def checkpoint_number(database: Database, token: Token) -> int:
    with database.read() as c:
        found = ledger.checkpoint(c, token.instrument.chain_id, token.address)
    assert found is not None
    return found.block_number


def assert_agrees_with_chain(database: Database, token: Token) -> None:
    """Positions, balances from postings, and standings are the contract's own words at the checkpoint."""
    block = checkpoint_number(database, token)
    instrument_id = token.instrument.instrument_id
    with database.read() as c:
        held = {each.account: each.balance_units for each in positions.positions(c, instrument_id)}
        from_postings = positions.balances_at(c, instrument_id, block)
        standings = positions.standings_at(c, instrument_id, block)
    assert held == from_postings
    assert -held.pop(ISSUANCE_ACCOUNT, 0) == total_supply(token.node, token.address, block) == sum(held.values())
    states = account_states(token.node, token.address, sorted(held.keys() | standings.keys()), block)
    assert {account: state[0] for account, state in states.items() if account in held} == held
    assert {account: state[1] for account, state in states.items()} == standings


def assert_is_cold_sync(database: Database, empty: Database, *tokens: Token) -> None:
    """The register is what `empty` becomes when it is synced with the chain as it is now, and agrees with its state."""
    register(empty, *tokens)
    sync(empty, tokens[0].node, Finality("latest"))
    assert books(database) == books(empty)
    for token in tokens:
        assert_agrees_with_chain(database, token)
