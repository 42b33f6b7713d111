"""What a node means by a refusal is known by its words, and done: ask for less, wait, ask again, or stop."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rwaledger.chain.refusals import is_busy, is_limit, suggested_blocks
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import NodeBusy, NodeError
from rwaledger.mirror.fetch import BLOCKS_AT_FIRST
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import Token, mine, register
from tests.mirror.books import assert_agrees_with_chain
from tests.mirror.faults import Fault, refusing, status
from tests.mirror.proxy import Proxy
from tests.mirror.refusals import BUSY, FINAL, LIMITS, NO_NODE, PASSING, Refusal

LATEST = Finality("latest")
_EITHER = {"geth: order"}
"""Said of a node that lags, in words that could be those of a limit: asking for less does no harm."""


def name_of(refusal: Refusal) -> str:
    return refusal.who


def error(refusal: Refusal) -> NodeError:
    return NodeError("eth_getLogs", refusal.code, refusal.message)


@pytest.mark.parametrize("refusal", LIMITS, ids=name_of)
def test_a_limit_is_known(refusal: Refusal) -> None:
    assert is_limit(error(refusal))
    assert not is_busy(refusal.code, refusal.message)


@pytest.mark.parametrize("refusal", BUSY, ids=name_of)
def test_a_busy_node_is_known(refusal: Refusal) -> None:
    assert is_busy(refusal.code, refusal.message)
    assert not is_limit(error(refusal))


@pytest.mark.parametrize("refusal", [*PASSING, *FINAL, *NO_NODE], ids=name_of)
def test_other_refusals_are_neither(refusal: Refusal) -> None:
    assert not is_busy(refusal.code, refusal.message)
    assert refusal in NO_NODE or refusal.who in _EITHER or not is_limit(error(refusal))


@pytest.mark.parametrize(
    ("message", "blocks"),
    [
        ("this block range should work: [0x1180fca, 0x1180fd3]. Upgrade", 10),
        ("Try with this block range [0x1, 0x1].", 1),
        ("query exceeds max results 20000, retry with the range 24383075-24383096", 22),
        ("this block range should work: [0x5, 0x1]", 0),
        ("block range is too wide", 0),
        ("." * 10_000 + "[0x1, 0x5]", 0),
    ],
)
def test_a_suggested_range_is_read(message: str, blocks: int) -> None:
    assert suggested_blocks(message) == blocks


def test_a_suggested_range_is_asked_for(sqlite: Database, node: Node, token: Token) -> None:
    """Once the node has named it; without it, four questions would have been asked in vain."""
    mine(node, 40)
    register(sqlite, token)
    asked = []

    def refuse_more_than_two(method: str, params: list[dict[str, str]]) -> None:
        if method == "eth_getLogs":
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            asked.append(last - first + 1)
            if asked[-1] > 2:
                raise NodeError(method, -32600, f"this block range should work: [{first:#x}, {first + 1:#x}]")

    with Proxy(node) as proxy:
        proxy.before = refuse_more_than_two
        sync(sqlite, proxy.node, LATEST)
    assert asked[:2] == [BLOCKS_AT_FIRST, 2]
    assert_agrees_with_chain(sqlite, token)


def test_a_node_is_left_alone_for_as_long_as_it_asks(sqlite: Database, node: Node, token: Token) -> None:
    register(sqlite, token)
    with Proxy(node, attempts=2) as proxy:
        proxy.inject(Fault("429", send=status(429, {"Retry-After": "1"})), times=1)
        began = time.monotonic()
        sync(sqlite, proxy.node, LATEST)
        assert time.monotonic() - began >= 1
    assert_agrees_with_chain(sqlite, token)


def test_a_node_that_asks_for_more_time_than_we_have_is_left(node: Node) -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    with Proxy(node, attempts=2) as proxy:
        proxy.inject(Fault("429", send=status(429, {"Retry-After": tomorrow})))
        with pytest.raises(NodeBusy, match=r"asks for fewer requests: HTTP 429(?s:.*)Wait") as busy:
            proxy.node.head()
    assert 86_000 < busy.value.wait_s <= 86_400


def test_one_refusal_in_a_batch_has_the_batch_asked_again(node: Node) -> None:
    mine(node, 3)
    busy = next(refusal for refusal in BUSY if refusal.who == "Alchemy: in a batch")
    with Proxy(node, attempts=2) as proxy:
        proxy.inject(refusing("busy", busy, "eth_getBlockByNumber"), times=1)
        assert [block.number for block in proxy.node.blocks(0, 3)] == [0, 1, 2, 3]
