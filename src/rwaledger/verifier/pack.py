"""An evidence pack as values: what the checks of L1 and the proofs of L3 look at.

Nothing in here is proved by being read. L0 says whether the pack is whole, L3 whether its chain's part is true; hashes
and roots (`Header.hash`, `Transaction.hash`, `Block.receipts_root`) are always computed, never copied.
Everything is read when it is first asked for, and kept.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from rwaledger.verifier import bodies, chain_files, events, manifest, release, tokens
from rwaledger.verifier.container import Container
from rwaledger.verifier.errors import Refuted
from rwaledger.verifier.keccak import keccak256_many
from rwaledger.verifier.level import Progress, silent
from rwaledger.verifier.manifest import Manifest
from rwaledger.verifier.replay import Leg, Place
from rwaledger.verifier.rows import Reader
from rwaledger.verifier.tables import TABLES
from rwaledger.verifier.values import (
    Block,
    CheckResult,
    Contract,
    Event,
    Header,
    Log,
    Policy,
    Proof,
    Receipt,
    Token,
    Transaction,
    Undecoded,
)
from rwaledger.verifier.workers import Workers

_SIGNATURES = 256
"""Transactions whose signatures are looked at together."""

Row = Any
"""One row of a register's table: a named tuple of its columns, such as `row.account`.

Amounts (`*_units`) are ints, numbers ints, truths bools, moments aware datetimes in UTC, days dates, all else text;
null is None.
"""


@cache
def _row_type(table: str) -> Any:
    return namedtuple(table, [column.name for column in TABLES[table]])


class Pack:
    """One pack. Close it when done, or use it in a `with` statement.

    Raises (all properties and methods): Refuted where the pack does not hold what it has to, with file, line and field.
    """

    def __init__(self, path: Path, workers: Workers | None = None, progress: Progress = silent) -> None:
        self.container = Container(path, progress)
        self.workers = workers or Workers()
        self._progress = progress
        self._tables: dict[str, tuple[Row, ...]] = {}
        self._senders: dict[str, str] = {}

    def __enter__(self) -> Pack:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self.container.close()

    @cached_property
    def manifest(self) -> Manifest:
        """`manifest.json`: `.pin`, `.first_block`, `.contracts`, `.tokens`, `.heads`, `.register_digest`, `.files`."""
        return manifest.manifest(self.container.read("manifest.json"))

    # The register

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table, in the pack's order, read anew from the file: for what is big and looked at once."""
        place = f"register/{table}.jsonl"
        yield from map(_row_type(table)._make, Reader(table).read(self.container.pages(place), place))

    def table(self, table: str) -> tuple[Row, ...]:
        """The rows of a table, kept in memory."""
        if table not in self._tables:
            self._tables[table] = tuple(self.rows(table))
        return self._tables[table]

    @cached_property
    def postings(self) -> Mapping[str, Mapping[Place, list[Leg]]]:
        """The postings of each instrument by their place, in order of place and leg."""
        found: dict[str, dict[Place, list[Leg]]] = {}
        for instrument_id, block_number, log_index, *leg in self.rows("postings"):
            places = found.setdefault(instrument_id, {})
            places.setdefault((block_number, log_index), []).append(Leg._make(leg))
        return found

    @cached_property
    def stored_events(self) -> Sequence[Event | Row]:
        """The rows of events in the pack's order; for one that says just what a receipt says, the event itself."""
        known = {each.log.place: each for each in self.events}
        chain_id = self.manifest.pin.chain_id
        found: list[Event | Row] = []
        for row in self.rows("events"):
            event = known.get((row.block_number, row.log_index))
            found.append(event if event and events.is_told(event, row, chain_id) else row)
        return tuple(found)

    # The chain

    @cached_property
    def headers(self) -> Sequence[Header]:
        """Every header from `first_block` to the pinned one, in order."""
        return tuple(chain_files.headers(self.container, self.manifest))

    def header(self, number: int) -> Header:
        """The header of a block. Raises KeyError outside the pack's range."""
        at = number - self.manifest.first_block
        if not 0 <= at < len(self.headers):
            raise KeyError(number)
        return self.headers[at]

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """Every block with a transaction, in order, with what is in it."""
        found: list[Block] = []
        first, total = self.manifest.first_block, len(self.headers)
        for block in chain_files.blocks(self.container, self.headers, lambda: self._named, self.workers):
            self._progress("blocks", block.header.number - first, total)
            found.append(block)
        self._progress("blocks", total, total)
        return tuple(found)

    @cached_property
    def _named(self) -> Mapping[tuple[int, int], str]:
        """How the register's events call the transactions by block and index: for those that nobody signed."""
        return {(row.block_number, row.tx_index): row.tx_hash for row in self.rows("events")}

    @cached_property
    def transactions(self) -> Mapping[str, Transaction]:
        """All transactions by hash, in the order of the chain.

        Raises Refuted where the register calls one that nobody signed as another is called: deeds of the one would pass
        for the other's.
        """
        found: dict[str, Transaction] = {}
        for each in (each for block in self.blocks for each in block.transactions):
            if each.hash in found and each.hash in self._named.values():
                place = f"register/events.jsonl, block {each.block_number}, transaction {each.index}"
                raise Refuted(place, f"called {each.hash}, as one of block {found[each.hash].block_number} is")
            found[each.hash] = each
        return found

    @cached_property
    def receipts(self) -> Mapping[str, Receipt]:
        """All receipts by the hash of their transaction, in the order of the chain."""
        return {each.tx_hash: each for block in self.blocks for each in block.receipts}

    def sender(self, transaction: Transaction) -> str:
        """Who signed a transaction, recovered from its signature; empty where nobody did, or its type is not known."""
        found = self._senders.get(transaction.hash)
        if found is None:
            try:
                found = bodies.sender(transaction, self._signed_hashes[transaction.hash])
            except ValueError:
                found = ""
            self._senders[transaction.hash] = found
        return found

    def find_senders(self) -> None:
        """Finds who signed each of the transactions."""
        every = list(self.transactions.values())
        parts = (every[at : at + _SIGNATURES] for at in range(0, len(every), _SIGNATURES))
        tasks = (([each.hash for each in part], [each.raw for each in part]) for part in parts)
        for hashes, senders in self.workers.map(bodies.senders, tasks):
            self._senders.update(zip(hashes, senders, strict=True))
            self._progress("signatures", len(self._senders), len(every))

    @cached_property
    def _signed_hashes(self) -> Mapping[str, bytes]:
        """What was signed of each transaction, hashed together, since that costs far less than one by one."""
        hashes = keccak256_many([bodies.signed_bytes(each) for each in self.transactions.values()])
        return dict(zip(self.transactions, hashes, strict=True))

    @cached_property
    def logs(self) -> Sequence[Log]:
        """The logs of the manifest's contracts in all receipts, in the order of the chain."""
        ours = {contract.address for contract in self.manifest.contracts}
        receipts = (receipt for block in self.blocks for receipt in block.receipts)
        return tuple(log for receipt in receipts for log in receipt.logs if log.address in ours)

    @cached_property
    def _decoded(self) -> tuple[Event | Undecoded, ...]:
        return tuple(events.decode(log) for log in self.logs)

    @cached_property
    def events(self) -> Sequence[Event]:
        """Those of `logs` that are events of the released contracts, decoded, in the order of the chain."""
        return tuple(each for each in self._decoded if isinstance(each, Event))

    @cached_property
    def _events_of(self) -> Mapping[str, Sequence[Event]]:
        found: dict[str, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.log.address, []).append(event)
        return found

    def events_of(self, address: str) -> Sequence[Event]:
        """The events of one contract, in the order of the chain."""
        return self._events_of.get(address, ())

    @cached_property
    def undecoded(self) -> Sequence[Undecoded]:
        """Those of `logs` that are not."""
        return tuple(each for each in self._decoded if isinstance(each, Undecoded))

    # The state at the pinned block

    @cached_property
    def proofs(self) -> Mapping[str, Proof]:
        """Code, slots and proof of each contract by its address; `.slots` maps slot to value, both ints."""
        return {each.address: chain_files.proof(self.container, each.address) for each in self.manifest.contracts}

    @cached_property
    def tokens(self) -> Mapping[str, Token]:
        """The instruments by name: supply, rules, and the word of every account."""
        known = tokens.accounts(self)
        return {
            each.instrument_id: tokens.token(self.proofs[each.address], each, known[each.instrument_id])
            for each in self.manifest.tokens
        }

    def contract(self, address: str) -> Contract:
        """The contract at an address. Raises KeyError where the manifest has none."""
        return next((each for each in self.manifest.contracts if each.address == address), None) or _unknown(address)

    def released(self, address: str) -> bool:
        """Whether the code at a contract's address is that of the release, whatever its immutables hold."""
        return release.is_released(self.contract(address).kind, self.proofs[address].code)

    def immutables(self, address: str) -> Mapping[str, tuple[int, ...]]:
        """What the constructor wrote into a contract's code: for each name what stands in all its places.

        Raises Refuted where the code is not the released one.
        """
        if not self.released(address):
            raise Refuted(f"chain/proofs/{address}.json, code", "not the code of the release")
        return release.immutables_of(self.contract(address).kind, self.proofs[address].code)

    # The rest

    @cached_property
    def policy(self) -> Policy:
        """`policy.json`."""
        return manifest.policy(self.container.read("policy.json"))

    @cached_property
    def reconciliation(self) -> tuple[CheckResult, ...]:
        """What the operator's reconciliation found, in order of the checks."""
        passed, results = manifest.reconciliation(self.container.read("reconciliation.json"))
        if passed != self.manifest.passed:
            raise Refuted("reconciliation.json, passed", f"{passed}, and the manifest says {self.manifest.passed}")
        return results


def _unknown(address: str) -> Contract:
    raise KeyError(address)
