"""Several syncs of one register at once: each batch is one's or the other's, and the register is right."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from rwaledger.chain.rpc import Node
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import SyncSummary, sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, Token, deploy_token, mine, one_block, register
from tests.mirror.books import assert_is_cold_sync, books, orphaned_events
from tests.mirror.process import sync_in_process
from tests.mirror.scenario import play

LATEST = Finality("latest")
_WRITERS = 3


def sync_of_its_own(database_url: str, node_url: str, blocks_max: int) -> SyncSummary:
    database = Database(database_url)
    try:
        return sync(database, Node(node_url), LATEST, blocks_max=blocks_max)
    finally:
        database.close()


def sync_in_threads(database_url: str, node: Node, blocks_max: int) -> list[SyncSummary]:
    with ThreadPoolExecutor(_WRITERS) as threads:
        return list(threads.map(partial(sync_of_its_own, database_url, node.url), [blocks_max] * _WRITERS))


def test_in_threads(
    database: Database, database_url: str, node: Node, token: Token, new_register: Callable[[], Database]
) -> None:
    play(token, seed=4, operations=60)
    register(database, token)

    summaries = sync_in_threads(database_url, node, blocks_max=3)

    assert_is_cold_sync(database, new_register(), token)
    content = books(database)
    assert sum(summary.events for summary in summaries) == len(content["events"])
    assert sum(summary.postings for summary in summaries) == len(content["postings"])


def test_in_processes(
    database: Database, database_url: str, node: Node, token: Token, new_register: Callable[[], Database]
) -> None:
    bond = deploy_token(node, "GRN28")
    bond.admit(A, B)
    play(token, seed=5, operations=30)
    play(bond, seed=6, operations=20)
    register(database, token, bond)

    running = [sync_in_process(database_url, node.url, blocks_max=2) for _ in range(_WRITERS)]

    assert [wait() for wait in running] == [0] * _WRITERS
    assert_is_cold_sync(database, new_register(), token, bond)


def test_after_a_reorganisation_only_one_rewinds(
    database: Database, database_url: str, node: Node, token: Token, new_register: Callable[[], Database]
) -> None:
    register(database, token)
    mine(node, 3)
    with one_block(node):
        token.send_unmined("transfer", B, 1, sender=A)
        token.send_unmined("transfer", B, 2, sender=A)
    sync(database, node, LATEST)
    node.request("anvil_reorg", [2, [[token.call("mint", B, 5), 1]]])
    mine(node, 5)

    summaries = sync_in_threads(database_url, node, blocks_max=1)

    assert [summary.rewound_blocks for summary in summaries if summary.rewound_blocks] == [2]
    assert len(orphaned_events(database)) == 2
    assert_is_cold_sync(database, new_register(), token)
