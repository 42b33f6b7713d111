"""A register follows the chain that it was made for, and no other; a refusal changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch, SchemaMismatch
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.status import status
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.anvil import anvil
from tests.mirror.asset_token import Token, deploy_token, mine, register
from tests.mirror.books import everything
from tests.mirror.proxy import Proxy

LATEST = Finality("latest")


def refused(database: Database, node: Node, match: str) -> None:
    before = everything(database)
    with pytest.raises(ChainMismatch, match=match):
        sync(database, node, LATEST)
    assert everything(database) == before


def test_another_genesis_is_refused(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    with anvil("--timestamp", "1700000000") as other:
        deploy_token(other)
        mine(other, 10)
        refused(sqlite, other, "block 0 .* the register was made for")


def test_an_unknown_chain_id_is_refused(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    with anvil("--chain-id", "31338") as other:
        refused(sqlite, other, "knows nothing of chain 31338")
        with pytest.raises(ChainMismatch, match="knows nothing of chain 31338"):
            status(sqlite, other, LATEST)


def test_the_same_genesis_with_another_history_is_refused(sqlite: Database) -> None:
    """Two local nodes of one start time share chain id and genesis."""
    same = ("--timestamp", "1700000000")
    with anvil(*same) as one, anvil(*same) as two:
        assert one.genesis_hash == two.genesis_hash
        register(sqlite, token := deploy_token(one))
        mine(two, 3)
        deploy_token(two)
        sync(sqlite, one, LATEST)
        refused(sqlite, two, f"{token.address} was deployed")


def test_other_code_at_the_address_is_refused(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    node.request("anvil_setCode", [token.address, "0x00"])
    refused(sqlite, node, f"code at {token.address}")


def test_a_deployment_that_was_taken_back_is_refused(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    node.request("anvil_reorg", [node.head() - token.instrument.deploy_block + 1, []])
    refused(sqlite, node, "deploy and register it again")


def test_a_head_below_the_deployment_is_refused(sqlite: Database, node: Node, token: Token) -> None:
    ahead = replace(token, instrument=replace(token.instrument, deploy_block=1_000))
    register(sqlite, ahead)
    refused(sqlite, node, "block 1000, .* is missing on the node")


@pytest.mark.parametrize("lost", [1, 2])
def test_a_head_behind_the_checkpoint_is_refused(database: Database, node: Node, token: Token, lost: int) -> None:
    """Even where the blocks that are left are others than before: it may be catching up on a fork."""
    register(database, token)
    sync(database, node, LATEST)
    head = node.head()
    node.request("anvil_reorg", [2, []])
    node.request("anvil_rollback", [lost])
    refused(database, node, rf"head {head - lost} is behind checkpoint {head} of {token.address}(?s:.*)caught up")


def test_a_register_without_tables_says_what_to_run(tmp_path: object, node: Node) -> None:
    with pytest.raises(SchemaMismatch):
        sync(Database(f"sqlite:///{tmp_path}/none.db"), node, LATEST)


def test_a_head_that_comes_back_is_no_reason_to_rewind(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    mine(node, 3)
    sync(sqlite, node, LATEST)
    before = everything(sqlite)
    with Proxy(node) as proxy:
        proxy.answer("eth_blockNumber", lambda _: hex(node.head() - 1))
        refused(sqlite, proxy.node, "behind checkpoint")
    assert sync(sqlite, node, LATEST).rewound_blocks == 0
    assert everything(sqlite) == before


def test_a_block_that_the_node_does_not_give_is_no_reason_to_rewind(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    mine(node, 3)
    sync(sqlite, node, LATEST)
    head = hex(node.head())
    with Proxy(node) as proxy:
        lost = lambda params: None if params[0] == head else node.request("eth_getBlockByNumber", params)  # noqa: E731
        proxy.answer("eth_getBlockByNumber", lost)
        refused(sqlite, proxy.node, f"gives no block {node.head()}")
