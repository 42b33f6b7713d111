"""Proof that a wallet is a holder's: a text that names both, signed with the wallet's own key."""

from __future__ import annotations

from datetime import date

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from rwaledger.chain.addresses import checksummed
from rwaledger.chain.rpc import Node
from rwaledger.chain.signatures import contract_accepts, is_contract

_LENGTH = 65


def wallet_message(holder_id: str, address: str, chain_id: int, day: date) -> str:
    """What the wallet's owner signs as a personal message (EIP-191). It bears no name: wallets and sites see it."""
    return (
        "Proof of wallet ownership for a register of holders.\n"
        "I control this wallet, and hold it for the holder named here.\n"
        "\n"
        f"Holder: {holder_id}\n"
        f"Wallet: {checksummed(address)}\n"
        f"Chain: {chain_id}\n"
        f"Date: {day.isoformat()}"
    )


def is_signed_by(node: Node, address: str, message: str, signature: str) -> bool:
    """Whether a wallet has signed a personal message: with its key, or as a contract that answers for it (ERC-1271)."""
    if is_contract(node, address):
        raw = message.encode()
        digest = keccak(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw)
        return contract_accepts(node, address, "0x" + digest.hex(), signature)
    return _signer(message, signature) == address


def _signer(message: str, signature: str) -> str | None:
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != _LENGTH:
        return None
    try:
        return str(Account.recover_message(encode_defunct(text=message), signature=raw)).lower()
    except (BadSignature, ValidationError, ValueError):
        return None
