"""Where in a token's storage its words lie, for proofs against a state root."""

from __future__ import annotations

from rwaledger.chain.artifacts import artifact
from rwaledger.chain.tries import keccak

_WORD_BYTES = 32
_COUNTRY_WORDS = 4
_HEAD_WORDS = 5
_LOCK_UP_BIT = 240
_TOKEN = "AssetToken"
_ANCHOR = "RegistryAnchor"


def instrument_slot() -> int:
    """The slot of the word that has the supply."""
    return artifact(_TOKEN).storage_slots["_instrument"]


def rules_slot() -> int:
    """The slot of the word that has the rules which only some instruments have."""
    return artifact(_TOKEN).storage_slots["_ruleSet"]


def country_slots() -> range:
    """The slots of the four words in which each country that is allowed has a bit."""
    first = artifact(_TOKEN).storage_slots["_allowedCountries"]
    return range(first, first + _COUNTRY_WORDS)


def symbol_slot() -> int:
    """The slot of the token's symbol: the text itself, where that is short."""
    return artifact(_TOKEN).storage_slots["_symbol"]


def accounts_slot() -> int:
    """The slot of the mapping of account words, by the account's address."""
    return artifact(_TOKEN).storage_slots["_accounts"]


def account_slot(account: str) -> int:
    """The slot of the word that has an account's balance and standing.

    A mapping's value lies at the hash of its key and its own slot (Solidity, layout of state variables in storage).
    """
    return _mapped(accounts_slot(), bytes.fromhex(account[2:]))


def lock_up_slot(account: str) -> int:
    """The slot of an account's lock-up, which stands behind its word."""
    return account_slot(account) + 1


def has_lock_up(word: int) -> bool:
    """Whether an account's word says that there is one (contracts/token/AccountWord.sol)."""
    return bool(word >> _LOCK_UP_BIT & 1)


def head_slots(instrument: str, sequence: int) -> list[int]:
    """The slots in which a registry anchor keeps a head, and how many heads the instrument has."""
    key, slots = bytes.fromhex(instrument[2:]), artifact(_ANCHOR).storage_slots
    first = _mapped(_mapped(slots["_heads"], key), sequence.to_bytes(_WORD_BYTES))
    return [_mapped(slots["_last"], key), *range(first, first + _HEAD_WORDS)]


def _mapped(slot: int, key: bytes) -> int:
    return int.from_bytes(keccak(key.rjust(_WORD_BYTES, b"\0") + slot.to_bytes(_WORD_BYTES)))
