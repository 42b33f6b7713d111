"""Finality: what a setting means, and which block it leads to."""

from __future__ import annotations

import pytest

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import SettingsError
from rwaledger.mirror.finality import Finality
from tests.mirror.asset_token import mine
from tests.mirror.proxy import Proxy


@pytest.mark.parametrize("text", ["latest", "safe", "finalized", "0", "12"])
def test_a_finality_reads_as_it_prints(text: str) -> None:
    assert str(Finality.parse(text)) == text


@pytest.mark.parametrize("text", ["", "pending", "earliest", "Latest", "-1", "1.5", "1_000", "\u00b2", "\u0661"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="finality"):
        Finality.parse(text)


def test_each_finality_has_its_block(node: Node) -> None:
    mine(node, 20)
    blocks = {text: Finality.parse(text).target_block(node) for text in ("latest", "0", "safe", "finalized", "12")}
    assert blocks == {"latest": 20, "0": 20, "safe": 19, "finalized": 18, "12": 8}


def test_a_chain_younger_than_the_depth_has_its_first_block(node: Node) -> None:
    mine(node, 3)
    assert Finality.parse("12").target_block(node) == 0


def test_a_tag_above_the_head_is_held_to_the_head(node: Node) -> None:
    """As two nodes behind one address may answer."""
    mine(node, 5)
    with Proxy(node) as proxy:
        proxy.answer("eth_blockNumber", lambda _: "0x4")
        assert Finality.parse("latest").target_block(proxy.node) == 4


def test_a_node_that_answers_a_tag_with_null_says_what_to_set(node: Node) -> None:
    with Proxy(node) as proxy:
        proxy.answer("eth_getBlockByNumber", lambda _: None)
        with pytest.raises(SettingsError, match=r"no finalized block(?s:.*)depth in blocks"):
            Finality.parse("finalized").target_block(proxy.node)


def test_a_node_that_refuses_a_tag_says_what_to_set(node: Node) -> None:
    with Proxy(node) as proxy:
        proxy.fail("eth_getBlockByNumber", -39001, "safe block not found")
        with pytest.raises(SettingsError, match=r"no safe block: safe block not found(?s:.*)depth in blocks"):
            Finality.parse("safe").target_block(proxy.node)
