"""A reorganisation is met: what it took out leaves the register, and what it put in comes in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import NodeError, RegisterConflict
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.mirror.watcher import Batch
from rwaledger.registry import audit_log
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, C, Token, deploy_token, mine, one_block, register
from tests.mirror.books import (
    assert_agrees_with_chain,
    assert_is_cold_sync,
    books,
    checkpoint_number,
    everything,
    orphaned_events,
)
from tests.mirror.proxy import Proxy
from tests.mirror.watching import EachBatch

LATEST = Finality("latest")
_REQUESTS_OF_IDENTITY = 4
"""What a sync asks before it looks at a checkpoint: chain id, genesis, deployment block and code."""
NewRegister = Callable[[], Database]


def reorganise(node: Node, depth: int, *calls: tuple[dict[str, str], int]) -> None:
    """Replaces the last `depth` blocks by as many, which hold the calls: each with its block, counted from 0."""
    node.request("anvil_reorg", [depth, [list(call) for call in calls]])


def traffic(token: Token, blocks: int = 3) -> None:
    """Moves and freezes, a block each."""
    for number in range(blocks):
        with one_block(token.node):
            token.send_unmined("transfer", B, 10 + number, sender=A)
            token.send_unmined("transfer", C, 5, sender=B)
            token.send_unmined("setFrozenTokens", B, number + 1)
            token.send_unmined("mint", C, 1)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("replaced", [False, True])
def test_blocks_taken_out_leave_the_register(
    database: Database, node: Node, token: Token, new_register: NewRegister, depth: int, replaced: bool
) -> None:
    register(database, token)
    traffic(token)
    sync(database, node, LATEST)
    head, events_before = node.head(), len(books(database)["events"])
    calls = [
        (token.call("transfer", C, 7, sender=A), 0),
        (token.call("setSuspended", C, True), depth - 1),
        (token.call("admit", [(C, 36, 4, 25_000)]), depth - 1),
    ]
    reorganise(node, depth, *(calls if replaced else []))
    assert node.head() == head

    summary = sync(database, node, LATEST)

    assert (summary.rewound_blocks, summary.blocks, summary.events) == (depth, depth, 3 if replaced else 0)
    assert_is_cold_sync(database, new_register(), token)
    assert len(orphaned_events(database)) == 5 * depth
    assert len(books(database)["events"]) == events_before - 5 * depth + summary.events
    assert sync(database, node, LATEST).rewound_blocks == 0


def test_what_was_taken_out_is_kept_for_the_auditor(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    traffic(token, blocks=1)
    sync(sqlite, node, LATEST)
    was = [event for event in books(sqlite)["events"] if event[1] == node.head()]
    reorganise(node, 1)
    sync(sqlite, node, LATEST)

    orphans = orphaned_events(sqlite)
    assert [tuple(orphan)[1:11] for orphan in orphans] == was
    new_head = node.block("latest")
    assert new_head is not None
    assert {orphan.replaced_by_block_hash for orphan in orphans} == {new_head.hash}
    with sqlite.read() as connection:
        (entry,) = audit_log.entries(connection, action="rewind")
    assert (entry.actor, entry.subject) == ("mirror", f"{node.chain_id}/{token.address}")
    assert (entry.detail["from_block"], entry.detail["to_block"]) == (node.head(), node.head() - 1)


def test_a_longer_chain_in_place_of_the_old(
    sqlite: Database, node: Node, token: Token, new_register: NewRegister
) -> None:
    register(sqlite, token)
    traffic(token)
    sync(sqlite, node, LATEST)
    node.request("anvil_rollback", [3])
    mine(node, 1)
    traffic(token, blocks=5)

    summary = sync(sqlite, node, LATEST)

    assert (summary.rewound_blocks, summary.blocks) == (3, 6)
    assert_is_cold_sync(sqlite, new_register(), token)


def test_reorganised_again_and_again(sqlite: Database, node: Node, token: Token, new_register: NewRegister) -> None:
    register(sqlite, token)
    traffic(token)
    for units, depth in enumerate([3, 1, 2, 3, 2], start=1):
        sync(sqlite, node, LATEST)
        reorganise(node, depth, (token.call("transfer", B, units, sender=A), 0))
    sync(sqlite, node, LATEST)
    assert_is_cold_sync(sqlite, new_register(), token)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_at_the_edge_of_a_batch(
    sqlite: Database, node: Node, token: Token, new_register: NewRegister, depth: int
) -> None:
    """The fork is above, at and below the end of a batch of two blocks; the sync goes on behind it."""
    register(sqlite, token)
    edge = node.head()
    traffic(token, blocks=2)
    sync(sqlite, node, LATEST, until=edge)
    sync(sqlite, node, LATEST, blocks_max=2)
    reorganise(node, depth)
    traffic(token)
    assert sync(sqlite, node, LATEST, blocks_max=2).rewound_blocks == depth
    assert_is_cold_sync(sqlite, new_register(), token)


def test_above_the_checkpoint_nothing_is_rewound(
    sqlite: Database, node: Node, token: Token, new_register: NewRegister
) -> None:
    register(sqlite, token)
    sync(sqlite, node, LATEST)
    traffic(token)
    reorganise(node, 3)
    summary = sync(sqlite, node, LATEST)
    assert (summary.rewound_blocks, summary.blocks) == (0, 3)
    assert_is_cold_sync(sqlite, new_register(), token)


def test_the_limit_is_the_deepest_that_is_taken_back(
    database: Database, node: Node, token: Token, new_register: NewRegister
) -> None:
    register(database, token)
    traffic(token, blocks=6)
    sync(database, node, LATEST)
    reorganise(node, 5)
    before = everything(database)

    with pytest.raises(RegisterConflict, match=r"part below block \d+(?s:.*)larger --rewind-limit"):
        sync(database, node, LATEST, rewind_limit=4)
    assert everything(database) == before

    assert sync(database, node, LATEST, rewind_limit=5).rewound_blocks == 5
    assert_is_cold_sync(database, new_register(), token)


@pytest.mark.parametrize(("depth", "accepted"), [(64, True), (65, False)])
def test_the_limit_is_64_blocks(sqlite: Database, node: Node, token: Token, depth: int, accepted: bool) -> None:
    register(sqlite, token)
    mine(node, 70)
    sync(sqlite, node, LATEST)
    reorganise(node, depth)
    if accepted:
        assert sync(sqlite, node, LATEST).rewound_blocks == depth
    else:
        with pytest.raises(RegisterConflict, match="without a person's decision"):
            sync(sqlite, node, LATEST)


def test_the_whole_of_a_young_register(sqlite: Database, node: Node, token: Token, new_register: NewRegister) -> None:
    """Back to the very block of the deployment, which is the lowest that it has."""
    register(sqlite, token)
    traffic(token)
    sync(sqlite, node, LATEST)
    depth = node.head() - token.instrument.deploy_block
    reorganise(node, depth)
    assert sync(sqlite, node, LATEST).rewound_blocks == depth
    assert_is_cold_sync(sqlite, new_register(), token)


@pytest.mark.parametrize("depth", [2, 4])
def test_contracts_at_different_checkpoints(
    database: Database, node: Node, token: Token, new_register: NewRegister, depth: int
) -> None:
    """One that has not come as far as the fork stays where it is."""
    bond = deploy_token(node, "GRN28")
    bond.admit(A, B)
    bond.send("mint", A, 5)
    traffic(token, blocks=5)
    register(database, token)
    sync(database, node, LATEST)
    register(database, bond)
    with pytest.raises(_Stopped):
        sync(
            database, node, LATEST, watcher=EachBatch(_stop), blocks_max=node.head() - 2 - bond.instrument.deploy_block
        )
    assert checkpoint_number(database, bond) == node.head() - 3
    reorganise(node, depth, (bond.call("mint", B, 1), 0), (bond.call("mint", A, 1), depth - 1))

    assert sync(database, node, LATEST).rewound_blocks == depth
    assert_is_cold_sync(database, new_register(), token, bond)


def test_below_the_target_the_register_stops_there(
    sqlite: Database, node: Node, token: Token, new_register: NewRegister
) -> None:
    """With more finality than before, blocks that are not final do not come back."""
    register(sqlite, token)
    traffic(token, blocks=4)
    sync(sqlite, node, LATEST)
    reorganise(node, 3)
    assert sync(sqlite, node, Finality("", 5)).rewound_blocks == 3
    assert checkpoint_number(sqlite, token) == node.head() - 3
    assert_agrees_with_chain(sqlite, token)
    sync(sqlite, node, LATEST)
    assert_is_cold_sync(sqlite, new_register(), token)


def test_the_replacement_is_fetched_before_anything_is_taken_back(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    traffic(token)
    sync(sqlite, node, LATEST)
    reorganise(node, 2)
    before = everything(sqlite)
    with Proxy(node) as proxy:
        proxy.fail("eth_getLogs", -32000, "internal error")
        with pytest.raises(NodeError, match="internal error"):
            sync(sqlite, proxy.node, LATEST)
    assert everything(sqlite) == before


@pytest.mark.parametrize("requests_later", [0, 1])
def test_blocks_that_lose_their_events_between_headers_and_logs(
    sqlite: Database, node: Node, token: Token, new_register: NewRegister, requests_later: int
) -> None:
    """No log is left that would show another block hash; the headers alone do."""
    register(sqlite, token)
    traffic(token, blocks=2)
    with Proxy(node) as proxy:
        proxy.before = trigger = _Trigger(partial(reorganise, node, 2), requests_later, first="eth_getLogs")
        sync(sqlite, proxy.node, LATEST)
    assert trigger.happened
    assert_is_cold_sync(sqlite, new_register(), token)


def test_a_reorganisation_at_any_request_of_a_sync(node: Node, token: Token, new_register: NewRegister) -> None:
    """However the chain changes under a sync, the register holds one chain, and in the end the one that stays."""
    move, other = token.call("transfer", B, 1, sender=A), token.call("mint", C, 1)
    for at in itertools.count(_REQUESTS_OF_IDENTITY):
        database = new_register()
        register(database, token)
        for _ in range(4):
            node.request("eth_sendTransaction", [move])
        sync(database, node, LATEST, until=node.head() - 2)
        with Proxy(node) as proxy:
            proxy.before = trigger = _Trigger(partial(reorganise, node, 3, (other, 0), (move, 2)), at)
            assert sync(database, proxy.node, LATEST, blocks_max=1).rewound_blocks <= 3
        sync(database, node, LATEST)
        assert_is_cold_sync(database, new_register(), token)
        if not trigger.happened:
            break
    assert at > 2 * _REQUESTS_OF_IDENTITY


class _Trigger:
    """Acts once, before the request number `at`, counted from 0 at the first request of the method `first`."""

    def __init__(self, action: Callable[[], Any], at: int, first: str = "") -> None:
        self._action, self._left, self._first = action, at, first

    @property
    def happened(self) -> bool:
        return self._left < 0

    def __call__(self, method: str, _params: list[Any]) -> None:
        if self._first in ("", method):
            self._first = ""
            if self._left == 0:
                self._action()
            self._left -= 1


class _Stopped(Exception):
    pass


def _stop(_batch: Batch) -> None:
    raise _Stopped
