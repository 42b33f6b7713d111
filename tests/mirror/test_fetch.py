"""A node that gives less than was asked for, or something else, is met without losing an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch, NodeError
from rwaledger.mirror.fetch import RangeSize
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, Token, mine, register
from tests.mirror.books import assert_agrees_with_chain, books, everything
from tests.mirror.proxy import Proxy

LATEST = Finality("latest")


def blocks_asked(params: list[Any]) -> int:
    return int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1


def test_a_limit_halves_the_range_and_loses_nothing(
    new_register: Callable[[], Database], node: Node, token: Token
) -> None:
    token.send("transfer", B, 1, sender=A)
    mine(node, 20)
    cold, limited = new_register(), new_register()
    for each in (cold, limited):
        register(each, token)
    sync(cold, node, LATEST)
    asked = []

    def refuse_more_than_five(method: str, params: list[Any]) -> None:
        if method == "eth_getLogs":
            asked.append(blocks_asked(params))
            if asked[-1] > 5:
                raise NodeError(method, -32602, "query exceeds max block range 5")

    with Proxy(node) as proxy:
        proxy.before = refuse_more_than_five
        sync(limited, proxy.node, LATEST, blocks_max=40)
    assert books(limited) == books(cold)
    assert max(asked) > 5
    assert sum(blocks for blocks in asked if blocks <= 5) == node.head() - token.instrument.deploy_block + 1


def test_another_refusal_is_not_repeated(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    with Proxy(node) as proxy:
        proxy.fail("eth_getLogs", -32601, "the method does not exist")
        with pytest.raises(NodeError, match="does not exist"):
            sync(sqlite, proxy.node, LATEST)


def test_a_limit_below_one_block_is_an_error(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    with Proxy(node) as proxy:
        proxy.fail("eth_getLogs", -32005, "limit exceeded")
        with pytest.raises(NodeError, match="limit exceeded"):
            sync(sqlite, proxy.node, LATEST)


def test_a_range_shrinks_to_one_and_grows_to_where_it_was() -> None:
    size = RangeSize(500)
    for _ in range(12):
        size.shrink(size.blocks)
    assert size.blocks == 1
    for _ in range(40):
        size.fit()
    assert size.blocks == 500


@pytest.mark.parametrize(
    "spoil",
    [
        lambda logs: [*logs, logs[-1]],
        lambda logs: logs[::-1],
        lambda logs: [{**logs[0], "address": "0x" + "99" * 20}, *logs[1:]],
        lambda logs: [{**logs[0], "blockHash": "0x" + "99" * 32}, *logs[1:]],
        lambda logs: [{**logs[0], "blockNumber": "0x0"}, *logs[1:]],
    ],
    ids=["doubled", "reversed", "foreign", "of another block", "of another number"],
)
def test_answers_that_do_not_fit_are_never_applied(
    sqlite: Database, node: Node, token: Token, spoil: Callable[[list[Any]], list[Any]]
) -> None:
    register(sqlite, token)
    before = everything(sqlite)
    with Proxy(node) as proxy:
        proxy.answer("eth_getLogs", lambda params: spoil(node.request("eth_getLogs", params)))
        with pytest.raises(ChainMismatch, match="do not fit together"):
            sync(sqlite, proxy.node, LATEST)
    assert everything(sqlite) == before


def test_an_answer_that_fits_the_second_time_is_taken(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    asked = []
    with Proxy(node) as proxy:

        def doubled_once(params: list[Any]) -> Any:
            asked.append(params)
            logs = node.request("eth_getLogs", params)
            return [*logs, logs[-1]] if len(asked) == 1 else logs

        proxy.answer("eth_getLogs", doubled_once)
        sync(sqlite, proxy.node, LATEST)
    assert len(asked) == 2
    assert_agrees_with_chain(sqlite, token)
