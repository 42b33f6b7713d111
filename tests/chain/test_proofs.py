"""Headers, receipts, transactions and proofs of a real node recompute to the hashes that the chain holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account

from rwaledger.chain.bodies import block_bodies, encode_receipt, logs_of_receipts, receipts_of
from rwaledger.chain.executors import processes
from rwaledger.chain.headers import header_rlp, headers
from rwaledger.chain.keys import dev_signer
from rwaledger.chain.local import local_node
from rwaledger.chain.proofs import SLOTS_AT_A_TIME, account_proof
from rwaledger.chain.rpc import Node
from rwaledger.chain.state import total_supply
from rwaledger.chain.tries import EMPTY_ROOT, keccak, ordered_root
from rwaledger.domain.errors import NodeUnreachable
from rwaledger.registry import instruments
from tests.mirror.proxy import Proxy
from tests.played import Played

STORE = "0x602a60005560015460005260206000a0"
"""Stores 42 at slot 0 and emits a log without a topic."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with local_node(tmp_path_factory.mktemp("proofs")) as found:
        yield found


def send(node: Node, **fields: Any) -> dict[str, Any]:
    tx_hash = node.request("eth_sendTransaction", [{"from": dev_signer(node, "dev:0").address, **fields}])
    while (receipt := node.request("eth_getTransactionReceipt", [tx_hash])) is None:
        pass
    assert isinstance(receipt, dict)
    return receipt


def delegation(node: Node) -> None:
    """A transaction of type 4 (EIP-7702)."""
    account = Account.create()
    node.request("anvil_setBalance", [account.address, hex(10**20)])
    permit = account.sign_authorization({"chainId": node.chain_id, "address": "0x" + "11" * 20, "nonce": 1})
    signed = account.sign_transaction(
        {
            "type": 4, "chainId": node.chain_id, "nonce": 0, "to": account.address, "value": 0, "data": "0x",
            "gas": 200_000, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 0, "authorizationList": [permit],
        }
    )  # fmt: skip
    tx_hash = node.request("eth_sendRawTransaction", ["0x" + signed.raw_transaction.hex()])
    while node.request("eth_getTransactionReceipt", [tx_hash]) is None:
        pass


def fill(node: Node) -> None:
    """Every type of transaction, a creation, a failure, several transactions in a block, and an empty block."""
    other = "0x" + "ab" * 20
    node.request("anvil_setCode", [other, STORE])
    send(node, to=other, gasPrice=hex(10**10), gas=hex(100_000), type="0x0")
    send(node, to=other, gasPrice=hex(10**10), gas=hex(100_000), type="0x1", accessList=[])
    send(node, to=other, gas=hex(100_000))
    send(node, data="0x6001600055", gas=hex(200_000))
    failed = send(node, data="0xfe", gas=hex(200_000))
    assert failed["status"] == "0x0"
    delegation(node)
    node.request("evm_setAutomine", [False])
    for _ in range(130):
        node.request("eth_sendTransaction", [{"from": dev_signer(node, "dev:1").address, "to": other, "gas": "0xffff"}])
    node.request("anvil_mine", ["0x2"])
    node.request("evm_setAutomine", [True])


def test_each_block_recomputes_to_its_hash_and_its_roots(node: Node) -> None:
    fill(node)
    numbers = range(node.head() + 1)
    found = list(headers(node, numbers))
    assert [header.recomputed_hash for header in found] == [header.hash for header in found]
    assert [header.parent_hash for header in found[1:]] == [header.hash for header in found[:-1]]
    bodies = list(block_bodies(node, numbers))
    assert [number for number, _, _ in bodies] == list(numbers)
    assert {raw[0] if raw[0] < 0x80 else 0 for _, _, raws in bodies for raw in raws} == {0, 1, 2, 4}
    assert max(len(receipts) for _, receipts, _ in bodies) > 128
    for header, (_, receipts, transactions) in zip(found, bodies, strict=True):
        assert "0x" + ordered_root(receipts).hex() == header.receipts_root
        assert "0x" + ordered_root(transactions).hex() == header.transactions_root
    assert header_rlp(node, 1, 2) == [(header.number, header.rlp) for header in found[1:3]]


def test_logs_of_receipts_are_those_of_the_node(played: Played) -> None:
    node = played.node
    with played.database.read() as c:
        addresses = [each.address for each in instruments.contracts(c, node.chain_id)]
    receipts = receipts_of(node, range(node.head() + 1))
    logs = [log for _, some in receipts for log in logs_of_receipts(some, addresses)]
    assert logs == node.logs(addresses, 0, node.head())


def test_a_played_history_recomputes_to_its_hashes_and_roots(played: Played) -> None:
    """Also what anybody sent in another's name, which is signed by nobody."""
    node = played.node
    node.request("anvil_impersonateAccount", ["0x" + "cd" * 20])
    node.request("anvil_setBalance", ["0x" + "cd" * 20, hex(10**20)])
    tx_hash = node.request("eth_sendTransaction", [{"from": "0x" + "cd" * 20, "to": "0x" + "ef" * 20, "value": "0x1"}])
    while node.request("eth_getTransactionReceipt", [tx_hash]) is None:
        pass
    numbers = range(node.head() + 1)
    for header, (number, receipts, transactions) in zip(
        headers(node, numbers), block_bodies(node, numbers), strict=True
    ):
        assert header.recomputed_hash == header.hash
        assert "0x" + ordered_root(receipts).hex() == header.receipts_root, number
        assert "0x" + ordered_root(transactions).hex() == header.transactions_root, number


def test_an_account_with_thousands_of_slots_is_proved(node: Node) -> None:
    address, slots = "0x" + "5a" * 20, [7, 2**255, *range(1_000, 5_000)]
    node.request("anvil_setCode", [address, "0x6001"])
    calls = [("anvil_setStorageAt", [address, f"0x{slot:064x}", f"0x{slot + 1:064x}"]) for slot in slots]
    node.batch(calls)
    node.request("anvil_mine", ["0x1"])
    proof = account_proof(node, address, [*slots, 8], node.head())
    assert proof.values == {**{slot: slot + 1 for slot in slots}, 8: 0}
    assert proof.code_hash == "0x" + keccak(b"\x60\x01").hex()
    assert len(set(proof.storage_nodes)) == len(proof.storage_nodes) > len(slots)
    assert list(proof.storage_nodes) == sorted(proof.storage_nodes)


def test_slots_that_are_asked_for_by_two_processes_are_the_same_proof(played: Played) -> None:
    with played.database.read() as c:
        address = instruments.instruments(c)[0].address
    slots, head = range(2 * SLOTS_AT_A_TIME + 1), played.node.head()
    told: list[tuple[int, int]] = []
    with processes(2) as pool:
        assert pool is not None
        spread = replace(pool, least=0)
        proof = account_proof(played.node, address, slots, head, tell=lambda *how: told.append(how), spread=spread)
    assert proof == account_proof(played.node, address, slots, head)
    assert told[-1] == (len(slots), len(slots))
    assert len(told) == 3


def test_an_account_without_code_and_one_that_nobody_knows_are_proved(node: Node) -> None:
    known = account_proof(node, dev_signer(node, "dev:9").address, [0], node.head())
    assert known.balance_wei > 0
    assert known.values == {0: 0}
    unknown = account_proof(node, "0x" + "f1" * 20, [], node.head())
    assert (unknown.nonce, unknown.balance_wei, unknown.storage_root) == (0, 0, "0x" + EMPTY_ROOT.hex())
    assert unknown.account_nodes


def test_the_supply_of_an_instrument_is_proved_at_a_past_block(played: Played) -> None:
    node = played.node
    with played.database.read() as c:
        (token,) = [each for each in instruments.instruments(c) if each.instrument_id == "HKDS"]
    block = node.head() - 20
    proof = account_proof(node, token.address, range(20), block)
    supply = total_supply(node, token.address, block)
    assert any(value & (2**96 - 1) == supply for value in proof.values.values())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda a: a["storageProof"][0].update(value="0x7"), "the values that it names are not those that it proves"),
        (lambda a: a["storageProof"][0].update(proof=[]), "is missing"),
        (lambda a: a["accountProof"].pop(), "is missing"),
        (lambda a: a.update(accountProof=["0x"]), "is missing"),
        (lambda a: a["storageProof"].clear(), "is missing"),
    ],
    ids=["another value", "no node of the slot", "a node too few", "no node", "no slot"],
)
def test_a_proof_that_does_not_hold_is_refused(node: Node, spoil: Any, words: str) -> None:
    address = "0x" + "5b" * 20
    node.request("anvil_setStorageAt", [address, f"0x{1:064x}", f"0x{9:064x}"])
    node.request("anvil_setBalance", [address, "0x1"])
    node.request("anvil_mine", ["0x1"])

    def answer(params: list[Any]) -> Any:
        found = node.request("eth_getProof", params)
        spoil(found)
        return found

    with Proxy(node) as proxy:
        assert account_proof(proxy.node, address, [1], node.head()).values == {1: 9}
        proxy.answer("eth_getProof", answer)
        with pytest.raises(NodeUnreachable, match=words):
            account_proof(proxy.node, address, [1], node.head())


def test_a_header_that_is_not_that_of_its_hash_is_refused(node: Node) -> None:
    def answer(params: list[Any]) -> Any:
        return node.request("eth_getBlockByNumber", params) | {"stateRoot": "0x" + "00" * 32}

    with Proxy(node) as proxy:
        proxy.answer("eth_getBlockByNumber", answer)
        with pytest.raises(NodeUnreachable, match="does not have the hash it names"):
            header_rlp(proxy.node, 0, 1)
        with pytest.raises(NodeUnreachable, match="does not have the hash that the node names"):
            account_proof(proxy.node, "0x" + "5b" * 20, [1], node.head())


def test_a_transaction_that_the_node_does_not_have_is_refused(node: Node) -> None:
    number = int(send(node, to="0x" + "12" * 20, value="0x1")["blockNumber"], 16)
    with Proxy(node) as proxy:
        proxy.answer("eth_getRawTransactionByHash", lambda params: None)
        with pytest.raises(NodeUnreachable, match="does not have the bytes of transaction"):
            list(block_bodies(proxy.node, [number]))


def test_a_receipt_of_before_byzantium_has_a_root_for_its_status() -> None:
    raw = {"root": "0x" + "11" * 32, "cumulativeGasUsed": "0x5208", "logsBloom": "0x" + "00" * 256, "logs": []}
    assert encode_receipt(raw)[3:36] == b"\xa0" + b"\x11" * 32
