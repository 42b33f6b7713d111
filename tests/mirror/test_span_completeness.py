"""Logs that a node leaves out are missed by what the headers say of them; doubts go to the receipts, and no further."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import BrokenAnswer
from rwaledger.mirror.blooms import bloom_of, bloom_of_header, bloom_of_logs, is_sparse, names
from rwaledger.mirror.doubts import IncompleteAnswer, InconsistentAnswer
from rwaledger.mirror.finality import Finality
from rwaledger.mirror.sync import sync
from rwaledger.registry.database import Database
from tests.mirror.asset_token import A, B, C, Token, deploy_token, mine, one_block, register, word
from tests.mirror.books import assert_agrees_with_chain, books
from tests.mirror.faults import LOGS, Fault, on_results
from tests.mirror.proxy import Proxy

LATEST = Finality("latest")
RECEIPTS = "eth_getBlockReceipts"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rwaledger.mirror.sync._PAUSE_S", 0)


@pytest.fixture
def other(node: Node, token: Token) -> Token:
    """A contract that is not in the register, and shares blocks with one that is."""
    made = deploy_token(node, "OTHER")
    made.admit(A, B)
    for units in range(4):
        with one_block(node):
            made.send_unmined("mint", A, units)
            token.send_unmined("transfer", B, units, sender=A)
            token.send_unmined("transfer", C, units, sender=A)
        made.send("mint", B, units)
        token.send("transfer", B, 5, sender=A)
    return made


def synced(database: Database, node: Node, **faults: Callable[[list[Any], Any], Any]) -> int:
    """How often receipts were asked for in a sync; `faults` change the results of methods."""
    asked = 0

    def count(method: str, _params: list[Any]) -> None:
        nonlocal asked
        asked += method == RECEIPTS

    def spoil(requests: list[dict[str, Any]], replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for method, change in faults.items():
            replies = on_results(method, change)(requests, replies)
        return replies

    with Proxy(node) as proxy:
        proxy.before = count
        proxy.inject(Fault("spoilt", spoil=spoil))
        sync(database, proxy.node, LATEST)
    return asked


def test_a_bloom_is_that_of_the_header(node: Node, token: Token, other: Token) -> None:
    addresses = [token.address, other.address]
    for block in node.blocks(0, node.head()):
        bloom = bloom_of_header(block.logs_bloom) or 0
        assert bloom == bloom_of_logs(node.logs(addresses, block.number, block.number))
    assert names(bloom, [token.address])
    assert not names(bloom, [other.address])
    assert is_sparse(bloom)
    assert not is_sparse((1 << 2048) - 1)
    assert bloom_of_header("0x") is None


def test_where_a_contract_has_its_chain_to_itself_no_receipts_are_read(
    sqlite: Database, node: Node, token: Token
) -> None:
    register(sqlite, token)
    mine(node, 3)
    assert synced(sqlite, node) == 0
    assert_agrees_with_chain(sqlite, token)


def test_where_it_shares_its_chain_one_block_is_read(sqlite: Database, node: Node, token: Token, other: Token) -> None:
    register(sqlite, token)
    assert synced(sqlite, node) == 1
    assert_agrees_with_chain(sqlite, token)
    assert other.address not in {event[6] for event in books(sqlite)["events"]}


def without_the_last_block(params: list[Any], logs: list[Any]) -> list[Any]:
    return [log for log in logs if log["blockNumber"] != logs[-1]["blockNumber"]]


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_block_of_which_the_logs_are_left_out_is_named(
    sqlite: Database, node: Node, token: Token, is_shared: bool, request: pytest.FixtureRequest
) -> None:
    if is_shared:
        request.getfixturevalue("other")
    register(sqlite, token)
    with pytest.raises(IncompleteAnswer, match=rf"log 0 of block \d+, of {token.address}, is not given"):
        synced(sqlite, node, **{LOGS: without_the_last_block})


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_log_left_out_of_a_block_is_named(
    sqlite: Database, node: Node, token: Token, new_register: Callable[[], Database], left_out: int
) -> None:
    """Where the chain is the contract's alone; otherwise `register verify` finds it."""
    with one_block(node):
        token.send_unmined("transfer", B, 1, sender=A)
        token.send_unmined("transfer", C, 2, sender=A)
    register(sqlite, token)
    head = hex(node.head())

    def without_one(params: list[Any], logs: list[Any]) -> list[Any]:
        return [log for log in logs if (log["blockNumber"], log["logIndex"]) != (head, hex(left_out))]

    with pytest.raises(IncompleteAnswer, match=rf"log {left_out} of block {node.head()}, of {token.address}, is not"):
        synced(sqlite, node, **{LOGS: without_one})


@pytest.mark.parametrize(
    ("receipts", "reason"),
    [
        (lambda receipts: None, "does not have the receipts of block"),
        (lambda receipts: [], "not those of its header"),
        (lambda receipts: [{}], "cannot be read"),
        (lambda receipts: "receipts", "cannot be read"),
        (
            lambda receipts: [receipts[0] | {"logs": receipts[0]["logs"][1:]}, *receipts[1:]],
            "are not those of its head",
        ),
    ],
    ids=["null", "none", "empty", "a text", "one log less"],
)
def test_receipts_that_prove_nothing_are_refused(
    sqlite: Database, node: Node, token: Token, other: Token, receipts: Callable[[Any], Any], reason: str
) -> None:
    register(sqlite, token)
    with pytest.raises((InconsistentAnswer, BrokenAnswer), match=reason):
        synced(sqlite, node, **{RECEIPTS: lambda _params, found: receipts(found)})
    assert not books(sqlite)["events"]


def test_a_node_without_receipts_says_what_it_lacks(sqlite: Database, node: Node, token: Token, other: Token) -> None:
    register(sqlite, token)
    with Proxy(node) as proxy:
        proxy.fail(RECEIPTS, -32601, "the method does not exist")
        with pytest.raises(InconsistentAnswer, match=r"names logs that(?s:.*)Sync from a node that gives receipts"):
            sync(sqlite, proxy.node, LATEST)


def test_a_bloom_that_names_a_contract_by_chance_is_no_fault(
    sqlite: Database, node: Node, token: Token, other: Token
) -> None:
    """Three topics of another contract that happen to set the three bits of ours."""
    register(sqlite, token)
    other.emit(list(_topics_that_look_like(token.address)), word(0))
    mine(node, 1)
    (block,) = node.blocks(node.head() - 1, node.head() - 1)
    bloom = bloom_of_header(block.logs_bloom)
    assert bloom is not None
    assert names(bloom, [token.address])

    assert synced(sqlite, node) == 2
    assert_agrees_with_chain(sqlite, token)


def _topics_that_look_like(address: str) -> Iterator[str]:
    bits = bloom_of(address)
    while bits:
        bit = bits & -bits
        yield next(topic for topic in map(word, itertools.count(1)) if bloom_of(topic) & bit)
        bits ^= bit
