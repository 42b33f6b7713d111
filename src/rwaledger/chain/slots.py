"""Where in a token's storage its words lie, for proofs against a state root."""

from __future__ import annotations

from rwaledger.chain.artifacts import artifact
from rwaledger.chain.tries import keccak

_WORD_BYTES = 32
_TOKEN = "AssetToken"


def instrument_slot() -> int:
    """The slot of the word that has the supply."""
    return artifact(_TOKEN).storage_slots["_instrument"]


def rules_slot() -> int:
    """The slot of the word that has the rules which only some instruments have."""
    return artifact(_TOKEN).storage_slots["_ruleSet"]


def account_slot(account: str) -> int:
    """The slot of the word that has an account's balance and standing.

    A mapping's value lies at the hash of its key and its own slot (Solidity, layout of state variables in storage).
    """
    key = bytes.fromhex(account[2:]).rjust(_WORD_BYTES, b"\0")
    return int.from_bytes(keccak(key + artifact(_TOKEN).storage_slots["_accounts"].to_bytes(_WORD_BYTES)))
