"""What the contracts answer at one block: balances, standings, supply, rules, record dates, documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rwaledger.chain.contracts import ASSET_TOKEN
from rwaledger.chain.events import topics_of
from rwaledger.chain.lens import mapped_words
from rwaledger.chain.reserve import reserve_of
from rwaledger.chain.rpc import Node
from rwaledger.chain.slots import accounts_slot
from rwaledger.domain.holder import LockUp, Standing
from rwaledger.domain.instrument import Document, Particulars, Rules, classes_of_mask
from rwaledger.domain.posting import ISSUANCE_ACCOUNT
from rwaledger.domain.reserve import Reserve
from rwaledger.domain.units import MAX_UNITS

ACCOUNTS_MAX = 1_000
"""Account words that the token's own view gives in one call: some 5,000 gas each, below every node's limit."""

_FROZEN_FLAG = 1 << 142
_SUSPENDED_FLAG = 1 << 143
_LOCK_UP_FLAG = 1 << 240
_RETIRED_FLAG = 1 << 241


@dataclass(frozen=True, slots=True)
class AccountWord:
    """All that the account word says of an account.

    `settled_record_date` is the number of the record date up to which the contract has written its history down.
    """

    balance_units: int
    standing: Standing
    settled_record_date: int = 0
    has_lock_up: bool = False
    retired: bool = False


def account_words(node: Node, token: str, accounts: Sequence[str], block: int | str) -> dict[str, AccountWord]:
    """The word of each account as the contract holds it at `block`, by the lens where that can be used.

    Raises:
        ChainMismatch: what stands there is no token of ours.
        NodeUnreachable, NodeError: as `Node` raises them.
    """
    words = words_by_lens(node, token, accounts, block)
    if words is None:
        words = words_by_view(node, token, accounts, block)
    return {account: unpack_account_word(word) for account, word in zip(accounts, words, strict=True)}


def words_by_view(node: Node, token: str, accounts: Sequence[str], block: int | str) -> list[int]:
    """The account words as the token's own view gives them, a thousand a call."""
    chunks = [accounts[i : i + ACCOUNTS_MAX] for i in range(0, len(accounts), ACCOUNTS_MAX)]
    return [word for answer in ASSET_TOKEN.call_words(node, token, "accountWords", chunks, block) for word in answer]


def words_by_lens(node: Node, token: str, accounts: Sequence[str], block: int | str) -> list[int] | None:
    """The account words by the lens; None where there are too few to need it, or where it may not be believed.

    It reads the slots of the released contract. So it is believed where it says of a thousand of the accounts, from all
    over the list, what the token's own view says at the same block, and where these are not all empty.
    """
    if isinstance(block, str) or len(accounts) <= ACCOUNTS_MAX:
        return None
    apart = -(-len(accounts) // ACCOUNTS_MAX)
    told = words_by_view(node, token, accounts[::apart], block)
    found = mapped_words(node, token, accounts_slot(), accounts, block) if any(told) else None
    return found if found is not None and found[::apart] == told else None


def account_states(
    node: Node, token: str, accounts: Sequence[str], block: int | str
) -> dict[str, tuple[int, Standing]]:
    """Balance in units and standing of each account, as the contract holds them at `block`."""
    words = account_words(node, token, accounts, block)
    return {account: (word.balance_units, word.standing) for account, word in words.items()}


def unpack_account_word(word: int) -> AccountWord:
    """The fields of an account word; its layout is that of contracts/token/AccountWord.sol."""
    return AccountWord(
        balance_units=word & MAX_UNITS,
        standing=_standing(word >> 96),
        settled_record_date=word >> 218 & 0xFFFF,
        has_lock_up=bool(word & _LOCK_UP_FLAG),
        retired=bool(word & _RETIRED_FLAG),
    )


@lru_cache(maxsize=4_096)
def _standing(word: int) -> Standing:
    """The standing in an account word without its balance. Most accounts of a register have one of very few."""
    return Standing(
        investor_class=word >> 138 & 0xF,
        country=word >> 112 & 0x3FF,
        valid_until_day=word >> 96 & 0xFFFF,
        frozen_units=word & MAX_UNITS,
        address_frozen=bool(word & _FROZEN_FLAG),
        suspended=bool(word & _SUSPENDED_FLAG),
    )


def lock_ups(node: Node, token: str, accounts: Sequence[str], block: int | str) -> dict[str, LockUp]:
    """The lock-up of each account, over or not; zeros for none."""
    answers = ASSET_TOKEN.call_many(node, token, [("lockUpOf", [account]) for account in accounts], block)
    return {account: LockUp(*answer) for account, answer in zip(accounts, answers, strict=True)}


def total_supply(node: Node, token: str, block: int | str) -> int:
    """The supply in units."""
    return int(_one(node, token, "totalSupply", block))


def holder_count(node: Node, token: str, block: int | str) -> int:
    """How many accounts have a balance; 0 where holders are not counted."""
    return int(_one(node, token, "holderCount", block))


def paused(node: Node, token: str, block: int | str) -> bool:
    """Whether moves are stopped."""
    return bool(_one(node, token, "paused", block))


def active(node: Node, token: str, block: int | str) -> bool:
    """Whether units may be issued."""
    return bool(_one(node, token, "isActive", block))


def particulars(node: Node, token: str, block: int | str) -> Particulars | None:
    """What the instrument stands for; None before it is active."""
    isin, dti, domicile, filing = _one(node, token, "particulars", block)
    if not domicile:
        return None
    return Particulars(_identifier(isin), _identifier(dti), domicile, "0x" + filing.hex())


def rules(node: Node, token: str, block: int | str) -> Rules:
    """The rule set in force, with the countries that it allows and what was settled at deployment."""
    names = ("rules", "allowedCountries", "guardedCountry", "countsHolders")
    answers = ASSET_TOKEN.call_many(node, token, [(name, []) for name in names], block)
    ((max_balance, holder_cap, opens_at, closes_at, class_mask, restricted), _), (bitmap,), (guarded,), (counts,) = (
        answers
    )
    return Rules(
        max_balance_units=max_balance,
        classes=classes_of_mask(class_mask),
        countries_restricted=restricted,
        countries=frozenset(n for n in range(1024) if bitmap[n >> 8] >> (n & 0xFF) & 1),
        holder_cap=holder_cap,
        opens_at=opens_at,
        closes_at=closes_at,
        guarded_country=guarded,
        counts_holders=counts,
    )


def rule_version(node: Node, token: str, block: int | str) -> int:
    """How often the rule set was set, deployment included; the list of countries is no part of it."""
    _, version = ASSET_TOKEN.call(node, token, "rules", [], block)
    return int(version)


def country_changes(node: Node, token: str, from_block: int) -> int:
    """How often a country was put on the list or taken off it, since deployment."""
    query = {"address": token, "fromBlock": hex(from_block), "topics": [topics_of(("CountryAllowed",))]}
    return len(node.request("eth_getLogs", [query]))


def reserve(node: Node, token: str, block: int | str) -> Reserve | None:
    """The reserve that bounds issuing; None where issuing needs none."""
    attestor = reserve_attestor(node, token, block)
    return None if attestor is None else reserve_of(node, attestor, token, block)


def reserve_attestor(node: Node, token: str, block: int | str = "latest") -> str | None:
    """The contract whose attestations bound issuing; None where issuing needs none."""
    attestor = str(_one(node, token, "reserveAttestor", block))
    return None if attestor == ISSUANCE_ACCOUNT else attestor


def record_dates(node: Node, token: str, block: int | str) -> list[int]:
    """The times of all record dates, in seconds since 1970, number 1 first."""
    return list(_one(node, token, "recordDates", block))


def record_dates_passed(node: Node, token: str, block: int | str) -> int:
    """How many record dates have passed, which is the number of the last one that has."""
    return int(_one(node, token, "recordDatesPassed", block))


def balances_at(
    node: Node, token: str, accounts: Sequence[str], record_date: int, block: int | str = "latest"
) -> dict[str, int]:
    """Units of each account at a record date that has passed, given by its number."""
    calls = [("balanceOfAt", [account, record_date]) for account in accounts]
    answers = ASSET_TOKEN.call_many(node, token, calls, block)
    return {account: units for account, (units,) in zip(accounts, answers, strict=True)}


def supply_at(node: Node, token: str, record_date: int, block: int | str = "latest") -> int:
    """The supply at a record date that has passed, given by its number."""
    (units,) = ASSET_TOKEN.call(node, token, "totalSupplyAt", [record_date], block)
    return int(units)


def documents(node: Node, token: str, block: int | str) -> dict[str, Document]:
    """The documents of the instrument by their names, which are 32 bytes in hex."""
    names = ["0x" + name.hex() for name in _one(node, token, "getAllDocuments", block)]
    answers = ASSET_TOKEN.call_many(node, token, [("getDocument", [name]) for name in names], block)
    return {
        name: Document(uri, "0x" + document_hash.hex(), last_modified)
        for name, (uri, document_hash, last_modified) in zip(names, answers, strict=True)
    }


def restriction_code(node: Node, token: str, move: tuple[str, str, int], block: int | str = "latest") -> int:
    """The contract's own verdict on a move, as its ERC-1404 code."""
    (code,) = ASSET_TOKEN.call(node, token, "detectTransferRestriction", list(move), block)
    return int(code)


def _one(node: Node, token: str, function: str, block: int | str) -> Any:
    """The answer of a view that takes nothing and gives one value."""
    (answer,) = ASSET_TOKEN.call(node, token, function, [], block)
    return answer


def _identifier(raw: bytes) -> str:
    """Text of an identifier's bytes; what is no text is shown as hex."""
    text = raw.rstrip(b"\0")
    return text.decode("ascii") if text.isascii() else "0x" + raw.hex()
