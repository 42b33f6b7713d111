"""Transactions of every type: their hash, their fields and their sender, against the library that signs them."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account

from rwaledger.verifier import bodies, rlp
from rwaledger.verifier.keccak import keccak256
from rwaledger.verifier.values import Transaction

KEY = "0x" + "05" * 32
TO = Account.from_key("0x" + "06" * 32).address
PLAIN: dict[str, Any] = {"nonce": 7, "gas": 21_000, "to": TO, "value": 5, "data": "0x1234"}
FEES: dict[str, Any] = {"maxFeePerGas": 2, "maxPriorityFeePerGas": 1, "chainId": 31337, "type": 2}
DELEGATED = {"chainId": 31337, "address": TO, "nonce": 1}
KINDS: dict[str, tuple[int, dict[str, Any], int | None]] = {
    "before EIP-155": (0, PLAIN | {"gasPrice": 1}, None),
    "legacy": (0, PLAIN | {"gasPrice": 1, "chainId": 31337}, 31337),
    "with an access list": (1, PLAIN | {"gasPrice": 1, "chainId": 31337, "type": 1, "accessList": []}, 31337),
    "with fees": (2, PLAIN | FEES, 31337),
    "with access and fees": (
        2, PLAIN | FEES | {"accessList": [{"address": TO, "storageKeys": ["0x" + "00" * 32]}]}, 31337,
    ),
    "with a delegation": (
        4, PLAIN | FEES | {"type": 4, "authorizationList": [Account.sign_authorization(DELEGATED, KEY)]}, 31337,
    ),
}  # fmt: skip


def read(raw: bytes) -> Transaction:
    return bodies.transaction(raw, keccak256(raw), 1, 0)


@pytest.mark.parametrize(("kind", "fields", "chain_id"), KINDS.values(), ids=KINDS.keys())
def test_every_type_says_who_sent_it(kind: int, fields: dict[str, Any], chain_id: int | None) -> None:
    signed = Account.sign_transaction(fields, KEY)
    found = read(bytes(signed.raw_transaction))
    assert found.hash == "0x" + bytes(signed.hash).hex()
    assert (found.kind, found.nonce, found.to, found.value, found.data) == (kind, 7, TO.lower(), 5, b"\x12\x34")
    assert (found.chain_id, found.is_signed) == (chain_id, True)
    digest = keccak256(bodies.signed_bytes(found))
    assert bodies.sender(found, digest) == Account.from_key(KEY).address.lower()


def test_a_deployment_is_to_nobody() -> None:
    signed = Account.sign_transaction(FEES | {"nonce": 0, "gas": 1, "value": 0, "data": "0x00"}, KEY)
    assert read(bytes(signed.raw_transaction)).to is None


def test_a_type_that_is_not_known_is_kept_as_it_is() -> None:
    """Other chains have their own, such as deposits on a roll-up: the block's root has to be computed all the same."""
    found = read(b"\x7e\xc0")
    assert (found.kind, found.nonce, bodies.signed_bytes(found)) == (0x7E, -1, b"")
    with pytest.raises(ValueError, match="type 126"):
        bodies.sender(found, bytes(32))


@pytest.mark.parametrize("raw", [b"", b"\x02", b"\x02\xc0", b"\xc0", b"\x02" + rlp.encode([b""] * 11)])
def test_what_is_no_transaction_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"RLP|without a byte"):
        read(raw)
