"""A sync that is killed, wherever that is, is gone on with: no event is lost, none is there twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, C, Token, one_block, register
from tests.mirror.books import assert_agrees_with_chain, assert_is_cold_sync, books, orphaned_events
from tests.mirror.process import sync_until_killed

LATEST = Finality("latest")
_STEPS_BEFORE_A_BATCH = 6
"""Statements, at the least, with which a sync looks at the register before it writes."""


def traffic(token: Token, blocks: int) -> None:
    transfer, freeze = token.call("transfer", B, 1, sender=A), token.call("freezePartialTokens", C, 1)
    for _ in range(blocks):
        with one_block(token.node):
            for call in (transfer, freeze, transfer):
                token.node.request("eth_sendTransaction", [call])


def sync_with_kills(database_url: str, node: Node, check: Callable[[], None]) -> int:
    """Lets one sync after the other be killed, each one step later than the last, until one comes to its end.

    `check` looks at what each leaves behind. Gives the number of kills.
    """
    for steps in itertools.count(_STEPS_BEFORE_A_BATCH):
        if sync_until_killed(database_url, node.url, blocks_max=4, steps=steps):
            break
        check()
    return steps - _STEPS_BEFORE_A_BATCH


def test_killed_at_every_step_of_a_batch(
    database: Database, database_url: str, node: Node, token: Token, new_register: Callable[[], Database]
) -> None:
    traffic(token, blocks=12)
    register(database, token)

    def holds_whole_batches() -> None:
        if books(database)["checkpoints"]:
            assert_agrees_with_chain(database, token)
        else:
            assert not any(books(database).values())

    assert sync_with_kills(database_url, node, holds_whole_batches) > 10
    assert_is_cold_sync(database, new_register(), token)


def test_killed_at_every_step_of_a_rewind(
    database: Database, database_url: str, node: Node, token: Token, new_register: Callable[[], Database]
) -> None:
    traffic(token, blocks=4)
    register(database, token)
    sync(database, node, LATEST)
    before = books(database)
    node.request("anvil_reorg", [3, [[token.call("mint", C, 5), 1]]])
    cold = new_register()
    register(cold, token)
    sync(cold, node, LATEST)
    after = books(cold)

    def holds_one_chain() -> None:
        content, orphans = books(database), len(orphaned_events(database))
        assert (content, orphans) in ((before, 0), (after, 12))

    assert sync_with_kills(database_url, node, holds_one_chain) > 15
    assert books(database) == after
