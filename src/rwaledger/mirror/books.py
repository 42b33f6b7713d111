"""Books: what one transaction does to postings, positions and standings, however many spans it takes.

Balances are read from the register once, and carried on from span to span; a position is written once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rwaledger.domain.block import Block, Checkpoint, Log
from rwaledger.domain.holder import Standing
from rwaledger.mirror.fold import Event, Opening, fold, judged_accounts, moved_accounts, positions_of
from rwaledger.registry import ledger
from rwaledger.registry.database import Connection
from rwaledger.registry.opening import opening_balances, opening_standings
from rwaledger.registry.write_behind import WriteBehind


@dataclass(slots=True)
class _Accounts:
    """The touched accounts of an instrument as they stand now; `places` are those of `Entries`."""

    balances: dict[str, int] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


class Books:
    """The books within the transaction of a connection, and no longer: another writer may come behind it.

    Move the checkpoints before anything is entered, which locks out other writers, and `close` before the commit.
    What the register cannot take may show only later, at the latest when the books are closed: RegisterConflict, from
    any of the methods. Roll back.
    """

    def __init__(self, connection: Connection) -> None:
        self._dialect = connection.dialect.name
        self._behind = WriteBehind(connection)
        self._checkpoints: dict[tuple[int, str], tuple[Checkpoint, Checkpoint]] = {}
        self._accounts: dict[str, _Accounts] = {}
        self._blocks: dict[int, list[Block]] = {}

    def move_checkpoint(self, old: Checkpoint | None, new: Checkpoint) -> None:
        """Puts `new` where `old` is, unless another writer was faster.

        That is so at once for the first one of a contract, which locks out other writers; of those behind it the last
        one counts, and is written in the end.
        """
        key = new.chain_id, new.address
        if key in self._checkpoints:
            written, _ = self._checkpoints[key]
        else:
            written = new
            self._behind.write(ledger.advance_checkpoint, old, new)
        self._checkpoints[key] = written, new

    def enter_blocks(self, chain_id: int, headers: Sequence[Block]) -> None:
        """Keeps headers until the end."""
        self._blocks.setdefault(chain_id, []).extend(headers)

    def enter_events(self, chain_id: int, named_logs: Sequence[tuple[Log, str]]) -> None:
        """Writes logs, each with the name of its event."""
        self._behind.write(ledger.ready_events(self._dialect, named_logs, chain_id))

    def enter(self, instrument_id: str, events: Sequence[Event]) -> int:
        """Writes the events' postings and standings, and returns the number of postings."""
        known = self._accounts.setdefault(instrument_id, _Accounts())
        self._open(known, instrument_id, events)
        entries = fold(instrument_id, events, Opening(known.balances, known.standings))
        self._behind.write(ledger.ready_postings(self._dialect, entries.postings))
        self._behind.write(ledger.insert_standings, entries.standings)
        known.balances = entries.balances
        known.places |= entries.places
        known.standings |= {change.account: change.standing for change in entries.standings}
        return len(entries.postings)

    def close(self) -> None:
        """Writes how far it went, and what the accounts hold that moved; then the headers.

        These are of all contracts: where other mirrors write them too, one waits from here to the other's commit.
        """
        c = self._behind.settled()
        for written, last in self._checkpoints.values():
            if last != written:
                ledger.advance_checkpoint(c, written, last)
        self._checkpoints.clear()
        for instrument_id, known in self._accounts.items():
            ledger.upsert_positions(c, positions_of(instrument_id, known.balances, known.places))
        self._accounts.clear()
        for chain_id, headers in self._blocks.items():
            ledger.insert_blocks(c, headers, chain_id)
        self._blocks.clear()

    def _open(self, known: _Accounts, instrument_id: str, events: Sequence[Event]) -> None:
        """Reads what the register has of accounts that were not touched before; one that has nothing is known too."""
        if moved := moved_accounts(events) - known.balances.keys():
            stored = opening_balances(self._behind.settled(), instrument_id, moved)
            known.balances |= dict.fromkeys(moved, 0) | stored
        if judged := judged_accounts(events) - known.standings.keys():
            found = opening_standings(self._behind.settled(), instrument_id, judged)
            known.standings |= dict.fromkeys(judged, Standing()) | found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._behind.__exit__(kind, error, trace)
