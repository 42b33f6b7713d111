"""C13: what a node leaves out, makes up or has reorganised shows in the blocks themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rwaledger.audit.reconcile import reconcile
from rwaledger.chain.executors import processes
from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import ChainMismatch
from rwaledger.domain.instruction import Line, Operation
from rwaledger.domain.reconciliation import Break, BreakClass, Outcome, Reconciliation, Value
from tests.audit import tampering
from tests.audit.world import ORDER, World
from tests.mirror.proxy import Proxy

Raw = dict[str, Any]

CORE = ("C01", "C02", "C03", "C04", "C05", "C11", "C12", "C13", "C16")
"""The checks that read the logs."""


def roots(found: Reconciliation) -> list[Break]:
    return [each for each in found.breaks if not each.follows_from]


def outcome(found: Reconciliation, check: str) -> Outcome:
    return next(result.outcome for result in found.results if result.check == check)


def changed(node: Node, method: str, change: Callable[[Any, list[Any]], Any]) -> Callable[[list[Any]], Any]:
    return lambda params: change(node.request(method, params), params)


def raw_log(world: World, place: tuple[int, int]) -> Raw:
    (found,) = [
        log
        for log in world.node.request("eth_getLogs", [{"fromBlock": hex(place[0]), "toBlock": hex(place[0])}])
        if int(log["logIndex"], 16) == place[1]
    ]
    assert isinstance(found, dict)
    return found


def words(log: Raw) -> str:
    return " ".join([*log["topics"], log["data"]])


@pytest.mark.parametrize("in_register", [True, False], ids=["register has it", "register lacks it"])
def test_a_log_that_the_node_leaves_out_is_named(world: World, in_register: bool) -> None:
    """And where the mirror has read from that node too, that the register lacks it is a finding of its own."""
    place = tampering.transfers(world)[3]
    log = raw_log(world, place)
    if not in_register:
        tampering.forget(world, place)
    with Proxy(world.node) as proxy:
        proxy.answer(
            "eth_getLogs",
            changed(world.node, "eth_getLogs", lambda logs, _: [each for each in logs if each != log]),
        )
        found = reconcile(world.database, proxy.node, checks=CORE)
    (c13,) = [each for each in roots(found) if each.check == "C13"]
    assert (c13.break_class, c13.instrument_id, c13.account) == (BreakClass.COVERAGE, "BIG", log["address"])
    assert c13.cause == "{}/{}".format(*place)
    assert f"block {place[0]}, log {place[1]}" in c13.summary
    assert (c13.left, c13.right) == (Value("receipts", words(log)), Value("logs of the node", "nothing"))
    assert {each.check for each in roots(found)} == ({"C13"} if in_register else {"C02", "C13"})


def test_a_log_that_the_node_makes_up_is_named(world: World) -> None:
    place = tampering.transfers(world)[3]
    log = raw_log(world, place)
    made_up = log | {"logIndex": hex(place[1] + 9)}

    def answer(logs: list[Raw], _: list[Any]) -> list[Raw]:
        return [*logs, made_up] if log in logs else logs

    with Proxy(world.node) as proxy:
        proxy.answer("eth_getLogs", changed(world.node, "eth_getLogs", answer))
        (root,) = roots(reconcile(world.database, proxy.node, checks=CORE))
    assert (root.check, root.break_class, root.cause) == ("C13", BreakClass.TAMPER, f"{place[0]}/{place[1] + 9}")
    assert (root.left.value, root.right.value) == ("nothing", words(made_up))


def test_a_log_that_the_node_tells_otherwise_is_named(world: World) -> None:
    place = tampering.transfers(world)[3]
    log = raw_log(world, place)
    other = log | {"data": "0x" + "00" * 31 + "07"}
    with Proxy(world.node) as proxy:
        proxy.answer(
            "eth_getLogs",
            changed(world.node, "eth_getLogs", lambda logs, _: [other if each == log else each for each in logs]),
        )
        (root,) = roots(reconcile(world.database, proxy.node, checks=CORE))
    assert (root.check, root.break_class, root.cause) == ("C13", BreakClass.TAMPER, "{}/{}".format(*place))
    assert (root.left.value, root.right.value) == (words(log), words(other))


def test_a_node_that_leaves_a_log_out_of_the_receipts_too_is_found_by_their_root(world: World) -> None:
    place = tampering.transfers(world)[3]
    log = raw_log(world, place)

    def without(receipts: list[Raw], _: list[Any]) -> list[Raw]:
        return [raw | {"logs": [each for each in raw["logs"] if words(each) != words(log)]} for raw in receipts]

    header = world.node.request("eth_getBlockByNumber", [hex(place[0]), False])
    with Proxy(world.node) as proxy:
        proxy.answer("eth_getBlockReceipts", changed(world.node, "eth_getBlockReceipts", without))
        (root,) = roots(reconcile(world.database, proxy.node, checks=CORE))
    assert (root.check, root.break_class, root.cause) == ("C13", BreakClass.TAMPER, f"block {place[0]} receipts")
    assert root.left == Value("header", header["receiptsRoot"])
    assert root.right.record == "receipts"


def test_a_receipt_that_cannot_be_read_is_no_receipt(world: World) -> None:
    number = tampering.transfers(world)[3][0]

    def damaged(receipts: list[Raw], params: list[Any]) -> list[Raw]:
        return [raw | {"logsBloom": "0xzz"} for raw in receipts] if params == [hex(number)] else receipts

    with Proxy(world.node) as proxy:
        proxy.answer("eth_getBlockReceipts", changed(world.node, "eth_getBlockReceipts", damaged))
        (root,) = roots(reconcile(world.database, proxy.node, checks=CORE))
    assert (root.check, root.cause) == ("C13", f"block {number} receipts")
    assert root.right.value.startswith("unreadable: ValueError")


def test_a_header_that_does_not_have_its_hash_is_named(world: World) -> None:
    number = tampering.transfers(world)[3][0]
    block = world.node.block(number)
    assert block is not None

    def older(raw: Raw, params: list[Any]) -> Raw:
        return raw | {"stateRoot": "0x" + "11" * 32} if params[0] == hex(number) else raw

    with Proxy(world.node) as proxy:
        proxy.answer("eth_getBlockByNumber", changed(world.node, "eth_getBlockByNumber", older))
        (root,) = roots(reconcile(world.database, proxy.node, checks=CORE))
    assert (root.check, root.break_class, root.cause) == ("C13", BreakClass.TAMPER, f"block {number} hash")
    assert root.left.value == f"named {block.hash}"
    assert root.right.value.startswith("recomputed 0x")


def test_a_node_that_gives_no_receipts_leaves_the_check_undone(world: World) -> None:
    with Proxy(world.node) as proxy:
        proxy.fail("eth_getBlockReceipts", -32601, "Method not found")
        found = reconcile(world.database, proxy.node, checks=CORE)
    (c13,) = [result for result in found.results if result.check == "C13"]
    assert c13.outcome is Outcome.NOT_RUN
    assert "Method not found" in c13.note
    assert not found.passed
    assert found.breaks == ()


def test_a_reorganisation_that_the_mirror_has_not_seen_is_one_finding(small_world: World) -> None:
    """With an instruction in the blocks that went: the register calls it carried out until it is rewound."""
    node = small_world.node
    small_world.sync()
    shared = node.head()
    small_world.issue("BIG", (small_world.holders[0], 5_000_000))
    small_world.operate(Operation.FREEZE_ACCOUNT, "BIG", Line(sender=small_world.holders[0]), order=ORDER)
    small_world.sync()
    old, depth = node.block(shared + 1), node.head() - shared
    node.request("anvil_reorg", [depth, []])
    new = node.block(shared + 1)
    assert old is not None
    assert new is not None
    found = reconcile(small_world.database, node, checks=CORE)
    (root,) = found.breaks
    assert (root.check, root.break_class, root.cause) == ("C13", BreakClass.TAMPER, f"block {shared + 1}")
    assert (root.left, root.right) == (Value("chain", new.hash), Value("register", old.hash))
    assert (root.instrument_id, root.account, root.holder_id) == ("", "", "")
    assert f"block {shared + 1} and {depth - 1} more" in root.summary
    assert found.pin.block_number == shared
    assert "register sync" in next(result.note for result in found.results if result.check == "C13")
    small_world.sync()
    assert outcome(reconcile(small_world.database, node, checks=CORE), "C13") is Outcome.PASS


def test_a_reorganisation_is_found_at_an_earlier_block_as_well(small_world: World) -> None:
    node = small_world.node
    node.request("anvil_mine", ["0x5"])
    small_world.sync()
    node.request("anvil_reorg", [2, []])
    found = reconcile(small_world.database, node, block=node.head() - 3, checks=CORE)
    assert [(each.check, each.cause) for each in found.breaks] == [("C13", f"block {node.head() - 1}")]
    assert found.pin.block_number == node.head() - 3


def test_a_register_that_shares_no_block_with_the_node_is_refused(small_world: World) -> None:
    with small_world.database.begin() as c:
        c.exec_driver_sql("UPDATE blocks SET hash = '0x' || substr(hash, 4) || '0'")
        c.exec_driver_sql("UPDATE checkpoints SET block_hash = '0x' || substr(block_hash, 4) || '0'")
    with pytest.raises(ChainMismatch, match="no block that the register keeps"):
        reconcile(small_world.database, small_world.node)


def test_blocks_that_are_examined_in_another_process_show_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rwaledger.chain.block_ranges.BLOCKS_IN_RANGE", 4)
    place = tampering.transfers(world)[3]
    log = raw_log(world, place)
    with Proxy(world.node) as proxy, processes(2) as pool:
        assert pool is not None
        proxy.answer(
            "eth_getLogs",
            changed(world.node, "eth_getLogs", lambda logs, _: [each for each in logs if each != log]),
        )
        alone = reconcile(world.database, proxy.node, checks=CORE)
        assert reconcile(world.database, proxy.node, checks=CORE, spread=replace(pool, least=0)) == alone
    assert "C13" in {each.check for each in roots(alone)}
