"""Where the released contracts keep what, and how words are packed.

Slots are those of the compiler's storage layout (`storageSlots` in the shipped artifacts); words are packed as
in contracts/token/AccountWord.sol, InstrumentWord.sol and RuleWord.sol. `tests/verifier/test_layout.py` holds this
against the artifacts and against a live chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rwaledger.verifier.keccak import keccak256, keccak256_many
from rwaledger.verifier.values import AccountWord, InstrumentWord, LockUp, RulesWord

SLOTS = {
    "asset_token": {"_instrument": 2, "_accounts": 3, "_ruleSet": 6, "_allowedCountries": 7, "_symbol": 15},
    "registry_anchor": {"_heads": 5},
}
"""The slots of the state variables that are looked at, by kind of contract."""

INSTRUMENT_SLOT = SLOTS["asset_token"]["_instrument"]
RULES_SLOT = SLOTS["asset_token"]["_ruleSet"]
SYMBOL_SLOT = SLOTS["asset_token"]["_symbol"]
COUNTRY_SLOTS = range(SLOTS["asset_token"]["_allowedCountries"], SLOTS["asset_token"]["_allowedCountries"] + 4)

HEAD_SLOTS = 5
"""Slots of an anchored head: head, block hash, supply, operator with block number and count of holders, auditor."""

NO_COUNTRY = 1024
"""The guarded country in the code of an instrument that guards none."""

_UNITS = 2**96 - 1


def account_slots(accounts: Sequence[str]) -> dict[str, int]:
    """The slot of each account's word; that of its lock-up is the next one."""
    base = _word(SLOTS["asset_token"]["_accounts"])
    slots = keccak256_many([_key(account) + base for account in accounts])
    return {account: int.from_bytes(slot, "big") for account, slot in zip(accounts, slots, strict=True)}


def mapped_slot(slot: int, *keys: int | str) -> int:
    """Where a (nested) mapping at `slot` keeps the value of keys, which are numbers or addresses."""
    for key in keys:
        slot = int.from_bytes(keccak256(_key(key) + _word(slot)), "big")
    return slot


def head_slots(instrument: str, sequence: int) -> range:
    """The slots of a head in the registry anchor."""
    first = mapped_slot(SLOTS["registry_anchor"]["_heads"], instrument, sequence)
    return range(first, first + HEAD_SLOTS)


def head_words(period: Any) -> list[int]:
    """What the registry anchor keeps of a period, which has the columns of the register's table `periods`."""
    signed = period.holder_count << 224 | period.block_number << 160 | int(period.operator, 16)
    return [int(period.head, 16), int(period.block_hash, 16), period.supply_units, signed, int(period.auditor, 16)]


def account_word(word: int) -> AccountWord:
    """The fields of an account's word."""
    return AccountWord(
        balance_units=word & _UNITS,
        frozen_units=word >> 96 & _UNITS,
        valid_until_day=word >> 192 & 0xFFFF,
        country=word >> 208 & 0x3FF,
        settled_record_date=word >> 218 & 0xFFFF,
        investor_class=word >> 234 & 0xF,
        address_frozen=bool(word >> 238 & 1),
        suspended=bool(word >> 239 & 1),
        has_lock_up=bool(word >> 240 & 1),
        retired=bool(word >> 241 & 1),
    )


def instrument_word(word: int) -> InstrumentWord:
    """The fields of an instrument's word."""
    return InstrumentWord(
        supply_units=word & _UNITS,
        holders=word >> 96 & 0xFFFFFFFF,
        class_mask=word >> 128 & 0xFFFF,
        settled_record_date=word >> 144 & 0xFFFF,
        next_record_date=word >> 160 & 0xFF_FFFFFFFF,
        second_record_date=word >> 200 & 0xFF_FFFFFFFF,
        paused=bool(word >> 240 & 1),
        active=bool(word >> 241 & 1),
        countries_restricted=bool(word >> 242 & 1),
        rule_set_on=bool(word >> 243 & 1),
        book_roles=word >> 244 & 0x1F,
    )


def rules_word(word: int) -> RulesWord:
    """The fields of the rules' word."""
    return RulesWord(
        max_balance_units=word & _UNITS,
        holder_cap=word >> 96 & 0xFFFFFFFF,
        opens_at=word >> 128 & 0xFF_FFFFFFFF,
        closes_at=word >> 168 & 0xFF_FFFFFFFF,
        version=word >> 208 & 0xFFFFFFFF,
    )


def lock_up(word: int) -> LockUp:
    """The fields of a lock-up."""
    return LockUp(units=word & _UNITS, until=word >> 96 & 0xFF_FFFFFFFF)


def countries(words: Iterable[int]) -> frozenset[int]:
    """The countries whose bits are set in the four words."""
    return frozenset(256 * i + bit for i, word in enumerate(words) for bit in range(256) if word >> bit & 1)


def _key(key: int | str) -> bytes:
    return bytes.fromhex(key[2:]).rjust(32, b"\0") if isinstance(key, str) else _word(key)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")
