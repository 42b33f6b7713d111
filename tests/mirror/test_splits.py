"""A sync from nothing and any number of syncs in between give the same register."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import A, B, C, D, Token, deploy_token, register
from tests.mirror.books import assert_agrees_with_chain, books
from tests.mirror.scenario import play

LATEST = Finality("latest")


@dataclass(frozen=True)
class Chain:
    """A finished chain with two tokens, and what a cold sync makes of it."""

    stablecoin: Token
    bond: Token
    head: int
    cold: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def chain(blank_register: Path) -> Iterator[Chain]:
    with anvil() as node:
        stablecoin = deploy_token(node)
        stablecoin.admit(A, B, C, D)
        stablecoin.send("mint", A, 2**95)
        bond = deploy_token(node, "GRN28")
        bond.admit(A, B)
        play(stablecoin, seed=1, operations=90)
        play(bond, seed=2, operations=40)
        play(stablecoin, seed=3, operations=30)
        cold = _copy(blank_register)
        register(cold, stablecoin, bond)
        sync(cold, node, LATEST)
        for token in (stablecoin, bond):
            assert_agrees_with_chain(cold, token)
        yield Chain(stablecoin, bond, node.head(), books(cold))
        _remove(cold)


def test_the_chain_holds_every_kind_of_event(chain: Chain) -> None:
    names = {row[7] for row in chain.cold["events"]}
    assert names >= {"Transfer", "ForcedTransfer", "Frozen", "AddressFrozen", "AccountSuspended", "AccountAdmitted"}
    assert len(chain.cold["postings"]) > 60


@given(
    stops=st.lists(st.integers(1, 80), max_size=4).map(sorted),
    blocks_max=st.integers(4, 100),
    bond_after=st.integers(0, 4),
)
@settings(max_examples=15)
def test_however_it_is_cut(
    chain: Chain, blank_register: Path, stops: list[int], blocks_max: int, bond_after: int
) -> None:
    """The second instrument enters the register after any of the syncs."""
    database = _copy(blank_register)
    try:
        _sync_in_pieces(database, chain, stops, blocks_max, bond_after)
        assert books(database) == chain.cold
    finally:
        _remove(database)


@pytest.mark.parametrize("blocks_max", [1, 500])
def test_however_it_is_cut_on_either_database(database: Database, chain: Chain, blocks_max: int) -> None:
    _sync_in_pieces(database, chain, [10, 30], blocks_max, bond_after=1)
    assert books(database) == chain.cold


def _sync_in_pieces(database: Database, chain: Chain, stops: list[int], blocks_max: int, bond_after: int) -> None:
    register(database, chain.stablecoin)
    for number, stop in enumerate([*stops, chain.head]):
        if number == bond_after:
            register(database, chain.bond)
        sync(database, chain.bond.node, LATEST, until=stop, blocks_max=blocks_max)
    register(database, chain.bond)
    sync(database, chain.bond.node, LATEST, blocks_max=blocks_max)


def _copy(blank_register: Path) -> Database:
    folder = Path(tempfile.mkdtemp())
    shutil.copyfile(blank_register, folder / "register.db")
    return Database(f"sqlite:///{folder / 'register.db'}")


def _remove(database: Database) -> None:
    database.close()
    shutil.rmtree(Path(database.url.removeprefix("sqlite:///")).parent)
