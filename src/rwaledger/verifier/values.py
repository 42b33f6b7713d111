"""What a pack holds, as values: contracts, blocks, transactions, receipts, logs, account words, and findings.

Addresses, hashes and bytes are lower-case 0x-hex, amounts exact ints of base units, times seconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ZERO_ADDRESS = "0x" + "0" * 40
"""The issuance account: units that are issued come from it, those that are redeemed go to it."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The block at which the register was read."""

    chain_id: int
    block_number: int
    block_hash: str
    block_time: int


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract of the register. `instrument_id` is empty for one that is no instrument."""

    address: str
    kind: str
    deploy_block: int
    instrument_id: str


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header. `hash` is the Keccak-256 of `raw`, computed here and never read from the pack."""

    number: int
    hash: str
    parent_hash: str
    state_root: str
    transactions_root: str
    receipts_root: str
    timestamp: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction as it stands in its block. `hash` is the Keccak-256 of `raw`.

    `to` is None for a deployment. `kind` is 0 (legacy), 1 (EIP-2930), 2 (EIP-1559), 3 (EIP-4844) or 4 (EIP-7702); of
    any other kind only hash and raw bytes are known, and its nonce is -1. `chain_id` is None for a legacy one without
    EIP-155. The sender is found by `Pack.sender`. `is_signed` is false where a local node sent it in another's name
    and nobody signed (r and s are 0): its hash is then no hash of its bytes, and is the one that the register names.
    """

    hash: str
    block_number: int
    index: int
    kind: int
    chain_id: int | None
    nonce: int
    to: str | None
    value: int
    data: bytes
    raw: bytes
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Log:
    """A log of a receipt. Its place is its block and its index there, from 0 as nodes count."""

    address: str
    topics: tuple[str, ...]
    data: str
    block_hash: str
    tx_hash: str
    tx_index: int
    place: tuple[int, int]

    @property
    def block_number(self) -> int:
        """The number of its block."""
        return self.place[0]

    @property
    def log_index(self) -> int:
        """Its index in the block."""
        return self.place[1]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction. `succeeded` is false where it was reverted."""

    block_number: int
    tx_hash: str
    tx_index: int
    kind: int
    succeeded: bool
    gas_used: int
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block with transactions, out of `chain/blocks.jsonl`.

    `transactions_root` and `receipts_root` are computed from what is in the pack; `header` says what they have to be.
    """

    header: Header
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    transactions_root: str
    receipts_root: str


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log: `name` of the event, arguments by the names of the ABI.

    Addresses and bytes are 0x-hex, integers exact, structs dicts, strings text.
    """

    name: str
    args: Mapping[str, Any]
    log: Log


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A log of one of our contracts that is no event of the released code, and why."""

    log: Log
    reason: str


@dataclass(frozen=True, slots=True)
class AccountWord:
    """An account's word, see contracts/token/AccountWord.sol. `investor_class` 0 is not admitted.

    `settled_record_date` is the number of the record date up to which the contract has written the history down.
    """

    balance_units: int
    frozen_units: int
    valid_until_day: int
    country: int
    settled_record_date: int
    investor_class: int
    address_frozen: bool
    suspended: bool
    has_lock_up: bool
    retired: bool


@dataclass(frozen=True, slots=True)
class InstrumentWord:
    """The instrument's word, see contracts/token/InstrumentWord.sol. `class_mask` 0 is every class.

    `book_roles` are the five bits of the roles that the control book holds, REGISTRAR in the lowest.
    """

    supply_units: int
    holders: int
    class_mask: int
    settled_record_date: int
    next_record_date: int
    second_record_date: int
    paused: bool
    active: bool
    countries_restricted: bool
    rule_set_on: bool
    book_roles: int


@dataclass(frozen=True, slots=True)
class RulesWord:
    """The rules that only some instruments have, see contracts/token/RuleWord.sol; 0 is no such rule."""

    max_balance_units: int
    holder_cap: int
    opens_at: int
    closes_at: int
    version: int


@dataclass(frozen=True, slots=True)
class LockUp:
    """Units that an account may not move before a time; zeros for none."""

    units: int
    until: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What was settled for ever at an instrument's deployment, read from its code; `guarded_country` 0 is none."""

    control_book: str
    reserve_attestor: str
    decimals: int
    guarded_country: int
    counts_holders: bool


@dataclass(frozen=True, slots=True)
class Token:
    """An instrument at the pinned block, from `chain/proofs/`. L3 proves every value of it to the state root.

    `accounts` has the word of every account that register or events know, but for the zero address. `countries` are
    those allowed, by ISO 3166-1 number. `symbol` is the word in which it lies, with twice its length in the last byte.
    `terms` is None where the code is not the released one.
    """

    contract: Contract
    instrument: InstrumentWord
    rules: RulesWord
    countries: frozenset[int]
    symbol: int
    accounts: Mapping[str, AccountWord]
    lock_ups: Mapping[str, LockUp]
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class Proof:
    """`chain/proofs/<address>.json`: what is said of a contract, and the nodes that prove it."""

    address: str
    code: bytes
    account_nodes: tuple[bytes, ...]
    storage_nodes: tuple[bytes, ...]
    slots: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Figure:
    """One version of a figure of the policy, as in `policy.json`; `valid_from` is the day in text."""

    name: str
    value: Any
    valid_from: str
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`policy.json`: the figures, the business days and the local time of a place."""

    name: str
    zone: str
    utc_offsets: tuple[tuple[str, int], ...]
    holidays: frozenset[str]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One break: a difference between two records, each a name and a text.

    `follows_from` holds the break_id of the root finding where this one is only its consequence. `cause` is as in
    `reconciliation.json`; `break_id` too, and may stay empty where it is not recomputed.
    """

    check: str
    break_class: str
    instrument_id: str
    account: str
    holder_id: str
    summary: str
    left: tuple[str, str]
    right: tuple[str, str]
    cause: str = ""
    follows_from: str = ""
    break_id: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: `outcome` is PASS, FAIL, EXEMPT or NOT_RUN, `coverage` counts what it looked at."""

    check: str
    title: str
    outcome: str
    coverage: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    note: str = ""
