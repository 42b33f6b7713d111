"""Books: what one transaction does to postings, positions and standings, however many spans it takes.

Balances are read from the register once, and carried on from span to span; a position is written once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rwaledger.domain.block import Block
from rwaledger.domain.holder import Standing
from rwaledger.mirror.fold import Event, Opening, fold, judged_accounts, moved_accounts, positions_of
from rwaledger.registry import ledger
from rwaledger.registry.database import Connection
from rwaledger.registry.opening import opening_balances, opening_standings


@dataclass(slots=True)
class _Accounts:
    """The touched accounts of an instrument as they stand now; `places` are those of `Entries`."""

    balances: dict[str, int] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Books:
    """The books within the transaction of `connection`, and no longer: another writer may come behind it.

    Enter nothing before the checkpoint is moved, which locks out other writers, and `close` them before the commit.
    """

    connection: Connection
    _accounts: dict[str, _Accounts] = field(default_factory=dict)
    _blocks: dict[int, list[Block]] = field(default_factory=dict)

    def enter_blocks(self, chain_id: int, headers: Sequence[Block]) -> None:
        """Keeps headers until the end."""
        self._blocks.setdefault(chain_id, []).extend(headers)

    def enter(self, instrument_id: str, events: Sequence[Event]) -> int:
        """Writes the events' postings and standings, and returns the number of postings.

        Raises:
            RegisterConflict: they cannot be; roll back.
        """
        known = self._accounts.setdefault(instrument_id, _Accounts())
        self._open(known, instrument_id, events)
        entries = fold(instrument_id, events, Opening(known.balances, known.standings))
        ledger.insert_postings(self.connection, entries.postings)
        ledger.insert_standings(self.connection, entries.standings)
        known.balances = entries.balances
        known.places |= entries.places
        known.standings |= {change.account: change.standing for change in entries.standings}
        return len(entries.postings)

    def close(self) -> None:
        """Writes what the accounts hold that moved; then the headers.

        These are of all contracts: where other mirrors write them too, one waits from here to the other's commit.

        Raises:
            RegisterConflict: the register has another block of the same number; roll back.
        """
        for instrument_id, known in self._accounts.items():
            ledger.upsert_positions(self.connection, positions_of(instrument_id, known.balances, known.places))
        self._accounts.clear()
        for chain_id, headers in self._blocks.items():
            ledger.insert_blocks(self.connection, headers, chain_id)
        self._blocks.clear()

    def _open(self, known: _Accounts, instrument_id: str, events: Sequence[Event]) -> None:
        """Reads what the register has of accounts that were not touched before; one that has nothing is known too."""
        moved = moved_accounts(events) - known.balances.keys()
        known.balances |= dict.fromkeys(moved, 0) | opening_balances(self.connection, instrument_id, moved)
        judged = judged_accounts(events) - known.standings.keys()
        known.standings |= dict.fromkeys(judged, Standing())
        known.standings |= opening_standings(self.connection, instrument_id, judged)
