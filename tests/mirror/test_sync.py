"""A sync brings the register to what the chain says, however it is cut into pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import RegisterConflict
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.units import MAX_UNITS
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry import positions
from rwaledger.registry.database import Database
from rwaledger.registry.instruments import ContractKind
from tests.mirror.asset_token import (
    A,
    B,
    C,
    Token,
    deploy_control_book,
    deploy_token,
    mine,
    one_block,
    register,
    word,
)
from tests.mirror.books import assert_agrees_with_chain, books, checkpoint_number, everything
from tests.mirror.proxy import Proxy
from tests.mirror.watching import EachBatch

LATEST = Finality("latest")


def test_a_sync_brings_the_register_to_the_chain(database: Database, node: Node, token: Token) -> None:
    token.send("transfer", B, 300, sender=A)
    token.send("burn", A, 25)
    token.send("freezePartialTokens", A, 650)
    token.send("forcedTransfer", A, C, 100)
    token.send("setAddressFrozen", B, True)
    token.send("setSuspended", C, True)
    register(database, token)

    summary = sync(database, node, LATEST)

    head = node.head()
    assert (summary.head, summary.target_block, summary.checkpoints[token.address].block_number) == (head,) * 3
    assert summary.blocks == head - token.instrument.deploy_block + 1
    assert summary.postings == 2 * 4
    assert_agrees_with_chain(database, token)
    with database.read() as connection:
        held = {each.account: each.balance_units for each in positions.positions(connection, "HKDS")}
    assert held == {ISSUANCE_ACCOUNT: -975, A: 575, B: 300, C: 100}


def test_a_second_sync_changes_nothing(database: Database, node: Node, token: Token) -> None:
    register(database, token)
    sync(database, node, LATEST)
    before = everything(database)

    summary = sync(database, node, LATEST)

    assert (summary.blocks, summary.events, summary.postings, summary.rewound_blocks) == (0, 0, 0, 0)
    assert everything(database) == before


def test_a_sync_goes_no_further_than_finality_and_until(sqlite: Database, node: Node, token: Token) -> None:
    mine(node, 10)
    head = node.head()
    register(sqlite, token)

    assert sync(sqlite, node, Finality("", 4)).target_block == head - 4
    assert checkpoint_number(sqlite, token) == head - 4
    assert sync(sqlite, node, LATEST, until=head - 2).target_block == head - 2
    assert checkpoint_number(sqlite, token) == head - 2


def test_less_finality_than_before_leaves_the_register_ahead(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    before = everything(sqlite)
    sync(sqlite, node, Finality("", 2))
    assert everything(sqlite) == before


def test_progress_tells_of_each_batch(sqlite: Database, node: Node, token: Token) -> None:
    mine(node, 25)
    register(sqlite, token)
    told: list[tuple[int, int]] = []
    sync(
        sqlite, node, LATEST, watcher=EachBatch(lambda b: told.append((b.blocks_done, b.blocks_wanted))), blocks_max=10
    )
    blocks = node.head() - token.instrument.deploy_block + 1
    assert told == [(10, blocks), (20, blocks), (blocks, blocks)]


def test_amounts_of_96_bits_are_exact(database: Database, node: Node) -> None:
    token = deploy_token(node)
    token.admit(A, B)
    token.send("mint", A, MAX_UNITS)
    token.send("transfer", B, MAX_UNITS - 1, sender=A)
    token.send("setFrozenTokens", B, MAX_UNITS)
    register(database, token)

    sync(database, node, LATEST)

    assert_agrees_with_chain(database, token)
    with database.read() as connection:
        posted = [(each.amount_units, each.balance_after_units) for each in positions.postings(connection, "HKDS")]
    assert posted == [
        (-MAX_UNITS, -MAX_UNITS),
        (MAX_UNITS, MAX_UNITS),
        (1 - MAX_UNITS, 1),
        (MAX_UNITS - 1, MAX_UNITS - 1),
    ]


def test_moves_to_oneself_and_of_nothing_are_posted(sqlite: Database, node: Node, token: Token) -> None:
    token.send("transfer", A, 400, sender=A)
    token.send("transfer", C, 0, sender=A)
    token.send("transfer", C, 0, sender=C)
    register(sqlite, token)

    sync(sqlite, node, LATEST)

    assert_agrees_with_chain(sqlite, token)
    with sqlite.read() as connection:
        posted = list(positions.postings(connection, "HKDS"))
    assert [(each.account, each.amount_units, each.balance_after_units) for each in posted[2:]] == [
        (A, -400, 600),
        (A, 400, 1_000),
        (A, 0, 1_000),
        (C, 0, 0),
        (C, 0, 0),
        (C, 0, 0),
    ]


def test_several_events_of_one_account_in_one_block(database: Database, node: Node, token: Token) -> None:
    with one_block(node):
        token.send_unmined("transfer", B, 10, sender=A)
        token.send_unmined("transfer", B, 20, sender=A)
        token.send_unmined("batchMint", [A, A, C], [1, 2, 3])
        token.send_unmined("admit", [(B, 156, 3, 20_000), (B, 36, 1, 21_000)])
        token.send_unmined("setSuspended", B, True)
    register(database, token)
    sync(database, node, LATEST)
    assert_agrees_with_chain(database, token)


def test_admission_and_freezing_change_each_their_own_part(sqlite: Database, node: Node, token: Token) -> None:
    token.send("freezePartialTokens", A, 7)
    token.send("setSuspended", A, True)
    token.send("setAddressFrozen", A, True)
    token.send("admit", [(A, 156, 5, 30_000)])
    token.send("setAddressFrozen", A, False)
    register(sqlite, token)

    for block in range(token.instrument.deploy_block, node.head() + 1):
        sync(sqlite, node, LATEST, until=block)
        assert_agrees_with_chain(sqlite, token)


def test_a_log_of_unknown_topic_is_stored(sqlite: Database, node: Node, token: Token) -> None:
    topics = (word(0xDEADBEEF), word(1), word(2))
    token.emit(topics, word(3))
    register(sqlite, token)

    sync(sqlite, node, LATEST)

    with sqlite.read() as connection:
        name, log = positions.events(connection, node.chain_id, token.address)[-1]
    assert (name, log.topics, log.data, log.block_number) == ("", topics, word(3), node.head())


def test_a_balance_that_cannot_be_stops_the_sync_and_names_the_log(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    before = everything(sqlite)
    token.send("transfer", B, 1, sender=A)
    transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    token.emit((transfer, word(B), word(A)), word(2))

    with pytest.raises(RegisterConflict, match=rf"block {node.head()}, log 0 would leave {B} with -1 units"):
        sync(sqlite, node, LATEST)

    assert everything(sqlite) == before


def test_two_instruments_and_a_control_book_share_a_sync(sqlite: Database, node: Node, token: Token) -> None:
    book = deploy_control_book(node)
    bond = deploy_token(node, "GRN28")
    bond.admit(A, B)
    with one_block(node):
        token.send_unmined("transfer", B, 10, sender=A)
        bond.send_unmined("mint", B, 5)
        token.send_unmined("transfer", A, 5, sender=B)
    register(sqlite, token, bond, book)

    summary = sync(sqlite, node, LATEST)

    assert {checkpoint.block_number for checkpoint in summary.checkpoints.values()} == {node.head()}
    assert_agrees_with_chain(sqlite, token)
    assert_agrees_with_chain(sqlite, bond)
    with sqlite.read() as connection:
        names = [name for name, _ in positions.events(connection, node.chain_id, book.address)]
    assert "RoleGranted" in names


@pytest.mark.parametrize("added_at", [0, 1, 7])
def test_an_instrument_added_later_catches_up_and_joins(
    database: Database, node: Node, token: Token, new_register: Callable[[], Database], added_at: int
) -> None:
    """Whether it was deployed before or behind the others' checkpoint."""
    bond = deploy_token(node, "GRN28")
    for units in range(1, 4):
        token.send("transfer", B, units, sender=A)
        bond.admit(A, B)
        bond.send("mint", B, units)
    register(database, token)
    sync(database, node, LATEST, until=bond.instrument.deploy_block - 1 + added_at)
    register(database, bond)

    summary = sync(database, node, LATEST)

    assert {checkpoint.block_number for checkpoint in summary.checkpoints.values()} == {node.head()}
    at_once = new_register()
    register(at_once, token, bond)
    sync(at_once, node, LATEST)
    assert books(database) == books(at_once)
    assert_agrees_with_chain(database, bond)


def test_an_instrument_added_later_is_read_alone_until_it_joins(sqlite: Database, node: Node, token: Token) -> None:
    bond = deploy_token(node, "GRN28")
    mine(node, 8)
    register(sqlite, token)
    known = node.head() - 3
    sync(sqlite, node, LATEST, until=known)
    register(sqlite, bond)
    asked = []

    def note_logs(method: str, params: list[Any]) -> None:
        if method == "eth_getLogs":
            asked.append((params[0]["address"], int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)))

    with Proxy(node) as proxy:
        proxy.before = note_logs
        sync(sqlite, proxy.node, LATEST)

    assert asked == [
        ([bond.address], bond.instrument.deploy_block, known),
        (sorted([bond.address, token.address]), known + 1, node.head()),
    ]


def test_an_instrument_deployed_above_the_target_waits(sqlite: Database, node: Node, token: Token) -> None:
    bond = deploy_token(node, "GRN28")
    register(sqlite, token, bond)
    summary = sync(sqlite, node, LATEST, until=bond.instrument.deploy_block - 1)
    assert list(summary.checkpoints) == [token.address]


def test_a_token_without_its_instrument_is_refused(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    book = deploy_control_book(node)
    register(sqlite, replace(book, kind=ContractKind.ASSET_TOKEN))
    with pytest.raises(RegisterConflict, match=book.address):
        sync(sqlite, node, LATEST)
