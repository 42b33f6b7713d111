"""Several mirrors share the contracts of one register on PostgreSQL: each reads its part, and together all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from typing_extensions import override

from rwaledger.chain.rpc import Node
from rwaledger.mirror import sharing
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import SyncSummary, sync
from rwaledger.mirror.watcher import Batch, Watcher
from rwaledger.registry import ledger
from rwaledger.registry.claims import claims
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, Token, deploy_token, register
from tests.mirror.books import assert_is_cold_sync, books
from tests.mirror.scenario import play

LATEST = Finality("latest")
SYMBOLS = ("HKDS", "GRN28", "HKMM", "CBAR")


@pytest.fixture
def shared(empty_postgres_url: str, tokens: list[Token]) -> Iterator[Database]:
    """A register that knows four instruments, and has read nothing of them."""
    with closing(Database(empty_postgres_url)) as database:
        database.migrate()
        register(database, *tokens)
        yield database


@pytest.fixture
def tokens(node: Node) -> list[Token]:
    """Four instruments with a history in the same blocks."""
    found = [deploy_token(node, symbol) for symbol in SYMBOLS]
    for seed, token in enumerate(found):
        token.admit(A, B)
        play(token, seed=seed, operations=15)
    return found


class UntilOthersAreAwaited(Watcher):
    """Ends a sync when it has done what it can, and notes where each contract stood."""

    def __init__(self, database: Database, chain_id: int) -> None:
        self.database, self.chain_id = database, chain_id
        self.reached: dict[str, int] = {}

    @override
    def waited(self) -> None:
        with self.database.read() as c:
            self.reached = {each.address: each.block_number for each in ledger.checkpoints(c, self.chain_id)}
        raise Awaited


class Awaited(Exception):
    """There is nothing left that others do not work on."""


def test_each_takes_a_fair_part_and_waits_for_the_rest(shared: Database, tokens: list[Token]) -> None:
    node = tokens[0].node
    watcher = UntilOthersAreAwaited(shared, node.chain_id)
    everything = [token.address for token in tokens]
    with claims(shared, node.chain_id) as other, claims(shared, node.chain_id), other.taken(everything) as others:
        assert len(others) == 2
        with pytest.raises(Awaited):
            sync(shared, node, LATEST, watcher=watcher)
    assert watcher.reached == {token.address: node.head() for token in tokens if token.address not in others}


def test_who_is_alone_lets_go_when_another_joins(shared: Database, tokens: list[Token]) -> None:
    node = tokens[0].node
    with claims(shared, node.chain_id) as other:
        seen: list[frozenset[str]] = []

        class Joiner(Watcher):
            """Once the first batch is there, asks for everything, as another mirror would."""

            @override
            def applied(self, batch: Batch) -> None:
                with other.taken([token.address for token in tokens]) as taken:
                    seen.append(taken)

        sync(shared, node, LATEST, blocks_max=4, watcher=Joiner())
    assert max(map(len, seen)) == 2


def test_two_at_once_come_to_what_one_comes_to(
    shared: Database, empty_postgres_url: str, tokens: list[Token], new_register: Callable[[], Database]
) -> None:
    node = tokens[0].node

    def run(_: int) -> SyncSummary:
        with closing(Database(empty_postgres_url)) as database:
            return sync(database, Node(node.url), LATEST, blocks_max=3)

    with ThreadPoolExecutor(2) as threads:
        summaries = list(threads.map(run, range(2)))

    assert sum(summary.events for summary in summaries) == len(books(shared)["events"])
    assert_is_cold_sync(shared, new_register(), *tokens)


def test_a_claim_that_stands_still_is_not_awaited_for_ever(
    shared: Database, tokens: list[Token], monkeypatch: pytest.MonkeyPatch, new_register: Callable[[], Database]
) -> None:
    """As of a process that hangs: the checkpoint decides, not the claim."""
    monkeypatch.setattr(sharing, "PATIENCE_S", 0.5)
    node = tokens[0].node
    with claims(shared, node.chain_id) as hanging, hanging.taken([token.address for token in tokens]) as all_of_them:
        assert len(all_of_them) == len(tokens)
        sync(shared, node, LATEST)
    assert_is_cold_sync(shared, new_register(), *tokens)
