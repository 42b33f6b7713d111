"""Whose signature stands under an EIP-712 message, judged as our contracts do (OpenZeppelin, SignatureChecker)."""

from __future__ import annotations

from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from rwaledger.chain.rpc import Node
from rwaledger.domain.errors import NodeError

# Order of secp256k1 (SEC 2, section 2.4.1).
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_IS_VALID_SIGNATURE = keccak(text="isValidSignature(bytes32,bytes)")[:4].hex()
_LENGTH = 65
_VALUES_OF_V = (27, 28)


def recovered(hashes: tuple[bytes, bytes], signature: str) -> str | None:
    """The address whose key has signed a message, given by domain separator and struct hash; None for no signature.

    65 bytes, v 27 or 28, and s in the lower half, so that nobody makes a second signature of it (EIP-2).
    """
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != _LENGTH or raw[-1] not in _VALUES_OF_V or int.from_bytes(raw[32:64]) > _ORDER // 2:
        return None
    domain, message = hashes
    signable = SignableMessage(version=b"\x01", header=domain, body=message)
    try:
        return str(Account.recover_message(signable, signature=raw)).lower()
    except (BadSignature, ValidationError):
        return None


def is_contract(node: Node, account: str) -> bool:
    """Whether the account signs by its code (ERC-1271), and not with a key."""
    return node.code(account) != "0x"


def contract_accepts(node: Node, account: str, digest: str, signature: str) -> bool:
    """Whether a contract answers for a signature (ERC-1271)."""
    arguments = encode(["bytes32", "bytes"], [bytes.fromhex(digest[2:]), bytes.fromhex(signature.removeprefix("0x"))])
    call = {"to": account, "data": "0x" + _IS_VALID_SIGNATURE + arguments.hex()}
    try:
        answer = str(node.request("eth_call", [call, "latest"]))
    except NodeError:
        return False
    return answer[2:].lower() == _IS_VALID_SIGNATURE.ljust(64, "0")
