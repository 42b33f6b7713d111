"""What is read ahead comes in its order, never holds up what is there, and is thrown away where the chain parts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.block import Block
from rwaledger.mirror.ahead import SOON_S, Ahead
from rwaledger.mirror.decode import Decoded
from rwaledger.mirror.doubts import InconsistentAnswer
from rwaledger.mirror.fetch import Span
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, C, Token, one_block, register
from tests.mirror.books import assert_agrees_with_chain, books, checkpoint_number
from tests.mirror.proxy import Proxy
from tests.mirror.test_validate import header, log
from tests.mirror.watching import EachBatch

LATEST = Finality("latest")


def spans_of(blocks: int, asked: list[tuple[int, str]], last: int = 40) -> Callable[[int, str], Decoded]:
    """Gives so many blocks at once, two logs in each, and notes what it was asked for."""

    def read(first: int, anchor_hash: str) -> Decoded:
        asked.append((first, anchor_hash))
        end = min(first + blocks - 1, last)
        headers: tuple[Block, ...] = tuple(header(number) for number in range(first - 1, end + 1))
        logs = tuple(log(number, index) for number in range(first, end + 1) for index in (0, 1))
        return Decoded(Span(first, end, frozenset(), headers, logs))

    return read


def places(batch: list[Decoded]) -> list[tuple[int, int]]:
    return [(each.span.first, each.span.last) for each in batch]


def test_each_span_is_asked_for_behind_the_last_block_of_the_one_before() -> None:
    asked: list[tuple[int, str]] = []
    with Ahead(spans_of(15, asked), 1, 40, "0xgenesis") as spans:
        found = []
        while not spans.is_done:
            found.append(spans.take())
    assert places(found) == [(1, 15), (16, 30), (31, 40)]
    assert asked == [(1, "0xgenesis"), (16, header(15).hash), (31, header(30).hash)]


@pytest.mark.parametrize(
    ("blocks_max", "logs_max", "batches"),
    [
        (40, 80, [4]),
        (20, 80, [2, 2]),
        (19, 80, [1, 1, 1, 1]),
        (40, 60, [3, 1]),
        (1, 1, [1, 1, 1, 1]),
    ],
)
def test_a_batch_has_as_many_spans_as_fit(blocks_max: int, logs_max: int, batches: list[int]) -> None:
    with Ahead(spans_of(10, []), 1, 40, "") as spans:
        found = []
        while not spans.is_done:
            found.append(len(list(spans.take_with(blocks_max, logs_max, 60))))
    assert found == batches


def test_a_batch_does_not_wait_for_a_slow_node() -> None:
    asked: list[tuple[int, str]] = []
    go_on, read = threading.Event(), spans_of(10, asked)

    def slow(first: int, anchor_hash: str) -> Decoded:
        if first == 21:
            go_on.wait(60)
        return read(first, anchor_hash)

    with Ahead(slow, 1, 40, "") as spans:
        assert places(list(spans.take_with(100, 100, 60))) == [(1, 10), (11, 20)]
        go_on.set()
        assert places(list(spans.take_with(100, 100, 60))) == [(21, 30), (31, 40)]
    assert SOON_S < 1


def test_a_batch_that_has_taken_its_time_takes_no_more() -> None:
    with Ahead(spans_of(10, []), 1, 40, "") as spans:
        assert places(list(spans.take_with(100, 100, -1))) == [(1, 10)]


def test_what_cannot_be_read_stops_nothing_that_goes_before_it() -> None:
    read = spans_of(10, [])

    def broken(first: int, anchor_hash: str) -> Decoded:
        if first == 21:
            raise InconsistentAnswer("something")
        return read(first, anchor_hash)

    with Ahead(broken, 1, 40, "") as spans:
        assert places(list(spans.take_with(100, 100, 60))) == [(1, 10), (11, 20)]
        with pytest.raises(InconsistentAnswer, match="something"):
            next(spans.take_with(100, 100, 60))


def test_leaving_waits_for_what_is_being_read() -> None:
    began, ended = threading.Event(), threading.Event()
    read = spans_of(10, [])

    def slow(first: int, anchor_hash: str) -> Decoded:
        if first == 11:
            began.set()
            ended.wait(0.1)
            ended.set()
        return read(first, anchor_hash)

    with Ahead(slow, 1, 40, "") as spans:
        spans.take()
        assert began.wait(60)
    assert ended.is_set()


@pytest.mark.parametrize("depth", [2, 6, 9], ids=["in what waits", "in both", "below both"])
def test_what_was_read_ahead_is_thrown_away_when_the_chain_parts(
    database: Database, node: Node, token: Token, new_register: Callable[[], Database], depth: int
) -> None:
    """The reorganisation comes as soon as a first span is written, with the one behind it read or being read."""
    for number in range(12):
        with one_block(node):
            token.send_unmined("transfer", B, 1 + number, sender=A)
            token.send_unmined("setFrozenTokens", C, number)
    head = node.head()
    register(database, token)
    sync(database, node, LATEST, until=head - 8)
    batches = []

    def reorganise(_batch: Any) -> None:
        batches.append(checkpoint_number(database, token))
        if len(batches) == 1:
            new = [[token.call("mint", C, 77), 0], [token.call("mint", B, 5), depth - 1]]
            node.request("anvil_reorg", [depth, new])

    with Proxy(node, attempts=2) as proxy:
        sync(database, proxy.node, LATEST, blocks_max=4, watcher=EachBatch(reorganise))
    assert batches[0] == head - 4
    assert checkpoint_number(database, token) == node.head()
    assert_agrees_with_chain(database, token)
    cold = new_register()
    register(cold, token)
    sync(cold, node, LATEST)
    assert {**books(database), "checkpoints": []} == {**books(cold), "checkpoints": []}
