"""A pack laid out for the checks: each instrument's four records side by side, and what else they look up."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from rwaledger.verifier.book import Execution, Instruction, reference
from rwaledger.verifier.calendar import Calendar
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.keccak import keccak256
from rwaledger.verifier.ledger import Governed, Ledger, Position, place_of
from rwaledger.verifier.pack import Pack
from rwaledger.verifier.replay import Leg, Place, Standing
from rwaledger.verifier.values import Contract, Event

SETTLEMENT_ID = "settlement"
"""Stands for the settlement contract where the register names an instrument."""


class Excused(NamedTuple):
    """What root findings of other checks answer for already.

    `places` are moves by instrument and place, `refs` instructions, `accounts` those of nobody, `holders` those whose
    data are in doubt.
    """

    places: frozenset[tuple[str, Place]] = frozenset()
    refs: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()


class Answered(NamedTuple):
    """What root findings answer for of the past: instructions, events by place, transactions by hash."""

    refs: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    tx_hashes: frozenset[str] = frozenset()


class Case:
    """Everything the checks look at. Built once a pack; each part when it is first asked for."""

    def __init__(self, pack: Pack, expected_heads: Mapping[str, str] | None = None) -> None:
        self.pack = pack
        self.expected_heads = expected_heads or {}
        self.pin = pack.manifest.pin
        self.calendar = Calendar(pack.policy)
        self.contracts: Mapping[str, Contract] = {each.address: each for each in pack.manifest.contracts}
        # Accounts of nobody that hold nothing but what another check calls undue.
        self.explained: frozenset[str] = frozenset()
        self.excused = Excused()
        self.answered = Answered()
        # What costs much and is the same in every copy of the case, by the name of what it is.
        self.shared: dict[str, Any] = {}

    def rows(self, table: str) -> list[Any]:
        """The rows of a table that are of the pinned chain."""
        rows = self.pack.table(table)
        return [row for row in rows if getattr(row, "chain_id", self.pin.chain_id) == self.pin.chain_id]

    @cached_property
    def ledgers(self) -> tuple[Ledger, ...]:
        """The instruments, in order of their names."""
        listed = sorted(self.rows("instruments"), key=lambda row: row.instrument_id)
        return tuple(Ledger(self, row) for row in listed if row.address in self.contracts)

    @cached_property
    def settlements(self) -> tuple[Governed, ...]:
        """The settlement contracts, on which control books license venues."""
        books = [address for address in self.contracts if address not in self.ledger_at]
        found = [address for address, contract in self.contracts.items() if contract.kind == "settlement"]
        return tuple(Governed(self, a, SETTLEMENT_ID, [book for book in books if book != a]) for a in found)

    @cached_property
    def ledger_at(self) -> dict[str, Ledger]:
        """The instruments by address."""
        return {each.address: each for each in self.ledgers}

    @cached_property
    def ledger_of(self) -> dict[str, Ledger]:
        """The instruments by name."""
        return {each.instrument_id: each for each in self.ledgers}

    @cached_property
    def contract_rows(self) -> dict[str, Any]:
        """The register's contracts by address."""
        return {row.address: row for row in self.rows("contracts")}

    @cached_property
    def holders(self) -> dict[str, Any]:
        """Holders by name."""
        return {row.holder_id: row for row in self.rows("holders")}

    @cached_property
    def accounts(self) -> dict[str, Any]:
        """The register's accounts by address, of whomever."""
        return {row.address: row for row in self.rows("accounts")}

    def holder_of(self, account: str) -> str:
        """The holder of an account; empty where it belongs to none."""
        row = self.accounts.get(account)
        return row.holder_id if row is not None and row.holder_id in self.holders else ""

    def is_mapped(self, account: str) -> bool:
        """Whether an account belongs to a holder on the register."""
        return bool(self.holder_of(account)) or account in self.explained

    @cached_property
    def checkpoints(self) -> dict[str, int]:
        """The last block read of each contract. Raises Refuted where one at the pinned block is of another chain's."""
        rows = self.rows("checkpoints")
        for row in rows:
            if row.block_number == self.pin.block_number and row.block_hash != self.pin.block_hash:
                message = f"{row.address} was read up to {row.block_hash}, which is not the pinned block"
                raise Refuted("register/checkpoints.jsonl", message)
        return {row.address: row.block_number for row in rows}

    @cached_property
    def instructions(self) -> dict[str, Instruction]:
        """All instructions of the register, by reference."""
        return {row.ref: Instruction(row) for row in self.pack.table("instructions")}

    def reference(self, book: str, key: str, chunk: int) -> str:
        """The reference of an instruction on the pinned chain."""
        return reference(self.pin.chain_id, book, key, chunk)

    @cached_property
    def mined_later(self) -> frozenset[str]:
        """Instructions that the register says were mined beyond the pinned block; a pack cannot prove it."""
        beyond = self.pin.block_number
        rows = (row for row in self.rows("transactions") if row.block_number is not None)
        return frozenset(row.instruction_ref for row in rows if row.instruction_ref and row.block_number > beyond)

    @cached_property
    def _sent_later(self) -> list[bytes]:
        """The bytes of transactions that the register says were mined beyond the pinned block."""
        rows = (row for row in self.rows("transactions") if (row.block_number or 0) > self.pin.block_number)
        return [bytes.fromhex(row.raw.removeprefix("0x")) for row in rows]

    def is_sent_later(self, part: str) -> bool:
        """Whether some hex was in a transaction that was mined beyond the pinned block, by the register."""
        raw = bytes.fromhex(part.removeprefix("0x"))
        return bool(raw) and any(raw in sent for sent in self._sent_later)

    @property
    def postings(self) -> Mapping[str, Mapping[Place, list[Leg]]]:
        """Postings by instrument and place."""
        return self.pack.postings

    @cached_property
    def positions(self) -> dict[str, dict[str, Position]]:
        """Positions by instrument and account."""
        found: dict[str, dict[str, Position]] = defaultdict(dict)
        for r in self.pack.rows("positions"):
            found[r.instrument_id][r.account] = Position(r.balance_units, (r.block_number, r.log_index))
        return found

    @cached_property
    def standings(self) -> dict[str, dict[tuple[Place, str], Standing]]:
        """Standings by instrument, place and account."""
        found: dict[str, dict[tuple[Place, str], Standing]] = defaultdict(dict)
        for r in self.pack.rows("standings"):
            what = r.investor_class, r.country, r.valid_until_day, r.frozen_units, r.address_frozen, r.suspended
            found[r.instrument_id][(r.block_number, r.log_index), r.account] = Standing(*what)
        return found

    @cached_property
    def register_logs(self) -> dict[str, dict[Place, Any]]:
        """The register's rows of events, by contract and place; the event itself for one that says just the same."""
        found: dict[str, dict[Place, Any]] = defaultdict(dict)
        for each in self.pack.stored_events:
            if isinstance(each, Event):
                found[each.log.address][each.log.place] = each
            elif each.chain_id == self.pin.chain_id:
                found[each.address][each.block_number, each.log_index] = each
        return found

    def is_trusted(self, address: str) -> bool:
        """Whether a contract's words mean anything: its code is the released one, or at least the one deployed."""
        return self.pack.released(address) or self.code_hash(address) == self.contract_rows[address].code_hash

    def time_of(self, block: int) -> int:
        """When a block was, in seconds since 1970."""
        return self.pack.header(block).timestamp

    def code_hash(self, address: str) -> str:
        """Keccak-256 of the code that is proved to stand at a contract's address."""
        return "0x" + keccak256(self.pack.proofs[address].code).hex()

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], list[Event]]:
        found: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in self.pack.events:
            found[event.name, event.log.address].append(event)
        return found

    def events_named(self, name: str, address: str) -> Sequence[Event]:
        """The events of a name that a contract emitted."""
        return self._by_name.get((name, address), ())

    @cached_property
    def _behind(self) -> dict[tuple[str, str], list[Event]]:
        """The events of each contract that control books act on, in each transaction."""
        found: dict[tuple[str, str], list[Event]] = defaultdict(list)
        acted_on = {*self.ledger_at, *(each.address for each in self.settlements)}
        for event in self.pack.events:
            if event.log.address in acted_on:
                found[event.log.tx_hash, event.log.address].append(event)
        return found

    def executed_by(self, books: Sequence[str]) -> Sequence[Event]:
        """What control books say they carried out, in the order of the chain."""
        found = [event for book in books for event in self.events_named("InstructionExecuted", book)]
        return sorted(found, key=place_of) if len(books) > 1 else found

    def executions_on(self, governed: Governed) -> Iterable[Execution]:
        """Each ends where the next one begins in the same transaction."""
        started = self.executed_by(governed.books)
        for at, event in enumerate(started):
            if event.args["instrument"] != governed.address:
                continue
            follower = started[at + 1].log if at + 1 < len(started) else None
            shared = follower and follower.tx_hash == event.log.tx_hash
            end = follower.log_index if follower and shared else 1 << 62
            behind = self._behind.get((event.log.tx_hash, governed.address), ())
            mine = tuple(each for each in behind if event.log.log_index < each.log.log_index < end)
            yield Execution(event, mine, self.instructions.get(event.args["ref"]))


def topics_of(row: Any) -> tuple[str, ...]:
    """The topics of a register's event row; none where its text is no list of them."""
    try:
        return tuple(json.loads(row.topics))
    except (ValueError, TypeError):
        return ()
