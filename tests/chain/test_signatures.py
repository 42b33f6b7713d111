"""Whose signature it is: judged as the contracts judge it, so that what passes here passes there."""

from __future__ import annotations

import pytest
from eth_account import Account

from rwaledger.chain.keys import Signer
from rwaledger.chain.signatures import recovered

HASHES = (b"\x01" * 32, b"\x02" * 32)
SIGNER = Signer(Account.from_key("0x" + "33" * 32))
SIGNATURE = SIGNER.sign_typed_data(*HASHES)
# Order of secp256k1 (SEC 2, section 2.4.1).
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_a_signature_names_its_signer() -> None:
    assert recovered(HASHES, SIGNATURE) == SIGNER.address


def test_of_another_message_it_names_somebody_else() -> None:
    assert recovered((HASHES[0], b"\x03" * 32), SIGNATURE) not in (None, SIGNER.address)


def test_the_second_signature_that_anybody_can_make_of_one_is_none() -> None:
    """S replaced by the order less s, and v by the other one, recovers to the same address in plain ECDSA."""
    raw = bytes.fromhex(SIGNATURE[2:])
    other = ORDER - int.from_bytes(raw[32:64])
    twin = raw[:32] + other.to_bytes(32) + bytes([27 + 28 - raw[64]])
    assert recovered(HASHES, "0x" + twin.hex()) is None


@pytest.mark.parametrize(
    "signature",
    ["0x", SIGNATURE[:-2], SIGNATURE + "00", SIGNATURE[:-2] + "00", SIGNATURE[:-2] + "1d", "0x" + "00" * 64 + "1b"],
)
def test_what_is_no_signature_names_nobody(signature: str) -> None:
    assert recovered(HASHES, signature) is None
