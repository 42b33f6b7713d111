"""Whose key signed a text as wallets sign it: an EIP-191 personal message."""

from __future__ import annotations

from functools import lru_cache

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

# Order of secp256k1 (SEC 2, section 2.4.1).
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_LENGTH = 65
_VALUES_OF_V = (27, 28)


@lru_cache(maxsize=8_192)
def text_signer(text: str, signature: str) -> str | None:
    """The address whose key has signed a text; None for what is no signature.

    65 bytes, v 27 or 28, and s in the lower half, so that nobody makes a second signature of it (EIP-2). It is asked of
    the same texts again and again, and keeps its answers.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        return None
    if len(raw) != _LENGTH or raw[-1] not in _VALUES_OF_V or int.from_bytes(raw[32:64]) > _ORDER // 2:
        return None
    try:
        return str(Account.recover_message(encode_defunct(text=text), signature=raw)).lower()
    except (BadSignature, ValidationError):
        return None
