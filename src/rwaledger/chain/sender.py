"""Sign and send: one nonce after another from one key, and the receipts of many at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_utils.crypto import keccak

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.contracts import revert_of
from rwaledger.chain.rpc import Call, Node
from rwaledger.domain.errors import AuthorisationError, NodeError, RwaledgerError, TransactionFailed

if TYPE_CHECKING:
    from rwaledger.chain.keys import Signer

GAS_MARGIN_PERCENT = 20
POLL_S = 0.05
_SIMULATED_GAS = 10**9
RECEIPT_TIMEOUT_S = 120
_NONCE, _TIP, _FEE, _GAS, _TO, _DATA = 1, 2, 3, 4, 5, 7  # places in an EIP-1559 transaction
_FEES = {"maxFeePerGas": _FEE, "maxPriorityFeePerGas": _TIP}

# Nodes have no code for these; the words are those of anvil, geth, nethermind and erigon.
_KNOWN_ALREADY = ("already known", "already imported", "alreadyknown")
_NONCE_TAKEN = ("nonce too low", "oldnonce", "replacement transaction underpriced", "replacementnotallowed")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call to be sent: calldata `data` to the contract `to`."""

    to: str
    data: str


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction that is signed, and may be sent any number of times without becoming another."""

    tx_hash: str
    raw: str
    sender: str
    nonce: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a transaction ended."""

    tx_hash: str
    block_number: int
    block_hash: str
    gas_used: int
    succeeded: bool


def estimate(node: Node, sender: str, calls: Sequence[Outgoing]) -> list[int | RwaledgerError]:
    """Gas of each call against the latest state, or the typed error with which it would fail."""
    results: list[int | RwaledgerError] = []
    for call in calls:
        try:
            gas = node.request("eth_estimateGas", [{"from": sender, "to": call.to, "data": call.data}])
            results.append(int(gas, 16))
        except NodeError as error:
            results.append(revert_of(error))
    return results


def simulate(node: Node, sender: str, calls: Sequence[Outgoing]) -> list[int | RwaledgerError]:
    """Gas of each call when they are carried out one after another, or the typed error with which one would fail.

    One request (`eth_simulateV1`), and each call is run once; a node that has no such method, or not for so much at a
    time, is asked for each call by itself.
    """
    block = {
        "blockOverrides": {"gasLimit": hex(_SIMULATED_GAS)},
        "calls": [{"from": sender, "to": call.to, "data": call.data} for call in calls],
    }
    try:
        (simulated,) = node.request("eth_simulateV1", [{"blockStateCalls": [block]}, "latest"])
    except NodeError:
        return estimate(node, sender, calls)
    return [_gas_of_simulated(each) for each in simulated["calls"]]


def sign_calls(
    node: Node, signer: Signer, calls: Sequence[Outgoing], gas: Sequence[int], first_nonce: int
) -> list[SignedTransaction]:
    """Signs each call with the next nonce. Nothing is sent."""
    return sign_with(node, signer, calls, gas, range(first_nonce, first_nonce + len(calls)))


def sign_with(
    node: Node, signer: Signer, calls: Sequence[Outgoing], gas: Sequence[int], nonces: Sequence[int]
) -> list[SignedTransaction]:
    """Signs each call with its nonce. Nothing is sent."""
    fees = _fees(node)
    return [
        _signed(node, signer, call, units * (100 + GAS_MARGIN_PERCENT) // 100, nonce, fees)
        for call, units, nonce in zip(calls, gas, nonces, strict=True)
    ]


def next_nonce(node: Node, address: str) -> int:
    """The nonce behind everything that the node has from this address, pending transactions included."""
    return int(node.request("eth_getTransactionCount", [address, "pending"]), 16)


def mined_nonce(node: Node, address: str) -> int:
    """The nonce behind everything of this address that is in a block."""
    return int(node.request("eth_getTransactionCount", [address, "latest"]), 16)


def broadcast(node: Node, raws: Sequence[str]) -> list[str]:
    """Sends signed transactions, and returns the hashes of those whose nonce another transaction has taken.

    Those that the node has already are left as they are.

    Raises:
        NodeError: the node refuses one for another reason.
    """
    taken: list[str] = []
    for raw in raws:
        try:
            node.request("eth_sendRawTransaction", [raw])
        except NodeError as error:
            words = error.node_message.lower()
            if any(phrase in words for phrase in _NONCE_TAKEN):
                tx_hash = hash_of(raw)
                # The nonce may be taken by this very transaction.
                if node.request("eth_getTransactionByHash", [tx_hash]) is None:
                    taken.append(tx_hash)
            elif not any(phrase in words for phrase in _KNOWN_ALREADY):
                raise
    return taken


def hash_of(raw: str) -> str:
    """The hash of a signed transaction."""
    return "0x" + keccak(bytes.fromhex(raw[2:])).hex()


def call_of(raw: str) -> Outgoing:
    """The call that a signed transaction of type 2 (EIP-1559) makes."""
    fields = _fields(raw)
    return Outgoing("0x" + fields[_TO].hex(), "0x" + fields[_DATA].hex())


def outpriced(node: Node, raws: Sequence[str]) -> list[bool]:
    """Of each signed transaction whether it pays less than the next block may ask for, and so may wait for ever."""
    latest = node.request("eth_getBlockByNumber", ["latest", False])
    asked = int(latest["baseFeePerGas"], 16) * 9 // 8  # a full block raises it by an eighth (EIP-1559)
    return [fee_of(raw) < asked for raw in raws]


def fee_of(raw: str) -> int:
    """The most that a signed transaction of type 2 pays for a unit of gas, in wei."""
    return int.from_bytes(_fields(raw)[_FEE])


def sign_dearer(node: Node, signer: Signer, raw: str) -> SignedTransaction:
    """The same call under the same nonce at today's fees, so that it takes the place of the one that was signed.

    Raises:
        AuthorisationError: this key has not signed that one.
    """
    if Account.recover_transaction(raw).lower() != signer.address:
        raise AuthorisationError(
            f"transaction {hash_of(raw)} was not signed by {checksummed(signer.address)}, in whose name it is stored",
            "Find out who changed the register, and restore it.",
        )
    fields = _fields(raw)
    # A node takes a second transaction with a nonce only if it pays a tenth more, tip and all.
    dearer = {name: int.from_bytes(fields[at]) * 9 // 8 + 1 for name, at in _FEES.items()}
    fees = {name: max(fee, dearer[name]) for name, fee in _fees(node).items()}
    nonce, gas = int.from_bytes(fields[_NONCE]), int.from_bytes(fields[_GAS])
    return _signed(node, signer, call_of(raw), gas, nonce, fees)


def receipts(node: Node, tx_hashes: Sequence[str]) -> list[Receipt | None]:
    """The receipts that the node has now; None for what is not in a block."""
    calls: list[Call] = [("eth_getTransactionReceipt", [tx_hash]) for tx_hash in tx_hashes]
    return [None if raw is None else _receipt(raw) for raw in node.batch(calls)]


def await_receipts(node: Node, tx_hashes: Sequence[str]) -> list[Receipt]:
    """Waits until all are in blocks.

    Raises:
        RwaledgerError: not all were mined in time; they may be later, and the same command can be run again.
    """
    deadline = time.monotonic() + RECEIPT_TIMEOUT_S
    while True:
        found = receipts(node, tx_hashes)
        mined = [receipt for receipt in found if receipt is not None]
        if len(mined) == len(tx_hashes):
            return mined
        if time.monotonic() > deadline:
            waiting = len(tx_hashes) - len(mined)
            raise RwaledgerError(
                f"{waiting} of {len(tx_hashes)} transactions were not mined within {RECEIPT_TIMEOUT_S} s",
                "They are stored; run the same command again to go on waiting.",
            )
        time.sleep(POLL_S)


def failure_of(node: Node, receipt: Receipt) -> TransactionFailed:
    """Why a mined transaction failed, found by running it again on the block before."""
    raw = node.request("eth_getTransactionByHash", [receipt.tx_hash])
    call = {"from": raw["from"], "to": raw["to"], "data": raw["input"], "gas": raw["gas"]}
    try:
        node.request("eth_call", [call, hex(receipt.block_number - 1)])
    except NodeError as error:
        return TransactionFailed(receipt.tx_hash, receipt.block_number, str(revert_of(error)))
    return TransactionFailed(receipt.tx_hash, receipt.block_number, "it succeeds on the block before")


def send_and_wait(node: Node, signer: Signer, call: Outgoing) -> Receipt:
    """One call, sent and mined.

    Raises:
        RwaledgerError: it would fail (nothing is sent), or failed.
    """
    (gas,) = estimate(node, signer.address, [call])
    if isinstance(gas, RwaledgerError):
        raise gas
    (signed,) = sign_calls(node, signer, [call], [gas], next_nonce(node, signer.address))
    if broadcast(node, [signed.raw]):
        raise RwaledgerError(
            "another transaction of the same key has taken the nonce; nothing was lost", "Run the same command again."
        )
    (receipt,) = await_receipts(node, [signed.tx_hash])
    if not receipt.succeeded:
        raise failure_of(node, receipt)
    return receipt


def _signed(
    node: Node, signer: Signer, call: Outgoing, gas: int, nonce: int, fees: dict[str, int]
) -> SignedTransaction:
    transaction = {
        "type": 2,
        "chainId": node.chain_id,
        "nonce": nonce,
        "to": checksummed(call.to),
        "data": call.data,
        "value": 0,
        "gas": gas,
        **fees,
    }
    tx_hash, raw = signer.sign_transaction(transaction)
    return SignedTransaction(tx_hash, raw, signer.address, nonce)


def _fields(raw: str) -> list[bytes]:
    fields: list[bytes] = rlp.decode(bytes.fromhex(raw[4:]))
    return fields


def _gas_of_simulated(answer: dict[str, Any]) -> int | RwaledgerError:
    # What was used is less than what has to be given: a fifth may be paid back at the end (EIP-3529), and a call
    # within cannot have all of what is left (EIP-150).
    if answer["status"] == "0x1":
        return int(answer["gasUsed"], 16) * 13 // 10
    error = answer.get("error") or {}
    message, code = str(error.get("message", "reverted")), int(error.get("code", 0))
    return revert_of(NodeError("eth_simulateV1", code, message, answer.get("returnData")))


def _fees(node: Node) -> dict[str, int]:
    """Twice the base fee, which six full blocks in a row do not overtake, plus what the node suggests as tip."""
    latest = node.request("eth_getBlockByNumber", ["latest", False])
    tip = int(node.request("eth_maxPriorityFeePerGas"), 16)
    return {"maxFeePerGas": 2 * int(latest["baseFeePerGas"], 16) + tip, "maxPriorityFeePerGas": tip}


def _receipt(raw: dict[str, Any]) -> Receipt:
    return Receipt(
        tx_hash=raw["transactionHash"],
        block_number=int(raw["blockNumber"], 16),
        block_hash=raw["blockHash"],
        gas_used=int(raw["gasUsed"], 16),
        succeeded=raw["status"] == "0x1",
    )
