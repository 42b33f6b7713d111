"""What the contracts answer at one block: balances, standings, supply, rules, pause."""

from __future__ import annotations

from collections.abc import Sequence

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.rpc import Node
from rwaledger.domain.holder import Standing
from rwaledger.domain.instrument import Rules, classes_of_mask
from rwaledger.domain.units import MAX_UNITS

ACCOUNTS_MAX = 1_000
"""Account words read by one eth_call: 2,100 gas each, far below every node's limit for a call."""

_FROZEN_FLAG = 1 << 238
_SUSPENDED_FLAG = 1 << 239


def account_states(
    node: Node, token: str, accounts: Sequence[str], block: int | str
) -> dict[str, tuple[int, Standing]]:
    """Balance in units and standing of each account, as the contract holds them at `block`."""
    chunks = [accounts[i : i + ACCOUNTS_MAX] for i in range(0, len(accounts), ACCOUNTS_MAX)]
    answers = ASSET_TOKEN.call_many(node, token, [("accountWords", [chunk]) for chunk in chunks], block)
    words = [word for (answer,) in answers for word in answer]
    return {account: unpack_account_word(word) for account, word in zip(accounts, words, strict=True)}


def unpack_account_word(word: int) -> tuple[int, Standing]:
    """Balance and standing of an account word; its layout is that of contracts/words/AccountWord.sol."""
    standing = Standing(
        investor_class=word >> 234 & 0xF,
        country=word >> 208 & 0x3FF,
        valid_until_day=word >> 192 & 0xFFFF,
        frozen_units=word >> 96 & MAX_UNITS,
        address_frozen=bool(word & _FROZEN_FLAG),
        suspended=bool(word & _SUSPENDED_FLAG),
    )
    return word & MAX_UNITS, standing


def total_supply(node: Node, token: str, block: int | str) -> int:
    """The supply in units."""
    (units,) = ASSET_TOKEN.call(node, token, "totalSupply", [], block)
    return int(units)


def paused(node: Node, token: str, block: int | str) -> bool:
    """Whether moves are stopped."""
    (answer,) = ASSET_TOKEN.call(node, token, "paused", [], block)
    return bool(answer)


def rules(node: Node, token: str, block: int | str) -> Rules:
    """The rule set in force, with the countries that it allows."""
    calls: list[tuple[str, list[object]]] = [("rules", []), ("allowedCountries", [])]
    answer, (bitmap,) = ASSET_TOKEN.call_many(node, token, calls, block)
    (max_balance, class_mask, countries_restricted), _ = answer
    return Rules(
        max_balance_units=max_balance,
        classes=classes_of_mask(class_mask),
        countries_restricted=countries_restricted,
        countries=frozenset(n for n in range(1024) if bitmap[n >> 8] >> (n & 0xFF) & 1),
    )


def restriction_code(node: Node, token: str, move: tuple[str, str, int], block: int | str = "latest") -> int:
    """The contract's own verdict on a move, as its ERC-1404 code."""
    (code,) = ASSET_TOKEN.call(node, token, "detectTransferRestriction", list(move), block)
    return int(code)
