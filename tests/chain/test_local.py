"""A local node keeps its state, is found again, and stops."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rwaledger.chain.local import fund, local_node, mine, require_local, running_node, start_node, stop_node
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import AuthorisationError, NodeUnreachable, RwaledgerError

SOMEBODY = "0x" + "ab" * 20


def balance(node: Node, block: str = "latest") -> int:
    return int(node.request("eth_getBalance", [SOMEBODY, block]), 16)


def test_state_and_history_outlive_a_restart(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        genesis = node.genesis_hash
        mine(node, 3)
        fund(node, SOMEBODY, 7)
        mine(node, 1)
        hashes = [block.hash for block in node.blocks(0, 4)]

    with local_node(tmp_path) as again:
        assert again.genesis_hash == genesis
        assert [block.hash for block in again.blocks(0, 4)] == hashes
        assert (balance(again), balance(again, "0x2")) == (7, 0)


def test_the_genesis_stays_the_same_through_many_restarts(tmp_path: Path) -> None:
    """And the clock goes on: anvil would take it from the genesis again."""
    seen = set()
    times: list[int] = []
    for _ in range(6):
        with local_node(tmp_path) as node:
            mine(node, 1)
            seen.add(node.genesis_hash)
            latest = node.block("latest")
            assert latest is not None
            times.append(latest.timestamp)
        time.sleep(1.1)
    assert len(seen) == 1
    assert times == sorted(times)
    assert abs(times[-1] - time.time()) < 10


def test_a_damaged_record_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "node.json").write_text("{}")
    with pytest.raises(RwaledgerError, match="is damaged"):
        running_node(tmp_path)


def test_starting_twice_finds_the_one_that_runs(tmp_path: Path) -> None:
    first = start_node(tmp_path)
    try:
        assert start_node(tmp_path) == first
        assert running_node(tmp_path) == first
    finally:
        assert stop_node(tmp_path) == first
    assert running_node(tmp_path) is None
    assert stop_node(tmp_path) is None
    with pytest.raises(NodeUnreachable):
        Node(first.url, attempts=1).head()


def test_a_port_that_is_taken_is_an_error_with_the_reason(tmp_path: Path) -> None:
    with local_node(tmp_path / "one") as node:
        port = int(node.url.rsplit(":", 1)[1])
        with pytest.raises(RwaledgerError, match=f"port {port} .* is in use"):
            start_node(tmp_path / "two", port)


def test_dev_powers_are_for_local_nodes_only(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        require_local(node)
        node.request("anvil_setChainId", [1])
        with pytest.raises(AuthorisationError, match=r"chain 1\) is no local node"):
            require_local(Node(node.url))
